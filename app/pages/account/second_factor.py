"""Two-step sign-in of the own account: how it stands, turning it on and off, and recovery codes."""

from __future__ import annotations

from contextlib import suppress

import segno
from flask import Response, flash, request
from flask import session as cookie
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from app.errors import Conflict
from app.identity import actor
from app.pages import destination
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.services import own_account, second_factor_changes, second_factors

_CODES = "recovery_codes"
_QR_SCALE = 6


class BeginForm(PortalForm):
    """The password that proves whose account it is."""

    current_password = PasswordField("Password", [InputRequired("Enter your password.")])


class ConfirmForm(PortalForm):
    """The app's first code."""

    code = StringField(
        "Code",
        [InputRequired("Enter the code that your app shows.")],
        description="The 6 digits that the app shows now.",
    )


class ProofForm(PortalForm):
    """Both factors, which prove whose account it is."""

    current_password = PasswordField("Password", [InputRequired("Enter your password.")])
    code = StringField("Code", [InputRequired("Enter a code.")], description="From your app, or a recovery code.")


def show() -> Response:
    """How it stands; where it is off, what it is, and the password to begin with."""
    form = BeginForm()
    state = second_factors.state(own_account.get(actor()).id)
    if state is not None and form.is_submitted():  # turned on in another tab
        return see_other("own_account.second_factor")
    if form.validate_on_submit():
        with form.refusals():
            second_factor_changes.begin(actor(), current_password=form.current_password.data or "")
            return see_other("own_account.second_factor_app", next=destination.wanted())
    return render("account/second_factor.html", form=form, me=own_account.get(actor()), state=state)


def confirm() -> Response:
    """Show the app's secret; a code from the app turns the second factor on."""
    factor = second_factor_changes.pending(actor())
    if factor is None and request.method == "GET":
        return see_other("own_account.second_factor", next=destination.wanted())
    form = ConfirmForm()
    if factor is None or form.validate_on_submit():
        with form.refusals():
            with suppress(Conflict):  # a second click, or too late
                cookie[_CODES] = second_factor_changes.confirm(actor(), form.code.data or "")
            return see_other("own_account.recovery_codes", next=destination.wanted())
    address = second_factors.app_address(factor, own_account.get(actor()))
    return render(
        "account/second_factor_app.html",
        form=form,
        address=address,
        qr=qr_code(address),
        secret=second_factors.secret(factor),
        next=destination.wanted(),
    )


def recovery_codes() -> Response:
    """Show the recovery codes that were just made, once."""
    if not second_factors.is_on(own_account.get(actor()).id):
        return see_other("own_account.second_factor", next=destination.wanted())
    return render("account/recovery_codes.html", codes=cookie.pop(_CODES, None), next=destination.wanted())


def new_codes() -> Response:
    """Make other recovery codes."""
    form = ProofForm()
    if not second_factors.is_on(own_account.get(actor()).id):
        return see_other("own_account.second_factor")
    if form.validate_on_submit():
        with form.refusals():
            cookie[_CODES] = second_factor_changes.renew_recovery_codes(actor(), **_proof(form))
            return see_other("own_account.recovery_codes")
    return render("account/new_recovery_codes.html", form=form, me=own_account.get(actor()))


def turn_off() -> Response:
    """Turn it off."""
    form = ProofForm()
    if not second_factors.is_on(own_account.get(actor()).id):
        return see_other("own_account.second_factor")
    if form.validate_on_submit():
        with form.refusals():
            second_factor_changes.turn_off(actor(), **_proof(form))
            flash("Two-step sign-in is off.")
            return see_other("own_account.second_factor")
    return render("account/second_factor_off.html", form=form, me=own_account.get(actor()))


def qr_code(text: str) -> str:
    """A picture of a text for a telephone's camera, as an address that needs no further request."""
    return segno.make(text, micro=False).svg_data_uri(scale=_QR_SCALE, light="#fff")


def _proof(form: ProofForm) -> dict[str, str]:
    return {"current_password": form.current_password.data or "", "code": form.code.data or ""}
