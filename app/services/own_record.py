"""A patient's record as the patient's side reads it: the list, one entry, PDF files of these. Each reading is noted."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from app import policy, unit_of_work
from app.clock import day_bounds, now
from app.errors import NotFound
from app.extensions import db
from app.models import Appointment, ClinicalRecord, Department, Doctor, Patient
from app.models.types import is_key
from app.policy import Actor, Permission
from app.services import appointment_lists, audit, record_facts, record_search
from app.services.listing import Listing
from app.services.record_facts import Entry
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


def patient(actor: Actor, patient_id: int) -> Patient:
    """A patient whose record the actor oversees. Raises NotFound for any other, whoever asks."""
    found = policy.fetch(actor, Patient, patient_id)
    if not policy.can(actor, Permission.OVERSEE_RECORD, found):
        raise NotFound
    return found


def find(
    actor: Actor,
    *,
    patient_id: int | None = None,
    search: str = "",
    since: date | None = None,
    until: date | None = None,
    limit: int,
    offset: int,
) -> Listing[Line]:
    """The entries of the patients whom the actor acts for, newest first: two statements and the audit's.

    `search` as `record_search.matching` has it; `since` and `until` are hospital-local days, both
    included. Raises NotFound for a patient whom the actor does not act for.
    """
    conditions = [record_facts.mine(actor), *record_search.matching(search)]
    if patient_id is not None:
        conditions.append(ClinicalRecord.patient_id == patient(actor, patient_id).id)
    if since is not None:
        conditions.append(ClinicalRecord.created_at >= day_bounds(since)[0])
    if until is not None:
        conditions.append(ClinicalRecord.created_at < day_bounds(until)[1])
    page, count = record_search.page(*conditions, limit=limit, offset=offset)
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


def get(actor: Actor, record_id: int) -> Entry:
    """One entry with all its versions. Raises NotFound for one of a patient whom the actor does not act for."""
    entry = _find(actor, record_id)
    _note(actor, "record.read", entry)
    return entry


def entry_pdf(actor: Actor, record_id: int) -> tuple[Entry, bytes]:
    """One entry, and the PDF file of it. It comes first in its unit of work. Raises NotFound as `get` does."""
    from app.services import record_documents  # noqa: PLC0415 (fpdf2 is slow to load, and most processes never need it)

    entry = _find(actor, record_id)
    unit_of_work.pause()
    content = record_documents.entry(entry, now())
    _note(actor, "record.saved", entry)
    return entry, content


def visit_pdf(actor: Actor, appointment_id: int) -> tuple[datetime, bytes]:
    """When a visit starts, and a PDF file of it with its entries. It comes first in its unit of work.

    Raises NotFound for a visit of a patient whom the actor does not act for.
    """
    from app.services import record_documents  # noqa: PLC0415 (as above)

    visit = record_facts.Visit.of(appointment_lists.of_managed_patient(actor, appointment_id))
    entries = record_facts.entries(actor, ClinicalRecord.appointment_id == appointment_id)
    unit_of_work.pause()
    content = record_documents.visit(visit, entries, now())
    keys = [entry.id for entry in entries]
    audit.record(actor, "visit.saved", patient_id=visit.patient_id, appointment=visit.id, records=keys)
    return visit.starts_at, content


def _find(actor: Actor, record_id: int) -> Entry:
    found = record_facts.entries(actor, ClinicalRecord.id == record_id) if is_key(record_id) else []
    if not found:
        raise NotFound
    return found[0]


def _note(actor: Actor, action: str, entry: Entry) -> None:
    record = db.session.get_one(ClinicalRecord, entry.id)
    audit.record(actor, action, record, patient_id=entry.patient_id)
