"""Appointments: booking, moving, describing and cancelling visits. The database has the last word on a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from app import policy
from app.clock import now
from app.errors import Conflict, Forbidden, Invalid, NotFound, Outdated
from app.extensions import db, settings
from app.models import FIRM, Account, Appointment, Doctor, Patient, VisitKind, VisitState
from app.policy import Actor, Permission
from app.services import audit, availability, calendars, outbox, reminders
from app.services.outbox import Template
from app.services.reading import fixed, read

LONGEST_TEXT = 2000

STATE_WORDS = {
    VisitState.HELD: "only held",
    VisitState.PENDING: "waiting for confirmation",
    VisitState.CONFIRMED: "confirmed",
    VisitState.IN_PROGRESS: "in progress",
    VisitState.COMPLETED: "completed",
    VisitState.NO_SHOW: "marked as missed",
    VisitState.CANCELLED: "cancelled",
}

WITH_PEOPLE = (
    joinedload(Appointment.patient).joinedload(Patient.manager),
    joinedload(Appointment.doctor).joinedload(Doctor.department),
)
"""Loader options that every face needs to show a visit."""

WITH_MANAGER, WITH_DEPARTMENT = joinedload(Patient.manager), joinedload(Doctor.department)
_WITH_ACCOUNT = joinedload(Doctor.account).load_only(Account.email)

_TO_DOCTORS = {
    Template.BOOKED: Template.CLINIC_BOOKED,
    Template.MOVED: Template.CLINIC_CHANGED,
    Template.CHANGED: Template.CLINIC_CHANGED,
    Template.CANCELLED: Template.CLINIC_CANCELLED,
    Template.DECLINED: Template.CLINIC_CANCELLED,
}
"""What doctors are told where the patient's side is told of a visit; of a confirmation, nothing."""

_STILL_A_PATIENT = fixed(select(Patient.id).where(Patient.id == bindparam("key"), Patient.voided_at.is_(None)))


def book(
    actor: Actor,
    *,
    patient_id: int,
    doctor_id: int,
    starts_at: datetime,
    kind: VisitKind,
    symptoms: str = "",
    available_time_id: int | None = None,
) -> Appointment:
    """Book a free time of a doctor for a patient.

    The patient is one whom the actor manages; for doctors also one whom they treat, for admins any (contract,
    section 9). Booked by the doctor or an admin the visit is confirmed, else it waits for confirmation.
    Raises NotFound for a patient or doctor outside the actor's view, Forbidden for a patient the actor may not book
    for, Invalid for a past time or a kind that the doctor does not offer, and Conflict, with the next free times,
    when the time is taken, not offered or too soon.
    """
    policy.require(actor, Permission.BOOK)
    return book_for(
        actor,
        policy.fetch(actor, Patient, patient_id, WITH_MANAGER),
        bookable_doctor(actor, doctor_id),
        starts_at=starts_at,
        kind=kind,
        symptoms=symptoms,
        available_time_id=available_time_id,
    )


def book_for(
    actor: Actor,
    patient: Patient,
    doctor: Doctor,
    *,
    starts_at: datetime,
    kind: VisitKind,
    symptoms: str,
    available_time_id: int | None,
) -> Appointment:
    """As `book`, with a patient, loaded `WITH_MANAGER`, and a bookable doctor whom the actor was shown to see."""
    policy.require(actor, Permission.BOOK)
    by_patient = patient.manager_id == actor.account_id
    require_for(actor, patient)
    check(doctor, symptoms, kind)
    calendars.lock([doctor.id], [patient.id])
    if not read(_STILL_A_PATIENT, {"key": patient.id}):
        raise NotFound  # voided before the calendars were locked
    slot = calendars.offered(doctor.id, starts_at, by_patient=by_patient)
    is_confirmed = not by_patient and policy.can(actor, Permission.RUN_CALENDAR, doctor)
    appointment = calendars.enter(
        patient,
        doctor,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        kind=kind,
        symptoms=symptoms.strip(),
        available_time_id=available_time_id,
        state=VisitState.CONFIRMED if is_confirmed else VisitState.PENDING,
        patient_agreed=by_patient,
        booked_by_id=actor.account_id,
    )
    audit.record(actor, "appointment.booked", appointment, patient_id=patient.id)
    tell(actor, Template.BOOKED, appointment)
    return appointment


