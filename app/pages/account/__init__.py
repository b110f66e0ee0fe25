"""Pages of an account: signing in, up and out, where mailed links lead, and what one changes about the own one."""

from __future__ import annotations

from flask import Blueprint

from app import policy
from app.identity import actor
from app.pages.account import (
    application,
    calendar,
    closing,
    devices,
    email,
    forgotten,
    mailed_links,
    overview,
    password,
    picture,
    presence,
    profile,
    reminders,
    second_factor,
    second_step,
    sign_in,
    sign_out,
    sign_up,
)
from app.policy import Permission

blueprint = Blueprint("account", __name__)

blueprint.add_url_rule("/sign-in", "sign_in", sign_in.show, methods=["GET", "POST"])
blueprint.add_url_rule("/sign-in/code", "sign_in_code", second_step.show, methods=["GET", "POST"])
blueprint.add_url_rule("/sign-up", "sign_up", sign_up.show, methods=["GET", "POST"])
blueprint.add_url_rule("/sign-out", "sign_out", sign_out.show, methods=["GET", "POST"])
blueprint.add_url_rule("/forgotten-password", "forgotten_password", forgotten.ask, methods=["GET", "POST"])
blueprint.add_url_rule("/forgotten-password/sent", "forgotten_password_sent", forgotten.sent)
blueprint.add_url_rule("/set-password/<token>", "set_password", mailed_links.set_password, methods=["GET", "POST"])
blueprint.add_url_rule("/confirm-email/<token>", "confirm_email", mailed_links.confirm_email, methods=["GET", "POST"])
blueprint.add_url_rule("/account-closed", "closed", closing.closed)
blueprint.add_url_rule("/presence", "presence", presence.show, methods=["GET"])
blueprint.add_url_rule("/presence", "stay", presence.stay, methods=["POST"])

own = Blueprint("own_account", __name__, url_prefix="/my/account")


@own.before_request
def _for_its_owner() -> None:
    policy.require(actor(), Permission.MANAGE_ACCOUNT)


own.add_url_rule("", "show", overview.show)
own.add_url_rule("/profile", "profile", profile.change, methods=["GET", "POST"])
own.add_url_rule("/picture", "picture", picture.change, methods=["GET", "POST"])
own.add_url_rule("/picture/remove", "remove_picture", picture.remove, methods=["POST"])
own.add_url_rule("/application", "application", application.apply, methods=["GET", "POST"])
own.add_url_rule("/password", "password", password.change, methods=["GET", "POST"])
own.add_url_rule("/email", "email", email.change, methods=["GET", "POST"])
own.add_url_rule("/email/again", "send_email_again", email.send_again, methods=["POST"])
own.add_url_rule("/email/keep", "keep_email", email.keep, methods=["POST"])
own.add_url_rule("/second-factor", "second_factor", second_factor.show, methods=["GET", "POST"])
own.add_url_rule("/second-factor/app", "second_factor_app", second_factor.confirm, methods=["GET", "POST"])
own.add_url_rule("/second-factor/codes", "recovery_codes", second_factor.recovery_codes)
own.add_url_rule("/second-factor/codes/new", "new_recovery_codes", second_factor.new_codes, methods=["GET", "POST"])
own.add_url_rule("/second-factor/off", "second_factor_off", second_factor.turn_off, methods=["GET", "POST"])
own.add_url_rule("/devices", "devices", devices.show)
own.add_url_rule("/devices/<int:session_id>/sign-out", "sign_out_device", devices.sign_out, methods=["POST"])
own.add_url_rule("/devices/sign-out-others", "sign_out_others", devices.sign_out_others, methods=["POST"])
own.add_url_rule("/reminders", "reminders", reminders.choose, methods=["GET", "POST"])
own.add_url_rule("/calendar", "calendar", calendar.show)
own.add_url_rule("/calendar/on", "turn_on_calendar", calendar.turn_on, methods=["POST"])
own.add_url_rule("/calendar/renew", "renew_calendar", calendar.renew, methods=["POST"])
own.add_url_rule("/calendar/off", "turn_off_calendar", calendar.turn_off, methods=["POST"])
own.add_url_rule("/close", "close", closing.close, methods=["GET", "POST"])
