"""Which doctors a search and the filters of a list mean, as SQL conditions."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, Table, false, func, or_, select

from app.models import (
    Department,
    Designation,
    Doctor,
    Specialisation,
    VisitKind,
    doctor_designation,
    doctor_specialisation,
)
from app.models.types import is_key, name_key
from app.services.hours import doctors_starting_at
from app.services.search import words

_BIGGEST_FEE = 2**31 - 1
_ACCEPTS = {VisitKind.IN_PERSON: Doctor.accepts_in_person.is_(True), VisitKind.ONLINE: Doctor.accepts_online.is_(True)}


def matching(
    search: str = "",
    *,
    specialisation_id: int | None = None,
    designation_id: int | None = None,
    department_id: int | None = None,
    fee: int | None = None,
    fee_up_to: int | None = None,
    kind: VisitKind | None = None,
    available_time_id: int | None = None,
) -> list[ColumnElement[bool]]:
    """The conditions of those filters that are given; a value that no row can have matches nothing.

    Every word of `search` must occur in the name, a speciality, a designation or the department, without regard to
    case.
    """
    keys = (specialisation_id, designation_id, department_id, available_time_id)
    fees = (fee, fee_up_to)
    if not all(key is None or is_key(key) for key in keys):
        return [false()]
    if not all(amount is None or 0 <= amount <= _BIGGEST_FEE for amount in fees):
        return [false()]
    conditions = [_mentions(word) for word in words(search)]
    if specialisation_id is not None:
        column = doctor_specialisation.c.specialisation_id
        conditions.append(Doctor.id.in_(_doctors(doctor_specialisation).where(column == specialisation_id)))
    if designation_id is not None:
        column = doctor_designation.c.designation_id
        conditions.append(Doctor.id.in_(_doctors(doctor_designation).where(column == designation_id)))
    if department_id is not None:
        conditions.append(Doctor.department_id == department_id)
    if fee is not None:
        conditions.append(Doctor.fee == fee)
    if fee_up_to is not None:
        conditions.append(Doctor.fee <= fee_up_to)
    if kind is not None:
        conditions.append(_ACCEPTS[kind])
    if available_time_id is not None:
        conditions.append(Doctor.id.in_(doctors_starting_at(available_time_id)))
    return conditions


def _mentions(word: str) -> ColumnElement[bool]:
    text, key = word.lower(), name_key(word)
    department = select(Department.id).where(Department.name_key.contains(key, autoescape=True))
    specialisation = _doctors(doctor_specialisation).join(Specialisation)
    designation = _doctors(doctor_designation).join(Designation)
    return or_(
        func.lower(Doctor.name).contains(text, autoescape=True),
        func.lower(Doctor.specialization).contains(text, autoescape=True),
        Doctor.department_id.in_(department),
        Doctor.id.in_(specialisation.where(Specialisation.name_key.contains(key, autoescape=True))),
        Doctor.id.in_(designation.where(Designation.name_key.contains(key, autoescape=True))),
    )


def _doctors(link: Table) -> Select[int]:
    return select(link.c.doctor_id)
