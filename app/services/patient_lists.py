"""The directory of patients: found, and looked up, by those who act for them and by staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from app import policy
from app.errors import NotFound
from app.extensions import db
from app.models import Account, Patient
from app.models.types import is_key, name_key
from app.policy import Actor
from app.services import audit
from app.services.listing import Listing
from app.services.search import words

BY_KEY, BY_NAME, NEWEST = (Patient.id,), (func.lower(Patient.name), Patient.id), (Patient.id.desc(),)
MANAGED, UNMANAGED = Patient.manager_id.is_not(None), Patient.manager_id.is_(None)
"""Conditions of `find`: an account acts for the patient, or nobody does."""

_MOST_DIGITS = 19
_BETWEEN_DIGITS = " -./()"


class Line(NamedTuple):
    """What is told of a patient. `manager_id` and `username` are those of the account that acts for the patient."""

    id: int
    manager_id: int | None
    username: str | None
    name: str
    phone: str
    insurance_number: str
    date_of_birth: date | None
    address: str
    picture_id: int | None
    created_by_id: int | None
    created_by_username: str | None
    created_at: datetime


_MANAGER, _CREATOR = aliased(Account), aliased(Account)
_SELECTED = (
    select(
        Patient.id,
        Patient.manager_id,
        _MANAGER.username,
        Patient.name,
        Patient.phone,
        Patient.insurance_number,
        Patient.date_of_birth,
        Patient.address,
        Patient.picture_id,
        Patient.created_by_id,
        _CREATOR.username,
        Patient.created_at,
    )
    .outerjoin(_MANAGER, _MANAGER.id == Patient.manager_id)
    .outerjoin(_CREATOR, _CREATOR.id == Patient.created_by_id)
)


def find(
    actor: Actor,
    *conditions: ColumnElement[bool],
    search: str = "",
    phone: str = "",
    order: Sequence[Any] = BY_KEY,
    limit: int,
    offset: int,
) -> Listing[Line]:
    """The patients whom the actor may see: two statements, and the audit's where staff read the directory.

    `conditions` narrow further, and `order` is by key unless told; `search` as `matching` has it. `phone` is the whole
    number as it was written.
    """
    narrowed = [policy.may_see(actor, Patient), *conditions, *matching(search)]
    if phone:
        narrowed.append(Patient.phone == phone)
    found = page(*narrowed, order=order, limit=limit, offset=offset)
    if _reads_directory(actor):
        audit.record(actor, "patients.listed", patients=[line.id for line in found.rows])
    return found


def matching(search: str) -> list[ColumnElement[bool]]:
    """The conditions of a search: none for one without words.

    Every word must be the key, or occur in the managing account's username, the name or the telephone number, however
    that is spaced.
    """
    return [_mentions(word) for word in words(search)]


def page(*conditions: ColumnElement[bool], order: Sequence[Any] = BY_KEY, limit: int, offset: int) -> Listing[Line]:
    """One page of the patients that fit: two statements. Whether the actor may see them, the caller says."""
    count = db.session.scalar(select(func.count(Patient.id)).where(*conditions)) or 0
    rows = db.session.execute(_SELECTED.where(*conditions).order_by(*order).limit(limit).offset(offset))
    return Listing([Line._make(row) for row in rows], count)


def get(actor: Actor, patient_id: int) -> Line:
    """One patient. Raises NotFound for one whom the actor may not see."""
    query = _SELECTED.where(policy.may_see(actor, Patient), Patient.id == patient_id)
    row = db.session.execute(query).one_or_none() if is_key(patient_id) else None
    if row is None:
        raise NotFound
    return Line._make(row)


def look_up(actor: Actor, patient_id: int) -> Line:
    """One patient, as `get` has it, and a note in the audit trail where somebody of the staff looked."""
    line = get(actor, patient_id)
    note_reading(actor, line)
    return line


def note_reading(actor: Actor, patient: Line | Patient) -> None:
    """Note in the audit trail that somebody of the staff is told of a patient whom the actor does not act for."""
    if _reads_directory(actor) and patient.manager_id != actor.account_id:
        audit.record(actor, "patient.read", patient_id=patient.id)


def _reads_directory(actor: Actor) -> bool:
    """Whether the actor sees more than the patients whom the actor acts for (contract, section 4: audited)."""
    return actor.is_doctor or actor.is_admin


def _mentions(word: str) -> ColumnElement[bool]:
    text = word.lower()
    users = select(Account.id).where(Account.username_key.contains(name_key(word), autoescape=True))
    conditions = [
        func.lower(Patient.name).contains(text, autoescape=True),
        Patient.manager_id.in_(users),
    ]
    digits, number = text, Patient.phone.expression
    for character in _BETWEEN_DIGITS:
        digits, number = digits.replace(character, ""), func.replace(number, character, "")
    if digits:
        conditions.append(number.contains(digits, autoescape=True))
    if word.isascii() and word.isdecimal() and len(word) <= _MOST_DIGITS and is_key(int(word)):
        conditions.append(Patient.id == int(word))
    return or_(*conditions)
