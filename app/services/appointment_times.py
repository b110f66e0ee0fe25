"""When a visit is meant to be, where a program names a catalogue time instead of a moment (documents 001 and 004)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, time, timedelta

from sqlalchemy import bindparam, select

from app.clock import from_local, local_today, now, to_local
from app.errors import Conflict, Invalid
from app.extensions import db, settings
from app.models import AvailableTime
from app.services import availability
from app.services.reading import fixed, read

_ENTRY_AT = fixed(
    select(AvailableTime.id).where(AvailableTime.starts == bindparam("starts")).order_by(AvailableTime.id).limit(1)
)


def resolve(
    doctor_id: int, *, starts_at: datetime | None, available_time_id: int | None, keep_day_of: datetime | None = None
) -> tuple[datetime, int | None]:
    """The moment that is meant, and the catalogue entry that goes with it (contract, section 9).

    A moment alone brings the catalogue entry that starts then, if there is one. A catalogue time alone means the
    next day on which the doctor is free at that time, or, on a move, the day of `keep_day_of`. Raises Invalid where
    neither is given, both disagree, or the time is not in the catalogue, and Conflict where no such day comes.
    """
    entry = _entry(available_time_id)
    if starts_at is not None:
        local = to_local(starts_at).time()
        if entry is not None and entry.starts != local:
            message = "These are two different times. Send one of them, or make them agree."
            raise Invalid(message, errors={name: [message] for name in ("available_time_id", "starts_at")})
        return starts_at, entry.id if entry is not None else _entry_at(local)
    if entry is None:
        message = "Say when: name a moment or an available time."
        raise Invalid(message, field="starts_at")
    if keep_day_of is not None:
        return _on(to_local(keep_day_of), entry.starts), entry.id
    return _next_free(doctor_id, entry.starts), entry.id


def _entry(available_time_id: int | None) -> AvailableTime | None:
    if available_time_id is None:
        return None
    entry = db.session.get(AvailableTime, available_time_id)
    if entry is None:
        message = "There is no such time."
        raise Invalid(message, field="available_time_id")
    return entry


def _entry_at(local: time) -> int | None:
    return next((key for (key,) in read(_ENTRY_AT, {"starts": local})), None)


def _on(day: datetime, starts: time) -> datetime:
    try:
        return from_local(datetime.combine(day.date(), starts))
    except ValueError as error:
        raise Invalid(str(error), field="available_time_id") from error


def _next_free(doctor_id: int, starts: time) -> datetime:
    first, last = availability.earliest(), availability.latest()
    if availability.publishes_hours(doctor_id):
        slots = availability.free_slots([doctor_id], start=first, end=last).get(doctor_id, [])
        candidates = [slot.starts_at for slot in slots if to_local(slot.starts_at).time() == starts]
    else:
        candidates = _unblocked(doctor_id, starts, first, last)
    if not candidates:
        message = "The doctor is not free at that time on any coming day. Choose another time."
        raise Conflict(message, alternatives=availability.alternatives(doctor_id, now()))
    return candidates[0]


def _unblocked(doctor_id: int, starts: time, first: datetime, last: datetime) -> list[datetime]:
    """The moments at that time of day at which nothing takes up a doctor without hours."""
    moments = []
    for days in range((last - first).days + 1):
        with suppress(ValueError):  # the clocks skip that time on that day
            moments.append(from_local(datetime.combine(local_today() + timedelta(days=days), starts)))
    length = timedelta(minutes=settings.default_slot_minutes)
    return availability.unoccupied(doctor_id, [moment for moment in moments if first <= moment <= last], length)
