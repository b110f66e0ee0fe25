"""What the JSON documents tell of a doctor's week: `available_from`, `available_to` and `available_time`."""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import time

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, extract, func, or_, select

from app import clock
from app.extensions import db, settings
from app.models import AvailableTime, WeeklyHours

_NO_ENTRY = 0
_written_as = func.coalesce(WeeklyHours.available_time_id, _NO_ENTRY).label("written_as")


@dataclass(slots=True)
class HoursSummary:
    """Hospital-local: the earliest start and the latest end, and the catalogue times at which a slot starts, by id."""

    available_from: time | None = None
    available_to: time | None = None
    available_time_ids: list[int] = field(default_factory=list)


def hours_summary(doctor_ids: Collection[int]) -> dict[int, HoursSummary]:
    """The weekly hours of each doctor on working days that are not over, in one statement."""
    kept = (
        select(WeeklyHours.doctor_id, WeeklyHours.starts, WeeklyHours.ends, WeeklyHours.slot_minutes, _written_as)
        .where(WeeklyHours.doctor_id.in_(doctor_ids), on_working_days())
        .distinct()
        .cte("kept")
    )
    # Many doctors keep the same hours: only different ones are compared with the catalogue.
    different = select(kept.c.starts, kept.c.ends, kept.c.slot_minutes, kept.c.written_as).distinct().cte("different")
    starting = (
        select(different, AvailableTime.id.label("available_time_id"))
        .join(
            AvailableTime,
            _slot_starts_at(different.c.starts, different.c.ends, different.c.slot_minutes, different.c.written_as),
        )
        .cte("starting")
    )
    rows = db.session.execute(
        select(kept.c.doctor_id, kept.c.starts, kept.c.ends, starting.c.available_time_id).outerjoin(
            starting,
            and_(
                starting.c.starts == kept.c.starts,
                starting.c.ends == kept.c.ends,
                starting.c.slot_minutes == kept.c.slot_minutes,
                starting.c.written_as == kept.c.written_as,
            ),
        )
    )
    summaries = {doctor_id: HoursSummary() for doctor_id in doctor_ids}
    for doctor_id, starts, ends, available_time_id in rows:
        summary = summaries[doctor_id]
        summary.available_from = min(starts, summary.available_from or starts)
        summary.available_to = max(ends, summary.available_to or ends)
        if available_time_id is not None and available_time_id not in summary.available_time_ids:
            insort(summary.available_time_ids, available_time_id)
    return summaries


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
    today = clock.local_today()
    return and_(
        WeeklyHours.weekday.in_(settings.weekdays),
        or_(WeeklyHours.valid_to.is_(None), WeeklyHours.valid_to >= today),
    )


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
