"""Doctors as programs read them: lists, and one alone, as lines (contract, section 5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from app import policy
from app.errors import NotFound
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
from app.services.hours import HoursSummary, hours_summary
from app.services.listing import Listing
from app.services.ratings import mean_rating, number_of_reviews, rounded
from app.services.reading import read

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


_DESIGNATION, _SPECIALISATION = "designation", "specialisation"
_KEYS: BindParameter[int] = bindparam("doctor_ids", expanding=True)
_NAMES = union_all(
    select(doctor_designation.c.doctor_id, literal_column(f"'{_DESIGNATION}'"), Designation.name.label("name"))
    .join_from(doctor_designation, Designation)
    .where(doctor_designation.c.doctor_id.in_(_KEYS)),
    select(doctor_specialisation.c.doctor_id, literal_column(f"'{_SPECIALISATION}'"), Specialisation.name)
    .join_from(doctor_specialisation, Specialisation)
    .where(doctor_specialisation.c.doctor_id.in_(_KEYS)),
).order_by("name")


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
    """The doctors whom the actor may see, by id: three statements and one for the count.

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
    counted, lines = _page(hats, *criteria) if criteria else _first_page(hats)
    parameters = policy.parameters(actor)
    count = read(counted, parameters).scalar_one()
    return Listing(_lines(actor, lines, {**parameters, "limit": limit, "offset": offset}) if count else [], count)


def get(actor: Actor, doctor_id: int) -> Line:
    """One doctor. Raises NotFound for one whom the actor may not see."""
    lines = _lines(actor, _one(policy.capacities(actor)), _only(actor, doctor_id)) if is_key(doctor_id) else []
    if not lines:
        raise NotFound
    return lines[0]


def written(actor: Actor, doctor_id: int) -> Line:
    """One doctor whom the actor has just written, also where it is an entry that the actor does not see from now on."""
    (line,) = _lines(actor, _any_one(policy.capacities(actor)), _only(actor, doctor_id))
    return line


def _only(actor: Actor, doctor_id: int) -> dict[str, Any]:
    return {**policy.parameters(actor), "doctor_id": doctor_id}


def _page(hats: Hats, *criteria: ColumnElement[bool]) -> tuple[Select[int], Select[*tuple[Any, ...]]]:
    """The count, and the lines of one page."""
    seen = select(Doctor.id).where(policy.may_see(policy.stand_in(hats), Doctor), *criteria)
    on_page = seen.order_by(Doctor.id).limit(bindparam("limit")).offset(bindparam("offset")).subquery("on_page")
    lines = _select(hats).join(on_page, on_page.c.id == Doctor.id).order_by(Doctor.id)
    return seen.with_only_columns(func.count(Doctor.id)), lines


_first_page = cache(_page)
"""For lists without criteria."""


@cache
def _one(hats: Hats) -> Select[*tuple[Any, ...]]:
    return _any_one(hats).where(policy.may_see(policy.stand_in(hats), Doctor))


@cache
def _any_one(hats: Hats) -> Select[*tuple[Any, ...]]:
    return _select(hats).where(Doctor.id == bindparam("doctor_id"))


def _select(hats: Hats) -> Select[*tuple[Any, ...]]:
    """What `_lines` reads; `is_open`: a visit opens the video link."""
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
            Doctor.approval,
            mean_rating(Doctor.id).label("rating"),
            number_of_reviews(Doctor.id).label("reviews"),
            Department.name.label("department_name"),
            _has_online_visit(hats).label("is_open"),
        )
        .outerjoin(Account, Account.id == Doctor.account_id)
        .outerjoin(Department, Department.id == Doctor.department_id)
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


def _lines(actor: Actor, statement: Select[*tuple[Any, ...]], parameters: dict[str, Any]) -> list[Line]:
    """Three statements, however many lines there are."""
    rows = read(statement, parameters).all()
    keys = [row.id for row in rows]
    if not keys:
        return []
    names, hours = _names(keys), hours_summary(keys)
    return [
        Line(
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
            designations=names[_DESIGNATION, row.id],
            specialisations=names[_SPECIALISATION, row.id],
            hours=hours[row.id],
        )
        for row in rows
    ]


def _names(doctor_ids: Collection[int]) -> dict[tuple[str, int], list[str]]:
    """The designations and specialisations of doctors, each in order."""
    names: dict[tuple[str, int], list[str]] = defaultdict(list)
    for doctor_id, kind, name in read(_NAMES, {"doctor_ids": doctor_ids}).all():
        names[kind, doctor_id].append(name)
    return names
