"""Occupancy of departments: which part of the minutes that their doctors offered in a period is booked.

- Offered are the minutes of the weekly hours that hold on each day, less time off and closures, as a clock on the wall
  shows them. They are the hours as they read today: what a doctor has changed since counts as if it had always been so.
- Booked are the minutes of visits in the period that were not cancelled, also of those that were missed: their time
  was taken. A time that is only held for somebody is none.
- Overbooked visits, and others outside the hours, count like all: occupancy can be more than 100 percent.
- Only doctors who are listed now and offered some time in the period count, with their visits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise

from sqlalchemy import or_, select

from app.clock import to_local
from app.extensions import db
from app.models import Department, Doctor, TimeOff, WeeklyHours
from app.policy import LISTED
from app.services.local_days import Period
from app.services.percentages import percent
from app.services.timetable import Hours, Interval, WeekdayHours, merged

NO_DEPARTMENT = "No department"

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_NO_SLOTS = 0
"""How hours are cut into slots does not matter here."""


@dataclass(frozen=True, slots=True)
class DepartmentOccupancy:
    """A department's minutes in a period, as above."""

    name: str
    booked_minutes: int
    offered_minutes: int

    @property
    def percent(self) -> float:
        """The booked part of what was offered, in percent; it may be more than 100."""
        return percent(self.booked_minutes, self.offered_minutes) or 0.0


def find(period: Period, booked_minutes: Mapping[int, int]) -> list[DepartmentOccupancy]:
    """Each department that offered some time in a period, the fullest first: two statements.

    `booked_minutes` are those of each doctor's visits in the period, by the doctor's key.
    """
    weeks, department_of = _weeks(period)
    off = _time_off(period)
    closed = off.pop(None, [])
    booked: Counter[str] = Counter()
    offered: Counter[str] = Counter()
    for doctor_id, week in weeks.items():
        minutes = offered_minutes(week, [*closed, *off.get(doctor_id, ())], period)
        if minutes:
            offered[department_of[doctor_id]] += minutes
            booked[department_of[doctor_id]] += booked_minutes.get(doctor_id, 0)
    found = [DepartmentOccupancy(name, booked[name], minutes) for name, minutes in offered.items()]
    return sorted(found, key=lambda department: (-department.percent, department.name))


def offered_minutes(week: Sequence[WeekdayHours], off: Iterable[Interval], period: Period) -> int:
    """How many minutes a week of hours offers in a period, less time off (hospital-local, naive).

    Days that are alike are counted, not gone through: only those with time off are.
    """
    by_weekday = [[row for row in week if row.weekday == weekday] for weekday in range(7)]
    minutes = sum(
        _length(hours) * days
        for weekday, rows in enumerate(by_weekday)
        for hours, days in _stretches(rows, weekday, period)
    )
    return minutes - sum(_lost(by_weekday, interval, period) for interval in merged(off))


def _stretches(rows: Sequence[WeekdayHours], weekday: int, period: Period) -> Iterable[tuple[list[Hours], int]]:
    """The hours that hold on a weekday for a while, and on how many such days of the period."""
    if not rows:
        return
    after = period.last + _DAY
    edges = {period.first, after}
    for row in rows:
        edges |= {day for day in (row.valid_from, row.valid_to and row.valid_to + _DAY) if day and day < after}
    for first, end in pairwise(sorted(edge for edge in edges if edge >= period.first)):
        start = first + (weekday - first.weekday()) % 7 * _DAY
        days = ((end - start).days + 6) // 7
        if days > 0:
            yield [row.hours for row in rows if row.holds_on(start)], days


def _lost(by_weekday: Sequence[Sequence[WeekdayHours]], off: Interval, period: Period) -> int:
    """The minutes of a week's hours in a period that one time off takes away."""
    minutes = 0
    day, last = max(off.starts_at.date(), period.first), min(off.ends_at.date(), period.last)
    while day <= last:
        for starts, ends in _spans(row.hours for row in by_weekday[day.weekday()] if row.holds_on(day)):
            first, after = datetime.combine(day, starts), datetime.combine(day, ends)
            minutes += max((min(after, off.ends_at) - max(first, off.starts_at)) // _MINUTE, 0)
        day += _DAY
    return minutes


def _length(hours: Iterable[Hours]) -> int:
    """The minutes of hours of one day."""
    return sum((_minutes(ends) - _minutes(starts)) for starts, ends in _spans(hours))


def _spans(hours: Iterable[Hours]) -> list[tuple[time, time]]:
    """The same hours of one day without overlaps, in order."""
    spans: list[tuple[time, time]] = []
    for one in sorted(hours):
        if spans and one.starts <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], one.ends))
        else:
            spans.append((one.starts, one.ends))
    return spans


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _weeks(period: Period) -> tuple[dict[int, list[WeekdayHours]], dict[int, str]]:
    """The hours of listed doctors that hold at some time of a period, and the departments of these doctors."""
    query = (
        select(
            WeeklyHours.doctor_id,
            Department.name,
            WeeklyHours.weekday,
            WeeklyHours.starts,
            WeeklyHours.ends,
            WeeklyHours.valid_from,
            WeeklyHours.valid_to,
        )
        .join(Doctor, Doctor.id == WeeklyHours.doctor_id)
        .outerjoin(Department, Department.id == Doctor.department_id)
        .where(
            LISTED,
            or_(WeeklyHours.valid_to.is_(None), WeeklyHours.valid_to >= period.first),
            or_(WeeklyHours.valid_from.is_(None), WeeklyHours.valid_from <= period.last),
        )
    )
    weeks: dict[int, list[WeekdayHours]] = defaultdict(list)
    departments: dict[int, str] = {}
    for doctor_id, department, weekday, starts, ends, valid_from, valid_to in db.session.execute(query):
        departments[doctor_id] = department or NO_DEPARTMENT
        weeks[doctor_id].append(WeekdayHours(weekday, Hours(starts, ends, _NO_SLOTS), valid_from, valid_to))
    return weeks, departments


def _time_off(period: Period) -> dict[int | None, list[Interval]]:
    """What touches a period, in hospital-local time, by doctor: closures are nobody's."""
    start, end = period.bounds
    query = select(TimeOff.doctor_id, TimeOff.starts_at, TimeOff.ends_at)
    off: dict[int | None, list[Interval]] = defaultdict(list)
    for doctor_id, *moments in db.session.execute(query.where(TimeOff.ends_at > start, TimeOff.starts_at < end)):
        off[doctor_id].append(Interval(*(to_local(moment).replace(tzinfo=None) for moment in moments)))
    return off
