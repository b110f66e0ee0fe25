"""Lists of appointments: for programs, for a patient's pages, for a doctor's day."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, func, select

from app import policy
from app.clock import day_bounds, now
from app.errors import NotFound
from app.extensions import db
from app.models import OPEN, Appointment, VisitState
from app.policy import Actor, Permission
from app.services.appointments import WITH_PEOPLE
from app.services.listing import Listing, listing

_RUNNING = (*OPEN, VisitState.IN_PROGRESS)


class Group(enum.Enum):
    """How patients look at their appointments."""

    COMING = "coming"
    PAST = "past"
    CANCELLED = "cancelled"


def get(actor: Actor, appointment_id: int) -> Appointment:
    """One appointment with its people. Raises NotFound for one that the actor may not see."""
    return policy.fetch(actor, Appointment, appointment_id, *WITH_PEOPLE)


def of_managed_patient(actor: Actor, appointment_id: int) -> Appointment:
    """One appointment of a patient whom the actor manages. Raises NotFound for any other, whatever else the actor is."""
    appointment = get(actor, appointment_id)
    if appointment.state is VisitState.HELD or not policy.can(actor, Permission.CHANGE_AS_PATIENT, appointment):
        raise NotFound
    return appointment


def find(
    actor: Actor,
    *,
    patient_id: int | None = None,
    doctor_id: int | None = None,
    states: tuple[VisitState, ...] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int,
    offset: int,
) -> Listing[Appointment]:
    """The appointments that the actor may see, by start and key. Filters narrow; `until` is not included."""
    conditions: list[ColumnElement[bool]] = []
    if patient_id is not None:
        conditions.append(Appointment.patient_id == patient_id)
    if doctor_id is not None:
        conditions.append(Appointment.doctor_id == doctor_id)
    if states is not None:
        conditions.append(Appointment.state.in_(states))
    if since is not None:
        conditions.append(Appointment.starts_at >= since)
    if until is not None:
        conditions.append(Appointment.starts_at < until)
    query = _shown(actor).where(*conditions)
    return listing(query.order_by(Appointment.starts_at, Appointment.id), *WITH_PEOPLE, limit=limit, offset=offset)


def of_managed_patients(actor: Actor, group: Group, *, limit: int, offset: int) -> Listing[Appointment]:
    """The appointments of the patients whom the actor manages: coming ones soonest first, others latest first."""
    moment = now()
    conditions = {
        Group.COMING: and_(Appointment.state.in_(_RUNNING), Appointment.ends_at > moment),
        Group.PAST: and_(Appointment.state != VisitState.CANCELLED, Appointment.ends_at <= moment),
        Group.CANCELLED: Appointment.state == VisitState.CANCELLED,
    }
    order = Appointment.starts_at if group is Group.COMING else Appointment.starts_at.desc()
    mine = Appointment.patient_id.in_(policy.managed_patients(actor))
    query = _shown(actor).where(mine, conditions[group]).order_by(order, Appointment.id)
    return listing(query, *WITH_PEOPLE, limit=limit, offset=offset)


def day(actor: Actor, on: date) -> list[Appointment]:
    """A doctor's own visits of a hospital-local day, in order, without cancelled ones. Raises Forbidden for others."""
    policy.require(actor, Permission.RUN_CLINIC)
    first, last = day_bounds(on)
    query = (
        _shown(actor)
        .where(
            Appointment.doctor_id == actor.doctor_id,
            Appointment.starts_at >= first,
            Appointment.starts_at < last,
            Appointment.state != VisitState.CANCELLED,
        )
        .order_by(Appointment.starts_at, Appointment.id)
        .options(*WITH_PEOPLE)
    )
    return list(db.session.scalars(query))


def requests(actor: Actor, *, limit: int, offset: int) -> Listing[Appointment]:
    """The coming visits that wait for the doctor to confirm them, soonest first. Raises Forbidden for others."""
    policy.require(actor, Permission.RUN_CLINIC)
    return listing(
        _requests(actor).order_by(Appointment.starts_at, Appointment.id), *WITH_PEOPLE, limit=limit, offset=offset
    )


def count_requests(actor: Actor) -> int:
    """How many visits wait for the doctor."""
    policy.require(actor, Permission.RUN_CLINIC)
    return db.session.scalar(select(func.count()).select_from(_requests(actor).subquery())) or 0


def _requests(actor: Actor) -> Select[Appointment]:
    return _shown(actor).where(
        Appointment.doctor_id == actor.doctor_id,
        Appointment.state == VisitState.PENDING,
        Appointment.starts_at > now(),
    )


def _shown(actor: Actor) -> Select[Appointment]:
    """What the actor may see; a held time is an offer, not yet an appointment."""
    return policy.visible(actor, Appointment).where(Appointment.state != VisitState.HELD)
