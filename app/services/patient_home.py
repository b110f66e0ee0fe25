"""The first page of whoever has patients to care for: what comes next, what waits, what is new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, select

from app import policy
from app.extensions import db
from app.models import FIRM, Appointment, ClinicalRecord, Department, Doctor, Patient, VisitState
from app.policy import Actor
from app.services import appointment_lists
from app.services.listing import Listing

REQUESTS_SHOWN = 3


class NewEntry(NamedTuple):
    """That there is an entry in a record, and nothing of what it says. Without an author, the patient reported it."""

    patient_name: str
    author: str | None
    department: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Home:
    """What the page tells of all patients whom somebody acts for; `is_newcomer`: none has ever had a visit."""

    next_visit: Appointment | None
    requests: Listing[Appointment]
    latest_entry: NewEntry | None
    is_newcomer: bool


def get(actor: Actor) -> Home:
    """The actor's first page, in six statements at most. Nothing of a record is read, so none is audited."""
    soonest = appointment_lists.coming(actor, FIRM, limit=1).rows
    return Home(
        next_visit=soonest[0] if soonest else None,
        requests=appointment_lists.coming(actor, (VisitState.PENDING,), limit=REQUESTS_SHOWN),
        latest_entry=_latest_entry(actor),
        is_newcomer=not _has_visits(actor),
    )


def _latest_entry(actor: Actor) -> NewEntry | None:
    entries = (
        policy.visible(actor, ClinicalRecord)
        .with_only_columns(Patient.name, Doctor.name, Department.name, ClinicalRecord.created_at)
        .join(Patient, Patient.id == ClinicalRecord.patient_id)
        .outerjoin(Doctor, Doctor.id == ClinicalRecord.author_id)
        .outerjoin(Department, Department.id == ClinicalRecord.department_id)
        .where(ClinicalRecord.patient_id.in_(policy.managed_patients(actor)))
        .order_by(ClinicalRecord.created_at.desc(), ClinicalRecord.id.desc())
        .limit(1)
    )
    row = db.session.execute(entries).one_or_none()
    return None if row is None else NewEntry._make(row)


def _has_visits(actor: Actor) -> bool:
    visits = exists().where(
        Appointment.patient_id.in_(policy.managed_patients(actor)), Appointment.state != VisitState.HELD
    )
    return bool(db.session.scalar(select(visits)))
