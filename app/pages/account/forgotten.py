"""A forgotten password: asking for a mail with a link, and what to do while it comes."""

from __future__ import annotations

from flask import Response
from wtforms import StringField
from wtforms.validators import DataRequired

from app.identity import actor
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.services import account_links, accounts


class ForgottenForm(PortalForm):
    """Whose password it is."""

    username = StringField("Username or e-mail address", [DataRequired("Enter your username or e-mail address.")])


def ask() -> Response:
    """Ask for the link. The answer is the same whether there is such an account or not."""
    form = ForgottenForm()
    if form.validate_on_submit():
        accounts.forgotten(actor(), form.username.data or "")
        return see_other("account.forgotten_password_sent")
    return render("account/forgotten_password.html", form=form)


def sent() -> Response:
    """What to do now, and what if no mail comes."""
    return render("account/forgotten_password_sent.html", days=account_links.FORGOTTEN_PASSWORD.days)
