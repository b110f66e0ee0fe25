"""Accounts as admins go through them: found, and one looked up, without anything by which somebody signs in."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from app import policy
from app.clock import now
from app.errors import NotFound
from app.extensions import db
from app.models import Account, Approval, Doctor, Patient, SecondFactor, Session
from app.models.types import is_key, name_key
from app.policy import Actor, Permission
from app.services.listing import Listing, exporting
from app.services.search import words


class Role(enum.Enum):
    """What an account is: several may be true of one, but for PATIENT, which is whoever is nothing else."""

    ADMIN = "admin"
    DOCTOR = "doctor"
    PATIENT = "patient"


class Order(enum.Enum):
    """In which order accounts are listed."""

    USERNAME = "username"
    NEWEST = "newest"
    LAST_SEEN = "seen"


class Line(NamedTuple):
    """What a list tells of an account; `doctor_id` and `approval` are those of its entry among the doctors."""

    id: int
    username: str
    email: str
    first_name: str
    last_name: str
    is_admin: bool
    is_active: bool
    created_at: datetime
    doctor_id: int | None
    approval: Approval | None
    seen_at: datetime | None

    @property
    def name(self) -> str:
        """The person's name, or the username where none was given."""
        return f"{self.first_name} {self.last_name}".strip() or self.username

    @property
    def roles(self) -> list[Role]:
        """What the account is."""
        is_doctor = self.approval is Approval.APPROVED
        held = ((self.is_admin, Role.ADMIN), (is_doctor, Role.DOCTOR), (not (self.is_admin or is_doctor), Role.PATIENT))
        return [role for holds, role in held if holds]


@dataclass(frozen=True, slots=True)
class Details:
    """One account: its line, and what stands around it. `patients` are those whom it acts for, itself first."""

    line: Line
    pending_email: str | None
    has_password: bool
    has_second_factor: bool
    sessions: int
    patients: Sequence[Patient]


_SEEN = select(func.max(Session.last_seen_at)).where(Session.account_id == Account.id).scalar_subquery()
_ENTRY = aliased(Doctor)
_IS_APPROVED = and_(_ENTRY.id.is_not(None), _ENTRY.approval == Approval.APPROVED)
_ROLES: dict[Role, ColumnElement[bool]] = {
    Role.ADMIN: Account.is_admin.expression,
    Role.DOCTOR: _IS_APPROVED,
    Role.PATIENT: and_(~Account.is_admin, or_(_ENTRY.id.is_(None), _ENTRY.approval != Approval.APPROVED)),
}
_ORDERS: dict[Order, tuple[Any, ...]] = {
    Order.USERNAME: (Account.username_key,),
    Order.NEWEST: (Account.id.desc(),),
    Order.LAST_SEEN: (_SEEN.desc().nulls_last(), Account.username_key),
}
_SELECTED = (
    select(
        Account.id,
        Account.username,
        Account.email,
        Account.first_name,
        Account.last_name,
        Account.is_admin,
        Account.is_active,
        Account.created_at,
        _ENTRY.id,
        _ENTRY.approval,
        _SEEN,
    )
    .select_from(Account)
    .outerjoin(_ENTRY, and_(_ENTRY.account_id == Account.id, _ENTRY.deleted_at.is_(None)))
)


def find(
    actor: Actor,
    *,
    search: str = "",
    role: Role | None = None,
    is_active: bool | None = None,
    order: Order = Order.USERNAME,
    limit: int,
    offset: int,
) -> Listing[Line]:
    """The accounts in whose username, e-mail address or name each word of `search` occurs: two statements.

    Raises Unauthorized and Forbidden for whoever is no admin.
    """
    policy.require(actor, Permission.ADMINISTER)
    conditions = [*map(mentions, words(search))]
    if role is not None:
        conditions.append(_ROLES[role])
    if is_active is not None:
        conditions.append(Account.is_active.is_(is_active))
    query = _SELECTED.where(*conditions)
    count = db.session.scalar(query.with_only_columns(func.count(Account.id), maintain_column_froms=True)) or 0
    rows = db.session.execute(query.order_by(*_ORDERS[order]).limit(limit).offset(offset)) if count else ()
    return Listing([Line._make(row) for row in rows], count)


export = exporting(find, "accounts.exported")


def chosen(actor: Actor, account_ids: Sequence[int]) -> list[Line]:
    """The accounts of these keys, by username; those that are none are left out. Raises Unauthorized and Forbidden."""
    policy.require(actor, Permission.ADMINISTER)
    keys = [key for key in account_ids if is_key(key)]
    query = _SELECTED.where(Account.id.in_(keys)).order_by(Account.username_key)
    return [Line._make(row) for row in db.session.execute(query)]


def get(actor: Actor, account_id: int) -> Details:
    """One account: three statements. Raises Unauthorized, Forbidden and NotFound."""
    lines = chosen(actor, [account_id])
    if not lines:
        raise NotFound
    live = (Session.account_id == Account.id, Session.ended_at.is_(None), Session.expires_at > now())
    around = select(
        Account.pending_email,
        Account.password_hash.is_not(None),
        exists().where(SecondFactor.account_id == Account.id, SecondFactor.confirmed_at.is_not(None)),
        select(func.count(Session.id)).where(*live).scalar_subquery(),
    ).where(Account.id == account_id)
    pending_email, has_password, has_factor, sessions = db.session.execute(around).one()
    acted_for = select(Patient).where(Patient.manager_id == account_id, Patient.voided_at.is_(None))
    patients = db.session.scalars(acted_for.order_by(Patient.is_own.desc(), Patient.name, Patient.id)).all()
    return Details(lines[0], pending_email, has_password, has_factor, sessions, patients)


def mentions(word: str) -> ColumnElement[bool]:
    """Whether a word occurs in the username, the e-mail address or a name of an account."""
    key, lower = name_key(word), word.lower()
    return or_(
        Account.username_key.contains(key, autoescape=True),
        Account.email_key.contains(key, autoescape=True),
        func.lower(Account.first_name).contains(lower, autoescape=True),
        func.lower(Account.last_name).contains(lower, autoescape=True),
    )
