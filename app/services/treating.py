"""Who treats the people of a family, and may read their records: doctors of the care team, and doctors they visit."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload

from app import policy
from app.extensions import db
from app.models import Appointment, CareTeamMember, Doctor, Patient
from app.models.types import is_key, name_key
from app.policy import LISTED, Actor
from app.services import patients
from app.services.doctor_search import matching
from app.services.doctors import WITH_DETAILS
from app.services.listing import Listing, listing

_WITH_DEPARTMENT = joinedload(Doctor.department)


@dataclass(frozen=True, slots=True)
class Treatment:
    """A doctor who treats a patient: with a place in the care team, through visits, or both."""

    doctor: Doctor
    place: CareTeamMember | None
    has_visits: bool


@dataclass(frozen=True, slots=True)
class Team:
    """A patient, and who treats the patient: those in the care team first, each part by name."""

    patient: Patient
    treatments: list[Treatment]


def teams(actor: Actor) -> list[Team]:
    """Who treats each patient whom the actor acts for, oneself first: three statements."""
    managed = policy.managed_patients(actor)
    members = (
        policy.visible(actor, CareTeamMember)
        .where(CareTeamMember.patient_id.in_(managed))
        .options(joinedload(CareTeamMember.doctor).joinedload(Doctor.department))
    )
    visited = (
        select(Appointment.patient_id, Doctor)
        .join(Doctor, Doctor.id == Appointment.doctor_id)
        .where(Appointment.patient_id.in_(managed), policy.OPENS_RECORD, LISTED)
        .options(_WITH_DEPARTMENT)
        .distinct()
    )
    places = {(place.patient_id, place.doctor_id): place for place in db.session.scalars(members)}
    visits = {(patient_id, doctor.id): doctor for patient_id, doctor in db.session.execute(visited)}
    doctors = {key: place.doctor for key, place in places.items()} | visits
    treatments = {key: Treatment(doctor, places.get(key), key in visits) for key, doctor in doctors.items()}
    return [
        Team(patient, sorted((found for key, found in treatments.items() if key[0] == patient.id), key=_order))
        for patient in patients.managed(actor)
    ]


def place(actor: Actor, patient_id: int, doctor_id: int) -> CareTeamMember | None:
    """A doctor's place in the care team of a patient whom the actor sees, with the doctor; None for no place."""
    if not (is_key(patient_id) and is_key(doctor_id)):
        return None
    query = policy.visible(actor, CareTeamMember).where(
        CareTeamMember.patient_id == patient_id, CareTeamMember.doctor_id == doctor_id
    )
    return db.session.scalars(query.options(joinedload(CareTeamMember.doctor))).one_or_none()


def has_visits(patient_id: int, doctor_id: int) -> bool:
    """Whether a doctor treats a patient through visits, whatever the care team says."""
    visits = exists().where(
        Appointment.patient_id == patient_id, Appointment.doctor_id == doctor_id, policy.OPENS_RECORD
    )
    return bool(db.session.scalar(select(visits)))


def candidates(actor: Actor, *, search: str = "", limit: int, offset: int) -> Listing[Doctor]:
    """The listed doctors whom one can choose, by name; `search` as in `matching`. At most four statements."""
    query = policy.visible(actor, Doctor).where(LISTED, *matching(search)).order_by(Doctor.name, Doctor.id)
    return listing(query, *WITH_DETAILS, limit=limit, offset=offset)


def _order(treatment: Treatment) -> tuple[bool, str, int]:
    return treatment.place is None, name_key(treatment.doctor.name), treatment.doctor.id
