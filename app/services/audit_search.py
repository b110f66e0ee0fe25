"""Searching the audit trail, as admins do: by patient, account, act and day, the newest first.

A page is found by the last event of the one before, not by a number, and a count ends at MOST_COUNTED: both stay quick
however long the trail is. Searching is an act that the trail tells of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, union

from app import policy
from app.clock import day_bounds
from app.extensions import db
from app.models import Account, AuditEvent, AuditEventPatient, Doctor, Patient
from app.models.types import is_key, name_key
from app.policy import Actor, Permission
from app.services import audit
from app.services.listing import MOST_IN_FILE
from app.services.search import words

MOST_COUNTED = 1000
LONGEST_KEY = 19
MOST_PATIENTS = 50
"""Of so many patients of a name the trail is searched at most; the number of a patient names a single one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is asked for: a patient's number or name, a username, an act as the trail calls it, hospital-local days."""

    patient: str = ""
    username: str = ""
    action: str = ""
    since: date | None = None
    until: date | None = None


class Line(NamedTuple):
    """One act. `who` and `role` are empty for what the portal did by itself, or somebody who was not signed in.

    `patients`: how many it concerns, where these are several.
    """

    id: int
    at: datetime
    action: str
    who: str
    username: str
    role: str
    patient_id: int | None
    patient: str
    patients: int
    about: str
    details: dict[str, Any]
    origin: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some events; `older` is the key of the last, after which there are more. `count` ends at MOST_COUNTED + 1."""

    lines: Sequence[Line]
    count: int
    older: int | None
    has_too_many_patients: bool


def find(actor: Actor, filters: Filters, *, before: int | None = None, limit: int) -> Page:
    """A page of what the filters leave, after the event `before`: at most six statements.

    Raises Unauthorized and Forbidden for anyone but admins.
    """
    policy.require(actor, Permission.ADMINISTER)
    asked = _Asked(filters)
    older = None if before is None else _older_than(before)
    found = asked.events(older, limit + 1)
    counted = asked.events(None, MOST_COUNTED + 1).subquery()
    count = db.session.scalar(select(func.count()).select_from(counted)) or 0
    lines = _lines(found) if count else []
    audit.record(actor, "audit.searched", patient_id=asked.patient_id, **asked.details)
    more = lines[limit - 1].id if len(lines) > limit else None
    return Page(lines[:limit], count, more, asked.has_too_many_patients)


def file_of(actor: Actor, filters: Filters) -> Sequence[Line]:
    """The newest MOST_IN_FILE events that the filters leave. Raises as `find` does."""
    policy.require(actor, Permission.ADMINISTER)
    asked = _Asked(filters)
    lines = _lines(asked.events(None, MOST_IN_FILE))
    audit.record(actor, "audit.saved", patient_id=asked.patient_id, events=len(lines), **asked.details)
    return lines


class _Asked:
    """The filters as keys: whom they name is looked up first, so that the trail is read by its indexes."""

    def __init__(self, filters: Filters) -> None:
        self._filters = filters
        found = _patients(filters.patient) if filters.patient.strip() else None
        self.has_too_many_patients = found is not None and len(found) > MOST_PATIENTS
        self._patients = None if found is None else found[:MOST_PATIENTS]
        self._account = _account(filters.username) if filters.username.strip() else None

    @property
    def patient_id(self) -> int | None:
        """The only patient who is asked for."""
        return self._patients[0] if self._patients and len(self._patients) == 1 else None

    @property
    def details(self) -> dict[str, Any]:
        """What was asked for, as the trail tells it: keys, no names."""
        told = {
            "patients": self._patients if self.patient_id is None else None,
            "account": self._account,
            "act": self._filters.action.encode(errors="ignore").decode().replace("\0", "")[:100] or None,
            "since": self._filters.since and self._filters.since.isoformat(),
            "until": self._filters.until and self._filters.until.isoformat(),
        }
        return {name: value for name, value in told.items() if value is not None}

    def events(self, older: ColumnElement[bool] | None, limit: int) -> Select[*tuple[Any, ...]]:
        """The keys of the newest events."""
        narrowed = [self._narrows(), *([] if older is None else [older])]
        if self._patients is None:
            return _newest(select(AuditEvent.id).where(*narrowed), limit)
        # Events of one patient and of several are found by different indexes: each way is asked by itself.
        of_one = select(AuditEvent.id).where(AuditEvent.patient_id.in_(self._patients), *narrowed)
        of_several = (
            select(AuditEvent.id, AuditEvent.at)
            .join(AuditEventPatient, AuditEventPatient.event_id == AuditEvent.id)
            .where(AuditEventPatient.patient_id.in_(self._patients), *narrowed)
            .distinct()
        )
        ways = (select(_newest(way, limit).subquery().c.id) for way in (of_one, of_several))
        return _newest(select(AuditEvent.id).where(AuditEvent.id.in_(union(*ways))), limit)

    def _narrows(self) -> ColumnElement[bool]:
        """Everything that is asked for but the patient."""
        filters = self._filters
        conditions: list[ColumnElement[bool]] = []
        if filters.username.strip():
            conditions.append(AuditEvent.account_id == self._account if self._account else false())
        if filters.action:
            conditions.append(AuditEvent.action == filters.action if filters.action.isprintable() else false())
        if filters.since:
            conditions.append(AuditEvent.at >= day_bounds(filters.since)[0])
        if filters.until:
            conditions.append(AuditEvent.at < day_bounds(filters.until)[1])
        return and_(True, *conditions)  # noqa: FBT003 (SQLAlchemy's form of "no condition")


def _newest(query: Select[*tuple[Any, ...]], limit: int) -> Select[*tuple[Any, ...]]:
    return query.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(limit)


def _older_than(key: int) -> ColumnElement[bool]:
    """Whether an event comes after one in the list; nothing does after one that is not there."""
    at = db.session.scalar(select(AuditEvent.at).where(AuditEvent.id == key)) if is_key(key) else None
    if at is None:
        return false()
    return and_(AuditEvent.at <= at, or_(AuditEvent.at < at, AuditEvent.id < key))


def _patients(text: str) -> list[int]:
    """Who is meant by a number or a name, those who were removed among them: the trail still tells of them."""
    number = text.strip()
    if number.isascii() and number.isdigit():
        return [int(number)] if len(number) <= LONGEST_KEY and is_key(int(number)) else []
    named = [func.lower(Patient.name).contains(word.lower(), autoescape=True) for word in words(text)]
    if not named:
        return []
    query = select(Patient.id).where(*named).order_by(Patient.name, Patient.id).limit(MOST_PATIENTS + 1)
    return list(db.session.scalars(query))


def _account(username: str) -> int | None:
    key = name_key(" ".join(words(username)))
    return db.session.scalar(select(Account.id).where(or_(Account.username_key == key, Account.email_key == key)))


def _lines(found: Select[*tuple[Any, ...]]) -> list[Line]:
    of_several = AuditEventPatient.event_id == AuditEvent.id
    patients = select(func.count()).select_from(AuditEventPatient).where(of_several).correlate(AuditEvent)
    query = (
        select(AuditEvent, Account, Doctor.name, Patient.name, patients.scalar_subquery())
        .where(AuditEvent.id.in_(select(found.subquery().c.id)))
        .outerjoin(Account, Account.id == AuditEvent.account_id)
        .outerjoin(Doctor, Doctor.account_id == AuditEvent.account_id)
        .outerjoin(Patient, Patient.id == AuditEvent.patient_id)
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    )
    return [_line(*row) for row in db.session.execute(query)]


def _line(event: AuditEvent, account: Account | None, doctor: str | None, patient: str | None, patients: int) -> Line:
    if account is None:
        who = username = role = ""
    else:
        who, username = doctor or account.display_name, account.username
        role = "Administrator" if account.is_admin else "Doctor" if doctor else "Account holder"
    about = "" if event.object_id is None else f"{event.object_type.replace('_', ' ')} {event.object_id}"
    return Line(
        id=event.id,
        at=event.at,
        action=event.action,
        who=who,
        username=username,
        role=role,
        patient_id=event.patient_id,
        patient=patient or "",
        patients=patients,
        about=about,
        details=event.details,
        origin=event.origin,
    )
