"""A doctor's week: rows of hours that are added, changed, removed and copied, without breaking a booked visit unseen.

What programs write of it, as the JSON documents tell it, is hours_changes.py's concern.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import zip_longest

from app import policy
from app.clock import YEARS, hospital_zone, local_today, to_local
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.models import WeeklyHours
from app.policy import Actor
from app.services import affected_visits, audit, availability, calendars, waiting_offers
from app.services.affected_visits import Affected, Unseen
from app.services.timetable import Hours, Interval, Slot, WeekdayHours, slots_of_day
from app.services.wording import clock_time
from config import LONGEST_SLOT_MINUTES, SHORTEST_SLOT_MINUTES

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NO_LONGER = "The doctor no longer sees patients at that time."
_ONE_DAY = timedelta(days=1)


class Fate(enum.Enum):
    """What becomes of visits that lie outside new hours."""

    KEEP = "keep"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a week: the ids of rows that go, and the hours that come."""

    gone: frozenset[int] = frozenset()
    new: tuple[WeekdayHours, ...] = ()


@dataclass(frozen=True, slots=True)
class Weekday:
    """One day of the week: its rows that are not over, and what patients can book on the first such day, `on`.

    `slots` are the times of that day before anything is booked; `on` is None for a day without hours.
    """

    number: int
    rows: Sequence[WeeklyHours]
    on: date | None
    slots: Sequence[Slot]

    @property
    def name(self) -> str:
        """`Monday`."""
        return DAYS[self.number]

    @property
    def is_later(self) -> bool:
        """Whether the hours of this day begin only after a week."""
        return self.on is not None and self.on >= local_today() + 7 * _ONE_DAY


def week(actor: Actor, doctor_id: int) -> list[Weekday]:
    """A doctor's seven days, in two statements. Raises NotFound, and Forbidden for another doctor's."""
    calendars.run_by(actor, doctor_id)
    rows = [row for row in _rows(actor, doctor_id) if not _is_over(row)]
    return [_weekday(number, [row for row in rows if row.weekday == number]) for number in range(len(DAYS))]


def get(actor: Actor, doctor_id: int, hours_id: int) -> WeeklyHours:
    """One row of a doctor's week. Raises NotFound for one that is over, and for another doctor's."""
    calendars.run_by(actor, doctor_id)
    row = policy.fetch(actor, WeeklyHours, hours_id)
    if row.doctor_id != doctor_id or _is_over(row):
        raise NotFound
    return row


def copied(days: Sequence[Weekday], weekday: int, targets: Collection[int]) -> Change:
    """The change that gives other days the hours of one day in place of what they have."""
    hours = dict.fromkeys(_hours_of(row) for row in days[weekday].rows)
    others = [number for number in targets if number != weekday]
    if not others:
        raise Invalid("Choose the days to copy to.", field="days")
    return Change(
        frozenset(row.id for number in others for row in days[number].rows),
        tuple(replace(one, weekday=number) for number in others for one in hours),
    )


def preview(actor: Actor, doctor_id: int, change: Change) -> Affected:
    """What a change would leave outside the hours. Raises as `apply` does, but for Unseen."""
    calendars.run_by(actor, doctor_id)
    return _affected(actor, doctor_id, change, _rows(actor, doctor_id))


