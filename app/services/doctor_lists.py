"""Doctors as programs read them: lists, and one alone, as lines (contract, section 5)."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    Table,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
)

from app import policy
from app.clock import local_today
from app.errors import NotFound
from app.extensions import settings
from app.models import (
    FIRM,
    Account,
    Appointment,
    Approval,
    Department,
    Designation,
    Doctor,
    Specialisation,
    VisitKind,
    doctor_designation,
    doctor_specialisation,
)
from app.models.types import is_key
from app.policy import Actor, Capacity, Permission
from app.services.doctor_search import matching
from app.services.hours import HoursSummary, summary, week_of, whole_catalogue
from app.services.listing import Listing
from app.services.ratings import mean_rating, number_of_reviews, rounded
from app.services.reading import Joined, fixed, read
from app.services.statements import Fixed

Hats = frozenset[Capacity]


class Line(NamedTuple):
    """What is told of a doctor. `meet_link` is None for those who may not see it, `rating` without verified reviews."""

    id: int
    name: str
    username: str | None
    picture_id: int | None
    fee: int | None
    meet_link: str | None
    specialization: str | None
    department_id: int | None
    department_name: str | None
    approval: Approval
    rating: float | None
    reviews: int
    designations: list[str]
    specialisations: list[str]
    hours: HoursSummary


_BETWEEN_NAMES = "\x1f"
"""ASCII's own separator of units."""


def find(
    actor: Actor,
    *,
    search: str = "",
    specialisation_id: int | None = None,
    designation_id: int | None = None,
    department_id: int | None = None,
    fee: int | None = None,
    available_time_id: int | None = None,
    limit: int,
    offset: int,
) -> Listing[Line]:
    """The doctors whom the actor may see, by id: one statement, and one for the count.

    Every word of `search` must occur in a name, speciality, designation or department. `fee` is exact.
    """
    criteria = matching(
        search,
        specialisation_id=specialisation_id,
        designation_id=designation_id,
        department_id=department_id,
        fee=fee,
        available_time_id=available_time_id,
    )
    return page(actor, *criteria, limit=limit, offset=offset)


def page(actor: Actor, *criteria: ColumnElement[bool], limit: int, offset: int) -> Listing[Line]:
    """Those whom the actor may see and who meet all criteria, by id."""
    hats = policy.capacities(actor)
    counted, lines = _page(hats, *criteria) if criteria else _usual_page(hats)
    parameters = _parameters(actor)
    ((count, catalogue),) = read(counted, parameters)
    rows = read(lines, {**parameters, "limit": limit, "offset": offset}) if count else []
    weekdays = settings.weekdays
    return Listing([_line(actor, row, catalogue, weekdays) for row in rows], count)


def get(actor: Actor, doctor_id: int) -> Line:
    """One doctor. Raises NotFound for one whom the actor may not see."""
    statement, parameters = _one(policy.capacities(actor)), {**_parameters(actor), "doctor_id": doctor_id}
    rows = read(statement, parameters) if is_key(doctor_id) else []
    if not rows:
        raise NotFound
    (row,) = rows
    return _line(actor, row, row.catalogue, settings.weekdays)


def written(actor: Actor, doctor_id: int) -> Line:
    """One doctor whom the actor has just written, also where it is an entry that the actor does not see from now on."""
    (row,) = read(_any_one(policy.capacities(actor)), {**_parameters(actor), "doctor_id": doctor_id})
    return _line(actor, row, row.catalogue, settings.weekdays)


def _parameters(actor: Actor) -> dict[str, Any]:
    return {**policy.parameters(actor), "today": local_today()}


def _page(hats: Hats, *criteria: ColumnElement[bool]) -> tuple[Select[int, str], Select[*tuple[Any, ...]]]:
    """The count with the catalogue of times, and the lines of one page."""
    seen = select(Doctor.id).where(policy.may_see(policy.stand_in(hats), Doctor), *criteria)
    on_page = seen.order_by(Doctor.id).limit(bindparam("limit")).offset(bindparam("offset")).subquery("on_page")
    lines = _select(hats).join(on_page, on_page.c.id == Doctor.id).order_by(Doctor.id)
    return seen.with_only_columns(func.count(Doctor.id), whole_catalogue()), lines


@cache
def _usual_page(hats: Hats) -> tuple[Fixed[int, str], Fixed[*tuple[Any, ...]]]:
    """For lists without criteria: it is made once."""
    counted, lines = _page(hats)
    return fixed(counted), fixed(lines)


@cache
def _one(hats: Hats) -> Fixed[*tuple[Any, ...]]:
    return fixed(_any_one(hats).where(policy.may_see(policy.stand_in(hats), Doctor)))


@cache
def _any_one(hats: Hats) -> Select[*tuple[Any, ...]]:
    return _select(hats).add_columns(whole_catalogue().label("catalogue")).where(Doctor.id == bindparam("doctor_id"))


def _select(hats: Hats) -> Select[*tuple[Any, ...]]:
    """What a line is made of; `is_open`: a visit opens the video link."""
    return (
        select(
            Doctor.id,
            Doctor.account_id,
            Doctor.name,
            Account.username,
            Doctor.picture_id,
            Doctor.fee,
            Doctor.meet_link,
            Doctor.specialization,
            Doctor.department_id,
            Department.name.label("department_name"),
            Doctor.approval,
            mean_rating(Doctor.id).label("rating"),
            number_of_reviews(Doctor.id).label("reviews"),
            _names(doctor_designation, Designation).label("designations"),
            _names(doctor_specialisation, Specialisation).label("specialisations"),
            week_of(Doctor.id).label("week"),
            _has_online_visit(hats).label("is_open"),
        )
        .outerjoin(Account, Account.id == Doctor.account_id)
        .outerjoin(Department, Department.id == Doctor.department_id)
    )


def _names(link: Table, entry: type[Designation | Specialisation]) -> ScalarSelect[str]:
    """The names of a doctor's entries, as one text."""
    return (
        select(Joined(entry.name, literal_column(f"'{_BETWEEN_NAMES}'")))
        .select_from(link)
        .join(entry)
        .where(link.c.doctor_id == Doctor.id)
        .scalar_subquery()
    )


def _has_online_visit(hats: Hats) -> ColumnElement[bool]:
    """Whether the actor manages a patient with a confirmed online visit to the doctor (contract, section 5)."""
    if Capacity.MEMBER not in hats:
        return false()
    return Doctor.id.in_(
        select(Appointment.doctor_id).where(
            Appointment.patient_id.in_(policy.managed_patients(policy.stand_in(hats))),
            Appointment.kind == VisitKind.ONLINE,
            or_(*(Appointment.state == state for state in FIRM)),
        )
    )


def _line(actor: Actor, row: Row[*tuple[Any, ...]], catalogue: str | None, weekdays: tuple[int, ...]) -> Line:
    return Line(
        id=row.id,
        name=row.name,
        username=row.username,
        picture_id=row.picture_id,
        fee=row.fee,
        meet_link=row.meet_link if row.is_open or policy.can(actor, Permission.SEE_MEET_LINK, row) else None,
        specialization=row.specialization,
        department_id=row.department_id,
        department_name=row.department_name,
        approval=row.approval,
        rating=rounded(row.rating),
        reviews=row.reviews,
        designations=_in_order(row.designations),
        specialisations=_in_order(row.specialisations),
        hours=summary(row.week, catalogue, weekdays),
    )


def _in_order(names: str | None) -> list[str]:
    return sorted(names.split(_BETWEEN_NAMES)) if names else []
