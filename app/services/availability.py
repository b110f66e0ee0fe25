"""Free times of many doctors at once: weekly hours minus time off minus visits, in a constant number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from sqlalchemy import BindParameter, and_, bindparam, or_, select

from app import clock
from app.extensions import db, settings
from app.models import BLOCKING, Appointment, Doctor, TimeOff, VisitState, WeeklyHours, guards
from app.policy import LISTED
from app.services.reading import fixed, read
from app.services.timetable import LONGEST_SLOT, Hours, Interval, Slot, WeekdayHours, free_between

__all__ = [
    "Slot",
    "alternatives",
    "earliest",
    "free_slots",
    "is_offered",
    "is_unoccupied",
    "kept_times",
    "latest",
    "next_free",
    "plan",
    "publishes_hours",
    "unoccupied",
]

LONGEST_VISIT = timedelta(hours=guards.LONGEST_VISIT_HOURS)
"""Visits that began longer ago than this are over: it lets the database read a range of its index, not all the past."""

_WINDOWS = (timedelta(days=2), timedelta(days=7), timedelta(days=28))
"""How far the search for the next free times looks, step by step, and at last as far as can be booked.

Each step is one statement for those doctors who have too few yet, so little is read where times are free soon.
"""

_STEPS = 96
"""How many other times of a doctor without hours are tried: two days of half hours."""

_LAST_STEP = datetime.max.replace(tzinfo=UTC) - timedelta(days=366)
"""From here on there is room for all steps, however long, before the calendar ends."""

_INSTANT = timedelta.resolution

_NOTHING = 0
"""No row has this key."""

_DOCTORS: BindParameter[int] = bindparam("doctor_ids", expanding=True)
_HOURS = fixed(
    select(
        WeeklyHours.doctor_id,
        WeeklyHours.weekday,
        WeeklyHours.starts,
        WeeklyHours.ends,
        WeeklyHours.slot_minutes,
        WeeklyHours.valid_from,
        WeeklyHours.valid_to,
    )
    .join(Doctor, Doctor.id == WeeklyHours.doctor_id)
    .where(
        WeeklyHours.doctor_id.in_(_DOCTORS),
        LISTED,
        or_(WeeklyHours.valid_to.is_(None), WeeklyHours.valid_to >= bindparam("first")),
        or_(WeeklyHours.valid_from.is_(None), WeeklyHours.valid_from <= bindparam("last")),
    )
)
_TIME_OFF = fixed(
    select(TimeOff.doctor_id, TimeOff.starts_at, TimeOff.ends_at).where(
        or_(TimeOff.doctor_id.in_(_DOCTORS), TimeOff.doctor_id.is_(None)),
        TimeOff.ends_at > bindparam("start"),
        TimeOff.starts_at < bindparam("end"),
    )
)
_VISITS = fixed(
    select(Appointment.doctor_id, Appointment.starts_at, Appointment.ends_at).where(
        Appointment.doctor_id.in_(_DOCTORS),
        Appointment.state.in_(BLOCKING),
        Appointment.starts_at > bindparam("earliest"),
        Appointment.starts_at < bindparam("end"),
        Appointment.ends_at > bindparam("start"),
        ~and_(Appointment.state == VisitState.HELD, Appointment.hold_expires_at <= bindparam("now")),
        Appointment.id != bindparam("ignoring"),
    )
)
_ANY_HOURS = fixed(select(WeeklyHours.id).where(WeeklyHours.doctor_id == bindparam("doctor_id")).limit(1))

Weeks = Mapping[int, list[WeekdayHours]]
Taken = Mapping[int, list[Interval]]


def earliest() -> datetime:
    """The first moment (UTC) at which a visit that is booked now may start: the least notice."""
    return clock.now() + timedelta(hours=settings.booking_cutoff_hours)


def latest() -> datetime:
    """The last moment (UTC) at which a visit that is booked now may start."""
    return clock.now() + timedelta(days=settings.booking_horizon_days)


def free_slots(
    doctor_ids: Collection[int], *, start: datetime, end: datetime, ignoring: int | None = None
) -> dict[int, list[Slot]]:
    """Every free slot that starts from `start` until before `end` (aware), by doctor, in order: three statements.

    None starts before `earliest()` or after `latest()`. Each id has an entry; that of a doctor who is not approved, or
    is deleted, stays empty. `ignoring` is the id of an appointment that is being moved: its time counts as free.
    """
    start, end = max(start, earliest()), min(end, latest() + _INSTANT)
    return _free(doctor_ids, start, end, ignoring)


def next_free(doctor_ids: Collection[int], *, count: int = 3, after: datetime | None = None) -> dict[int, list[Slot]]:
    """The next `count` free slots of each doctor, from `after` (aware) or the least notice on, whichever is later.

    The window grows until all have enough, in at most six statements. Each id has an entry, which may be shorter.
    """
    start, end = max(after or earliest(), earliest()), latest() + _INSTANT
    found: dict[int, list[Slot]] = {doctor_id: [] for doctor_id in doctor_ids}
    if start >= end:
        return found
    weeks = _weeks(found, start, end)
    off = _time_off(weeks, start, end + LONGEST_SLOT)
    low = start
    for high in [*(start + window for window in _WINDOWS if start + window < end), end]:
        wanting = [doctor_id for doctor_id in weeks if len(found[doctor_id]) < count]
        if not wanting:
            break
        visits = _visits(wanting, low, high + LONGEST_SLOT)
        for doctor_id in wanting:
            taken = off[doctor_id] + visits[doctor_id]
            slots = free_between(weeks[doctor_id], taken, low, high, clock.hospital_zone())
            found[doctor_id] += islice(slots, count - len(found[doctor_id]))
        low = high
    return found


def is_offered(
    doctor_id: int, starts_at: datetime, *, ignoring: int | None = None, after: datetime | None = None
) -> Slot | None:
    """The doctor's free slot that starts exactly then (aware), or None.

    `after` is the first moment allowed, `earliest()` unless told: staff book without the least notice, so from now.
    """
    if not (earliest() if after is None else after) <= starts_at <= latest():
        return None
    return next(iter(_free([doctor_id], starts_at, starts_at + _INSTANT, ignoring)[doctor_id]), None)


def is_unoccupied(doctor_id: int, starts_at: datetime, ends_at: datetime, *, ignoring: int | None = None) -> bool:
    """Whether no visit and no time off touches that time of a doctor (aware moments): all that counts without hours."""
    return bool(unoccupied(doctor_id, [starts_at], ends_at - starts_at, ignoring=ignoring))


def unoccupied(
    doctor_id: int, starts: Sequence[datetime], length: timedelta, *, ignoring: int | None = None
) -> list[datetime]:
    """Those of these moments (aware) from which on no visit and no time off of a doctor touches a visit of that length.

    Two statements.
    """
    if not starts:
        return []
    first, last = min(starts), max(starts) + length
    taken = _time_off([doctor_id], first, last)[doctor_id] + _visits([doctor_id], first, last, ignoring)[doctor_id]
    return [
        moment
        for moment in starts
        if not any(busy.starts_at < moment + length and moment < busy.ends_at for busy in taken)
    ]


def kept_times(doctor_id: int, times: Collection[Slot]) -> set[Slot]:
    """Those of these times that the doctor's hours and time off still allow to be booked, whatever takes them up.

    Three statements.
    """
    if not times:
        return set()
    first, last = min(time.starts_at for time in times), max(time.ends_at for time in times)
    off = _time_off([doctor_id], first, last)[doctor_id]
    if publishes_hours(doctor_id):
        week = _weeks([doctor_id], first, last).get(doctor_id, [])
        offered = {slot.starts_at for slot in free_between(week, off, first, last, clock.hospital_zone())}
        return {time for time in times if time.starts_at in offered}
    return {
        time
        for time in times
        if not any(busy.starts_at < time.ends_at and time.starts_at < busy.ends_at for busy in off)
    }


def alternatives(doctor_id: int, near: datetime, *, count: int = 3) -> list[datetime]:
    """When else (UTC, in order): the next free starts after `near`; if too few, also the last before it.

    For a doctor without hours, who has no last ones before it, the next starts in steps of one visit.
    """
    if not publishes_hours(doctor_id):
        return _next_steps(doctor_id, near)[:count]
    following = next_free([doctor_id], count=count, after=min(near, latest()) + _INSTANT)[doctor_id]
    missing = count - len(following)
    before = free_slots([doctor_id], start=earliest(), end=near)[doctor_id][-missing:] if missing else []
    return [slot.starts_at for slot in before + following]


def _next_steps(doctor_id: int, near: datetime) -> list[datetime]:
    """The moments after `near`, in steps of one visit, at which a listed doctor without hours can be booked."""
    if db.session.scalar(select(Doctor.id).where(Doctor.id == doctor_id, LISTED)) is None:
        return []
    length, first = timedelta(minutes=settings.default_slot_minutes), earliest()
    steps = (min(near, _LAST_STEP) + number * length for number in range(1, _STEPS + 1))
    return unoccupied(doctor_id, [moment for moment in steps if moment >= first], length)


def publishes_hours(doctor_id: int) -> bool:
    """Whether the doctor has weekly hours at all, also past ones: then only free slots can be booked."""
    return bool(read(_ANY_HOURS, {"doctor_id": doctor_id}))


def plan(doctor_id: int, start: datetime, end: datetime) -> tuple[list[WeekdayHours], list[Interval]]:
    """A doctor's weekly hours, and the time off, also the whole hospital's, between two moments: two statements."""
    return _weeks([doctor_id], start, end).get(doctor_id, []), _time_off([doctor_id], start, end)[doctor_id]


def _free(doctor_ids: Collection[int], start: datetime, end: datetime, ignoring: int | None) -> dict[int, list[Slot]]:
    free: dict[int, list[Slot]] = {doctor_id: [] for doctor_id in doctor_ids}
    if not free or start >= end:
        return free
    weeks = _weeks(free, start, end)
    off = _time_off(weeks, start, end + LONGEST_SLOT)
    visits = _visits(weeks, start, end + LONGEST_SLOT, ignoring)
    for doctor_id, week in weeks.items():
        taken = off[doctor_id] + visits[doctor_id]
        free[doctor_id] = list(free_between(week, taken, start, end, clock.hospital_zone()))
    return free


def _weeks(doctor_ids: Collection[int], start: datetime, end: datetime) -> Weeks:
    """The hours of approved doctors that hold at some time between two moments."""
    first, last = (clock.to_local(moment).date() for moment in (start, end + timedelta(days=1)))
    rows = read(_HOURS, {"doctor_ids": doctor_ids, "first": first, "last": last})
    weeks: dict[int, list[WeekdayHours]] = defaultdict(list)
    for doctor_id, weekday, starts, ends, slot_minutes, valid_from, valid_to in rows:
        weeks[doctor_id].append(WeekdayHours(weekday, Hours(starts, ends, slot_minutes), valid_from, valid_to))
    return weeks


def _time_off(doctor_ids: Collection[int], start: datetime, end: datetime) -> Taken:
    """What touches the time between two moments: each doctor's own time off, and the whole hospital's."""
    rows = read(_TIME_OFF, {"doctor_ids": doctor_ids, "start": start, "end": end})
    everyone = [Interval(starts_at, ends_at) for doctor_id, starts_at, ends_at in rows if doctor_id is None]
    off = {doctor_id: list(everyone) for doctor_id in doctor_ids}
    for doctor_id, starts_at, ends_at in rows:
        if doctor_id is not None:
            off[doctor_id].append(Interval(starts_at, ends_at))
    return off


def _visits(doctor_ids: Collection[int], start: datetime, end: datetime, ignoring: int | None = None) -> Taken:
    """The visits that take time between two moments; a hold that has expired takes none, an overbooked visit does."""
    rows = read(
        _VISITS,
        {
            "doctor_ids": doctor_ids,
            "earliest": start - LONGEST_VISIT,
            "start": start,
            "end": end,
            "now": clock.now(),
            "ignoring": _NOTHING if ignoring is None else ignoring,
        },
    )
    visits: dict[int, list[Interval]] = defaultdict(list)
    for doctor_id, starts_at, ends_at in rows:
        visits[doctor_id].append(Interval(starts_at, ends_at))
    return visits
