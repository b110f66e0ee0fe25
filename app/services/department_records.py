"""The records of a doctor's own department, as its page lists them: searched, narrowed, each with its gist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func, select

from app import policy
from app.clock import day_bounds
from app.extensions import db
from app.models import ClinicalRecord, Department, Doctor, Patient
from app.models.types import is_key
from app.policy import Actor, Permission
from app.services import patient_lists, records
from app.services.excerpts import Piece, excerpt
from app.services.listing import Listing
from app.services.record_search import NEWEST_FIRST


class Author(NamedTuple):
    """Somebody who has written records of the department, though perhaps not working there any more."""

    id: int
    name: str


class Line(NamedTuple):
    """What the list tells of a record; no author: the patient reported it."""

    id: int
    patient_id: int
    patient: str
    author: str | None
    created_at: datetime
    gist: list[Piece]


def find(
    actor: Actor,
    department: Department,
    *,
    search: str = "",
    patient: str = "",
    author_id: int | None = None,
    since: date | None = None,
    until: date | None = None,
    limit: int,
    offset: int,
) -> Listing[Line]:
    """The department's records, newest first, for its doctors and admins: two statements and the audit's.

    `search` as `record_search.matching` has it, `patient` as the directory's search; `since` and `until` are
    hospital-local days, both included. Raises Forbidden for other doctors.
    """
    policy.require(actor, Permission.SEE_DEPARTMENT_PEOPLE, department)
    filters: list[ColumnElement[bool]] = [ClinicalRecord.department_id == department.id]
    if about := patient_lists.matching(patient):
        filters.append(ClinicalRecord.patient_id.in_(select(Patient.id).where(*about)))
    if author_id is not None:
        filters.append(ClinicalRecord.author_id == (author_id if is_key(author_id) else 0))
    if since is not None:
        filters.append(ClinicalRecord.created_at >= day_bounds(since)[0])
    if until is not None:
        filters.append(ClinicalRecord.created_at < day_bounds(until)[1])
    page, count = records.newest(actor, filters, search=search, limit=limit, offset=offset)
    texts = [getattr(ClinicalRecord, name) for name in records.TEXTS]
    query = (
        select(
            ClinicalRecord.id, ClinicalRecord.patient_id, Patient.name, Doctor.name, ClinicalRecord.created_at, *texts
        )
        .join(Patient, Patient.id == ClinicalRecord.patient_id)
        .outerjoin(Doctor, Doctor.id == ClinicalRecord.author_id)
        .where(ClinicalRecord.id.in_(page))
        .order_by(*NEWEST_FIRST)
    )
    rows = db.session.execute(query).all() if count else []
    facts = len(Line._fields) - 1
    lines = [Line._make((*row[:facts], excerpt(row[facts:], search))) for row in rows]
    records.note_listed(actor, {line.id: line.patient_id for line in lines})
    return Listing(lines, count)


def authors(actor: Actor, department: Department) -> Sequence[Author]:
    """Who has written the department's records, by name, for its doctors and admins. Raises Forbidden for others."""
    policy.require(actor, Permission.SEE_DEPARTMENT_PEOPLE, department)
    has_written = exists().where(
        ClinicalRecord.author_id == Doctor.id,
        ClinicalRecord.department_id == department.id,
        ClinicalRecord.voided_at.is_(None),
    )
    query = select(Doctor.id, Doctor.name).where(has_written).order_by(func.lower(Doctor.name), Doctor.id)
    return [Author._make(row) for row in db.session.execute(query)]
