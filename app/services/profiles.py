"""Profiles: what accounts tell about themselves (contract, section 3; document 001)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TypedDict, Unpack

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from app import policy
from app.clock import now
from app.errors import Conflict, NotFound
from app.extensions import db
from app.models import Account, Doctor, Profile
from app.policy import Actor, Permission
from app.services import account_lists, accounts, audit, doctor_changes, writing
from app.services.listing import Listing, listing
from app.services.pictures import NewPicture
from app.services.search import words
from app.services.writing import Check, checked, write

LONGEST_BIO = 2000
LONGEST_ADDRESS = 500
_WITH_ACCOUNT = joinedload(Profile.account)
_NAMES = ("username", "first_name", "last_name")
_CHECKS: Mapping[str, Check] = {
    "bio": writing.text(LONGEST_BIO, "bio"),
    "address": writing.text(LONGEST_ADDRESS, "address"),
    "date_of_birth": writing.date_of_birth,
}


class Details(TypedDict, total=False):
    """What is written of somebody; what is not there is kept. `picture` None removes the present one."""

    username: str
    email: str
    first_name: str
    last_name: str
    bio: str
    address: str
    date_of_birth: date | None
    picture: NewPicture | None


def find(actor: Actor, *, search: str = "", limit: int, offset: int) -> Listing[Profile]:
    """The profiles that the actor may see, by key, with their accounts: two statements.

    The own one; for admins all of accounts that are not closed. Every word of `search` must occur in the username,
    the e-mail address or a name.
    """
    query = policy.visible(actor, Profile).where(*map(_mentions, words(search)))
    return listing(query.order_by(Profile.id), _WITH_ACCOUNT, limit=limit, offset=offset)


def get(actor: Actor, profile_id: int) -> Profile:
    """One profile with its account. Raises NotFound for one that the actor may not see."""
    return policy.fetch(actor, Profile, profile_id, _WITH_ACCOUNT)


def own(actor: Actor) -> Profile:
    """The actor's own profile with the account. Raises NotFound for an account that has none."""
    query = policy.visible(actor, Profile).where(Profile.account_id == actor.account_id)
    profile = db.session.scalars(query.options(_WITH_ACCOUNT)).one_or_none()
    if profile is None:
        raise NotFound
    return profile


def create(actor: Actor, **details: Unpack[Details]) -> Profile:
    """Make an account without a password for somebody, who is sent a link to choose one, and fill in the profile.

    For admins. Raises Conflict for anyone else, who has a profile already, and Invalid with the fields at fault.
    """
    if not policy.can(actor, Permission.ADMINISTER):
        raise Conflict("You have a profile already: change that one.")
    values = checked(details, _CHECKS)
    texts: dict[str, str] = {field: values.pop(field, "") for field in ("username", "email", "first_name", "last_name")}
    account = accounts.invite(actor, **texts)
    profile = db.session.scalars(select(Profile).where(Profile.account_id == account.id)).one()
    write(profile, values)
    return get(actor, profile.id)


def change(actor: Actor, profile_id: int, **details: Unpack[Details]) -> Profile:
    """Change what somebody tells, and how they sign in; what is not given is kept.

    Another e-mail address counts only once it is confirmed (contract, section 2). Raises NotFound, Forbidden, Invalid
    with the fields at fault, and TooMany for too many confirmation mails.
    """
    profile = policy.fetch(actor, Profile, profile_id, _WITH_ACCOUNT, lock=True)
    policy.require(actor, Permission.CHANGE_PROFILE, profile)
    values = checked(details, _CHECKS, profile)
    names: dict[str, str] = {field: values.pop(field) for field in _NAMES if field in values}
    email = values.pop("email", None)
    if accounts.rename(actor, profile.account, **names):
        profile.updated_at = now()
    if email is not None:
        accounts.change_email(actor, profile.account, email)
    if write(profile, values):
        audit.record(actor, "profile.changed", profile)
    return get(actor, profile_id)


def close(actor: Actor, profile_id: int) -> int:
    """Close the account of a profile, see accounts.close, and take its doctor off, see doctor_changes.remove.

    Whoever is shut out by an admin is out at once: the doctor's visits to come are cancelled. Returns how many these
    were. Raises NotFound, Forbidden, and Conflict for the last admin and for a doctor who has visits to come and closes
    the own account.
    """
    profile = policy.fetch(actor, Profile, profile_id, _WITH_ACCOUNT)
    policy.require(actor, Permission.CHANGE_PROFILE, profile)
    doctor_id = db.session.scalar(
        select(Doctor.id).where(Doctor.account_id == profile.account_id, Doctor.deleted_at.is_(None))
    )
    cancelled = 0
    if doctor_id is not None:
        is_shut_out = profile.account_id != actor.account_id
        cancelled = doctor_changes.remove(actor, doctor_id, cancel_appointments=is_shut_out)
    accounts.close(actor, profile.account)
    return cancelled


def _mentions(word: str) -> ColumnElement[bool]:
    return Profile.account_id.in_(select(Account.id).where(account_lists.mentions(word)))
