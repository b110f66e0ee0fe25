"""The pages to which mailed links lead: choosing a password, and confirming an e-mail address."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, flash
from wtforms import PasswordField
from wtforms.validators import InputRequired

from app.errors import NotFound
from app.identity import actor
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.services import account_links, accounts, passwords
from app.services.account_links import Purpose

PASSWORD_HINT = f"At least {passwords.MINIMUM_PASSWORD} characters. Three random words are easy to remember."


class PasswordForm(PortalForm):
    """The password that somebody chooses."""

    password = PasswordField(
        "Password",
        [InputRequired("Choose a password.")],
        description=PASSWORD_HINT,
    )


def set_password(token: str) -> Response:
    """Choose the password of the account that the link is about, then sign in with it."""
    form = PasswordForm()
    try:
        account = account_links.owner(Purpose.SET_PASSWORD, token)
        if form.validate_on_submit():
            with form.refusals():
                accounts.set_password(actor(), token, form.password.data or "")
                flash(f"The password for {account.username} is set. You can sign in with it now.")
                return see_other("account.sign_in")
        return render("account/set_password.html", form=form, username=account.username)
    except NotFound:
        return _ended(Purpose.SET_PASSWORD)


def confirm_email(token: str) -> Response:
    """Confirm the address to which the link was sent: a button does, since programs open links, too."""
    form = PortalForm()
    try:
        account = account_links.owner(Purpose.CONFIRM_EMAIL, token)
        email = account.pending_email
        if form.validate_on_submit():
            with form.refusals():
                confirmed = accounts.confirm_email(actor(), token)
                flash(f"The e-mail address for {confirmed.username} is now {confirmed.email}.")
                if confirmed.password_hash is None:
                    token = account_links.token(Purpose.SET_PASSWORD, confirmed)
                    return see_other("account.set_password", token=token)
                return see_other("public.home")
        return render("account/confirm_email.html", form=form, email=email, username=account.username)
    except NotFound:
        return _ended(Purpose.CONFIRM_EMAIL)


def _ended(purpose: Purpose) -> Response:
    """The page for a link that has run out, was used, or never was one: the three are told alike."""
    days = account_links.LIFETIMES[purpose].days
    return render("account/link_ended.html", status=HTTPStatus.GONE, purpose=purpose.name, days=days)