def move(
    actor: Actor,
    appointment_id: int,
    *,
    starts_at: datetime,
    available_time_id: int | None = None,
    version: int | None = None,
) -> Appointment:
    """Move a visit to another free time of the same doctor: the old time is free in the same moment.

    Moved by the patient's side it waits for confirmation again. `version` is that of the visit which the actor saw.
    Raises NotFound, Invalid for a past time, Outdated for a visit that was changed since, and Conflict after the
    cutoff, in a state that cannot be moved, or, with the next free times, for a time that is not free.
    """
    appointment = take(actor, appointment_id)
    if appointment.starts_at == starts_at:
        return appointment
    staff = acts_as_staff(actor, appointment)
    _require_open(appointment, "moved", staff=staff)
    if version not in (None, appointment.version):
        raise Outdated("The appointment was changed meanwhile. See how it is now before you move it.")
    slot = calendars.offered(appointment.doctor_id, starts_at, by_patient=not staff, ignoring=appointment.id)
    with calendars.taking_time(appointment.doctor_id, slot.starts_at):
        appointment.starts_at, appointment.ends_at, appointment.arrived_at = slot.starts_at, slot.ends_at, None
        appointment.overbooked = False  # it has a free time of its own now
        appointment.available_time_id = available_time_id
        appointment.version += 1
        if not staff:
            appointment.state, appointment.patient_agreed = VisitState.PENDING, True
    calendars.freed(appointment.doctor_id)
    audit.record(actor, "appointment.moved", appointment, patient_id=appointment.patient_id)
    tell(actor, Template.MOVED, appointment)
    return appointment


def cancel(actor: Actor, appointment_id: int, *, reason: str = "") -> Appointment:
    """Cancel a visit; its time is free at once. Cancelling a cancelled one changes nothing.

    Raises NotFound, and Conflict after the cutoff (from the patient's side) or in a state that cannot be cancelled.
    """
    appointment = take(actor, appointment_id)
    if appointment.state is VisitState.CANCELLED:
        return appointment
    _require_open(appointment, "cancelled", staff=acts_as_staff(actor, appointment))
    call_off(actor, appointment, reason)
    return appointment


def describe(
    actor: Actor, appointment_id: int, *, symptoms: str | None = None, kind: VisitKind | None = None
) -> Appointment:
    """Change what the visit is about, or how patient and doctor meet; None keeps.

    The patient's side may do so before the cutoff; where it changes how they meet, the visit waits for confirmation
    again, and only then the video link is shown. Raises NotFound, Invalid for a kind that the doctor does not offer,
    and Conflict in a state that is over.
    """
    appointment = take(actor, appointment_id)
    wanted_symptoms = appointment.symptoms if symptoms is None else symptoms.strip()
    wanted_kind = kind or appointment.kind
    if (wanted_symptoms, wanted_kind) == (appointment.symptoms, appointment.kind):
        return appointment
    staff = acts_as_staff(actor, appointment)
    _require_open(appointment, "changed", staff=staff)
    check(appointment.doctor, wanted_symptoms, wanted_kind)
    meets_otherwise = wanted_kind is not appointment.kind
    appointment.symptoms, appointment.kind = wanted_symptoms, wanted_kind
    if meets_otherwise:
        appointment.version += 1
        if not staff:
            appointment.state, appointment.patient_agreed = VisitState.PENDING, True
    db.session.flush()
    audit.record(actor, "appointment.described", appointment, patient_id=appointment.patient_id)
    if meets_otherwise:
        tell(actor, Template.CHANGED, appointment)
    return appointment


def remove(actor: Actor, appointment_id: int) -> None:
    """Cancel a visit that is still to come, and take it off everybody's lists.

    Raises NotFound, and Conflict for a visit that is running or over, or past the cutoff from the patient's side.
    """
    appointment = take(actor, appointment_id)
    if appointment.state is not VisitState.CANCELLED:
        _require_open(appointment, "deleted", staff=acts_as_staff(actor, appointment))
        call_off(actor, appointment, "")
    appointment.removed_at = now()
    audit.record(actor, "appointment.removed", appointment, patient_id=appointment.patient_id)


def require_for(actor: Actor, patient: Patient) -> None:
    """Raises Forbidden where the actor may not book for a patient."""
    if not policy.can(actor, Permission.BOOK_FOR_PATIENT, patient) and not treats(actor, patient):
        raise Forbidden("You can book only for patients whom you treat.")


def bookable_doctor(actor: Actor, doctor_id: int) -> Doctor:
    """A doctor whom people may book: approved and there. Raises NotFound."""
    doctor = policy.fetch(actor, Doctor, doctor_id, WITH_DEPARTMENT, _WITH_ACCOUNT)
    if not doctor.is_listed:
        raise NotFound
    return doctor


