"""Lists of appointments: for programs, for a patient's pages, for a doctor's day."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select

from app import policy
from app.clock import day_bounds, now
from app.errors import NotFound
from app.extensions import db
from app.models import OPEN, Appointment, Doctor, Patient, VisitKind, VisitState
from app.policy import Actor, Capacity, Permission
from app.services.appointments import WITH_PEOPLE
from app.services.listing import Listing, exporting, listing
from app.services.reading import fixed, read
from app.services.search import words
from app.services.statements import Fixed

_RUNNING = (*OPEN, VisitState.IN_PROGRESS)


class Group(enum.Enum):
    """How patients look at their appointments."""

    COMING = "coming"
    PAST = "past"
    CANCELLED = "cancelled"


class Order(enum.Enum):
    """In which order admins see appointments."""

    SOONEST = "soonest"
    LATEST = "latest"
    BOOKED = "booked"


class Line(NamedTuple):
    """What a program's list tells of an appointment."""

    id: int
    patient_id: int
    doctor_id: int
    patient_name: str
    doctor_name: str
    kind: VisitKind
    state: VisitState
    symptoms: str
    available_time_id: int | None
    starts_at: datetime
    ends_at: datetime
    created_at: datetime


_LINE = (
    Appointment.id,
    Appointment.patient_id,
    Appointment.doctor_id,
    Patient.name,
    Doctor.name,
    Appointment.kind,
    Appointment.state,
    Appointment.symptoms,
    Appointment.available_time_id,
    Appointment.starts_at,
    Appointment.ends_at,
    Appointment.created_at,
)

_ORDERS: Mapping[Order, tuple[Any, ...]] = {
    Order.SOONEST: (Appointment.starts_at, Appointment.id),
    Order.LATEST: (Appointment.starts_at.desc(), Appointment.id.desc()),
    Order.BOOKED: (Appointment.created_at.desc(), Appointment.id.desc()),
}

_FILTERS: Mapping[str, ColumnElement[bool]] = {
    "patient_id": Appointment.patient_id == bindparam("patient_id"),
    "doctor_id": Appointment.doctor_id == bindparam("doctor_id"),
    "states": Appointment.state.in_(bindparam("states", expanding=True)),
    "since": Appointment.starts_at >= bindparam("since"),
    "until": Appointment.starts_at < bindparam("until"),
}
"""What the list can be narrowed by, with the values as parameters."""


def get(actor: Actor, appointment_id: int) -> Appointment:
    """One appointment with its people. Raises NotFound for one that the actor may not see, and for a held time."""
    found = policy.fetch(actor, Appointment, appointment_id, *WITH_PEOPLE)
    if found.state is VisitState.HELD:
        raise NotFound
    return found


def of_managed_patient(actor: Actor, appointment_id: int) -> Appointment:
    """One appointment of a patient whom the actor manages. Raises NotFound for any other, whoever asks."""
    appointment = get(actor, appointment_id)
    if not policy.can(actor, Permission.CHANGE_AS_PATIENT, appointment):
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
) -> Listing[Line]:
    """The appointments that the actor may see, by start and key, as lines. Filters narrow; `until` is not included.

    Two statements. Programs ask for up to a thousand at once: whole objects would cost three times as much.
    """
    filters = {
        "patient_id": patient_id,
        "doctor_id": doctor_id,
        "states": states,
        "since": since,
        "until": until,
    }
    given = {name: value for name, value in filters.items() if value is not None}
    counted, lines = _page(policy.capacities(actor), frozenset(given))
    parameters = {**policy.parameters(actor), **given}
    ((count,),) = read(counted, parameters)
    rows = read(lines, {**parameters, "limit": limit, "offset": offset}) if count else []
    return Listing([Line._make(row) for row in rows], count)


@cache
def _page(hats: frozenset[Capacity], filters: frozenset[str]) -> tuple[Fixed[int], Fixed[*tuple[Any, ...]]]:
    """The count, and the lines of one page; made once for each set of filters."""
    conditions = [
        policy.may_see(policy.stand_in(hats), Appointment),
        Appointment.state != VisitState.HELD,
        *(condition for name, condition in _FILTERS.items() if name in filters),
    ]
    lines = (
        select(*_LINE)
        .join(Patient, Patient.id == Appointment.patient_id)
        .join(Doctor, Doctor.id == Appointment.doctor_id)
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )
    return fixed(select(func.count(Appointment.id)).where(*conditions)), fixed(lines.where(*conditions))


def of_hospital(
    actor: Actor,
    *,
    search: str = "",
    states: Collection[VisitState] = (),
    since: date,
    until: date | None = None,
    order: Order = Order.SOONEST,
    limit: int,
    offset: int,
) -> Listing[Appointment]:
    """All appointments from one hospital-local day to another, both included: two statements.

    Every word of `search` must occur in the patient's or the doctor's name. Raises Forbidden for anyone but
    admins.
    """
    policy.require(actor, Permission.ADMINISTER)
    query = _shown(actor).where(Appointment.starts_at >= day_bounds(since)[0])
    if until is not None:
        query = query.where(Appointment.starts_at < day_bounds(until)[1])
    if states:
        query = query.where(Appointment.state.in_(states))
    for word in words(search):
        name = word.lower()
        patients = select(Patient.id).where(func.lower(Patient.name).contains(name, autoescape=True))
        doctors = select(Doctor.id).where(func.lower(Doctor.name).contains(name, autoescape=True))
        query = query.where(or_(Appointment.patient_id.in_(patients), Appointment.doctor_id.in_(doctors)))
    return listing(query.order_by(*_ORDERS[order]), *WITH_PEOPLE, limit=limit, offset=offset)


export = exporting(of_hospital, "appointments.exported")


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


def coming(actor: Actor, states: Collection[VisitState], *, limit: int) -> Listing[Appointment]:
    """The first visits in these states, of patients whom the actor manages, that are not over: two statements."""
    query = _shown(actor).where(
        Appointment.patient_id.in_(policy.managed_patients(actor)),
        Appointment.state.in_(states),
        Appointment.ends_at > now(),
    )
    return listing(query.order_by(Appointment.starts_at, Appointment.id), *WITH_PEOPLE, limit=limit, offset=0)


def since(actor: Actor, moment: datetime, *, limit: int) -> list[Appointment]:
    """The appointments that began after a moment, or are to come, of the patients whom the actor manages.

    Latest first, cancelled ones among them: in one statement.
    """
    mine = Appointment.patient_id.in_(policy.managed_patients(actor))
    query = _shown(actor).where(mine, Appointment.starts_at > moment).order_by(Appointment.starts_at.desc())
    return list(db.session.scalars(query.options(*WITH_PEOPLE).limit(limit)))


def day(actor: Actor, on: date) -> list[Appointment]:
    """A doctor's own visits of a hospital-local day, in order, without cancelled ones. Raises Forbidden for others."""
    return days(actor, on, on)


def days(actor: Actor, first: date, last: date) -> list[Appointment]:
    """As `day`, from one day to another, which is included."""
    policy.require(actor, Permission.RUN_CLINIC)
    query = (
        _shown(actor)
        .where(
            Appointment.doctor_id == actor.doctor_id,
            Appointment.starts_at >= day_bounds(first)[0],
            Appointment.starts_at < day_bounds(last)[1],
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
