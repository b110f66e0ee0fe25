"""Patients whom an account acts for."""

from __future__ import annotations

from sqlalchemy import select

from app import policy
from app.errors import Invalid
from app.extensions import db
from app.models import Patient
from app.policy import Actor


def managed(actor: Actor) -> list[Patient]:
    """The patients whom the actor books for: oneself first, then by name."""
    query = select(Patient).where(Patient.id.in_(policy.managed_patients(actor)))
    return list(db.session.scalars(query.order_by(Patient.is_own.desc(), Patient.name, Patient.id)))


def own(actor: Actor) -> Patient:
    """The actor as a patient. Raises Invalid for an account that has none."""
    for patient in managed(actor):
        if patient.is_own:
            return patient
    message = "Say which patient this is for."
    raise Invalid(message, field="patient_id")
