"""Appointments as one request words them: for whom, when, and what next. All that it asks is done, or nothing."""

from __future__ import annotations

from datetime import datetime

from app.errors import Invalid, NotFound
from app.models import Appointment, Doctor, Patient, VisitKind, VisitState
from app.policy import Actor
from app.services import appointment_lists, appointment_times, appointments, patients, visit_states
from app.services.references import named


def book(
    actor: Actor,
    *,
    doctor_id: int,
    patient_id: int | None = None,
    starts_at: datetime | None = None,
    available_time_id: int | None = None,
    kind: VisitKind | None = None,
    symptoms: str = "",
) -> Appointment:
    """Book a doctor: for the actor's own patient, and in the doctor's usual way, unless told otherwise.

    When is said by a moment, by a catalogue time, or by both where they agree (`appointment_times.resolve`). Raises
    Invalid for an unknown doctor or patient, and else what `appointments.book` raises.
    """
    doctor = _bookable_doctor(actor, doctor_id)
    whose = appointments.WITH_MANAGER
    patient = patients.own(actor) if patient_id is None else named(actor, Patient, patient_id, whose)
    appointments.require_for(actor, patient)  # before it is asked when the doctor is free
    when, entry_id = appointment_times.resolve(doctor_id, starts_at=starts_at, available_time_id=available_time_id)
    usual, *_ = appointments.kinds_offered(doctor)
    return appointments.book_for(
        actor,
        patient,
        doctor,
        starts_at=when,
        kind=kind or usual,
        symptoms=symptoms,
        available_time_id=entry_id,
    )


def change(
    actor: Actor,
    appointment_id: int,
    *,
    doctor_id: int | None = None,
    patient_id: int | None = None,
    starts_at: datetime | None = None,
    available_time_id: int | None = None,
    kind: VisitKind | None = None,
    symptoms: str | None = None,
    state: VisitState | None = None,
) -> Appointment:
    """Make the changes that differ from what is: words, then time, then state; None keeps.

    A visit that is to be cancelled is not moved before. Raises Invalid for another doctor or patient, and else what
    `describe`, `move`, `cancel` and `set_state` of `appointments` raise.
    """
    row = appointment_lists.get(actor, appointment_id)
    for name, wanted, present in (
        ("doctor", doctor_id, row.doctor_id),
        ("patient", patient_id, row.patient_id),
    ):
        if wanted not in (None, present):
            raise Invalid(f"Another {name} needs another appointment.", field=f"{name}_id")
    row = appointments.describe(actor, appointment_id, symptoms=symptoms, kind=kind)
    if state is VisitState.CANCELLED:
        return appointments.cancel(actor, appointment_id)
    row = _move(actor, row, starts_at, available_time_id)
    return row if state is None else visit_states.set_state(actor, appointment_id, state)


def _move(actor: Actor, row: Appointment, starts_at: datetime | None, available_time_id: int | None) -> Appointment:
    """Move to the times that are wanted, as far as they differ: who changes one sends back the other as it was read."""
    moment = None if starts_at == row.starts_at.replace(microsecond=0) else starts_at
    entry_id = None if available_time_id == row.available_time_id else available_time_id
    if moment is None and entry_id is None:
        return row
    when, entry_id = appointment_times.resolve(
        row.doctor_id, starts_at=moment, available_time_id=entry_id, keep_day_of=row.starts_at
    )
    return appointments.move(actor, row.id, starts_at=when, available_time_id=entry_id)


def _bookable_doctor(actor: Actor, doctor_id: int) -> Doctor:
    try:
        return appointments.bookable_doctor(actor, doctor_id)
    except NotFound as error:
        raise Invalid("There is no such doctor.", field="doctor_id") from error
