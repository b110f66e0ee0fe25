"""Overbooking: an admin puts a visit beside others of a doctor, on purpose, for a reason that the doctor reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from app import policy
from app.clock import now
from app.errors import Invalid
from app.extensions import db
from app.models import Appointment, Doctor, Patient, VisitKind, VisitState
from app.models.guards import LONGEST_VISIT_HOURS
from app.policy import Actor, Permission
from app.services import audit, calendars
from app.services.appointments import WITH_DEPARTMENT, WITH_MANAGER, bookable_doctor, check, tell
from app.services.outbox import Template

LONGEST_REASON = 500
SHORTEST_MINUTES = 5
LONGEST_MINUTES = LONGEST_VISIT_HOURS * 60


def doctors(actor: Actor) -> Sequence[Doctor]:
    """The doctors who can be booked, by name. Raises Forbidden for anyone but admins."""
    policy.require(actor, Permission.ADMINISTER)
    query = policy.visible(actor, Doctor).where(policy.LISTED).options(WITH_DEPARTMENT)
    return db.session.scalars(query.order_by(Doctor.name, Doctor.id)).all()


def book(
    actor: Actor,
    *,
    patient_id: int,
    doctor_id: int,
    starts_at: datetime,
    minutes: int,
    kind: VisitKind,
    symptoms: str = "",
    reason: str,
) -> Appointment:
    """Book a confirmed visit at any future time, whatever else the doctor has then, also outside the hours.

    Ordinary bookings find its time taken. The patient is told as of any visit, and can be in one place only. Raises
    Forbidden for anyone but admins, NotFound for a patient or doctor who is not there, Invalid for a past time, a
    length in minutes that cannot be, a kind that the doctor does not offer, and a reason that is missing or too long,
    and Conflict where the patient has another visit then.
    """
    policy.require(actor, Permission.ADMINISTER)
    reason = reason.strip()
    errors: dict[str, list[str]] = {}
    if not reason:
        errors["reason"] = ["Enter the reason for overbooking."]
    if len(reason) > LONGEST_REASON:
        errors["reason"] = [f"Use {LONGEST_REASON} characters or fewer."]
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        errors["minutes"] = [f"Enter a length from {SHORTEST_MINUTES} to {LONGEST_MINUTES} minutes."]
    if starts_at <= now():
        errors["starts_at"] = ["That time has passed. Choose a time in the future."]
    if errors:
        raise Invalid(errors=errors)
    patient = policy.fetch(actor, Patient, patient_id, WITH_MANAGER)
    doctor = bookable_doctor(actor, doctor_id)
    check(doctor, symptoms, kind)
    calendars.lock([doctor.id], [patient.id])
    visit = calendars.enter(
        patient,
        doctor,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        kind=kind,
        symptoms=symptoms.strip(),
        state=VisitState.CONFIRMED,
        overbooked=True,
        overbooking_reason=reason,
        booked_by_id=actor.account_id,
    )
    audit.record(actor, "appointment.overbooked", visit, patient_id=patient.id, minutes=minutes)
    tell(actor, Template.BOOKED, visit)
    return visit
