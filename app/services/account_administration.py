"""What admins do with other people's accounts. Each act is in the audit trail; none touches the admin's own access.

Whoever runs the hospital's data keeps at least one admin, and manages the own account under My account, where the
password and the second factor are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from app import policy
from app.clock import now
from app.errors import Conflict, NotFound, Outdated, TooMany
from app.extensions import db
from app.models import Account, Doctor, Profile
from app.models.types import is_key
from app.policy import Actor, Permission
from app.services import accounts, audit, cancellations, outbox, profiles, second_factor_changes, sessions
from app.services.outbox import Template

MOST_AT_ONCE = 100
"""How many accounts can be deactivated in one go."""


def coming_visits(actor: Actor, account_ids: Sequence[int]) -> int:
    """How many visits to come are cancelled with these accounts: those of their doctors."""
    policy.require(actor, Permission.ADMINISTER)
    doctors = select(Doctor.id).where(Doctor.account_id.in_(account_ids), Doctor.deleted_at.is_(None))
    coming = [cancellations.coming(doctor_id=key).order_by(None).subquery() for key in db.session.scalars(doctors)]
    return sum(db.session.scalar(select(func.count()).select_from(visits)) or 0 for visits in coming)


def deactivate(actor: Actor, account_id: int) -> int:
    """Shut somebody out at once: signed out, no second factor any more, and as a doctor taken off (profiles.close).

    Returns how many visits of the doctor were cancelled. Raises NotFound, and Conflict for the actor's own account, the
    last admin's, and one that is deactivated.
    """
    account = _other(actor, account_id, "To close your own account, go to My account.")
    if not account.is_active:
        raise Conflict(f"{account.username} is deactivated already.")
    profile_id = db.session.scalars(select(Profile.id).where(Profile.account_id == account.id)).one()
    return profiles.close(actor, profile_id)


def deactivate_all(actor: Actor, account_ids: Sequence[int], *, seen: int) -> int:
    """Deactivate accounts: all, or none where one is refused. Returns how many visits were cancelled.

    Raises as `deactivate`, Conflict for none, or too many, and Outdated where more visits are cancelled than the actor
    has `seen`, since they were booked meanwhile.
    """
    keys = sorted(set(account_ids))
    if not 0 < len(keys) <= MOST_AT_ONCE:
        raise Conflict(f"Choose from 1 to {MOST_AT_ONCE} accounts.")
    with db.session.begin_nested():  # the page that shows a refusal shows the accounts as they are
        cancelled = sum(deactivate(actor, key) for key in keys)
        if cancelled > seen:
            raise Outdated("More visits have been booked since you looked. Check how many are cancelled.")
    return cancelled


def reactivate(actor: Actor, account_id: int) -> Account:
    """Let somebody sign in again; a doctor's entry that was taken off stays so. Raises NotFound and Conflict."""
    account = _held(actor, account_id)
    if account.is_active:
        raise Conflict(f"{account.username} is active already.")
    account.is_active = True
    db.session.flush()
    audit.record(actor, "account.reopened", account)
    return account


def send_link(actor: Actor, account_id: int) -> Account:
    """Mail somebody a link to choose a password. Raises NotFound, Conflict for a deactivated account, and TooMany."""
    account = _open(actor, account_id)
    template = Template.SET_PASSWORD if account.password_hash is None else Template.RESET_PASSWORD
    hour = timedelta(hours=1)
    if outbox.count_sent_to(account, template, since=now() - hour) >= accounts.MOST_LINKS:
        message = f"{account.username} was sent {accounts.MOST_LINKS} links in the last hour. Try again later."
        raise TooMany(message, retry_after=int(hour.total_seconds()))
    outbox.tell_about_account(template, account, account.email)
    audit.record(actor, "account.link_sent", account)
    return account


def sign_out(actor: Actor, account_id: int) -> Account:
    """End all sessions of somebody, on browsers and programs, but for the one in which this is asked."""
    account = _held(actor, account_id)
    sessions.end_all(account.id, keep=actor.session_id)
    audit.record(actor, "account.signed_out", account)
    return account


def turn_second_factor_off(actor: Actor, account_id: int) -> Account:
    """Let somebody who has lost the second factor sign in with the password alone.

    Raises NotFound, and Conflict for the actor's own account, and where there is no second factor.
    """
    account = _other(actor, account_id, "Turn off your own two-step sign-in under My account.")
    second_factor_changes.take_away(actor, account)
    return account


def make_admin(actor: Actor, account_id: int) -> Account:
    """Have somebody run the hospital's data, too. Raises NotFound, and Conflict for an admin and a closed account."""
    account = _open(actor, account_id)
    if account.is_admin:
        raise Conflict(f"{account.username} is an administrator already.")
    account.is_admin = True
    db.session.flush()
    audit.record(actor, "account.made_admin", account)
    return account


def remove_admin(actor: Actor, account_id: int) -> Account:
    """Have somebody run the hospital's data no more.

    Raises NotFound, and Conflict for the actor's own account, for the last admin's, and for whoever is none.
    """
    account = _other(actor, account_id, "You cannot take the administrator role from yourself. Ask another one.")
    if not account.is_admin:
        raise Conflict(f"{account.username} is no administrator.")
    accounts.refuse_last_admin(account)
    account.is_admin = False
    db.session.flush()
    audit.record(actor, "account.admin_removed", account)
    return account


def _held(actor: Actor, account_id: int) -> Account:
    """An account, locked. Raises Unauthorized, Forbidden and NotFound."""
    policy.require(actor, Permission.ADMINISTER)
    query = select(Account).where(Account.id == account_id).with_for_update(key_share=True)
    account = None
    if is_key(account_id):
        account = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if account is None:
        raise NotFound
    return account


def _open(actor: Actor, account_id: int) -> Account:
    account = _held(actor, account_id)
    if not account.is_active:
        raise Conflict(f"{account.username} is deactivated. Reactivate it first.")
    return account


def _other(actor: Actor, account_id: int, refusal: str) -> Account:
    """Somebody else's account, locked, after all admins' accounts, which two admins may take away at the same time."""
    policy.require(actor, Permission.ADMINISTER)
    accounts.lock_admins()
    if account_id == actor.account_id:
        raise Conflict(refusal)
    return _held(actor, account_id)
