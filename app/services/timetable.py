"""The arithmetic of free times: weekly hours become slots, and what is taken is cut out. Plain data, no database.

A day's timetable is one row of slots that never overlap:

- A slot starts where the wall clock of the hospital shows `starts`, `starts + slot_minutes`, …, and ends, by that
  reckoning, within the hours. A start that the clocks skip is not offered; of one that occurs twice, the first counts.
- A slot lasts `slot_minutes` of real time, also across a change of the clocks, and must be over when the hours are.
- Where slots would overlap (two rows of hours that overlap, a slot that reaches over a gap into the next one), the
  earlier start wins, and of two with the same start the shorter slot.

What is taken never changes the timetable: a slot is free when nothing taken touches it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.clock import first_occurrence
from app.models import guards

LONGEST_SLOT = timedelta(hours=guards.LONGEST_VISIT_HOURS)
"""What the database allows a slot to last."""

_INSTANT = timedelta.resolution
_DAY = timedelta(days=1)


class Slot(NamedTuple):
    """A time at which a doctor can be booked: two aware moments in UTC."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """A stretch of one day, hospital-local, cut into slots of `slot_minutes`."""

    starts: time
    ends: time
    slot_minutes: int


@dataclass(frozen=True, slots=True)
class WeekdayHours:
    """Hours on one weekday (Monday is 0), from `valid_from` to `valid_to`, both included; None is without end."""

    weekday: int
    hours: Hours
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether these hours are kept on a date."""
        return (
            day.weekday() == self.weekday
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )


class Interval(NamedTuple):
    """Time that is taken, `ends_at` excluded: aware moments."""

    starts_at: datetime
    ends_at: datetime


def free_between(
    week: Sequence[WeekdayHours], taken: Iterable[Interval], start: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[Slot]:
    """The free slots that start from `start` until before `end`, in order, each made only when it is asked for."""
    if not week or start >= end:
        return
    blocks = merged(taken)
    block = next(blocks, None)
    for slot in _timetable(week, start, end, zone):
        while block is not None and block.ends_at <= slot.starts_at:
            block = next(blocks, None)
        if block is None or block.starts_at >= slot.ends_at:
            yield slot


def _timetable(week: Sequence[WeekdayHours], start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Slot]:
    day = start.astimezone(zone).date()
    # Where the clocks go back over midnight, `end` may show the day before that of a slot that has started already.
    last = end.astimezone(zone).date() + _DAY
    while day <= last:
        for slot in slots_of_day(tuple(sorted({row.hours for row in week if row.holds_on(day)})), day, zone):
            if slot.starts_at >= end:
                return
            if slot.starts_at >= start:
                yield slot
        day += _DAY


@lru_cache(maxsize=2048)
def slots_of_day(hours: tuple[Hours, ...], day: date, zone: ZoneInfo) -> tuple[Slot, ...]:
    """The timetable of one hospital-local day, in order. Many doctors keep the same hours, hence the cache."""
    slots: list[Slot] = []
    for slot in sorted(chain.from_iterable(_cut(row, day, zone) for row in hours)):
        if not slots or slots[-1].ends_at <= slot.starts_at:
            slots.append(slot)
    return tuple(slots)


def _cut(hours: Hours, day: date, zone: ZoneInfo) -> Iterator[Slot]:
    """The slots of one stretch of hours that exist on that day."""
    length = timedelta(minutes=hours.slot_minutes)
    local, closing = datetime.combine(day, hours.starts), datetime.combine(day, hours.ends)
    while local + length <= closing:
        starts_at = first_occurrence(local, zone)
        if starts_at is not None:
            ends_at = starts_at + length
            last_instant = (ends_at - _INSTANT).astimezone(zone).replace(tzinfo=None)
            if last_instant < closing:
                yield Slot(starts_at, ends_at)
        local += length


def merged(taken: Iterable[Interval]) -> Iterator[Interval]:
    """The same time as intervals in order that neither overlap nor touch."""
    current: Interval | None = None
    for interval in sorted(taken):
        if current is None:
            current = interval
        elif interval.starts_at <= current.ends_at:
            current = Interval(current.starts_at, max(current.ends_at, interval.ends_at))
        else:
            yield current
            current = interval
    if current is not None:
        yield current
