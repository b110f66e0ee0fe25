"""The page on which a patient creates an account."""

from __future__ import annotations

from flask import Response, flash
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired

from app import identity
from app.identity import actor
from app.pages import destination
from app.pages.account.landing import go_on
from app.pages.forms import PortalForm
from app.pages.render import render
from app.services import accounts, passwords


class SignUpForm(PortalForm):
    """Who a new patient is."""

    first_name = StringField("First name", [DataRequired("Enter your first name.")])
    last_name = StringField("Last name", [DataRequired("Enter your last name.")])
    email = EmailField(
        "E-mail address",
        [InputRequired("Enter your e-mail address.")],
        description="We write to it about your appointments.",
    )
    username = StringField(
        "Username",
        [InputRequired("Choose a username.")],
        description="For signing in. Letters, digits and . _ + -",
    )
    password = PasswordField(
        "Password",
        [InputRequired("Choose a password.")],
        description=f"At least {passwords.MINIMUM_PASSWORD} characters. Three random words are easy to remember.",
    )


def show() -> Response:
    """Create an account, and go on signed in to where `?next=` says."""
    if actor().is_signed_in:
        return go_on(actor())
    form = SignUpForm()
    if form.validate_on_submit():
        with form.refusals():
            account = accounts.register(
                actor(),
                username=form.username.data or "",
                email=form.email.data or "",
                password=form.password.data or "",
                first_name=form.first_name.data or "",
                last_name=form.last_name.data or "",
            )
            identity.sign_in(account)
            flash("Your account is ready, and you are signed in.")
            return go_on(actor())
    wanted = destination.wanted()
    return render("account/sign_up.html", form=form, next=wanted, is_booking=destination.is_booking(wanted))
