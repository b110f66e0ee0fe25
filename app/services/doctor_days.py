"""A doctor's days: the week at a glance, why a day is empty, and whom to see next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.clock import day_bounds, now, to_local
from app.models import Appointment
from app.policy import Actor
from app.services import appointment_lists, availability

_DAYS = 7


@dataclass(frozen=True, slots=True)
class TimeOff:
    """Time of a day without visits (aware UTC); None where it reaches to the start, or to the end, of that day."""

    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Day:
    """A hospital-local date with its visits in order; `has_hours`: the doctor sees patients on such a day."""

    date: date
    visits: Sequence[Appointment]
    has_hours: bool
    time_off: Sequence[TimeOff]

    @property
    def is_off(self) -> bool:
        """Whether the whole day is off."""
        return TimeOff(None, None) in self.time_off


def week(actor: Actor, on: date) -> list[Day]:
    """The days from Monday to Sunday around a date, in three statements. Raises Forbidden for who is no doctor."""
    first = on - timedelta(days=on.weekday())
    dates = [first + timedelta(days=count) for count in range(_DAYS)]
    visits: dict[date, list[Appointment]] = {}
    for visit in appointment_lists.days(actor, dates[0], dates[-1]):
        visits.setdefault(to_local(visit.starts_at).date(), []).append(visit)
    hours, off = availability.plan(actor.doctor_id or 0, day_bounds(dates[0])[0], day_bounds(dates[-1])[1])
    return [
        Day(
            date=day,
            visits=visits.get(day, []),
            has_hours=any(row.holds_on(day) for row in hours),
            time_off=[part for interval in sorted(off) if (part := _part(day, *interval))],
        )
        for day in dates
    ]


def next_up(visits: Iterable[Appointment]) -> Appointment | None:
    """Whom the doctor sees next, of a day's visits in order: who has arrived, else who is to come before long.

    Nobody waits for one who has not come by the end of the visit.
    """
    expected = [visit for visit in visits if visit.is_open]
    arrived = [visit for visit in expected if visit.arrived_at is not None]
    return next(iter(arrived), next((visit for visit in expected if visit.ends_at > now()), None))


def _part(day: date, starts_at: datetime, ends_at: datetime) -> TimeOff | None:
    """What time off takes of a day; None where it does not touch it."""
    first, last = day_bounds(day)
    if ends_at <= first or starts_at >= last:
        return None
    return TimeOff(starts_at if starts_at > first else None, ends_at if ends_at < last else None)
