"""Clinical records: read by those whom the policy lets, written by doctors, with every former version kept.

Every reading is in the audit trail (contract, section 8): one event a record that is opened, one a page of a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, select, union
from sqlalchemy.orm import joinedload

from app import policy
from app.clock import now
from app.errors import Forbidden, Invalid, NotFound, Outdated
from app.extensions import db
from app.models import ClinicalRecord, ClinicalRecordVersion, Department, Patient
from app.policy import Actor, Permission
from app.services import appointment_lists, audit, record_search
from app.services.listing import Listing
from app.services.record_search import NEWEST_FIRST
from app.services.references import named

TEXTS = ("diagnostics", "observations", "treatments", "misc", "notes")
LONGEST_TEXT = 20_000

_WITH_NAMES = (joinedload(ClinicalRecord.patient), joinedload(ClinicalRecord.department))


class Line(NamedTuple):
    """What a list tells of a record: all that the record itself does."""

    id: int
    patient_id: int
    patient_name: str
    author_id: int | None
    department_id: int | None
    department_name: str | None
    appointment_id: int | None
    diagnostics: str
    observations: str
    treatments: str
    misc: str
    notes: str
    created_at: datetime
    updated_at: datetime
    version: int


_LINE = (
    ClinicalRecord.id,
    ClinicalRecord.patient_id,
    Patient.name,
    ClinicalRecord.author_id,
    ClinicalRecord.department_id,
    Department.name,
    ClinicalRecord.appointment_id,
    *(getattr(ClinicalRecord, name) for name in TEXTS),
    ClinicalRecord.created_at,
    ClinicalRecord.updated_at,
    ClinicalRecord.version,
)


def find(
    actor: Actor,
    *,
    patient_id: int | None = None,
    department_id: int | None = None,
    search: str = "",
    limit: int,
    offset: int,
) -> Listing[Line]:
    """The records that the actor may read, newest first, by key where made together: two statements and the audit's.

    Filters narrow; `search` as `record_search.matching` has it.
    """
    filters = []
    if patient_id is not None:
        filters.append(ClinicalRecord.patient_id == patient_id)
    if department_id is not None:
        filters.append(ClinicalRecord.department_id == department_id)
    page, count = newest(actor, filters, search=search, limit=limit, offset=offset)
    query = (
        select(*_LINE)
        .join(Patient, Patient.id == ClinicalRecord.patient_id)
        .outerjoin(Department, Department.id == ClinicalRecord.department_id)
        .where(ClinicalRecord.id.in_(page))
        .order_by(*NEWEST_FIRST)
    )
    lines = [Line._make(row) for row in db.session.execute(query)] if count else []
    note_listed(actor, {line.id: line.patient_id for line in lines})
    return Listing(lines, count)


def newest(
    actor: Actor, filters: Sequence[ColumnElement[bool]], *, search: str, limit: int, offset: int
) -> tuple[Select[int] | list[int], int]:
    """The keys of one page of the records that fit and that the actor may read, newest first, and how many fit.

    One statement. With words to search for, these are looked up first, and the policy is asked about what they find.
    Without them each way to see has an index of its own.
    """
    words = record_search.matching(search)
    if not words:
        found = _readable(actor, filters).subquery()
        count = db.session.scalar(select(func.count()).select_from(found)) or 0
        page = select(found.c.id).order_by(found.c.created_at.desc(), found.c.id.desc())
        return page.limit(limit).offset(offset), count
    return record_search.page(*words, *filters, policy.may_see(actor, ClinicalRecord), limit=limit, offset=offset)


def note_listed(actor: Actor, patients: Mapping[int, int]) -> None:
    """Note in the audit trail which records, of which patients, a page of a list has told of."""
    read_of = sorted(set(patients.values()))
    audit.record(actor, "records.listed", read_of=read_of, patients=read_of, records=list(patients))


def find_of_department(actor: Actor, department_id: int, *, limit: int, offset: int) -> Listing[Line]:
    """The records of a department, for its doctors and admins, newest first (document 000).

    Raises NotFound for an unknown department, and Forbidden for other doctors.
    """
    department = policy.fetch(actor, Department, department_id)
    policy.require(actor, Permission.SEE_DEPARTMENT_PEOPLE, department)
    return find(actor, department_id=department.id, limit=limit, offset=offset)


def require_visible(actor: Actor, record_id: int) -> None:
    """Raises NotFound for a record that the actor may not read. Tells nothing of it, so this is no reading."""
    policy.fetch(actor, ClinicalRecord, record_id)


def get(actor: Actor, record_id: int) -> ClinicalRecord:
    """One record with its names. Raises NotFound for one that the actor may not read."""
    record = policy.fetch(actor, ClinicalRecord, record_id, *_WITH_NAMES)
    audit.record(actor, "record.read", record, patient_id=record.patient_id)
    return record


def write(
    actor: Actor, *, patient_id: int, appointment_id: int | None = None, texts: Mapping[str, str]
) -> ClinicalRecord:
    """Open a record about any patient of the directory, as a doctor; it belongs to that doctor's department.

    Opening one lets nobody read anything more: a doctor of no department, who does not treat the patient, has written
    what only others may read. Raises Forbidden for anyone but approved doctors, and Invalid for a text that is too
    long, an unknown patient, and an appointment that is not the patient's or not one that the actor sees.
    """
    policy.require(actor, Permission.WRITE_RECORD)
    _check(texts)
    patient = named(actor, Patient, patient_id)
    _require_visit(actor, patient, appointment_id)
    department = None if actor.department_id is None else policy.fetch(actor, Department, actor.department_id)
    moment = now()
    record = ClinicalRecord(
        patient=patient,
        author_id=actor.doctor_id,
        department=department,
        appointment_id=appointment_id,
        written_by_id=actor.account_id,
        created_at=moment,
        updated_at=moment,
        **{name: texts.get(name, "") for name in TEXTS},
    )
    db.session.add(record)
    db.session.flush()
    audit.record(actor, "record.opened", record, patient_id=patient.id)
    return record


def change(
    actor: Actor,
    record_id: int,
    *,
    texts: Mapping[str, str],
    about: Mapping[str, int | None] | None = None,
    version: int | None = None,
) -> ClinicalRecord:
    """Change the texts that are given, and keep what they were as a former version; no difference changes nothing.

    `about` is what the writer takes the record to be about (`patient_id`, `appointment_id`): that never changes.
    `version` is the one that the writer has read, for whoever wants no other's change overwritten. Raises NotFound,
    Invalid for a text that is too long and for another patient or appointment, Forbidden for whoever does not read
    the record as a doctor, or by emergency access alone, and Outdated for a version that is no longer the present one.
    """
    policy.require(actor, Permission.WRITE_RECORD)
    record = policy.fetch(actor, ClinicalRecord, record_id, *_WITH_NAMES, lock=True)
    _check(texts)
    for name, expected in (about or {}).items():
        if expected != getattr(record, name):
            raise Invalid("A record keeps what it is about. Open another one.", field=name)
    _require_doctor_of(actor, record)
    former = {name: getattr(record, name) for name in TEXTS}
    if former | dict(texts) == former:
        audit.record(actor, "record.read", record, patient_id=record.patient_id)
        return record
    _require_present(record, version)
    moment = now()
    db.session.add(
        ClinicalRecordVersion(
            record_id=record.id,
            version=record.version,
            written_by_id=record.written_by_id,
            replaced_at=moment,
            **former,
        )
    )
    for name, text in texts.items():
        setattr(record, name, text)
    record.version += 1
    record.updated_at, record.written_by_id = moment, actor.account_id
    db.session.flush()
    audit.record(actor, "record.changed", record, patient_id=record.patient_id, version=record.version)
    return record


def void(actor: Actor, record_id: int, *, reason: str = "", version: int | None = None) -> None:
    """Take a record out of use, as a doctor; the row, its versions, who did it and why are kept.

    `version` as in `change`. Raises NotFound, Outdated, and Forbidden for whoever does not read the record as a doctor,
    or by emergency access alone.
    """
    policy.require(actor, Permission.WRITE_RECORD)
    record = policy.fetch(actor, ClinicalRecord, record_id, lock=True)
    _require_doctor_of(actor, record)
    _require_present(record, version)
    record.voided_at, record.voided_by_id, record.void_reason = now(), actor.account_id, reason
    audit.record(actor, "record.voided", record, patient_id=record.patient_id)


def _readable(actor: Actor, filters: Sequence[ColumnElement[bool]]) -> CompoundSelect[int, datetime]:
    """Keys and moments of the records that the actor may read: nothing more of those that are not on the page."""
    keys = select(ClinicalRecord.id, ClinicalRecord.created_at).where(*filters)
    return union(*(keys.where(way) for way in policy.ways_to_see(actor, ClinicalRecord)))


def _check(texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        if len(text) > LONGEST_TEXT:
            raise Invalid(f"Use {LONGEST_TEXT:,} characters or fewer.", field=name)


def _require_visit(actor: Actor, patient: Patient, appointment_id: int | None) -> None:
    if appointment_id is None:
        return
    try:
        appointment = appointment_lists.get(actor, appointment_id)
    except NotFound:
        appointment = None
    if appointment is None or appointment.patient_id != patient.id:
        raise Invalid("There is no such appointment of this patient.", field="appointment_id")


def _require_present(record: ClinicalRecord, version: int | None) -> None:
    if version not in (None, record.version):
        raise Outdated("Somebody has changed this record since you read it. Read it again, then make your change.")


def _require_doctor_of(actor: Actor, record: ClinicalRecord) -> None:
    if not policy.keeps(actor, record):
        raise Forbidden("Only doctors who treat the patient, or work in the record's department, can change it.")
