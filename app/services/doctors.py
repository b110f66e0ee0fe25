"""Doctors: finding them, what is shown of them, and deciding who is listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from app import policy
from app.clock import day_bounds, now
from app.errors import Conflict, Invalid
from app.extensions import db
from app.models import (
    Account,
    Approval,
    Department,
    Designation,
    Doctor,
    Specialisation,
    VisitKind,
)
from app.models.types import name_key
from app.policy import LISTED, Actor, Permission
from app.services import audit, availability, outbox
from app.services.doctor_search import matching
from app.services.listing import Listing, exporting, listing
from app.services.outbox import Template
from app.services.ratings import Rating, ReviewEntry, ratings, reviews

__all__ = [
    "WITH_DETAILS",
    "Choices",
    "DoctorCard",
    "Rating",
    "ReviewEntry",
    "applications",
    "approve",
    "approve_all",
    "choices",
    "export",
    "get",
    "is_applicant",
    "own_application",
    "proposer",
    "ratings",
    "reject",
    "reviews",
    "soonest",
]

Entry = TypeVar("Entry", Department, Specialisation, Designation)

LONGEST_REASON = 1000
MOST_AT_ONCE = 100
FREE_TIMES_ON_A_CARD = 3
_MAIL = {Approval.APPROVED: Template.DOCTOR_APPROVED, Approval.REJECTED: Template.DOCTOR_REJECTED}

WITH_DETAILS = (
    joinedload(Doctor.account),
    joinedload(Doctor.department),
    selectinload(Doctor.designations),
    selectinload(Doctor.specialisations),
)
"""All that any face shows of a doctor: one statement with the doctors, and two more."""


@dataclass(frozen=True, slots=True)
class DoctorCard:
    """A doctor in the public list. `rating` is the mean, `free_times` the next three at most (UTC)."""

    id: int
    name: str
    department: str | None
    specialisations: list[str]
    designations: list[str]
    fee: int | None
    picture_id: int | None
    rating: float | None
    reviews: int
    free_times: list[datetime]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the lists of doctors can be filtered by, each in the order of names; `fees` of listed doctors rise."""

    departments: Sequence[Department]
    specialisations: Sequence[Specialisation]
    designations: Sequence[Designation]
    fees: Sequence[int]


def soonest(
    actor: Actor,
    *,
    search: str = "",
    specialisation_id: int | None = None,
    designation_id: int | None = None,
    department_id: int | None = None,
    fee_up_to: int | None = None,
    kind: VisitKind | None = None,
    day: date | None = None,
    limit: int,
    offset: int,
) -> Listing[DoctorCard]:
    """The doctors who can be booked, whoever is free first first; those with no free time last, by name.

    With a hospital-local `day` only those who have a free time on it, and their times from it on.
    At most eleven statements, however many doctors there are.
    """
    criteria = matching(
        search,
        specialisation_id=specialisation_id,
        designation_id=designation_id,
        department_id=department_id,
        fee_up_to=fee_up_to,
        kind=kind,
    )
    query = policy.visible(actor, Doctor).with_only_columns(Doctor.id, Doctor.name).where(LISTED, *criteria)
    names: dict[int, str] = dict(iter(db.session.execute(query)))
    start, end = day_bounds(day) if day else (None, None)
    free = availability.next_free(names, count=FREE_TIMES_ON_A_CARD, after=start)
    if end is not None:
        names = {key: name for key, name in names.items() if free[key] and free[key][0].starts_at < end}
    never = availability.latest() + availability.LONGEST_VISIT

    def order(doctor_id: int) -> tuple[datetime, str, int]:
        first = free[doctor_id][0].starts_at if free[doctor_id] else never
        return first, name_key(names[doctor_id]), doctor_id

    page = sorted(names, key=order)[offset : offset + limit]
    return Listing(_cards(page, free), len(names))


def _cards(doctor_ids: Sequence[int], free: dict[int, list[availability.Slot]]) -> list[DoctorCard]:
    """The cards of these doctors, in this order."""
    if not doctor_ids:
        return []
    query = select(Doctor).where(Doctor.id.in_(doctor_ids)).options(*WITH_DETAILS)
    doctors = {doctor.id: doctor for doctor in db.session.scalars(query)}
    rating = ratings(doctor_ids)
    return [
        DoctorCard(
            id=doctor.id,
            name=doctor.name,
            department=doctor.department.name if doctor.department else None,
            specialisations=[entry.name for entry in doctor.specialisations],
            designations=[entry.name for entry in doctor.designations],
            fee=doctor.fee,
            picture_id=doctor.picture_id,
            rating=rating[doctor.id].mean,
            reviews=rating[doctor.id].reviews,
            free_times=[slot.starts_at for slot in free[doctor.id]],
        )
        for doctor in (doctors[doctor_id] for doctor_id in doctor_ids)
    ]


