"""What the JSON documents tell of a doctor's week: `available_from`, `available_to` and `available_time`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import time
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    extract,
    func,
    literal_column,
    or_,
    select,
    union,
)

from app import clock
from app.extensions import settings
from app.models import AvailableTime, WeeklyHours
from app.services.reading import read

_NO_ENTRY = 0
_CATALOGUE = 0
_written_as = func.coalesce(WeeklyHours.available_time_id, _NO_ENTRY).label("written_as")


class _Hours(NamedTuple):
    """Hours of some day; `written_as` is the entry of the catalogue that they were written as, or _NO_ENTRY."""

    starts: time
    ends: time
    slot_minutes: int
    written_as: int


@dataclass(slots=True)
class HoursSummary:
    """Hospital-local: the earliest start and the latest end, and the catalogue times at which a slot starts, by id."""

    available_from: time | None = None
    available_to: time | None = None
    available_time_ids: list[int] = field(default_factory=list)

    def add(self, starts: time, ends: time, available_time_ids: Collection[int]) -> None:
        """Add the hours of another part of the week."""
        self.available_from = min(starts, self.available_from or starts)
        self.available_to = max(ends, self.available_to or ends)
        self.available_time_ids = sorted({*self.available_time_ids, *available_time_ids})


def hours_summary(doctor_ids: Collection[int]) -> dict[int, HoursSummary]:
    """The weekly hours of each doctor on working days that are not over, in one statement."""
    parameters = {"doctor_ids": doctor_ids, "weekdays": settings.weekdays, "today": clock.local_today()}
    kept: dict[_Hours, list[int]] = defaultdict(list)
    catalogue: dict[int, list[int]] = defaultdict(list)
    for doctor_id, *hours in read(_HOURS_AND_CATALOGUE, parameters).all():
        if doctor_id == _CATALOGUE:
            starts, *_, available_time_id = hours
            catalogue[_seconds_of(starts)].append(available_time_id)
        else:
            kept[_Hours._make(hours)].append(doctor_id)
    summaries = {doctor_id: HoursSummary() for doctor_id in doctor_ids}
    # Many doctors keep the same hours: only different ones are compared with the catalogue.
    for same, keeping in kept.items():
        available_time_ids = _starting(same, catalogue)
        for doctor_id in keeping:
            summaries[doctor_id].add(same.starts, same.ends, available_time_ids)
    return summaries


def _starting(hours: _Hours, catalogue: Mapping[int, list[int]]) -> list[int]:
    """The entries of the catalogue, by seconds since midnight, at which a slot of these hours starts."""
    slot = hours.slot_minutes * 60
    moments = range(_seconds_of(hours.starts), _seconds_of(hours.ends) - slot + 1, slot)
    fitting = chain.from_iterable(catalogue.get(moment, ()) for moment in moments)
    return [key for key in fitting if hours.written_as in (_NO_ENTRY, key)]


def _seconds_of(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def doctors_starting_at(available_time_id: int) -> Select[int]:
    """The ids of the doctors with a slot on a working day that starts at a catalogue time."""
    return (
        select(WeeklyHours.doctor_id)
        .join(
            AvailableTime,
            _slot_starts_at(WeeklyHours.starts, WeeklyHours.ends, WeeklyHours.slot_minutes, _written_as),
        )
        .where(AvailableTime.id == available_time_id, on_working_days())
    )


def on_working_days() -> ColumnElement[bool]:
    """The rows that the documents tell of: on a working day, and not over."""
    return _kept(settings.weekdays, clock.local_today())


def _kept(weekdays: Any, today: Any) -> ColumnElement[bool]:
    return and_(WeeklyHours.weekday.in_(weekdays), or_(WeeklyHours.valid_to.is_(None), WeeklyHours.valid_to >= today))


_HOURS_AND_CATALOGUE: CompoundSelect[*tuple[Any, ...]] = union(
    select(WeeklyHours.doctor_id, WeeklyHours.starts, WeeklyHours.ends, WeeklyHours.slot_minutes, _written_as).where(
        WeeklyHours.doctor_id.in_(bindparam("doctor_ids", expanding=True)),
        _kept(bindparam("weekdays", expanding=True), bindparam("today")),
    ),
    select(
        literal_column(str(_CATALOGUE)),
        AvailableTime.starts,
        AvailableTime.starts,
        literal_column("0"),
        AvailableTime.id,
    ),
)
"""The different hours of each doctor, and the whole catalogue as the hours of nobody."""


def _slot_starts_at(
    starts: SQLColumnExpression[time],
    ends: SQLColumnExpression[time],
    slot_minutes: SQLColumnExpression[int],
    written_as: SQLColumnExpression[int],
) -> ColumnElement[bool]:
    """Whether one of the slots of these hours starts at AvailableTime.starts.

    Of entries that start at the same time, hours that were written as one of them are only that one.
    """
    moment, first, slot = _seconds(AvailableTime.starts), _seconds(starts), slot_minutes * 60
    return and_(
        moment >= first,
        moment + slot <= _seconds(ends),
        (moment - first) % slot == 0,
        or_(written_as == _NO_ENTRY, written_as == AvailableTime.id),
    )


def _seconds(moment: SQLColumnExpression[time]) -> ColumnElement[int]:
    """A time of day as seconds since midnight, in SQL of both databases."""
    return extract("hour", moment) * 3600 + extract("minute", moment) * 60 + extract("second", moment)
