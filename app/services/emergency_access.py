"""Emergency access: a doctor reads the record of somebody whom the doctor does not treat (contract, section 8).

It lasts EMERGENCY_LASTS and ends by itself, since the policy compares its end with the present moment. It opens the
record for reading and nothing else: docs/adr/0010.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from app import policy
from app.clock import now
from app.errors import Conflict, Invalid, TooMany
from app.extensions import db
from app.models import EMERGENCY_LASTS, Doctor, EmergencyAccess, Message, Patient
from app.policy import Actor, Permission
from app.services import appointments, audit, outbox
from app.services.outbox import Template

MOST = 10
PERIOD = timedelta(hours=24)
"""A doctor opens at most MOST records in PERIOD. Nobody has that many emergencies: who needs more asks the hospital."""

LONGEST_REASON = 500


class Standing(enum.Enum):
    """What a doctor can do about a patient's record."""

    NOT_NEEDED = "not_needed"
    OPEN = "open"
    USED_UP = "used_up"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Situation:
    """How a doctor stands to a patient's record: `access` is the one that is open."""

    patient: Patient
    standing: Standing
    access: EmergencyAccess | None


def look(actor: Actor, patient_id: int) -> Situation:
    """How the doctor stands to the record of a patient of the directory.

    Raises Forbidden for anyone but approved doctors, and NotFound for a patient who is not there.
    """
    policy.require(actor, Permission.OPEN_IN_EMERGENCY)
    return _situation(actor, policy.fetch(actor, Patient, patient_id, appointments.WITH_MANAGER))


def open_record(actor: Actor, patient_id: int, *, reason: str) -> EmergencyAccess:
    """Open a patient's record, and have the patient's side told at once. One that is open already stays as it is.

    Raises as `look` does; Invalid for a reason that is missing or longer than LONGEST_REASON, Conflict where the
    doctor may read the record anyway, and TooMany after MOST within PERIOD.
    """
    policy.require(actor, Permission.OPEN_IN_EMERGENCY)
    # Two clicks, or tabs, queue up here.
    db.session.scalar(select(Doctor.id).where(Doctor.id == actor.doctor_id).with_for_update(key_share=True))
    situation = look(actor, patient_id)
    patient = situation.patient
    if situation.access is not None:
        return situation.access
    if situation.standing is Standing.NOT_NEEDED:
        raise Conflict(f"You can read the record of {patient.name} without emergency access.")
    if situation.standing is Standing.USED_UP:
        raise TooMany(_refusal(), retry_after=_seconds_to_next(actor))
    reason = reason.strip()
    if not reason:
        raise Invalid("Enter why you need the record now.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"Use {LONGEST_REASON:,} characters or fewer.", field="reason")
    moment = now()
    access = EmergencyAccess(
        doctor_id=actor.doctor_id,
        patient=patient,
        reason=reason,
        opened_at=moment,
        ends_at=moment + EMERGENCY_LASTS,
    )
    db.session.add(access)
    db.session.flush()
    audit.record(actor, "emergency.opened", access, patient_id=patient.id)
    if patient.manager is not None:
        outbox.tell_about_row(Template.EMERGENCY_OPENED, access.id, patient.manager)
    return access


def end(actor: Actor, patient_id: int) -> Patient:
    """End the doctor's emergency access to a patient's record before its time; one that has ended is no error.

    Raises as `look` does.
    """
    situation = look(actor, patient_id)
    if situation.access is not None:
        situation.access.ends_at = now()
        db.session.flush()
        audit.record(actor, "emergency.ended", situation.access, patient_id=patient_id)
    return situation.patient


def open_now(actor: Actor) -> list[EmergencyAccess]:
    """The records that the doctor has opened and that are still open, with their patients; who ends first stands first.

    For anybody else there are none.
    """
    if not actor.is_doctor:
        return []
    query = select(EmergencyAccess).where(*_open(actor)).options(joinedload(EmergencyAccess.patient))
    return list(db.session.scalars(query.order_by(EmergencyAccess.ends_at, EmergencyAccess.id)))


def told_of(message: Message) -> EmergencyAccess | None:
    """The access that a message tells of, with its doctor and the doctor's department."""
    who = joinedload(EmergencyAccess.doctor).joinedload(Doctor.department)
    return db.session.get(EmergencyAccess, message.subject_id, options=(who,))


def _situation(actor: Actor, patient: Patient) -> Situation:
    own = (*_open(actor), EmergencyAccess.patient_id == patient.id)
    access = db.session.scalars(select(EmergencyAccess).where(*own)).first()
    if patient.manager_id == actor.account_id or appointments.treats(actor, patient):
        standing = Standing.NOT_NEEDED
    elif access is not None:
        standing = Standing.OPEN
    else:
        standing = Standing.USED_UP if _count(actor) >= MOST else Standing.CLOSED
    return Situation(patient, standing, access)


def _open(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return (EmergencyAccess.doctor_id == actor.doctor_id, EmergencyAccess.ends_at > now())


def _lately(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Those that count for MOST. Their end is later than their beginning, and has the index."""
    since = now() - PERIOD
    mine = (EmergencyAccess.doctor_id == actor.doctor_id, EmergencyAccess.ends_at > since)
    return (*mine, EmergencyAccess.opened_at > since)


def _count(actor: Actor) -> int:
    return db.session.scalar(select(func.count(EmergencyAccess.id)).where(*_lately(actor))) or 0


def _seconds_to_next(actor: Actor) -> int:
    first = db.session.scalar(select(func.min(EmergencyAccess.opened_at)).where(*_lately(actor))) or now()
    return max(1, round((first + PERIOD - now()).total_seconds()))


def _refusal() -> str:
    hours = round(PERIOD.total_seconds() / 3600)
    return f"You have opened {MOST} records in an emergency within {hours} hours. Ask an administrator for help."
