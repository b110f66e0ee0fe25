"""Lists of entries as pages show them, whoever reads: searched, narrowed by day, and noted in the audit trail."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, select

from app.clock import day_bounds
from app.extensions import db
from app.models import Appointment, ClinicalRecord, Department, Doctor, Patient
from app.policy import Actor
from app.services import record_search
from app.services.listing import Listing
from app.services.records import TEXTS, note_listed

LONGEST_GIST = 140


class Line(NamedTuple):
    """What the list tells of an entry."""

    id: int
    patient_id: int
    patient: str
    author: str | None
    department: str | None
    visit_id: int | None
    visit_at: datetime | None
    reported_by_patient: bool
    created_at: datetime
    version: int
    diagnostics: str
    observations: str
    treatments: str
    misc: str
    notes: str

    @property
    def gist(self) -> str:
        """The beginning of the first text that says something, on one line."""
        text = next((text for name in TEXTS if (text := " ".join(getattr(self, name).split()))), "No text")
        return text if len(text) <= LONGEST_GIST else text[:LONGEST_GIST].rsplit(" ", 1)[0] + " …"


_LINE = (
    ClinicalRecord.id,
    ClinicalRecord.patient_id,
    Patient.name,
    Doctor.name,
    Department.name,
    Appointment.id,
    Appointment.starts_at,
    ClinicalRecord.reported_by_patient,
    ClinicalRecord.created_at,
    ClinicalRecord.version,
    *(getattr(ClinicalRecord, name) for name in TEXTS),
)


def find(
    actor: Actor,
    *conditions: ColumnElement[bool],
    search: str = "",
    since: date | None = None,
    until: date | None = None,
    limit: int,
    offset: int,
) -> Listing[Line]:
    """The entries that fit, newest first: two statements and the audit's. Who may read them, `conditions` say.

    `search` as `record_search.matching` has it; `since` and `until` are hospital-local days, both included.
    """
    narrowed = [*conditions, *record_search.matching(search)]
    if since is not None:
        narrowed.append(ClinicalRecord.created_at >= day_bounds(since)[0])
    if until is not None:
        narrowed.append(ClinicalRecord.created_at < day_bounds(until)[1])
    page, count = record_search.page(*narrowed, limit=limit, offset=offset)
    query = (
        select(*_LINE)
        .join(Patient, Patient.id == ClinicalRecord.patient_id)
        .outerjoin(Doctor, Doctor.id == ClinicalRecord.author_id)
        .outerjoin(Department, Department.id == ClinicalRecord.department_id)
        .outerjoin(Appointment, (Appointment.id == ClinicalRecord.appointment_id) & Appointment.removed_at.is_(None))
        .where(ClinicalRecord.id.in_(page))
        .order_by(*record_search.NEWEST_FIRST)
    )
    lines = [Line._make(row) for row in db.session.execute(query)] if page else []
    note_listed(actor, {line.id: line.patient_id for line in lines})
    return Listing(lines, count)
