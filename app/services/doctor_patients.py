"""Patients as a doctor looks at them: those whom the doctor treats, the directory, and one patient with the visits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, case, func, select

from app import policy
from app.clock import now
from app.extensions import db
from app.models import Account, Appointment, ClinicalRecord, Patient, VisitState
from app.policy import Actor, Permission
from app.services import doctor_record, patient_lists
from app.services.appointments import WITH_PEOPLE
from app.services.listing import Listing, listing

MOST_VISITS = 20
"""How many visits of each kind a patient's page shows."""

_NOT_SHOWN = (VisitState.HELD, VisitState.CANCELLED)


class Seen(NamedTuple):
    """When a doctor saw a patient last, and sees the patient next; None for never."""

    last: datetime | None
    next: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """A patient in a doctor's list."""

    patient: patient_lists.Line
    is_treated: bool
    seen: Seen


@dataclass(frozen=True, slots=True)
class Sheet:
    """A patient's page. `is_own`: the account that acts for the patient, by the name `manager`, is the patient's own.

    `notes` has an entry about each visit that has one which the doctor may read.
    """

    patient: patient_lists.Line
    manager: str | None
    is_own: bool
    is_treated: bool
    coming: Listing[Appointment]
    past: Listing[Appointment]
    notes: Mapping[int, int]


def find(actor: Actor, *, search: str = "", limit: int, offset: int) -> Listing[Line]:
    """Without a search the patients whom the doctor treats, by name; with one the directory, those first.

    Five statements, the audit's among them. The words of `search` are those of `patient_lists.find`. Raises Forbidden
    for anyone but approved doctors.
    """
    policy.require(actor, Permission.RUN_CLINIC)
    treated = Patient.id.in_(policy.treated_patients(actor.doctor_id))
    found = patient_lists.find(
        actor,
        *(() if search.strip() else (treated,)),
        search=search,
        order=(treated.desc(), Patient.name, Patient.id),
        limit=limit,
        offset=offset,
    )
    keys = [line.id for line in found.rows]
    mine, seen = _treated(actor, keys), _seen(actor, keys)
    return found.map(lambda line: Line(line, line.id in mine, seen.get(line.id, Seen(None, None))))


def get(actor: Actor, patient_id: int) -> Sheet:
    """A patient of the directory, and the visits with this doctor; noted in the audit trail. Raises NotFound."""
    policy.require(actor, Permission.RUN_CLINIC)
    patient = patient_lists.look_up(actor, patient_id)
    acting = select(Account, Patient.is_own).join(Patient, Patient.manager_id == Account.id)
    manager, is_own = db.session.execute(acting.where(Patient.id == patient_id)).one_or_none() or (None, False)
    moment = now()
    visits = _visits(actor).where(Appointment.patient_id == patient_id)
    coming = visits.where(Appointment.ends_at > moment).order_by(Appointment.starts_at, Appointment.id)
    past = visits.where(Appointment.ends_at <= moment).order_by(Appointment.starts_at.desc(), Appointment.id)
    found = [listing(query, *WITH_PEOPLE, limit=MOST_VISITS, offset=0) for query in (coming, past)]
    return Sheet(
        patient=patient,
        manager=manager.display_name if manager else None,
        is_own=is_own,
        is_treated=bool(_treated(actor, [patient_id])),
        coming=found[0],
        past=found[1],
        notes=_notes(actor, [visit.id for visits in found for visit in visits.rows]),
    )


def _visits(actor: Actor) -> Select[Appointment]:
    """The doctor's own visits that are appointments, and were not cancelled."""
    return policy.visible(actor, Appointment).where(
        Appointment.doctor_id == actor.doctor_id, Appointment.state.not_in(_NOT_SHOWN)
    )


def _treated(actor: Actor, patient_ids: Collection[int]) -> set[int]:
    """Which of these patients the doctor treats."""
    query = select(Patient.id).where(Patient.id.in_(patient_ids), policy.treated_by(actor.doctor_id, Patient.id))
    return set(db.session.scalars(query)) if patient_ids else set()


def _seen(actor: Actor, patient_ids: Collection[int]) -> Mapping[int, Seen]:
    if not patient_ids:
        return {}
    is_past = Appointment.starts_at <= now()
    visits = _visits(actor).where(Appointment.patient_id.in_(patient_ids))
    last = func.max(case((is_past & (Appointment.state != VisitState.NO_SHOW), Appointment.starts_at)))
    following = func.min(case((~is_past, Appointment.starts_at)))
    query = visits.with_only_columns(Appointment.patient_id, last, following).group_by(Appointment.patient_id)
    return {patient_id: Seen(*moments) for patient_id, *moments in db.session.execute(query)}


def _notes(actor: Actor, visit_ids: Collection[int]) -> Mapping[int, int]:
    query = (
        select(ClinicalRecord.appointment_id, func.max(ClinicalRecord.id))
        .where(doctor_record.readable(actor), ClinicalRecord.appointment_id.in_(visit_ids))
        .group_by(ClinicalRecord.appointment_id)
    )
    return {key: entry for key, entry in db.session.execute(query) if key is not None} if visit_ids else {}
