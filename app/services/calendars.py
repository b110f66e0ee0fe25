"""Doctors' and patients' calendars: locking them, taking a free time in them, and letting go of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, insert, or_, select, true, update
from sqlalchemy.orm.attributes import set_committed_value

from app import policy, unit_of_work
from app.clock import now
from app.errors import Conflict, Invalid
from app.extensions import db, settings
from app.models import Appointment, Doctor, Patient, VisitState, WaitingEntry
from app.policy import Actor, Permission
from app.services import availability
from app.services.reading import fixed, read

OFFER_FREE_TIMES = "app.jobs.waiting.offer"

_END_OF_TIME = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)
"""No later visit can be told in every time zone."""

_LOCK_DOCTORS, _LOCK_PATIENTS = (
    fixed(
        select(model.id)
        .where(model.id.in_(bindparam("keys", expanding=True)))
        .order_by(model.id)
        .with_for_update(key_share=True)
    )
    for model in (Doctor, Patient)
)
_EXPIRED_HOLDS = fixed(
    select(Appointment.id)
    .where(
        or_(
            Appointment.doctor_id.in_(bindparam("doctor_ids", expanding=True)),
            Appointment.patient_id.in_(bindparam("patient_ids", expanding=True)),
        ),
        Appointment.state == VisitState.HELD,
        Appointment.hold_expires_at <= bindparam("now"),
    )
    .order_by(Appointment.id)
    .with_for_update()
)


def run_by(actor: Actor, doctor_id: int) -> Doctor:
    """The doctor whose calendar the actor runs. Raises NotFound, and Forbidden for another doctor's."""
    doctor = policy.fetch(actor, Doctor, doctor_id)
    policy.require(actor, Permission.RUN_CALENDAR, doctor)
    return doctor


def lock(doctor_ids: Sequence[int], patient_ids: Sequence[int]) -> None:
    """Queue up for calendars: doctors first, then patients, each by ascending key, so that nobody deadlocks.

    Their holds that have run out are released.
    """
    if not _is_alone():
        read(_LOCK_DOCTORS, {"keys": sorted(doctor_ids)})
        read(_LOCK_PATIENTS, {"keys": sorted(patient_ids)})
    expired = read(_EXPIRED_HOLDS, {"doctor_ids": doctor_ids, "patient_ids": patient_ids, "now": now()})
    if expired:
        release(Appointment.id.in_([key for (key,) in expired]))


def release(holds: ColumnElement[bool]) -> None:
    """Let go of held times, whose calendars are locked. They were never visits: nobody sees them as cancelled ones."""
    moment = now()
    db.session.execute(
        update(Appointment)
        .where(holds, Appointment.state == VisitState.HELD)
        .values(state=VisitState.CANCELLED, hold_expires_at=None, cancelled_at=moment, removed_at=moment)
    )


def freed(doctor_id: int) -> None:
    """Note that time of a doctor may have become free: once that is saved, whoever waits for it is offered it.

    Whatever frees time calls this in its own transaction. The note stands in the entries of the waiting list, where
    the sweep finds it if the job is lost.
    """
    _freed(WaitingEntry.doctor_id == doctor_id)


def freed_of(doctor_ids: Collection[int]) -> None:
    """As `freed`, for several doctors: one statement."""
    _freed(WaitingEntry.doctor_id.in_(doctor_ids))


def freed_everywhere() -> None:
    """As `freed`, for all doctors: the hospital is open after all, or times can be booked earlier or later."""
    _freed(true())


def _freed(theirs: ColumnElement[bool]) -> None:
    waiting = update(WaitingEntry).where(theirs, WaitingEntry.ended_at.is_(None))
    for doctor_id in sorted(set(db.session.scalars(waiting.values(due_at=now()).returning(WaitingEntry.doctor_id)))):
        unit_of_work.after_commit(OFFER_FREE_TIMES, doctor_id)


def offered(doctor_id: int, starts_at: datetime, *, by_patient: bool, ignoring: int | None = None) -> availability.Slot:
    """The doctor's free slot that starts then. Staff need no notice; a doctor without hours has any future time.

    Raises Invalid for a past time, and Conflict, with the next free times, for one that is not free.
    """
    if starts_at <= now():
        raise Invalid("That time has passed. Choose a time in the future.", field="starts_at")
    after = availability.earliest() if by_patient else now()
    slot = _free_slot(doctor_id, starts_at, after, ignoring)
    if slot is None:
        raise Conflict(
            "That time is not free. Choose another one.", alternatives=availability.alternatives(doctor_id, starts_at)
        )
    return slot


def enter(patient: Patient, doctor: Doctor, *, starts_at: datetime, **values: Any) -> Appointment:
    """Save a new visit; where the database refuses its time, say so with the next free times."""
    statement = insert(Appointment).returning(Appointment)
    row = {"patient_id": patient.id, "doctor_id": doctor.id, "starts_at": starts_at, **values}
    with _refused_with_alternatives(doctor.id, starts_at), unit_of_work.inserting():
        visit: Appointment = db.session.scalars(statement, [row]).one()
    set_committed_value(visit, "patient", patient)
    set_committed_value(visit, "doctor", doctor)
    return visit


@contextmanager
def taking_time(doctor_id: int, starts_at: datetime) -> Iterator[None]:
    """Save a visit's time; where the database refuses it, say so with the next free times."""
    with _refused_with_alternatives(doctor_id, starts_at), unit_of_work.saving():
        yield


@contextmanager
def _refused_with_alternatives(doctor_id: int, starts_at: datetime) -> Iterator[None]:
    try:
        yield
    except Conflict as conflict:
        conflict.alternatives = availability.alternatives(doctor_id, starts_at)
        raise


def _free_slot(doctor_id: int, starts_at: datetime, after: datetime, ignoring: int | None) -> availability.Slot | None:
    if availability.publishes_hours(doctor_id):
        return availability.is_offered(doctor_id, starts_at, after=after, ignoring=ignoring)
    # Asked anew, since the hospital may have let the doctor go before the calendar was locked.
    listed = db.session.scalar(select(Doctor.id).where(Doctor.id == doctor_id, policy.LISTED)) is not None
    if not listed or not after <= starts_at <= _END_OF_TIME:
        return None
    ends_at = starts_at + timedelta(minutes=settings.default_slot_minutes)
    if not availability.is_unoccupied(doctor_id, starts_at, ends_at, ignoring=ignoring):
        return None
    return availability.Slot(starts_at, ends_at)


def _is_alone() -> bool:
    """Whether no other transaction writes until this one ends: so it is on SQLite, where it began IMMEDIATE."""
    return db.engine.dialect.name == "sqlite"
