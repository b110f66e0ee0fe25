"""Writing a doctor's week as the JSON documents tell it: from and to, or times of the catalogue (contract, section 5).

What is written holds on every working day, without end, and takes the place of all hours of these days that are not
over; those of other days, and visits that are booked already, stay as they are. It reads back as written:

- `available_from` and `available_to` become one stretch of default slots; a shorter stretch is one slot.
- Each of the catalogue's times becomes one slot: as long as the entry says, else a default one. Where the next time
  that is written starts sooner, the slot ends there, and it ends before midnight, so that each can be booked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import TypedDict

from sqlalchemy import delete, insert, select

from app.errors import Invalid
from app.extensions import db, settings
from app.models import AvailableTime, WeeklyHours
from app.models.types import is_key
from app.services import calendars
from app.services.hours import HoursSummary, hours_summary, on_working_days

MOST_TIMES = 24 * 12
"""How many catalogue times a doctor may keep: one every five minutes."""

_SHORTEST, _LONGEST = 5, 480
"""The lengths of slots, in minutes, that the database keeps."""

_A_DAY = date.min
_LAST_INSTANT = time(23, 59, 59)


class WrittenHours(TypedDict, total=False):
    """What may be written, hospital-local; what is not there is kept. None, and no times, clear."""

    available_from: time | None
    available_to: time | None
    available_time_ids: Collection[int] | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hours of one day, cut into slots; `available_time_id` where they are one slot of the catalogue."""

    starts: time
    ends: time
    slot_minutes: int
    available_time_id: int | None = None


def write(doctor_id: int, hours: WrittenHours) -> list[str]:
    """Write what differs from what is stored, and say what it was; the doctor's row must be locked.

    Of from/to and the catalogue's times the one that differs decides, and the times if both do. Raises Invalid for
    an end that is not after its start, for one of the two alone, for a time that the catalogue does not have, and
    for times of which one leaves no room for a visit.
    """
    stored = hours_summary([doctor_id])[doctor_id]
    starts = hours.get("available_from", stored.available_from)
    ends = hours.get("available_to", stored.available_to)
    is_other_span = (starts, ends) != (stored.available_from, stored.available_to)
    span = _stretch(starts, ends) if is_other_span else []
    times = _other_times(stored, hours)
    if times is not None:
        _replace(doctor_id, _slots(times))
        return ["available_time"]
    if is_other_span:
        _replace(doctor_id, span)
        return ["available_from", "available_to"]
    return []


def clear(doctor_id: int) -> None:
    """Take away all hours of a doctor, also those of other days."""
    db.session.execute(delete(WeeklyHours).where(WeeklyHours.doctor_id == doctor_id))


def _other_times(stored: HoursSummary, hours: WrittenHours) -> list[AvailableTime] | None:
    """The entries of the catalogue to keep instead of what is stored; None to keep that."""
    if "available_time_ids" not in hours:
        return None
    wanted = set(hours["available_time_ids"] or ())
    if wanted == set(stored.available_time_ids):
        return None
    if len(wanted) > MOST_TIMES:
        message = f"Name at most {MOST_TIMES} times."
        raise Invalid(message, field="available_time_ids")
    query = select(AvailableTime).where(AvailableTime.id.in_(filter(is_key, wanted)))
    entries = list(db.session.scalars(query.order_by(AvailableTime.starts, AvailableTime.id)))
    unknown = wanted - {entry.id for entry in entries}
    if unknown:
        message = f"There is no available time {min(unknown)}."
        raise Invalid(message, field="available_time_ids")
    return entries


def _stretch(starts: time | None, ends: time | None) -> list[Stretch]:
    if starts is None and ends is None:
        return []
    if starts is None or ends is None:
        message = "Send both available_from and available_to, or null for both."
        raise Invalid(message, field="available_from" if starts is None else "available_to")
    minutes = _minutes(starts, ends)
    if minutes < _SHORTEST:
        message = f"Choose an end at least {_SHORTEST} minutes after the start, on the same day: at the latest 23:59."
        raise Invalid(message, field="available_to")
    return [Stretch(starts, ends, min(settings.default_slot_minutes, minutes))]


def _slots(entries: Iterable[AvailableTime]) -> list[Stretch]:
    """One slot for each of these entries, in the order of their starts. Entries of one start are the same time."""
    entries = list(entries)
    starts = sorted({entry.starts for entry in entries})
    room = {start: _minutes(start, following) for start, following in pairwise([*starts, _LAST_INSTANT])}
    for entry in entries:
        if room[entry.starts] < _SHORTEST:
            message = f"{entry.label} leaves less than {_SHORTEST} minutes until the next time, or midnight."
            raise Invalid(message, field="available_time_ids")
    return [_slot(entry, room[entry.starts]) for entry in entries]


def _slot(entry: AvailableTime, room: int) -> Stretch:
    length = settings.default_slot_minutes if entry.ends is None else _minutes(entry.starts, entry.ends)
    length = min(max(length, _SHORTEST), _LONGEST, room)
    ends = datetime.combine(_A_DAY, entry.starts) + timedelta(minutes=length)
    return Stretch(entry.starts, ends.time(), length, entry.id)


def _minutes(starts: time, ends: time) -> int:
    """The whole minutes between two times of a day; negative where they are in the wrong order."""
    return (datetime.combine(_A_DAY, ends) - datetime.combine(_A_DAY, starts)) // timedelta(minutes=1)


def _replace(doctor_id: int, stretches: Iterable[Stretch]) -> None:
    """Keep these hours on each working day instead of what these days have now."""
    db.session.execute(delete(WeeklyHours).where(WeeklyHours.doctor_id == doctor_id, on_working_days()))
    rows = [
        {
            "doctor_id": doctor_id,
            "weekday": weekday,
            "starts": stretch.starts,
            "ends": stretch.ends,
            "slot_minutes": stretch.slot_minutes,
            "available_time_id": stretch.available_time_id,
        }
        for weekday in settings.weekdays
        for stretch in stretches
    ]
    if rows:
        db.session.execute(insert(WeeklyHours), rows)
    calendars.freed(doctor_id)  # also where hours end: what the waiting list was offered in them is withdrawn
