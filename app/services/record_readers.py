"""Who opened a patient's record: what the audit trail tells of it, for the patient's side."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select, union_all

from app.extensions import db
from app.models import Account, AuditEvent, AuditEventPatient, ClinicalRecord, Department, Doctor, EmergencyAccess
from app.policy import Actor
from app.services import audit, own_record
from app.services.listing import Listing

ACTS: Mapping[str, str] = {
    "records.listed": "Looked through entries",
    "record.read": "Opened an entry",
    "record.opened": "Wrote an entry",
    "record.changed": "Changed an entry",
    "record.voided": "Took an entry out of use",
    "record.reported": "Reported at registration",
    "record.saved": "Saved an entry as PDF",
    "visit.saved": "Saved an appointment as PDF",
    "record.export_asked": "Asked for a download of the record",
    "record.downloaded": "Downloaded the record",
    "emergency.opened": "Opened the record",
    "emergency.ended": "Ended the emergency access",
}
"""What was done with a record, by the name that the audit trail has for it."""

OPENED = "emergency.opened"


class Whose(enum.Enum):
    """Whose acts are asked for: those of others, or one's own."""

    OTHERS = "others"
    OWN = "own"


class Act(NamedTuple):
    """One act. `record_id` is the entry that it was done to, where it was one that can be opened.

    `in_emergency`: it was done while the record was open in an emergency, or opened it so, for the doctor's `reason`.
    """

    at: datetime
    what: str
    who: str
    role: str
    record_id: int | None
    in_emergency: bool = False
    reason: str = ""


def find(actor: Actor, patient_id: int, whose: Whose, *, limit: int, offset: int) -> Listing[Act]:
    """What was done with the record of a patient whom the actor acts for, the newest first: three statements.

    Raises NotFound for any other patient.
    """
    own_record.patient(actor, patient_id)
    found = union_all(_events(actor, patient_id, whose), _events_of_several(actor, patient_id, whose)).subquery()
    count = db.session.scalar(select(func.count()).select_from(found)) or 0
    query = (
        select(found, AuditEvent, EmergencyAccess.reason, Account, Doctor.name, Department.name, ClinicalRecord.id)
        .join(AuditEvent, AuditEvent.id == found.c.id)
        .outerjoin(EmergencyAccess, (EmergencyAccess.id == AuditEvent.object_id) & (AuditEvent.action == OPENED))
        .outerjoin(Account, Account.id == found.c.account_id)
        .outerjoin(Doctor, Doctor.account_id == found.c.account_id)
        .outerjoin(Department, Department.id == Doctor.department_id)
        .outerjoin(ClinicalRecord, (ClinicalRecord.id == found.c.record_id) & ClinicalRecord.voided_at.is_(None))
        .order_by(found.c.at.desc(), found.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return Listing([_act(actor, patient_id, row) for row in db.session.execute(query)] if count else [], count)


def _events(actor: Actor, patient_id: int, whose: Whose) -> Select[*tuple[Any, ...]]:
    """The acts that concern this patient alone."""
    record_id = case((AuditEvent.object_type == ClinicalRecord.__tablename__, AuditEvent.object_id))
    query = select(AuditEvent.id, AuditEvent.at, AuditEvent.action, AuditEvent.account_id, record_id.label("record_id"))
    return query.where(AuditEvent.patient_id == patient_id, AuditEvent.action.in_(ACTS), _by(actor, whose))


def _events_of_several(actor: Actor, patient_id: int, whose: Whose) -> Select[*tuple[Any, ...]]:
    """The lists in which entries of several patients were read."""
    none = literal(None, AuditEvent.object_id.type).label("record_id")
    query = select(AuditEvent.id, AuditEvent.at, AuditEvent.action, AuditEvent.account_id, none)
    return query.join(AuditEventPatient, AuditEventPatient.event_id == AuditEvent.id).where(
        AuditEventPatient.patient_id == patient_id, _by(actor, whose)
    )


def _by(actor: Actor, whose: Whose) -> ColumnElement[bool]:
    if whose is Whose.OWN:
        return AuditEvent.account_id == actor.account_id
    return or_(AuditEvent.account_id.is_(None), AuditEvent.account_id != actor.account_id)


def _act(actor: Actor, patient_id: int, row: Any) -> Act:
    account, doctor, department = row.Account, row[-3], row[-2]
    if account is None:
        who, role = "The hospital", ""
    elif account.id == actor.account_id:
        who, role = "You", ""
    elif doctor:
        who, role = doctor, ", ".join(filter(None, ("Doctor", department)))
    else:
        who, role = account.display_name, "Administrator" if account.is_admin else "Account holder"
    event, reason = row.AuditEvent, row.reason or ""
    in_emergency = event.action == OPENED or patient_id in event.details.get(audit.EMERGENCY, ())
    return Act(row.at, ACTS[row.action], who, role, row[-1], in_emergency, reason)
