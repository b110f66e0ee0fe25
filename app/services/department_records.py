"""The records of a doctor's own department, as its page lists them: searched, narrowed, each with its gist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import exists, func, select

from app import policy
from app.extensions import db
from app.models import ClinicalRecord, Department, Doctor, Patient
from app.models.types import is_key
from app.policy import Actor, Permission
from app.services import patient_lists, record_lines
from app.services.excerpts import Piece, excerpt
from app.services.listing import Listing
from app.services.records import TEXTS


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
    conditions = [policy.may_see(actor, ClinicalRecord), ClinicalRecord.department_id == department.id]
    if about := patient_lists.matching(patient):
        conditions.append(ClinicalRecord.patient_id.in_(select(Patient.id).where(*about)))
    if author_id is not None:
        conditions.append(ClinicalRecord.author_id == (author_id if is_key(author_id) else 0))
    found = record_lines.find(actor, *conditions, search=search, since=since, until=until, limit=limit, offset=offset)
    return found.map(lambda line: _excerpted(line, search))


def _excerpted(line: record_lines.Line, search: str) -> Line:
    texts = [getattr(line, name) for name in TEXTS]
    return Line(line.id, line.patient_id, line.patient, line.author, line.created_at, excerpt(texts, search))


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