def get(actor: Actor, doctor_id: int) -> Doctor:
    """One doctor with all relations. Raises NotFound for one whom the actor may not see."""
    return policy.fetch(actor, Doctor, doctor_id, *WITH_DETAILS)


def choices(actor: Actor) -> Choices:
    """The vocabularies for filters and forms, and the fees that doctors ask."""
    fees = select(Doctor.fee).where(LISTED, Doctor.fee.is_not(None)).distinct().order_by(Doctor.fee)
    return Choices(
        _by_name(actor, Department, Department.name_key),
        _by_name(actor, Specialisation, Specialisation.name_key),
        _by_name(actor, Designation, Designation.name_key),
        [fee for fee in db.session.scalars(fees) if fee is not None],
    )


def _by_name(actor: Actor, model: type[Entry], name: InstrumentedAttribute[str]) -> Sequence[Entry]:
    return db.session.scalars(policy.visible(actor, model).order_by(name)).all()


def applications(
    actor: Actor,
    *,
    state: Approval | None = Approval.PENDING,
    search: str = "",
    department_id: int | None = None,
    is_by_name: bool = False,
    limit: int,
    offset: int,
) -> Listing[Doctor]:
    """Doctors for an admin's list, by the hospital's decision (None: all), whoever applied first first, or by name.

    Raises Unauthorized or Forbidden for anyone else.
    """
    policy.require(actor, Permission.ADMINISTER)
    query = policy.visible(actor, Doctor).where(*matching(search, department_id=department_id))
    if state is not None:
        query = query.where(Doctor.approval == state)
    order = (func.lower(Doctor.name), Doctor.id) if is_by_name else (Doctor.created_at, Doctor.id)
    return listing(query.order_by(*order), *WITH_DETAILS, limit=limit, offset=offset)


export = exporting(applications, "doctors.exported")


def proposer(actor: Actor, doctor: Doctor) -> Account | None:
    """Who entered a doctor, if it was somebody else: an approved doctor who proposed them, or an admin."""
    policy.require(actor, Permission.ADMINISTER)
    return db.session.get(Account, doctor.created_by_id) if doctor.is_proposed and doctor.created_by_id else None


def own_application(actor: Actor) -> Doctor | None:
    """The actor's own entry among the doctors, however the hospital has decided; None for who never applied."""
    if not actor.is_signed_in:
        return None
    query = policy.visible(actor, Doctor).where(Doctor.account_id == actor.account_id)
    return db.session.scalars(query.options(joinedload(Doctor.department))).one_or_none()


def is_applicant(actor: Actor) -> bool:
    """Whether the actor waits for the hospital's decision."""
    application = own_application(actor)
    return application is not None and application.is_waiting


def approve(actor: Actor, doctor_id: int) -> Doctor:
    """List a doctor who has applied, and tell them. Raises Forbidden, NotFound, and Conflict once decided."""
    return _decide(actor, doctor_id, Approval.APPROVED)


def approve_all(actor: Actor, doctor_ids: Sequence[int]) -> list[Doctor]:
    """Approve several: all, or none where one is refused. Raises as `approve`, and Conflict for none, or too many."""
    keys = sorted(set(doctor_ids))
    if not 0 < len(keys) <= MOST_AT_ONCE:
        raise Conflict(f"Choose from 1 to {MOST_AT_ONCE} doctors.")
    return [approve(actor, key) for key in keys]


def reject(actor: Actor, doctor_id: int, reason: str) -> Doctor:
    """Refuse a doctor who has applied, and tell them why.

    Raises Forbidden, NotFound, Invalid without a reason, and Conflict once decided.
    """
    return _decide(actor, doctor_id, Approval.REJECTED, reason)


def _decide(actor: Actor, doctor_id: int, decision: Approval, reason: str = "") -> Doctor:
    policy.require(actor, Permission.ADMINISTER)
    doctor = policy.fetch(actor, Doctor, doctor_id, *WITH_DETAILS, lock=True)
    reason = reason.strip()
    if decision is Approval.REJECTED and not reason:
        raise Invalid("Enter the reason, which the doctor will read.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"Use {LONGEST_REASON:,} characters or fewer.", field="reason")
    if not doctor.is_waiting:
        raise Conflict(f"{doctor.name}'s application has been {doctor.approval.value} already.")
    doctor.approval, doctor.decision_reason = decision, reason
    doctor.decided_by_id, doctor.decided_at = actor.account_id, now()
    db.session.flush()
    audit.record(actor, f"doctor.{decision.value}", doctor)
    if doctor.account is not None:
        outbox.tell_about_application(_MAIL[decision], doctor, doctor.account)
    return doctor
