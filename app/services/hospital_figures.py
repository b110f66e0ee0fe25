"""The hospital's figures over a period: bookings and visits by day, no-shows, visits and occupancy by department."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import ScalarSelect, and_, case, func, select

from app import policy
from app.clock import local_today
from app.errors import Invalid
from app.extensions import db
from app.models import Appointment, Department, Doctor, VisitState
from app.policy import Actor, Permission
from app.services import occupancy
from app.services.local_days import Minutes, Period, spans, within
from app.services.occupancy import NO_DEPARTMENT, DepartmentOccupancy
from app.services.percentages import percent

PERIODS = (7, 30, 90)
"""The last days, today included, that can be chosen at once."""
USUAL_PERIOD = 30
LONGEST_PERIOD = 366

_TO_COME = (VisitState.PENDING, VisitState.CONFIRMED, VisitState.IN_PROGRESS)
_VISITS = (*_TO_COME, VisitState.COMPLETED, VisitState.NO_SHOW)


@dataclass(frozen=True, slots=True)
class Day:
    """A day: how many appointments were `booked` on it, and how those that are, or were, for this day stand."""

    day: date
    booked: int
    completed: int
    to_come: int
    missed: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class DepartmentVisits:
    """A department's visits of the period, cancelled ones left out, and how many minutes they take."""

    name: str
    visits: int
    minutes: int
    missed_percent: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The days of a period, and its departments: those with visits, the busiest first, and how full all were."""

    days: Sequence[Day]
    departments: Sequence[DepartmentVisits]
    occupancy: Sequence[DepartmentOccupancy]

    def total(self, name: str) -> int:
        """The sum of one number over all days."""
        return sum(getattr(day, name) for day in self.days)

    @property
    def missed_percent(self) -> float | None:
        """The share of missed visits among those that are over and not cancelled, in percent; None without any."""
        return percent(self.total("missed"), self.total("missed") + self.total("completed"))


class _Taken(NamedTuple):
    """The visits of one doctor that were not cancelled, and their minutes."""

    doctor_id: int
    department: str
    visits: int
    completed: int
    missed: int
    minutes: int


def last_days(count: int) -> Period:
    """So many days that end today."""
    today = local_today()
    return Period(today - timedelta(days=count - 1), today)


def period(since: date | None, until: date | None) -> Period:
    """The days from one to another. Raises Invalid at `since` or `until`."""
    if since is None:
        raise Invalid("Enter the first day.", field="since")
    if until is None:
        raise Invalid("Enter the last day.", field="until")
    if until < since:
        raise Invalid("The last day must not be before the first.", field="until")
    if (until - since).days >= LONGEST_PERIOD:
        raise Invalid(f"Choose at most {LONGEST_PERIOD} days.", field="until")
    return Period(since, until)


def find(actor: Actor, period: Period) -> Figures:
    """The figures of a period: four statements. Raises Unauthorized and Forbidden for anyone but admins."""
    policy.require(actor, Permission.ADMINISTER)
    taken = list(_taken(period))
    booked_minutes = {one.doctor_id: one.minutes for one in taken}
    return Figures(_days(period), _departments(taken), occupancy.find(period, booked_minutes))


def _days(period: Period) -> list[Day]:
    """Times that are only held for somebody are no bookings."""
    span, there = spans(period.midnights), Appointment.removed_at.is_(None)

    def visits(*states: VisitState) -> ScalarSelect[int]:
        return within(span, Appointment.starts_at, func.count(), Appointment.state.in_(states), there)

    booked = within(span, Appointment.created_at, func.count(), Appointment.state != VisitState.HELD, there)
    query = select(
        span.c.number,
        booked,
        visits(VisitState.COMPLETED),
        visits(*_TO_COME),
        visits(VisitState.NO_SHOW),
        visits(VisitState.CANCELLED),
    ).order_by(span.c.number)
    days = period.days
    return [Day(days[number], *counts) for number, *counts in db.session.execute(query)]


def _taken(period: Period) -> Iterator[_Taken]:
    """What the visits of the period that were not cancelled take, by doctor.

    The outer join has SQLite go from doctor to doctor through an index that holds all it needs.
    """
    first, last = period.bounds
    is_visit = Appointment.state.in_(_VISITS)
    theirs = (
        Appointment.doctor_id == Doctor.id,
        Appointment.starts_at >= first,
        Appointment.starts_at < last,
        Appointment.removed_at.is_(None),
    )
    query = (
        select(
            Doctor.id,
            func.min(Department.name),
            *(
                func.sum(case((condition, number), else_=0))
                for condition, number in (
                    (is_visit, 1),
                    (Appointment.state == VisitState.COMPLETED, 1),
                    (Appointment.state == VisitState.NO_SHOW, 1),
                    (is_visit, Minutes(Appointment.starts_at, Appointment.ends_at)),
                )
            ),
        )
        .outerjoin(Department, Department.id == Doctor.department_id)
        .outerjoin(Appointment, and_(*theirs))
        .group_by(Doctor.id)
    )
    for doctor_id, department, *numbers in db.session.execute(query):
        yield _Taken(doctor_id, department or NO_DEPARTMENT, *map(int, numbers))


def _departments(taken: Iterable[_Taken]) -> list[DepartmentVisits]:
    of: dict[str, list[_Taken]] = defaultdict(list)
    for one in taken:
        if one.visits:
            of[one.department].append(one)
    found = []
    for name, doctors in of.items():
        visits, minutes = sum(one.visits for one in doctors), sum(one.minutes for one in doctors)
        completed, missed = sum(one.completed for one in doctors), sum(one.missed for one in doctors)
        found.append(DepartmentVisits(name, visits, minutes, percent(missed, missed + completed)))
    return sorted(found, key=lambda department: (-department.visits, department.name))
