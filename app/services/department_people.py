"""A department's people: its doctors for colleagues, its patients for its own doctors (contract, section 7)."""

from __future__ import annotations

from sqlalchemy import CompoundSelect, select, union

from app import policy
from app.models import Appointment, Approval, ClinicalRecord, Department, Doctor, Patient, VisitState
from app.policy import Actor, Permission
from app.services import audit, doctor_lists, patient_lists
from app.services import doctors as doctors_found
from app.services.listing import Listing

_VISITS = tuple(state for state in VisitState if state not in (VisitState.HELD, VisitState.CANCELLED))


def require_known(actor: Actor, department_id: int) -> None:
    """Raises NotFound for an unknown department."""
    policy.fetch(actor, Department, department_id)


def doctors(actor: Actor, department_id: int, *, limit: int, offset: int) -> Listing[doctor_lists.Line]:
    """The approved doctors of a department, by key, for doctors and admins.

    Raises Forbidden for others, and NotFound for an unknown department.
    """
    policy.require(actor, Permission.SEE_DEPARTMENT_DOCTORS)
    require_known(actor, department_id)
    return doctor_lists.page(actor, policy.LISTED, Doctor.department_id == department_id, limit=limit, offset=offset)


def own(actor: Actor) -> Department | None:
    """The department in which a doctor works; None for a doctor of none. Raises Forbidden for anyone else."""
    policy.require(actor, Permission.RUN_CLINIC)
    return None if actor.department_id is None else policy.fetch(actor, Department, actor.department_id)


def colleagues(
    actor: Actor, department: Department, *, search: str = "", limit: int, offset: int
) -> Listing[doctors_found.DoctorCard]:
    """The approved doctors of a department, whoever is free first first, for doctors and admins.

    `search` as in the public list. Raises Forbidden for others.
    """
    policy.require(actor, Permission.SEE_DEPARTMENT_DOCTORS)
    return doctors_found.soonest(actor, search=search, department_id=department.id, limit=limit, offset=offset)


def patients(
    actor: Actor, department_id: int, *, search: str = "", by_name: bool = False, limit: int, offset: int
) -> Listing[patient_lists.Line]:
    """The patients with a record of the department or a visit to one of its doctors, for these and admins.

    By key, or by name; `search` as in the directory. Raises NotFound for an unknown department, and Forbidden for
    other doctors. The audit trail tells whom they saw.
    """
    department = policy.fetch(actor, Department, department_id)
    policy.require(actor, Permission.SEE_DEPARTMENT_PEOPLE, department)
    fitting = Patient.id.in_(_patients_of(department.id)), *patient_lists.matching(search)
    visible = policy.may_see(actor, Patient)
    order = patient_lists.BY_NAME if by_name else patient_lists.BY_KEY
    found = patient_lists.page(visible, *fitting, order=order, limit=limit, offset=offset)
    audit.record(actor, "patients.listed", department, patients=[line.id for line in found.rows])
    return found


def _patients_of(department_id: int) -> CompoundSelect[int]:
    recorded = select(ClinicalRecord.patient_id).where(
        ClinicalRecord.department_id == department_id, ClinicalRecord.voided_at.is_(None)
    )
    visiting = (
        select(Appointment.patient_id)
        .join(Doctor, Doctor.id == Appointment.doctor_id)
        .where(
            Doctor.department_id == department_id,
            Doctor.approval == Approval.APPROVED,
            Appointment.state.in_(_VISITS),
        )
    )
    return union(recorded, visiting)
