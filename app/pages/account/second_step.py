"""The second step of signing in: a code of the app, or a recovery code."""

from __future__ import annotations

from flask import Response, flash, request
from wtforms import StringField
from wtforms.validators import InputRequired

from app import identity
from app.identity import actor
from app.pages import destination
from app.pages.account.landing import go_on
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.pages.wording import count
from app.services import account_links, second_factors
from app.services.account_links import Purpose
from app.services.second_factors import FEW_CODES, CodeRefused

MINUTES = int(account_links.LIFETIMES[Purpose.SECOND_STEP].total_seconds()) // 60
_MAKE_NEW_ONES = "Make new ones in My account, under Two-step sign-in."


class CodeForm(PortalForm):
    """A code of either kind."""

    code = StringField("Code", [InputRequired("Enter the code.")])


def show() -> Response:
    """Ask for the code, and go on to where `?next=` says. Without the first step a moment ago, that comes first."""
    if actor().is_signed_in:
        return go_on(actor())
    account = identity.half_signed_in()
    if account is None or not second_factors.is_on(account.id):
        flash(f"Sign in with your password. The code has to follow within {MINUTES} minutes.", "notice")
        return see_other("account.sign_in", next=destination.wanted())
    form = CodeForm()
    if form.validate_on_submit():
        try:
            codes_left = second_factors.check(actor(), account, form.code.data or "")
        except CodeRefused as refusal:
            form.code.errors = [refusal.message]
        else:
            identity.sign_in(account)
            if codes_left is not None:
                flash(_warning(codes_left), "notice")
            return go_on(actor())
    wanted = destination.wanted()
    return render("account/sign_in_code.html", form=form, next=wanted, with_recovery_code="recovery" in request.args)


def _warning(codes_left: int) -> str:
    if codes_left == 0:
        return f"That was your last recovery code. {_MAKE_NEW_ONES}"
    left = f"You have used a recovery code, and have {count(codes_left, 'code')} left."
    return f"{left} {_MAKE_NEW_ONES}" if codes_left <= FEW_CODES else left
