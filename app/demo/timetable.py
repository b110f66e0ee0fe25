"""When the doctors see patients: weekly hours of different kinds, leave, and one day on which all is closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from app.clock import day_bounds, from_local, to_local
from app.demo import texts
from app.demo.doctors import Practitioner
from app.demo.people import Person
from app.demo.rows import Row, chance, some, write
from app.models import TimeOff, WeeklyHours

CLOSED_IN_DAYS = 38
SLOT_MINUTES = (15, 20, 20, 30, 30)
SATURDAY = 5

Span = tuple[time, time]
MORNINGS: tuple[Span, ...] = ((time(9), time(12)), (time(8, 30), time(11, 30)), (time(9, 30), time(12, 30)))
AFTERNOONS: tuple[Span, ...] = ((time(13, 30), time(16, 30)), (time(14), time(17)), (time(13), time(15)))
EVENING: Span = (time(17), time(19, 30))
DEMO_DOCTOR: tuple[Span, ...] = ((time(8), time(12, 40)), (time(13, 20), time(20)))
DEMO_DOCTOR_MINUTES = 20


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which a doctor sees somebody, hospital-local and naive."""

    starts: datetime
    ends: datetime


@dataclass(slots=True)
class Timetable:
    """One doctor's week, and the times (hospital-local) at which it does not hold."""

    minutes: int
    sessions: list[tuple[int, Span]]
    off: list[tuple[datetime, datetime]] = field(default_factory=list)

    def slots(self, day: date) -> list[Slot]:
        """The slots of a day, in order."""
        length = timedelta(minutes=self.minutes)
        found: list[Slot] = []
        for weekday, (starts, ends) in self.sessions:
            if weekday != day.weekday():
                continue
            at, last = datetime.combine(day, starts), datetime.combine(day, ends) - length
            while at <= last:
                if not any(at < until and since < at + length for since, until in self.off):
                    found.append(Slot(at, at + length))
                at += length
        return found


def publish(doctors: list[Practitioner], *, admin: Person, moment: datetime) -> dict[int, Timetable]:
    """Write the hours and the time off of all; the timetables by the doctor's key."""
    random = chance("timetables")
    today = to_local(moment).date()
    timetables = {practitioner.doctor_id: _timetable(random, practitioner) for practitioner in doctors}
    write(WeeklyHours, (row for key, timetable in timetables.items() for row in _hours(key, timetable)))
    closed = today + timedelta(days=CLOSED_IN_DAYS)
    rows = [_all_day(None, (closed, closed), texts.CLOSURE, account_id=admin.account_id, moment=moment)]
    for timetable in timetables.values():
        timetable.off.append(_local_days(closed, closed))
    for practitioner in doctors:
        rows += _time_off(random, practitioner, timetables[practitioner.doctor_id], today, moment)
    write(TimeOff, rows)
    return timetables


def _timetable(random: Random, practitioner: Practitioner) -> Timetable:
    """Three or four days a week, on one of them both morning and afternoon; some evenings and Saturdays."""
    if practitioner.is_demo_doctor:
        return Timetable(DEMO_DOCTOR_MINUTES, [(weekday, span) for weekday in range(7) for span in DEMO_DOCTOR])
    morning, afternoon = random.choice(MORNINGS), random.choice(AFTERNOONS)
    days = random.sample(range(5), random.randint(3, 4))
    sessions = [(day, random.choice((morning, afternoon))) for day in days]
    whole = days[0]
    sessions[0:1] = [(whole, morning), (whole, afternoon)]
    if some(random, 0.25):
        sessions.append((days[1], EVENING))
    if some(random, 0.15):
        sessions.append((SATURDAY, morning))
    return Timetable(random.choice(SLOT_MINUTES), sorted(sessions))


def _hours(doctor_id: int, timetable: Timetable) -> list[Row]:
    return [
        {
            "doctor_id": doctor_id,
            "weekday": weekday,
            "starts": starts,
            "ends": ends,
            "slot_minutes": timetable.minutes,
            "valid_from": None,
            "valid_to": None,
        }
        for weekday, (starts, ends) in timetable.sessions
    ]


def _time_off(
    random: Random, practitioner: Practitioner, timetable: Timetable, today: date, moment: datetime
) -> list[Row]:
    """At most a week of leave, so that everybody is free at some time in two weeks; heads of department stay."""
    doctor_id, account_id = practitioner.doctor_id, practitioner.person.account_id
    if practitioner.is_demo_doctor:
        return [_teaching(practitioner, timetable, today + timedelta(days=9), moment)]
    rows: list[Row] = []
    for share, first_days in ((0.5, (-90, -10)), (0.45, (3, 60))):
        if practitioner.rank == 0 or not some(random, share):
            continue
        first = today + timedelta(days=random.randint(*first_days))
        last = first + timedelta(days=random.choice((0, 1, 4, 6)))
        timetable.off.append(_local_days(first, last))
        reason = random.choice(texts.TIME_OFF_REASONS)
        rows.append(_all_day(doctor_id, (first, last), reason, account_id=account_id, moment=moment))
    return rows


def _teaching(practitioner: Practitioner, timetable: Timetable, day: date, moment: datetime) -> Row:
    since, until = datetime.combine(day, time(13)), datetime.combine(day, time(17))
    timetable.off.append((since, until))
    return {
        "doctor_id": practitioner.doctor_id,
        "starts_at": from_local(since),
        "ends_at": from_local(until),
        "reason": "Teaching",
        "created_by_id": practitioner.person.account_id,
        "created_at": moment - timedelta(days=12),
    }


def _all_day(
    doctor_id: int | None, days: tuple[date, date], reason: str, *, account_id: int | None, moment: datetime
) -> Row:
    first, last = days
    starts_at = day_bounds(first)[0]
    return {
        "doctor_id": doctor_id,
        "starts_at": starts_at,
        "ends_at": day_bounds(last)[1],
        "reason": reason,
        "created_by_id": account_id,
        "created_at": min(starts_at, moment) - timedelta(days=30),
    }


def _local_days(first: date, last: date) -> tuple[datetime, datetime]:
    return datetime.combine(first, time.min), datetime.combine(last + timedelta(days=1), time.min)
