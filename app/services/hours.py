"""What the JSON documents tell of a doctor's week: `available_from`, `available_to` and `available_time`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from functools import lru_cache, reduce
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    String,
    and_,
    bindparam,
    cast,
    extract,
    func,
    literal_column,
    or_,
    select,
)

from app import clock
from app.extensions import settings
from app.models import AvailableTime, Doctor, WeeklyHours
from app.services.reading import Joined, read

_NO_ENTRY = 0
_BETWEEN_ROWS, _BETWEEN_VALUES = ",", " "
_written_as = func.coalesce(WeeklyHours.available_time_id, _NO_ENTRY)


class _Hours(NamedTuple):
    """Hours of some day; `written_as` is the entry of the catalogue that they were written as, or _NO_ENTRY."""

    starts: time
    ends: time
    slot_minutes: int
    written_as: int


@dataclass(frozen=True, slots=True)
class HoursSummary:
    """Hospital-local: the earliest start and the latest end, and the catalogue times at which a slot starts, by id."""

    available_from: time | None = None
    available_to: time | None = None
    available_time_ids: Sequence[int] = field(default_factory=list)


def week_of(doctor_id: Any) -> ScalarSelect[str]:
    """A doctor's week as text for `summary`, as a column of a statement about doctors; `today` is a parameter of it."""
    return (
        select(
            _joined(WeeklyHours.weekday, WeeklyHours.starts, WeeklyHours.ends, WeeklyHours.slot_minutes, _written_as)
        )
        .where(WeeklyHours.doctor_id == doctor_id, _is_kept(bindparam("today")))
        .scalar_subquery()
    )


def whole_catalogue() -> ScalarSelect[str]:
    """The catalogue of times as text for `summary`, as a column of any statement."""
    return select(_joined(AvailableTime.id, AvailableTime.starts)).scalar_subquery()


def hours_summary(doctor_ids: Collection[int]) -> dict[int, HoursSummary]:
    """The weekly hours of each doctor on working days that are not over, in one statement."""
    query = select(Doctor.id, week_of(Doctor.id), whole_catalogue()).where(Doctor.id.in_(doctor_ids))
    rows = read(query, {"today": clock.local_today()})
    return {doctor_id: summary(week, catalogue, settings.weekdays) for doctor_id, week, catalogue in rows}


@lru_cache(maxsize=4096)
def summary(week: str | None, catalogue: str | None, weekdays: tuple[int, ...]) -> HoursSummary:
    """What is told of a week: the texts are columns of a statement, made by `week_of` and `whole_catalogue`.

    Kept, since it follows from these values alone, and the same weeks are read again and again.
    """
    kept = {hours for weekday, hours in _hours(week or "") if weekday in weekdays}
    if not kept:
        return HoursSummary()
    starting = {key for hours in kept for key in _starting(hours, _entries(catalogue or ""))}
    return HoursSummary(min(row.starts for row in kept), max(row.ends for row in kept), sorted(starting))


def _hours(week: str) -> Iterator[tuple[int, _Hours]]:
    for row in filter(None, week.split(_BETWEEN_ROWS)):
        weekday, starts, ends, slot_minutes, written_as = row.split(_BETWEEN_VALUES)
        hours = _Hours(time.fromisoformat(starts), time.fromisoformat(ends), int(slot_minutes), int(written_as))
        yield int(weekday), hours


@lru_cache(maxsize=4)
def _entries(catalogue: str) -> Mapping[int, list[int]]:
    """The entries of the catalogue, by seconds since midnight."""
    entries: dict[int, list[int]] = defaultdict(list)
    for row in filter(None, catalogue.split(_BETWEEN_ROWS)):
        key, starts = row.split(_BETWEEN_VALUES)
        entries[_seconds_of(time.fromisoformat(starts))].append(int(key))
    return entries


def _starting(hours: _Hours, entries: Mapping[int, list[int]]) -> list[int]:
    """The entries of the catalogue at which a slot of these hours starts."""
    slot = hours.slot_minutes * 60
    moments = range(_seconds_of(hours.starts), _seconds_of(hours.ends) - slot + 1, slot)
    fitting = chain.from_iterable(entries.get(moment, ()) for moment in moments)
    return [key for key in fitting if hours.written_as in (_NO_ENTRY, key)]


def _joined(*values: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """Rows of plain values as one text, on both databases."""
    between = literal_column(f"'{_BETWEEN_VALUES}'", String)
    texts: list[ColumnElement[str]] = [cast(value, String) for value in values]
    return Joined(reduce(lambda text, other: text + between + other, texts), literal_column(f"'{_BETWEEN_ROWS}'"))


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
    return and_(WeeklyHours.weekday.in_(settings.weekdays), _is_kept(clock.local_today()))


def _is_kept(today: Any) -> ColumnElement[bool]:
    """Whether the hours are not over."""
    return or_(WeeklyHours.valid_to.is_(None), WeeklyHours.valid_to >= today)


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