def kinds_offered(doctor: Doctor) -> tuple[VisitKind, ...]:
    """How a doctor meets patients, the usual way first."""
    offered = {VisitKind.IN_PERSON: doctor.accepts_in_person, VisitKind.ONLINE: doctor.accepts_online}
    return tuple(kind for kind, is_offered in offered.items() if is_offered)


def changeable_until(visit: Appointment | availability.Slot) -> datetime:
    """Until when the patient's side may move or cancel a visit, or one that is booked at a free time."""
    return visit.starts_at - timedelta(hours=settings.booking_cutoff_hours)


def is_changeable(actor: Actor, appointment: Appointment) -> bool:
    """Whether the actor may move or cancel the visit now: for showing the buttons."""
    if not appointment.is_open:
        return False
    return acts_as_staff(actor, appointment) or (
        policy.can(actor, Permission.CHANGE_AS_PATIENT, appointment) and now() <= changeable_until(appointment)
    )


def meet_link(appointment: Appointment) -> str | None:
    """Where the video call of a visit takes place, for those who take part; None where none is certain."""
    is_on = appointment.kind is VisitKind.ONLINE and appointment.state in FIRM
    address = appointment.doctor.meet_link
    return address if is_on and address.startswith(("https://", "http://")) else None


def take(actor: Actor, appointment_id: int) -> Appointment:
    """The visit as it is once both calendars are locked. Raises NotFound, also for a held time: it is but an offer."""
    seen = policy.fetch(actor, Appointment, appointment_id)
    calendars.lock([seen.doctor_id], [seen.patient_id])
    db.session.expire(seen)
    appointment = policy.fetch(actor, Appointment, appointment_id, *WITH_PEOPLE)
    if appointment.state is VisitState.HELD:
        raise NotFound
    return appointment


def check(doctor: Doctor, symptoms: str, kind: VisitKind) -> None:
    """Raises Invalid for words that are too long, and for a kind that the doctor does not offer."""
    if len(symptoms) > LONGEST_TEXT:
        raise Invalid(f"Use {LONGEST_TEXT:,} characters or fewer.", field="symptoms")
    if kind not in kinds_offered(doctor):
        raise Invalid("This doctor does not offer that kind of appointment. Choose the other one.", field="kind")


def _require_open(appointment: Appointment, done: str, *, staff: bool) -> None:
    if not appointment.is_open:
        raise Conflict(f"The appointment is {STATE_WORDS[appointment.state]}: it cannot be {done}.")
    if not staff and now() > changeable_until(appointment):
        hours = settings.booking_cutoff_hours
        message = f"It is less than {hours} hours before the appointment: it cannot be {done} here. Call the hospital."
        raise Conflict(message)


def call_off(actor: Actor, appointment: Appointment, reason: str, template: Template = Template.CANCELLED) -> None:
    """Cancel a visit whose calendars are locked, whoever acts and whenever it is, and tell both sides."""
    appointment.state = VisitState.CANCELLED
    appointment.cancelled_at = now()
    appointment.cancel_reason = reason.strip()[:LONGEST_TEXT]
    appointment.version += 1
    db.session.flush()
    calendars.freed(appointment.doctor_id)
    audit.record(actor, "appointment.cancelled", appointment, patient_id=appointment.patient_id)
    tell(actor, template, appointment)


def acts_as_staff(actor: Actor, appointment: Appointment) -> bool:
    """Whether the actor changes the visit as its doctor or an admin, whom no cutoff binds."""
    return policy.can(actor, Permission.CHANGE_AS_STAFF, appointment)


def treats(actor: Actor, patient: Patient) -> bool:
    """Whether the actor is a doctor who treats the patient (contract, section 8)."""
    if actor.doctor_id is None:
        return False
    return bool(db.session.scalar(select(policy.treated_by(actor.doctor_id, patient.id))))


def tell(actor: Actor, template: Template, appointment: Appointment) -> None:
    """Have both sides told of a visit, and the patient's reminded of it as it is now, in the same transaction.

    A patient or a doctor of no account hears nothing, nor does a doctor of what the doctor does.
    """
    if appointment.patient.manager is not None:
        outbox.tell_about_visit(template, appointment, appointment.patient.manager)
        reminders.follow(appointment, appointment.patient.manager, is_new=template is Template.BOOKED)
    doctor = appointment.doctor
    if template in _TO_DOCTORS and doctor.account_id not in (None, actor.account_id):
        account = db.session.get_one(Account, doctor.account_id)
        outbox.tell_about_visit(_TO_DOCTORS[template], appointment, account)