def apply(
    actor: Actor, doctor_id: int, change: Change, *, seen: str | None = None, fate: Fate | None = None
) -> Affected:
    """Change a doctor's week; what has been done already changes nothing.

    Coming visits that it leaves outside the hours are kept or cancelled, as `fate` says, if they are those that the
    actor has `seen`: their seal, or None where nothing was shown. What the waiting list was offered there is withdrawn.
    Raises NotFound, Forbidden for another doctor's week, Invalid for hours that cannot be, Conflict for hours that
    overlap others, and Unseen.
    """
    doctor = calendars.run_by(actor, doctor_id)
    calendars.lock([doctor_id], [])
    rows = _rows(actor, doctor_id)
    if _is_done(change, rows):
        return Affected()
    affected = _affected(actor, doctor_id, change, rows)
    is_shown = seen is not None and (seen == affected.seal or not affected.visits)
    if (affected.visits or affected.held) and not is_shown:
        raise Unseen
    if affected.visits and fate is None:
        raise Invalid("Choose what becomes of these visits.", field="fate")
    _write(doctor_id, change, rows)
    affected_visits.lock_patients([doctor_id], affected)
    is_cancelling = fate is Fate.CANCEL
    if is_cancelling:
        affected_visits.cancel(actor, affected, NO_LONGER)
    waiting_offers.withdraw_lost(doctor_id)
    calendars.freed(doctor_id)
    audit.record(
        actor,
        "hours.changed",
        doctor,
        removed=sorted(change.gone),
        cancelled=[visit.id for visit in affected.visits] if is_cancelling else [],
    )
    return affected


def next_free(actor: Actor, doctor_id: int) -> datetime | None:
    """The first time (UTC) at which patients can book a doctor."""
    calendars.run_by(actor, doctor_id)
    following = availability.next_free([doctor_id], count=1)[doctor_id]
    return following[0].starts_at if following else None


def _affected(actor: Actor, doctor_id: int, change: Change, rows: Sequence[WeeklyHours]) -> Affected:
    before = [_hours_of(row) for row in rows]
    stay = [_hours_of(row) for row in rows if row.id not in change.gone]
    _check(stay, change.new)
    after = [*stay, *change.new]
    # Who publishes no hours can be booked at any time: all visits are within them.
    return affected_visits.coming(
        actor, doctor_id, loses=lambda visit: (not before or _holds(before, visit)) and not _holds(after, visit)
    )


def _is_done(change: Change, rows: Sequence[WeeklyHours]) -> bool:
    going = [_hours_of(row) for row in rows if row.id in change.gone]
    present = {_hours_of(row) for row in rows}
    return set(going) <= set(change.new) <= present


def _write(doctor_id: int, change: Change, rows: Sequence[WeeklyHours]) -> None:
    """Rows that go become those that come, so that a row that is changed stays the same one."""
    going = [row for row in rows if row.id in change.gone]
    present = {_hours_of(row) for row in rows if row.id not in change.gone}
    coming = [hours for hours in dict.fromkeys(change.new) if hours not in present]
    if going and not coming and len(going) == len(rows):
        # Without any row programs could book every time: the last one stays, as hours that are over.
        _end(going.pop())
    for row, hours in zip_longest(going, coming):
        if hours is None:
            db.session.delete(row)
            continue
        kept = row or WeeklyHours(doctor_id=doctor_id)
        if row is None or _hours_of(row) != hours:
            kept.weekday, kept.available_time_id = hours.weekday, None
            kept.starts, kept.ends, kept.slot_minutes = hours.hours.starts, hours.hours.ends, hours.hours.slot_minutes
            kept.valid_from, kept.valid_to = hours.valid_from, hours.valid_to
        db.session.add(kept)
    db.session.flush()


def _end(row: WeeklyHours) -> None:
    yesterday = local_today() - _ONE_DAY
    row.valid_to = yesterday
    row.valid_from = None if row.valid_from is None else min(row.valid_from, yesterday)


def _check(stay: Sequence[WeekdayHours], new: Sequence[WeekdayHours]) -> None:
    """Raises Invalid for hours that cannot be, and Conflict for those that overlap others of the same days."""
    for number, hours in enumerate(new):
        _check_one(hours)
        for other in (*stay, *new[:number]):
            if other != hours and _overlap(other, hours):
                span = f"{clock_time(other.hours.starts)} to {clock_time(other.hours.ends)}"
                message = (
                    f"There are hours from {span} on {DAYS[other.weekday]}s already. Choose hours that do not overlap."
                )
                raise Conflict(message, field="starts")


