"""Patients: whom an account acts for, and who may write what of them (contract, section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, TypedDict, Unpack

from sqlalchemy import Select, select, update

from app import policy
from app.clock import now
from app.errors import Forbidden, Invalid
from app.extensions import db
from app.models import Appointment, Patient, Review
from app.policy import Actor, Capacity, Permission
from app.services import accounts, appointments, audit, cancellations, identities, patient_lists, phones, writing
from app.services.pictures import NewPicture
from app.services.writing import Check, checked, write

LONGEST_NAME = 2 * identities.MAXIMUM_NAME + 1
"""Room for an account's first and last name, by which its own patient is called at first."""
LONGEST_INSURANCE_NUMBER = 100
LONGEST_ADDRESS = 500
UNNAMED = "Unnamed patient"

_CHECKS: Mapping[str, Check] = {
    "name": writing.name(LONGEST_NAME, "name", "Enter the patient's name."),
    "phone": phones.checked,
    "insurance_number": writing.text(LONGEST_INSURANCE_NUMBER, "insurance_number"),
    "date_of_birth": writing.date_of_birth,
    "address": writing.text(LONGEST_ADDRESS, "address"),
}


class Details(TypedDict, total=False):
    """What is written of a patient; what is not there is kept. `picture` None removes the present one."""

    name: str
    phone: str
    insurance_number: str
    date_of_birth: date | None
    address: str
    picture: NewPicture | None


def managed(actor: Actor) -> list[Patient]:
    """The patients whom the actor books for: oneself first, then by name."""
    return list(db.session.scalars(_managed(policy.capacities(actor)), policy.parameters(actor)))


@cache
def _managed(hats: frozenset[Capacity]) -> Select[Patient]:
    query = select(Patient).where(Patient.id.in_(policy.managed_patients(policy.stand_in(hats))))
    return query.options(appointments.WITH_MANAGER).order_by(Patient.is_own.desc(), Patient.name, Patient.id)


def own(actor: Actor) -> Patient:
    """The actor as a patient. Raises Invalid for an account that has none."""
    for patient in managed(actor):
        if patient.is_own:
            return patient
    message = "Say which patient this is for."
    raise Invalid(message, field="patient_id")


def add(actor: Actor, **details: Unpack[Details]) -> Patient:
    """Add a patient whom the actor acts for: a child, a parent (document 003). Without a name it has the actor's.

    Raises Unauthorized, and Invalid with every field at fault.
    """
    policy.require(actor, Permission.ADD_DEPENDANT)
    patient = Patient(manager_id=actor.account_id, created_by_id=actor.account_id, name=actor.display_name)
    return _added(actor, patient, details)


def register(actor: Actor, **details: Unpack[Details]) -> Patient:
    """Add a patient who has no account, as a doctor or an admin; without a name it is UNNAMED.

    Raises Forbidden, and Invalid with every field at fault.
    """
    policy.require(actor, Permission.REGISTER_PATIENT)
    return _added(actor, Patient(created_by_id=actor.account_id, name=UNNAMED), details)


def register_with_account(
    actor: Actor, *, username: str, email: str, password: str, **details: Unpack[Details]
) -> Patient:
    """Make an account and its patient, as a doctor or an admin (document 000).

    It comes first in its unit of work, as accounts.register does. Raises Forbidden, and Invalid.
    """
    policy.require(actor, Permission.REGISTER_PATIENT)
    values = checked(details, _CHECKS)
    account = accounts.register(actor, username=username, email=email, password=password)
    patient = db.session.scalars(select(Patient).where(Patient.manager_id == account.id)).one()
    write(patient, values)
    return patient


def checked_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a new patient, as it is kept. Raises Invalid with every field at fault, as `register` does."""
    return checked(details, _CHECKS)


def change(actor: Actor, patient_id: int, **details: Unpack[Details]) -> Patient:
    """Change what is known of a patient; what is not given is kept, and no difference is a reading.

    For the account that manages the patient, admins, and doctors who treat the patient. Raises NotFound, Invalid with
    every field at fault, and Forbidden for a doctor who only sees the patient in the directory.
    """
    patient = policy.fetch(actor, Patient, patient_id, lock=True)
    values = checked(details, _CHECKS, patient)
    _require_change(actor, patient)
    if write(patient, values):
        audit.record(actor, "patient.changed", patient, patient_id=patient.id)
    else:
        patient_lists.note_reading(actor, patient)  # the answer tells all of the patient
    return patient


def coming_visits(actor: Actor, patient_id: int) -> Sequence[Appointment]:
    """The visits that voiding a patient would cancel, soonest first. Raises NotFound, and Forbidden as `change`."""
    _require_change(actor, policy.fetch(actor, Patient, patient_id))
    query = cancellations.coming(patient_id=patient_id).options(*appointments.WITH_PEOPLE)
    return db.session.scalars(query.order_by(None).order_by(Appointment.starts_at, Appointment.id)).all()


def void(actor: Actor, patient_id: int) -> None:
    """Take a patient out of the portal: hidden from everybody, and what was still to come is cancelled, however soon.

    The patient's reviews are hidden, too; clinical records stay. An account may void its own patient: it goes on with
    the others it manages. Raises NotFound, and Forbidden as `change` does.
    """
    _require_change(actor, policy.fetch(actor, Patient, patient_id))
    cancellations.cancel_coming(actor, patient_id=patient_id)
    patient = policy.fetch(actor, Patient, patient_id, lock=True)
    patient.voided_at = now()
    reviews = update(Review).where(Review.patient_id == patient_id, Review.hidden_at.is_(None))
    db.session.execute(reviews.values(hidden_at=now()))
    db.session.flush()
    audit.record(actor, "patient.voided", patient, patient_id=patient.id)


def _added(actor: Actor, patient: Patient, details: Details) -> Patient:
    values = checked(details, _CHECKS)
    db.session.add(patient)
    write(patient, values)
    audit.record(actor, "patient.added", patient, patient_id=patient.id)
    return patient


def _require_change(actor: Actor, patient: Patient) -> None:
    if policy.can(actor, Permission.CHANGE_PATIENT, patient) or appointments.treats(actor, patient):
        return
    raise Forbidden("Only a doctor who treats the patient may do this.")
