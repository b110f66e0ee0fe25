"""What a page needs to offer a free time: weeks of them, what there is to choose, and the nearest others."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app import policy
from app.clock import day_bounds, to_local
from app.errors import Forbidden
from app.extensions import db, settings
from app.models import OPEN, Appointment, Doctor, Patient, VisitKind
from app.models.types import is_key
from app.policy import Actor, Permission
from app.services import appointments, availability, calendars, closures, patients
from app.services.closures import Closed

DAYS_SHOWN = timedelta(days=7)
OTHER_TIMES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Day:
    """A hospital-local date, and the free times (aware UTC, in order) on it."""

    date: date
    times: list[datetime]


@dataclass(frozen=True, slots=True)
class Week:
    """The free times of seven days from `first` to `last`; `earlier` and `later` are where the weeks beside it start.

    `next_free` is the first free time of all; where it is None the doctor cannot be booked at present. `closed`: when
    the whole hospital is, in these days.
    """

    first: date
    last: date
    days: list[Day]
    earlier: date | None
    later: date | None
    next_free: datetime | None
    closed: list[Closed]

    @property
    def fingerprint(self) -> str:
        """The same for two weeks that look the same: a page asks by it whether anything has changed."""
        seen = (self.first, self.last, self.days, self.earlier, self.later, self.next_free is None, self.closed)
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Offer:
    """A free time, for whom it can be booked and how the two can meet; `changeable_until` is the cutoff."""

    doctor: Doctor
    starts_at: datetime
    ends_at: datetime
    changeable_until: datetime
    patients: Sequence[Patient]
    kinds: tuple[VisitKind, ...]


@dataclass(frozen=True, slots=True)
class OtherTimes:
    """The free times (aware UTC, in order) of a doctor that are nearest to one that cannot be had."""

    doctor: Doctor
    times: list[datetime]


def week(doctor_id: int, start: date | None = None) -> Week:
    """A doctor's free times in a week from `start` (hospital-local), but not before the first day with a free time."""
    following = availability.next_free([doctor_id], count=1)[doctor_id]
    final = to_local(availability.latest()).date()
    opening = to_local(following[0].starts_at).date() if following else to_local(availability.earliest()).date()
    first = min(max(start or opening, opening), final)
    last = first + DAYS_SHOWN - timedelta(days=1)
    start_of_week, end_of_week = day_bounds(first)[0], day_bounds(last)[1]
    slots = availability.free_slots([doctor_id], start=start_of_week, end=end_of_week)[doctor_id]
    days: dict[date, list[datetime]] = {}
    for slot in slots:
        days.setdefault(to_local(slot.starts_at).date(), []).append(slot.starts_at)
    return Week(
        first=first,
        last=last,
        days=[Day(on, times) for on, times in days.items()],
        earlier=max(first - DAYS_SHOWN, opening) if first > opening else None,
        later=first + DAYS_SHOWN if following and first + DAYS_SHOWN <= final else None,
        next_free=following[0].starts_at if following else None,
        closed=closures.between(start_of_week, end_of_week),
    )


def offer(actor: Actor, doctor_id: int, starts_at: datetime) -> Offer:
    """What there is to choose for someone who wants this time of a doctor.

    Raises Unauthorized, NotFound for a doctor who cannot be booked, Forbidden for an actor with nobody to book for,
    Invalid for a past time, and Conflict, with the next free times, for a time that is not free.
    """
    doctor, people = _doctor_and_patients(actor, doctor_id)
    return _offer(doctor, calendars.offered(doctor.id, starts_at, by_patient=True), people)


def choices(actor: Actor, doctor_id: int, starts_at: datetime) -> Offer:
    """As `offer`, without asking whether the time is free: for showing again what was typed about one that is gone.

    Raises Unauthorized, NotFound for a doctor who cannot be booked, and Forbidden for an actor with nobody to book for.
    """
    doctor, people = _doctor_and_patients(actor, doctor_id)
    length = timedelta(minutes=settings.default_slot_minutes)
    return _offer(doctor, availability.Slot(starts_at, starts_at + length), people)


def other_times(actor: Actor, doctor_id: int, near: datetime) -> OtherTimes:
    """When else the doctor is free. Raises NotFound for a doctor who cannot be booked."""
    doctor = appointments.bookable_doctor(actor, doctor_id)
    return OtherTimes(doctor, availability.alternatives(doctor_id, near, count=OTHER_TIMES_SHOWN))


def new_time(actor: Actor, visit: Appointment, starts_at: datetime) -> availability.Slot:
    """The free time to which a visit could be moved now.

    Raises Invalid for a past time, and Conflict, with the next free times, for a time that is not free.
    """
    staff = appointments.acts_as_staff(actor, visit)
    return calendars.offered(visit.doctor_id, starts_at, by_patient=not staff, ignoring=visit.id)


def booked_already(actor: Actor, doctor_id: int, starts_at: datetime) -> Appointment | None:
    """The visit that the actor's own patients have at that very time with that doctor, in another tab perhaps."""
    if not (actor.is_signed_in and is_key(doctor_id)):
        return None
    return db.session.scalars(
        policy.visible(actor, Appointment).where(
            Appointment.patient_id.in_(policy.managed_patients(actor)),
            Appointment.doctor_id == doctor_id,
            Appointment.starts_at == starts_at,
            Appointment.state.in_(OPEN),
        )
    ).first()


def _doctor_and_patients(actor: Actor, doctor_id: int) -> tuple[Doctor, Sequence[Patient]]:
    policy.require(actor, Permission.BOOK)
    doctor = appointments.bookable_doctor(actor, doctor_id)
    people = patients.managed(actor)
    if not people:
        raise Forbidden("There is nobody in your account to book for. Ask the hospital to add you as a patient.")
    return doctor, people


def _offer(doctor: Doctor, slot: availability.Slot, people: Sequence[Patient]) -> Offer:
    return Offer(
        doctor=doctor,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        changeable_until=appointments.changeable_until(slot),
        patients=people,
        kinds=appointments.kinds_offered(doctor),
    )