def _check_one(hours: WeekdayHours) -> None:
    slot, length = hours.hours.slot_minutes, _minutes(hours.hours)
    if length <= 0:
        raise Invalid("The end must be after the start, on the same day.", field="ends")
    if not SHORTEST_SLOT_MINUTES <= slot <= LONGEST_SLOT_MINUTES:
        raise Invalid(f"Enter minutes from {SHORTEST_SLOT_MINUTES} to {LONGEST_SLOT_MINUTES}.", field="slot_minutes")
    if slot > length:
        raise Invalid("One visit must fit into these hours.", field="slot_minutes")
    for field, day in (("valid_from", hours.valid_from), ("valid_to", hours.valid_to)):
        if day is not None and day.year not in YEARS:
            raise Invalid("Enter a year that is near.", field=field)
    if hours.valid_to is not None and hours.valid_to < local_today():
        raise Invalid("The last day has passed.", field="valid_to")
    if hours.valid_from is not None and hours.valid_to is not None and hours.valid_to < hours.valid_from:
        raise Invalid("The last day must not be before the first day.", field="valid_to")


def _overlap(one: WeekdayHours, other: WeekdayHours) -> bool:
    """Whether two rows claim the same time of some day from today on."""
    first = max(row.valid_from or date.min for row in (one, other))
    last = min(row.valid_to or date.max for row in (one, other))
    return (
        one.weekday == other.weekday
        and one.hours.starts < other.hours.ends
        and other.hours.starts < one.hours.ends
        and max(first, local_today()) <= last
    )


def _holds(week_: Iterable[WeekdayHours], visit: Interval) -> bool:
    """Whether a visit lies within the hours of its day, taken together, however they are cut into slots."""
    day = to_local(visit.starts_at).date()
    reached = visit.starts_at
    for row in sorted(row.hours for row in week_ if row.holds_on(day)):
        if _moment(day, row.starts) <= reached:
            reached = max(reached, _moment(day, row.ends))
    return reached >= visit.ends_at


def _moment(day: date, local: time) -> datetime:
    """A time of a day as UTC; one that the clocks skip counts as they show it after."""
    return datetime.combine(day, local, tzinfo=hospital_zone()).astimezone(UTC)


def _weekday(number: int, rows: Sequence[WeeklyHours]) -> Weekday:
    today = local_today()
    hours = [_hours_of(row) for row in rows]
    firsts = [_first_day(one, today) for one in hours]
    on = min((day for day in firsts if day is not None), default=None)
    if on is None:
        return Weekday(number, rows, None, ())
    kept = tuple(sorted({one.hours for one in hours if one.holds_on(on)}))
    return Weekday(number, rows, on, slots_of_day(kept, on, hospital_zone()))


def _first_day(hours: WeekdayHours, today: date) -> date | None:
    """The first day from today on which hours are kept."""
    start = max(today, hours.valid_from or today)
    day = start + (hours.weekday - start.weekday()) % 7 * _ONE_DAY
    return day if hours.holds_on(day) else None


def _hours_of(row: WeeklyHours) -> WeekdayHours:
    return WeekdayHours(row.weekday, Hours(row.starts, row.ends, row.slot_minutes), row.valid_from, row.valid_to)


def _minutes(hours: Hours) -> int:
    day = date.min
    return (datetime.combine(day, hours.ends) - datetime.combine(day, hours.starts)) // timedelta(minutes=1)


def _is_over(row: WeeklyHours) -> bool:
    return row.valid_to is not None and row.valid_to < local_today()


def _rows(actor: Actor, doctor_id: int) -> Sequence[WeeklyHours]:
    """All rows of a doctor, past ones too, in order."""
    query = policy.visible(actor, WeeklyHours).where(WeeklyHours.doctor_id == doctor_id)
    query = query.order_by(WeeklyHours.weekday, WeeklyHours.starts, WeeklyHours.ends, WeeklyHours.id)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()
