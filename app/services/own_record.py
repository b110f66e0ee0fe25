"""A patient's record as the patient's side reads it: the list, one entry, PDF files of these. Each reading is noted."""

from __future__ import annotations

from datetime import date, datetime

from app import policy, unit_of_work
from app.clock import now
from app.errors import NotFound
from app.extensions import db
from app.models import ClinicalRecord, Patient
from app.models.types import is_key
from app.policy import Actor, Permission
from app.services import appointment_lists, audit, record_facts, record_lines
from app.services.listing import Listing
from app.services.record_facts import Entry
from app.services.record_lines import Line


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
    conditions = [record_facts.mine(actor)]
    if patient_id is not None:
        conditions.append(ClinicalRecord.patient_id == patient(actor, patient_id).id)
    return record_lines.find(actor, *conditions, search=search, since=since, until=until, limit=limit, offset=offset)


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
    entries = record_facts.entries(record_facts.mine(actor), ClinicalRecord.appointment_id == appointment_id)
    unit_of_work.pause()
    content = record_documents.visit(visit, entries, now())
    keys = [entry.id for entry in entries]
    audit.record(actor, "visit.saved", patient_id=visit.patient_id, appointment=visit.id, records=keys)
    return visit.starts_at, content


def _find(actor: Actor, record_id: int) -> Entry:
    found = record_facts.entries(record_facts.mine(actor), ClinicalRecord.id == record_id) if is_key(record_id) else []
    if not found:
        raise NotFound
    return found[0]


def _note(actor: Actor, action: str, entry: Entry) -> None:
    record = db.session.get_one(ClinicalRecord, entry.id)
    audit.record(actor, action, record, patient_id=entry.patient_id)
