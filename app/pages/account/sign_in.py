"""The sign-in page."""

from __future__ import annotations

from flask import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from app import identity
from app.errors import Unauthorized
from app.identity import actor
from app.pages import destination
from app.pages.account.landing import go_on
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.services import accounts, second_factors


class SignInForm(PortalForm):
    """Who somebody is. Nothing is stripped from the password."""

    username = StringField("Username or e-mail address", [InputRequired("Enter your username or e-mail address.")])
    password = PasswordField("Password", [InputRequired("Enter your password.")])


def show() -> Response:
    """Sign in, and go on to where `?next=` says; first to the second step where the account has one."""
    if actor().is_signed_in:
        return go_on(actor())
    form = SignInForm()
    if form.validate_on_submit():
        try:
            username, password = form.username.data or "", form.password.data or ""
            account = accounts.authenticate(actor(), username=username, password=password)
        except Unauthorized as refusal:
            accounts.note_failed_sign_in(actor())
            form.username.errors = [refusal.message]
        else:
            if second_factors.is_on(account.id):
                identity.begin_sign_in(account)
                return see_other("account.sign_in_code", next=destination.wanted())
            identity.sign_in(account)
            return go_on(actor())
    wanted = destination.wanted()
    return render(
        "account/sign_in.html",
        form=form,
        next=wanted,
        is_booking=destination.is_booking(wanted),
        idle_minutes=identity.idle_minutes(),
    )
