"""One account: what it is, making one for somebody, and what an admin does with it. Each act is one entry of ACTS.

Deactivating is done in accounts.py, of one as of several.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response, flash
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired

from app.errors import TooMany
from app.identity import actor
from app.models import Account
from app.pages.admin.entrance import blueprint
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.policy import Actor
from app.services import account_administration as service
from app.services import account_lists, profiles
from app.services.idempotency import once_for_form


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something done with an account: the `button` that does it, the question, what will happen, what is said then.

    The sentences have the username in place of `{}`.
    """

    button: str
    asks: str
    tells: str
    done: str
    does: Callable[[Actor, int], Account]
    is_destructive: bool = False


ACTS: Mapping[str, Act] = {
    "send-link": Act(
        button="Mail a link to set a password",
        asks="Do you want to mail {} a link to set a password?",
        tells="The present password stays good until the person chooses another one.",
        done="{} is sent a link to set a password.",
        does=service.send_link,
    ),
    "sign-out": Act(
        button="Sign out everywhere",
        asks="Do you want to sign {} out everywhere?",
        tells="All browsers and programs have to sign in again.",
        done="{} is signed out everywhere.",
        does=service.sign_out,
    ),
    "second-factor-off": Act(
        button="Turn two-step sign-in off",
        asks="Do you want to turn two-step sign-in off for {}?",
        tells="Make sure of who asked for it. The person is signed out everywhere, signs in with the password alone, "
        "and is told by e-mail.",
        done="Two-step sign-in is off for {}.",
        does=service.turn_second_factor_off,
        is_destructive=True,
    ),
    "make-admin": Act(
        button="Make an administrator",
        asks="Do you want to make {} an administrator?",
        tells="Administrators see all people of the hospital, and change everything here.",
        done="{} is an administrator now.",
        does=service.make_admin,
        is_destructive=True,
    ),
    "remove-admin": Act(
        button="Take the administrator role",
        asks="Do you want to take the administrator role from {}?",
        tells="The account stays. It cannot open these pages any more.",
        done="{} is no administrator any more.",
        does=service.remove_admin,
        is_destructive=True,
    ),
    "reactivate": Act(
        button="Reactivate the account",
        asks="Do you want to reactivate {}?",
        tells="The person can sign in again. Two-step sign-in is off, and a doctor has to be entered again.",
        done="{} is active again.",
        does=service.reactivate,
    ),
}
"""By the name in the address."""

_ACT = f"/accounts/<int:account_id>/<any({', '.join(map(repr, ACTS))}):act>"


class NewAccountForm(PortalForm):
    """Somebody who gets an account. `key` comes with the form: however often it is sent, it makes one account."""

    first_name = StringField("First name")
    last_name = StringField("Last name")
    email = StringField("E-mail address", [DataRequired("Enter the e-mail address.")])
    username = StringField("Username", [DataRequired("Enter a username.")], description="Without spaces and @.")
    key = HiddenField()


@blueprint.get("/accounts/<int:account_id>")
def account(account_id: int) -> Response:
    """What is known of an account, and what can be done with it."""
    found = account_lists.get(actor(), account_id)
    return render("admin/account.html", found=found, acts=ACTS, offered=_offered(found))


@blueprint.route(_ACT, methods=["GET", "POST"])
def act_on_account(account_id: int, act: str) -> Response:
    """Ask on GET; on POST do it."""
    form, meant = PortalForm(), ACTS[act]
    if form.validate_on_submit():
        with form.refusals(TooMany):
            username = meant.does(actor(), account_id).username
            flash(meant.done.format(username))
            return see_other("admin.account", account_id=account_id)
    found = account_lists.get(actor(), account_id)
    return render("admin/act_on_account.html", form=form, found=found, act=act, meant=meant)


@blueprint.route("/accounts/add", methods=["GET", "POST"])
def add_account() -> Response:
    """Ask on GET for whom an account is; on POST make it, once, and have the person mailed a link."""
    form = NewAccountForm()
    if form.validate_on_submit():
        details: profiles.Details = {
            "username": form.username.data or "",
            "email": form.email.data or "",
            "first_name": form.first_name.data or "",
            "last_name": form.last_name.data or "",
        }
        with form.refusals():
            made = once_for_form(
                actor(),
                key=form.key.data or "",
                values=["account", details],
                act=lambda: {"id": profiles.create(actor(), **details).account_id},
            )
            flash(f"{details['username'].strip()} is sent a link to set a password.")
            return see_other("admin.account", account_id=made["id"])
    form.key.data = form.key.data or str(uuid.uuid4())
    return render("admin/add_account.html", form=form)


def _offered(found: account_lists.Details) -> list[str]:
    """The acts that the state of an account allows; for one's own they are under My account."""
    if found.line.id == actor().account_id:
        return []
    if not found.line.is_active:
        return ["reactivate"]
    acts = {
        "send-link": True,
        "sign-out": found.sessions > 0,
        "second-factor-off": found.has_second_factor,
        "make-admin": not found.line.is_admin,
        "remove-admin": found.line.is_admin,
    }
    return [name for name, is_offered in acts.items() if is_offered]
