"""Closures: when the whole hospital sees nobody. Visits of all doctors in one are cancelled, and the patients told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from app import policy
from app.clock import now
from app.errors import Invalid, NotFound
from app.extensions import db
from app.models import Doctor, TimeOff
from app.policy import Actor, Permission
from app.services import affected_visits, audit, calendars, waiting_offers
from app.services.affected_visits import Affected, Unseen
from app.services.listing import Listing, listing
from app.services.reading import fixed, read
from app.services.time_off import Period, check, require_to_come

LONGEST_REASON = 100
MOST_VISITS = 5000
"""That one closure cancels: all of them, and their mail, are one transaction, which keeps others waiting for as long as
docs/performance.md says.
"""


_BETWEEN = fixed(
    select(TimeOff.starts_at, TimeOff.ends_at, TimeOff.reason)
    .where(TimeOff.doctor_id.is_(None), TimeOff.ends_at > bindparam("start"), TimeOff.starts_at < bindparam("end"))
    .order_by(TimeOff.starts_at, TimeOff.id)
)


@dataclass(frozen=True, slots=True)
class Closed:
    """From one moment to another, and why: what patients read."""

    starts_at: datetime
    ends_at: datetime
    reason: str


def find(actor: Actor, *, is_over: bool, limit: int, offset: int) -> Listing[TimeOff]:
    """Closures to come, soonest first, or over, latest first: two statements. Raises Forbidden for all but admins."""
    policy.require(actor, Permission.ADMINISTER)
    query = policy.visible(actor, TimeOff).where(TimeOff.doctor_id.is_(None))
    if is_over:
        query = query.where(TimeOff.ends_at <= now()).order_by(TimeOff.starts_at.desc(), TimeOff.id)
    else:
        query = query.where(TimeOff.ends_at > now()).order_by(TimeOff.starts_at, TimeOff.id)
    return listing(query, limit=limit, offset=offset)


def between(start: datetime, end: datetime) -> list[Closed]:
    """When the hospital is closed between two moments, in order: what everybody may know. One statement."""
    rows = read(_BETWEEN, {"start": start, "end": end})
    return [Closed(starts_at, ends_at, reason) for starts_at, ends_at, reason in rows]


def get(actor: Actor, closure_id: int, *, lock: bool = False) -> TimeOff:
    """One closure. Raises Forbidden for all but admins, and NotFound, also for a doctor's own time off."""
    policy.require(actor, Permission.ADMINISTER)
    found = policy.fetch(actor, TimeOff, closure_id, lock=lock)
    if found.doctor_id is not None:
        raise NotFound
    return found


def preview(actor: Actor, period: Period) -> Affected:
    """What a closure would cancel and withdraw, over all doctors. Raises Forbidden, and Invalid as `check` does."""
    policy.require(actor, Permission.ADMINISTER)
    check(period)
    return affected_visits.within(actor, None, period.starts_at, period.ends_at, most=MOST_VISITS)


def add(actor: Actor, period: Period, *, reason: str, seen: str) -> Affected:
    """Close the hospital: all visits in the period are cancelled and their patients told, in one transaction.

    Returns what that was; `seen` is the seal of what the actor was shown. The same period again changes nothing but
    the reason, which people read. Raises Forbidden, Invalid, also for more than MOST_VISITS, and Unseen where other
    visits are affected than the actor has seen.
    """
    policy.require(actor, Permission.ADMINISTER)
    _lock_everybody()
    same = select(TimeOff).where(
        TimeOff.doctor_id.is_(None), TimeOff.starts_at == period.starts_at, TimeOff.ends_at == period.ends_at
    )
    row = db.session.scalars(same).first() or TimeOff(
        starts_at=period.starts_at, ends_at=period.ends_at, created_by_id=actor.account_id
    )
    return _save(actor, row, period, reason=reason, seen=seen)


def change(actor: Actor, closure_id: int, period: Period, *, reason: str, seen: str) -> Affected:
    """Shorten, lengthen or shift a closure that is not over; what it frees can be booked again at once.

    Visits that were cancelled for it stay so. Raises as `add` does, NotFound, and Conflict once it is over.
    """
    policy.require(actor, Permission.ADMINISTER)
    _lock_everybody()
    row = get(actor, closure_id, lock=True)
    require_to_come(row)
    return _save(actor, row, period, reason=reason, seen=seen)


def remove(actor: Actor, closure_id: int) -> None:
    """Open again: the times can be booked. Visits that were cancelled stay so.

    Raises Forbidden, NotFound, and Conflict once it is over.
    """
    policy.require(actor, Permission.ADMINISTER)
    _lock_everybody()
    row = get(actor, closure_id, lock=True)
    require_to_come(row)
    audit.record(actor, "closure.removed", row)
    db.session.delete(row)
    db.session.flush()
    calendars.freed_everywhere()


def words(reason: str) -> str:
    """What patients read of a closure."""
    return f"The hospital is closed: {reason}" if reason else "The hospital is closed at that time."


def _save(actor: Actor, row: TimeOff, period: Period, *, reason: str, seen: str) -> Affected:
    """Write a closure, and cancel what is in it. All doctors' calendars are locked."""
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid("Enter the reason. Patients read it.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"Use {LONGEST_REASON} characters or fewer.", field="reason")
    affected = preview(actor, period)
    if affected.too_many:
        message = f"This cancels {affected.too_many:,} visits; at most {MOST_VISITS:,} go at once."
        raise Invalid(f"{message} Close a shorter time first.")
    if affected.visits and affected.seal != seen:
        raise Unseen
    is_new = row.id is None
    is_same = (row.starts_at, row.ends_at, row.reason) == (period.starts_at, period.ends_at, reason)
    if not is_new and is_same and not affected.visits:
        return affected
    row.starts_at, row.ends_at, row.reason = period.starts_at, period.ends_at, reason
    db.session.add(row)
    db.session.flush()
    offering = sorted({held.doctor_id for held in affected.held})
    affected_visits.lock_patients(offering, affected)
    affected_visits.cancel(actor, affected, words(reason))
    for doctor_id in offering:
        waiting_offers.withdraw_lost(doctor_id)
    calendars.freed_everywhere()
    action = "closure.added" if is_new else "closure.changed"
    audit.record(actor, action, row, cancelled=[visit.id for visit in affected.visits])
    return affected


def _lock_everybody() -> None:
    calendars.lock(db.session.scalars(select(Doctor.id).order_by(Doctor.id)).all(), [])
