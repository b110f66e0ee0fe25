"""Changing the password of the own account."""

from __future__ import annotations

from flask import Response, flash
from wtforms import PasswordField
from wtforms.validators import InputRequired

from app.identity import actor
from app.pages.account.mailed_links import PASSWORD_HINT
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.services import own_account


class ChangePasswordForm(PortalForm):
    """The present password, and the next one."""

    current_password = PasswordField("Present password", [InputRequired("Enter your present password.")])
    password = PasswordField("New password", [InputRequired("Choose a password.")], description=PASSWORD_HINT)


def change() -> Response:
    """Choose another password. Other devices are signed out."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        with form.refusals():
            own_account.change_password(
                actor(), current_password=form.current_password.data or "", password=form.password.data or ""
            )
            flash("Your password is changed. Your other devices are signed out.")
            return see_other("own_account.show")
    return render("account/password.html", form=form, me=own_account.get(actor()))
