"""The hospital's figures over a period: bookings and visits by day, no-shows, visits and occupancy by department."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select

from app import policy
from app.clock import local_today
from app.errors import Invalid
from app.extensions import db
from app.models import Appointment, Department, Doctor, VisitState
from app.policy import Actor, Permission
from app.services import occupancy
from app.services.local_days import Minutes, Period, day_number
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
    """The visits of one doctor in one state, and their minutes."""

    doctor_id: int
    department: str
    state: VisitState
    visits: int
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
    """The figures of a period: five statements. Raises Unauthorized and Forbidden for anyone but admins."""
    policy.require(actor, Permission.ADMINISTER)
    booked = dict(map(tuple, db.session.execute(_booked(period))))
    visits = {(number, state): count for number, state, count in db.session.execute(_visits(period))}

    def count(number: int, *states: VisitState) -> int:
        return sum(visits.get((number, state), 0) for state in states)

    days = [
        Day(
            day=day,
            booked=booked.get(number, 0),
            completed=count(number, VisitState.COMPLETED),
            to_come=count(number, *_TO_COME),
            missed=count(number, VisitState.NO_SHOW),
            cancelled=count(number, VisitState.CANCELLED),
        )
        for number, day in enumerate(period.days)
    ]
    taken = list(_taken(period))
    booked_minutes: Counter[int] = Counter()
    for one in taken:
        booked_minutes[one.doctor_id] += one.minutes
    return Figures(days, _departments(taken), occupancy.find(period, booked_minutes))


def _booked(period: Period) -> Any:
    """How many appointments were made on which day; times that are only held for somebody are no bookings."""
    first, last = period.bounds
    day = day_number(Appointment.created_at, period)
    return (
        select(day, func.count())
        .where(
            Appointment.created_at >= first,
            Appointment.created_at < last,
            Appointment.state != VisitState.HELD,
            Appointment.removed_at.is_(None),
        )
        .group_by(day)
    )


def _visits(period: Period) -> Any:
    """How many visits of which day are in which state."""
    day = day_number(Appointment.starts_at, period)
    return select(day, Appointment.state, func.count()).where(*_in(period)).group_by(day, Appointment.state)


def _taken(period: Period) -> Iterator[_Taken]:
    """What the visits of the period that were not cancelled take, added up by doctor before anything is joined."""
    minutes = func.sum(Minutes(Appointment.starts_at, Appointment.ends_at)).label("minutes")
    of_doctor = (
        select(Appointment.doctor_id, Appointment.state, func.count().label("visits"), minutes)
        .where(*_in(period), Appointment.state.in_(_VISITS))
        .group_by(Appointment.doctor_id, Appointment.state)
        .subquery()
    )
    query = (
        select(of_doctor.c.doctor_id, Department.name, of_doctor.c.state, of_doctor.c.visits, of_doctor.c.minutes)
        .join(Doctor, Doctor.id == of_doctor.c.doctor_id)
        .outerjoin(Department, Department.id == Doctor.department_id)
    )
    for doctor_id, department, state, visits, length in db.session.execute(query):
        yield _Taken(doctor_id, department or NO_DEPARTMENT, state, visits, int(length))


def _departments(taken: Iterable[_Taken]) -> list[DepartmentVisits]:
    visits: dict[str, Counter[VisitState]] = defaultdict(Counter)
    minutes: Counter[str] = Counter()
    for one in taken:
        visits[one.department][one.state] += one.visits
        minutes[one.department] += one.minutes
    found = [
        DepartmentVisits(
            name,
            states.total(),
            minutes[name],
            percent(states[VisitState.NO_SHOW], states[VisitState.NO_SHOW] + states[VisitState.COMPLETED]),
        )
        for name, states in visits.items()
    ]
    return sorted(found, key=lambda department: (-department.visits, department.name))


def _in(period: Period) -> tuple[Any, ...]:
    first, last = period.bounds
    return Appointment.starts_at >= first, Appointment.starts_at < last, Appointment.removed_at.is_(None)
