"""Time off: when a doctor sees nobody. Visits in it are cancelled once the doctor has seen which, and patients told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from app import policy
from app.clock import now
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.models import Doctor, TimeOff
from app.policy import Actor
from app.services import affected_visits, audit, calendars, waiting_offers
from app.services.affected_visits import Affected, Unseen
from app.services.listing import Listing, listing

LONGEST_REASON = 500
LONGEST = timedelta(days=2 * 366)
AWAY = "The doctor is away at that time."
"""What patients read; the doctor's own reason is private."""


@dataclass(frozen=True, slots=True)
class Period:
    """From one aware moment to another, which is excluded."""

    starts_at: datetime
    ends_at: datetime


def find(actor: Actor, doctor_id: int, *, is_over: bool, limit: int, offset: int) -> Listing[TimeOff]:
    """A doctor's time off and the whole hospital's: to come, soonest first, or over, latest first.

    Raises NotFound and Forbidden as `policy` says. Three statements.
    """
    calendars.run_by(actor, doctor_id)
    query = policy.visible(actor, TimeOff).where(or_(TimeOff.doctor_id == doctor_id, TimeOff.doctor_id.is_(None)))
    moment = now()
    if is_over:
        query = query.where(TimeOff.ends_at <= moment).order_by(TimeOff.starts_at.desc(), TimeOff.id)
    else:
        query = query.where(TimeOff.ends_at > moment).order_by(TimeOff.starts_at, TimeOff.id)
    return listing(query, limit=limit, offset=offset)


def get(actor: Actor, doctor_id: int, time_off_id: int, *, lock: bool = False) -> TimeOff:
    """One time off of a doctor. Raises NotFound for another doctor's, and for the whole hospital's."""
    calendars.run_by(actor, doctor_id)
    found = policy.fetch(actor, TimeOff, time_off_id, lock=lock)
    if found.doctor_id != doctor_id:
        raise NotFound
    return found


def preview(actor: Actor, doctor_id: int, period: Period) -> Affected:
    """What time off would cancel and withdraw. Raises Invalid for a period that cannot be."""
    calendars.run_by(actor, doctor_id)
    check(period)
    return affected_visits.within(actor, doctor_id, period.starts_at, period.ends_at)


def add(actor: Actor, doctor_id: int, period: Period, *, reason: str, seen: str) -> Affected:
    """Take time off: the visits in it are cancelled and their patients told, in one transaction.

    Returns what that was; `seen` is the seal of what the actor was shown. The same time off again changes nothing.
    Raises NotFound, Forbidden for another doctor's calendar, Invalid, and Unseen where other visits are affected than
    the actor has seen.
    """
    doctor = calendars.run_by(actor, doctor_id)
    calendars.lock([doctor_id], [])
    same = select(TimeOff).where(
        TimeOff.doctor_id == doctor_id, TimeOff.starts_at == period.starts_at, TimeOff.ends_at == period.ends_at
    )
    present = db.session.scalars(same).first()
    row = present or TimeOff(
        doctor_id=doctor_id, starts_at=period.starts_at, ends_at=period.ends_at, created_by_id=actor.account_id
    )
    return _save(actor, doctor, row, period, reason=reason, seen=seen)


def change(actor: Actor, doctor_id: int, time_off_id: int, period: Period, *, reason: str, seen: str) -> Affected:
    """Shorten, lengthen or shift time off that is not over; what it frees can be booked again at once.

    Visits that were cancelled for it stay so. Raises as `add` does, and Conflict once it is over.
    """
    doctor = calendars.run_by(actor, doctor_id)
    calendars.lock([doctor_id], [])
    row = get(actor, doctor_id, time_off_id, lock=True)
    require_to_come(row)
    return _save(actor, doctor, row, period, reason=reason, seen=seen)


def remove(actor: Actor, doctor_id: int, time_off_id: int) -> None:
    """Take time off back: its times can be booked again. Visits that were cancelled for it stay so.

    Raises NotFound, and Conflict once it is over.
    """
    calendars.run_by(actor, doctor_id)
    calendars.lock([doctor_id], [])
    row = get(actor, doctor_id, time_off_id, lock=True)
    require_to_come(row)
    audit.record(actor, "time_off.removed", row)
    db.session.delete(row)
    db.session.flush()
    calendars.freed(doctor_id)


def is_over(row: TimeOff) -> bool:
    """Whether nothing of it can be changed any more."""
    return row.ends_at <= now()


def _save(actor: Actor, doctor: Doctor, row: TimeOff, period: Period, *, reason: str, seen: str) -> Affected:
    """Write time off, and cancel what is in it. The doctor's calendar is locked."""
    reason = reason.strip()
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"Use {LONGEST_REASON} characters or fewer.", field="reason")
    affected = preview(actor, doctor.id, period)
    if affected.visits and affected.seal != seen:
        raise Unseen
    is_new = row.id is None
    is_same = (row.starts_at, row.ends_at, row.reason) == (period.starts_at, period.ends_at, reason)
    if not is_new and is_same and not affected.visits:
        return affected
    row.starts_at, row.ends_at, row.reason = period.starts_at, period.ends_at, reason
    db.session.add(row)
    db.session.flush()
    affected_visits.lock_patients([doctor.id], affected)
    affected_visits.cancel(actor, affected, AWAY)
    waiting_offers.withdraw_lost(doctor.id)
    calendars.freed(doctor.id)
    action = "time_off.added" if is_new else "time_off.changed"
    audit.record(actor, action, row, cancelled=[visit.id for visit in affected.visits])
    return affected


def check(period: Period) -> None:
    """Raise Invalid, at `until`, for a period that cannot be."""
    if period.ends_at <= period.starts_at:
        raise Invalid("The end must be after the start.", field="until")
    if period.ends_at <= now():
        raise Invalid("That time is over. Choose an end that is still to come.", field="until")
    if period.ends_at - period.starts_at > LONGEST:
        raise Invalid("Choose an end within two years of the start.", field="until")


def require_to_come(row: TimeOff) -> None:
    """Raise Conflict for time off that is over."""
    if is_over(row):
        raise Conflict("This is over: it can no longer be changed.")
