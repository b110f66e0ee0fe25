"""The free times nearest to that of a cancelled visit: with its doctor, and with colleagues of the same speciality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, select, union

from app import policy
from app.clock import now
from app.extensions import db
from app.models import Appointment, Department, Doctor, VisitKind, doctor_specialisation
from app.policy import LISTED, Actor
from app.services import availability

TIMES_SHOWN = 3
COLLEAGUES_SHOWN = 4
BEFORE = timedelta(days=7)
"""How much earlier than the visit a time may be to be near."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A doctor, and the free times (aware UTC, in order) that are nearest to the visit's."""

    doctor_id: int
    name: str
    department: str | None
    times: list[datetime]


@dataclass(frozen=True, slots=True)
class NearestTimes:
    """What a patient can book instead: `own` is the same doctor, None without free times; colleagues nearest first."""

    own: Choice | None
    colleagues: list[Choice]


def instead_of(actor: Actor, visit: Appointment) -> NearestTimes:
    """What is free near a visit, as it is now, in at most eleven statements. Its doctor and department are loaded.

    Colleagues share a specialisation with the doctor, or, where there is none, the department; all meet patients in the
    visit's way.
    """
    near = max(visit.starts_at, now())
    doctor = visit.doctor
    department = doctor.department.name if doctor.department else None
    colleagues = _colleagues(actor, visit)
    times = _nearest([doctor.id, *(row.id for row in colleagues)], near)
    choices = [Choice(row.id, row.name, row.department, times[row.id]) for row in colleagues if times[row.id]]
    choices.sort(key=lambda choice: (min(abs(moment - near) for moment in choice.times), choice.doctor_id))
    own = Choice(doctor.id, doctor.name, department, times[doctor.id]) if times[doctor.id] else None
    return NearestTimes(own, choices[:COLLEAGUES_SHOWN])


def _colleagues(actor: Actor, visit: Appointment) -> Sequence[Row[int, str, str | None, bool]]:
    doctor, own, link = visit.doctor, doctor_specialisation.alias().c, doctor_specialisation.c
    sharing = select(link.doctor_id).where(own.doctor_id == doctor.id, link.specialisation_id == own.specialisation_id)
    ways = union(
        sharing,
        select(Doctor.id).where(Doctor.department_id == doctor.department_id, Doctor.department_id.is_not(None)),
    )
    shares = sharing.where(link.doctor_id == Doctor.id).correlate(Doctor).exists()
    accepts = Doctor.accepts_online if visit.kind is VisitKind.ONLINE else Doctor.accepts_in_person
    query = (
        policy.visible(actor, Doctor)
        .with_only_columns(Doctor.id, Doctor.name, Department.name.label("department"), shares.label("shares"))
        .outerjoin(Department, Department.id == Doctor.department_id)
        .where(LISTED, accepts, Doctor.id != doctor.id, Doctor.id.in_(ways))
    )
    rows = db.session.execute(query).all()
    return [row for row in rows if row.shares] or rows


def _nearest(doctor_ids: Sequence[int], near: datetime) -> dict[int, list[datetime]]:
    """The free times of each doctor nearest to a moment, in order."""
    following = availability.next_free(doctor_ids, count=TIMES_SHOWN, after=near)
    before = availability.free_slots(doctor_ids, start=near - BEFORE, end=near)

    def nearest(doctor_id: int) -> list[datetime]:
        moments = [slot.starts_at for slot in (*before[doctor_id], *following[doctor_id])]
        return sorted(sorted(moments, key=lambda moment: abs(moment - near))[:TIMES_SHOWN])

    return {doctor_id: nearest(doctor_id) for doctor_id in doctor_ids}
