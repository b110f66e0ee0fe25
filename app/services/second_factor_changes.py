"""Turning the own second factor on and off, and other recovery codes; and an operator who takes one away."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, delete, select

from app.clock import now
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.models import Account, SecondFactor
from app.models.types import name_key
from app.policy import Actor
from app.services import accounts, attempts, audit, outbox, own_account, second_factors, sessions
from app.services.outbox import Template
from app.services.second_factors import CodeRefused

SETUP_TIME = timedelta(minutes=30)
"""For how long the secret is shown to who has proved the password, until a code confirms it."""

WRONG_CODE = "That code is not right. Enter the 6 digits that your app shows now."


def begin(actor: Actor, *, current_password: str) -> None:
    """Prepare a second factor that counts once `confirm` is given a code. In SETUP_TIME it stays the same.

    Raises as `own_account.change_password` does, and Conflict where there is one already.
    """
    account = own_account.hold(actor, own_account.prove(actor, current_password))
    if second_factors.is_on(account.id):
        raise Conflict("Two-step sign-in is on already.")
    if pending(actor) is None:
        db.session.execute(delete(SecondFactor).where(SecondFactor.account_id == account.id))
        seed = second_factors.new_seed()
        db.session.add(SecondFactor(account_id=account.id, session_id=actor.session_id, seed=seed))
        db.session.flush()


def pending(actor: Actor) -> SecondFactor | None:
    """The second factor that the actor has begun in this session and not confirmed yet."""
    return db.session.scalars(_pending(actor)).one_or_none()


def confirm(actor: Actor, code: str) -> list[str]:
    """Have the second factor that was begun count, and give its recovery codes.

    All other sessions of the account end: they were opened without it. Raises Conflict where none was begun, it took
    longer than SETUP_TIME, or it counts already; Invalid for a wrong code, and TooMany.
    """
    account = own_account.get(actor)
    attempts.count_code(account.username_key)
    locked = _pending(actor).with_for_update().execution_options(populate_existing=True)
    factor = db.session.scalars(locked).one_or_none()
    if factor is None:
        raise Conflict("There is nothing to confirm. Begin again.")
    if not second_factors.take_app_code(factor, code):
        raise Invalid(WRONG_CODE, field="code")
    factor.confirmed_at = now()
    codes = second_factors.new_recovery_codes(factor)
    sessions.end_all(account.id, keep=actor.session_id)
    audit.record(actor, "second_factor.turned_on", factor)
    outbox.tell_about_account(Template.SECOND_FACTOR_ON, account, account.email)
    return codes


def renew_recovery_codes(actor: Actor, *, current_password: str, code: str) -> list[str]:
    """Other recovery codes; the former ones are worth nothing any more. Raises as `turn_off` does."""
    _, factor = _prove(actor, current_password, code)
    codes = second_factors.new_recovery_codes(factor)
    audit.record(actor, "second_factor.codes_renewed", factor)
    return codes


def turn_off(actor: Actor, *, current_password: str, code: str) -> None:
    """Sign in with the password alone from now on.

    Raises as `own_account.change_password` does, Invalid for a wrong code, and Conflict where it is off.
    """
    account, factor = _prove(actor, current_password, code)
    audit.record(actor, "second_factor.turned_off", factor)
    second_factors.remove(account.id)
    outbox.tell_about_account(Template.SECOND_FACTOR_OFF, account, account.email)


def reset(name: str) -> Account:
    """Take the second factor away from the open account of a username or an e-mail address, and end its sessions.

    For an operator whom somebody has convinced of who they are. Raises NotFound without such an account, and Conflict
    where there is no second factor.
    """
    account = accounts.called(name_key(name))
    if account is None:
        raise NotFound(f"There is no open account called {name}.")
    take_away(Actor(), account)
    return account


def take_away(actor: Actor, account: Account) -> None:
    """Take the second factor away from somebody who has lost it, end the sessions, and tell the person by mail.

    Whether the actor may is for the caller to ask. Raises Conflict where there is no second factor.
    """
    if not second_factors.remove(account.id):
        raise Conflict(f"{account.username} has no second factor.")
    sessions.end_all(account.id)
    audit.record(actor, "second_factor.reset", account, account_id=account.id)
    outbox.tell_about_account(Template.SECOND_FACTOR_OFF, account, account.email)


def _pending(actor: Actor) -> Select[SecondFactor]:
    return select(SecondFactor).where(
        SecondFactor.account_id == actor.account_id,
        SecondFactor.session_id == actor.session_id,
        SecondFactor.confirmed_at.is_(None),
        SecondFactor.created_at > now() - SETUP_TIME,
    )


def _prove(actor: Actor, current_password: str, code: str) -> tuple[Account, SecondFactor]:
    """The own account, held, and its second factor, after both have proved who acts."""
    account = own_account.hold(actor, own_account.prove(actor, current_password))
    factor = second_factors.of(account.id)
    if factor is None:
        raise Conflict("Two-step sign-in is off already.")
    try:
        second_factors.check(actor, account, code)
    except CodeRefused as refusal:
        raise Invalid(refusal.message, field="code") from refusal
    return account, factor
