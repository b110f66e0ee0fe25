"""Actors, moments and short ways to book, for the tests of visits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.models import Appointment, AuditEvent, Doctor, Message, Patient, VisitKind
from app.policy import Actor
from app.services import appointments
from tests.factories import coming_weekday

TEN = coming_weekday(hour=10)
HALF_HOUR = timedelta(minutes=30)
ADMIN = Actor(account_id=1, is_admin=True)
STRANGER = Actor()


def side_of(patient: Patient) -> Actor:
    """The account that manages a patient."""
    return Actor(account_id=patient.manager_id)


def as_doctor(doctor: Doctor) -> Actor:
    """A doctor, signed in."""
    return Actor(account_id=doctor.account_id, doctor_id=doctor.id, department_id=doctor.department_id)


def book(actor: Actor, patient: Patient, doctor: Doctor, at: datetime = TEN, **values: Any) -> Appointment:
    return appointments.book(
        actor,
        patient_id=patient.id,
        doctor_id=doctor.id,
        starts_at=at,
        **{"kind": VisitKind.IN_PERSON, **values},
    )


def actions(session: Session, appointment: Appointment) -> list[str]:
    """What the audit trail tells of a visit, in order."""
    query = select(AuditEvent.action).where(AuditEvent.object_id == appointment.id).order_by(AuditEvent.id)
    return list(session.scalars(query))


def mails(session: Session, appointment: Appointment) -> list[str]:
    """The templates of the messages about a visit that go out at once to the patient's side, in order."""
    told = (Message.subject_id == appointment.id, Message.due_at <= now(), Message.template.not_like("clinic_%"))
    return list(session.scalars(select(Message.template).where(*told).order_by(Message.id)))


def doctors_mails(session: Session, appointment: Appointment) -> list[str]:
    """The templates of the messages about a visit to its doctor, in order."""
    told = (Message.subject_id == appointment.id, Message.account_id == appointment.doctor.account_id)
    return list(session.scalars(select(Message.template).where(*told).order_by(Message.id)))
