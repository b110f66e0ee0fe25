"""A patient's care team: the doctors whom the patient's side lets treat the patient (document 003's mappings)."""

from __future__ import annotations

from sqlalchemy import delete, select, union
from sqlalchemy.orm import joinedload

from app import policy, unit_of_work
from app.errors import Invalid
from app.extensions import db
from app.models import Approval, CareTeamMember, Doctor, Patient
from app.policy import Actor, Permission
from app.services import audit
from app.services.listing import Listing, listing
from app.services.references import named

_WITH_PEOPLE = (joinedload(CareTeamMember.patient), joinedload(CareTeamMember.doctor))


def find(actor: Actor, *, limit: int, offset: int) -> Listing[CareTeamMember]:
    """The places in care teams that the actor may see, by key, with both people: two statements."""
    keys = union(*(select(CareTeamMember.id).where(way) for way in policy.ways_to_see(actor, CareTeamMember)))
    query = select(CareTeamMember).where(CareTeamMember.id.in_(keys)).order_by(CareTeamMember.id)
    return listing(query, *_WITH_PEOPLE, limit=limit, offset=offset)


def get(actor: Actor, member_id: int) -> CareTeamMember:
    """One place in a care team, with both people. Raises NotFound for one that the actor may not see."""
    return policy.fetch(actor, CareTeamMember, member_id, *_WITH_PEOPLE)


def add(actor: Actor, *, patient_id: int, doctor_id: int) -> CareTeamMember:
    """Let a doctor treat a patient, from now on until `end`; a doctor who is not approved yet, from approval on.

    Raises Invalid for a patient or doctor whom the actor does not see, and for a doctor whom the hospital has refused,
    Forbidden for anyone but the account that manages the patient and admins, and Conflict for a second time.
    """
    patient, doctor = named(actor, Patient, patient_id), named(actor, Doctor, doctor_id)
    if doctor.approval is Approval.REJECTED:
        raise Invalid("There is no such doctor.", field="doctor_id")
    policy.require(actor, Permission.CHANGE_CARE_TEAM, patient)
    member = CareTeamMember(patient=patient, doctor=doctor, created_by_id=actor.account_id)
    with unit_of_work.saving():
        db.session.add(member)
    audit.record(actor, "care_team.joined", member, patient_id=patient.id, doctor=doctor.id)
    return member


def end(actor: Actor, member_id: int) -> None:
    """Let a doctor no longer treat a patient, unless a visit does.

    Raises NotFound, and Forbidden for anyone but the account that manages the patient and admins.
    """
    member = policy.fetch(actor, CareTeamMember, member_id, joinedload(CareTeamMember.patient), lock=True)
    policy.require(actor, Permission.CHANGE_CARE_TEAM, member.patient)
    audit.record(actor, "care_team.left", member, patient_id=member.patient_id, doctor=member.doctor_id)
    db.session.delete(member)
    db.session.flush()


def leave_all(actor: Actor, doctor_id: int) -> None:
    """Take a doctor who leaves out of every care team: coming back opens nobody's records."""
    left = delete(CareTeamMember).where(CareTeamMember.doctor_id == doctor_id).returning(CareTeamMember.patient_id)
    for patient_id in sorted(db.session.scalars(left)):
        audit.record(actor, "care_team.left", patient_id=patient_id, doctor=doctor_id)
