"""When a visit is meant to be, where a program names a catalogue time instead of a moment (documents 001 and 004)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import select

from app.clock import from_local, local_today, now, to_local
from app.errors import Conflict, Invalid
from app.extensions import db, settings
from app.models import BLOCKING, Appointment, AvailableTime
from app.services import availability


def resolve(
    doctor_id: int, *, moment: datetime | None, available_time_id: int | None, keep_day_of: datetime | None = None
) -> tuple[datetime, int | None]:
    """The moment that is meant, and the catalogue entry that goes with it (contract, section 9).

    A moment alone brings the catalogue entry that starts then, if there is one. A catalogue time alone means the
    next day on which the doctor is free at that time, or, on a move, the day of `keep_day_of`. Raises Invalid where
    neither is given, both disagree, or the time is not in the catalogue, and Conflict where no such day comes.
    """
    entry = _entry(available_time_id)
    if moment is not None:
        local = to_local(moment).time()
        if entry is not None and entry.starts != local:
            message = "time and appointment_time are different times. Send one, or make them agree."
            raise Invalid(message, field="time")
        return moment, entry.id if entry is not None else _entry_at(local)
    if entry is None:
        message = "Say when: send appointment_time or time."
        raise Invalid(message, field="appointment_time")
    if keep_day_of is not None:
        return _on(to_local(keep_day_of), entry.starts), entry.id
    return _next_free(doctor_id, entry.starts), entry.id


def _entry(available_time_id: int | None) -> AvailableTime | None:
    if available_time_id is None:
        return None
    entry = db.session.get(AvailableTime, available_time_id)
    if entry is None:
        message = "There is no such time."
        raise Invalid(message, field="time")
    return entry


def _entry_at(local: time) -> int | None:
    query = select(AvailableTime.id).where(AvailableTime.starts == local).order_by(AvailableTime.id).limit(1)
    return db.session.scalar(query)


def _on(day: datetime, starts: time) -> datetime:
    try:
        return from_local(datetime.combine(day.date(), starts))
    except ValueError as error:
        raise Invalid(str(error), field="time") from error


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
    """The moments at that time of day at which a doctor without hours has no other visit."""
    taken = db.session.execute(
        select(Appointment.starts_at, Appointment.ends_at).where(
            Appointment.doctor_id == doctor_id, Appointment.state.in_(BLOCKING), Appointment.ends_at > first
        )
    ).all()
    length = timedelta(minutes=settings.default_slot_minutes)
    free = []
    for days in range((last - first).days + 1):
        try:
            moment = from_local(datetime.combine(local_today() + timedelta(days=days), starts))
        except ValueError:
            continue
        if first <= moment <= last and not any(moment < ends and begins < moment + length for begins, ends in taken):
            free.append(moment)
    return free
