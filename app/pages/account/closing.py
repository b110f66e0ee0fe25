"""Closing the own account: what will happen, the proof of whose it is, and the page after it."""

from __future__ import annotations

from flask import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired

from app import identity
from app.identity import actor
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.services import appointment_lists, own_account
from app.services.appointment_lists import Group


class CloseForm(PortalForm):
    """The password that proves whose account it is."""

    current_password = PasswordField("Password", [InputRequired("Enter your password.")])


def close() -> Response:
    """Say on GET what will happen; on POST close the account and sign out."""
    form = CloseForm()
    if form.validate_on_submit():
        with form.refusals():
            own_account.close(actor(), current_password=form.current_password.data or "")
            identity.sign_out()
            return see_other("account.closed")
    coming = appointment_lists.of_managed_patients(actor(), Group.COMING, limit=1, offset=0).count
    return render("account/close.html", form=form, me=own_account.get(actor()), coming=coming)


def closed() -> Response:
    """The page after it. Whoever is signed in has an open account."""
    if actor().is_signed_in:
        return see_other("own_account.show")
    return render("account/closed.html")
