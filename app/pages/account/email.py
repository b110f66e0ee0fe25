"""Changing the e-mail address of the own account: the new one counts once it is confirmed."""

from __future__ import annotations

from flask import Response, flash
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired

from app.identity import actor
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.services import own_account


class EmailForm(PortalForm):
    """Another address, and the password that proves whose account it is."""

    email = EmailField(
        "New e-mail address",
        [InputRequired("Enter your new e-mail address.")],
        description="We send a link to it. The new address counts once you have opened the link and confirmed.",
    )
    current_password = PasswordField("Password", [InputRequired("Enter your password.")])


def change() -> Response:
    """Ask for another address."""
    form = EmailForm()
    if form.validate_on_submit():
        with form.refusals():
            own_account.change_email(
                actor(), current_password=form.current_password.data or "", email=form.email.data or ""
            )
            flash("We have sent a link to your new address. Open it to confirm the address.")
            return see_other("own_account.show")
    return render("account/email.html", form=form, me=own_account.get(actor()))


def send_again() -> Response:
    """Send the link to the address that waits to be confirmed once more."""
    if own_account.send_email_again(actor()):
        flash("We have sent the link again. If nothing comes, look among junk mail, or check the address.")
    return see_other("own_account.show")


def keep() -> Response:
    """Keep the present address after all."""
    own_account.keep_email(actor())
    flash("Your e-mail address stays as it is.")
    return see_other("own_account.show")
