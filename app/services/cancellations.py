"""Cancelling all that is still to come: a patient is voided, a doctor leaves."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, select

from app.clock import now
from app.extensions import db
from app.models import OPEN, Appointment, WaitingEntry
from app.policy import Actor
from app.services import calendars
from app.services.appointments import WITH_PEOPLE, call_off


def coming(*, patient_id: int | None = None, doctor_id: int | None = None) -> Select[Appointment]:
    """The open visits of a patient, or of a doctor, that are not over: what `cancel_coming` cancels, by key."""
    still_to_come = (Appointment.state.in_(OPEN), Appointment.ends_at > now())
    return select(Appointment).where(_of(patient_id, doctor_id), *still_to_come).order_by(Appointment.id)


def cancel_coming(
    actor: Actor, *, patient_id: int | None = None, doctor_id: int | None = None, reason: str = ""
) -> list[Appointment]:
    """Cancel every visit of a patient, or of a doctor, that is still to come; each patient's side is told.

    No cutoff stands in the way, and whether the actor may is for the caller to ask. Times held for a patient or by a
    doctor are released. A visit that is over stays as it is, although nobody has marked it as completed: it may have
    taken place. The calendars stay locked until the unit of work ends.
    """
    query = coming(patient_id=patient_id, doctor_id=doctor_id)
    pairs = db.session.execute(query.with_only_columns(Appointment.doctor_id, Appointment.patient_id)).all()
    doctors, patients = {doctor for doctor, _ in pairs}, {patient for _, patient in pairs}
    doctors |= set() if doctor_id is None else {doctor_id}
    patients |= set() if patient_id is None else {patient_id}
    calendars.lock(sorted(doctors), sorted(patients))
    visits = list(db.session.scalars(query.options(*WITH_PEOPLE).execution_options(populate_existing=True)))
    for visit in visits:
        call_off(actor, visit, reason, leaves=doctor_id is not None)
    calendars.release(_of(patient_id, doctor_id))
    waits = (WaitingEntry.ended_at.is_(None), _of(patient_id, doctor_id, WaitingEntry))
    for waited_for in db.session.scalars(select(WaitingEntry.doctor_id).where(*waits).distinct()).all():
        calendars.freed(waited_for)
    return visits


def _of(
    patient_id: int | None, doctor_id: int | None, model: type[Appointment | WaitingEntry] = Appointment
) -> ColumnElement[bool]:
    return model.doctor_id == doctor_id if patient_id is None else model.patient_id == patient_id
