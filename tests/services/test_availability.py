"""Free times of many doctors at once: what takes time away, how far one can book, and what the database is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from sqlalchemy import insert

from app import clock
from app.models import BLOCKING, Appointment, Approval, Doctor, TimeOff, VisitState, WeeklyHours
from app.services import availability
from app.services.availability import Slot
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory, TimeOffFactory, WeeklyHoursFactory
from tests.support.databases import Database
from tests.support.queries import Queries

CountQueries = Callable[[], AbstractContextManager[Queries]]

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
"""A Monday morning in winter, when London keeps UTC: two hours' notice make 10:00 the earliest time."""

HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is NOW."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def portal(database: Database) -> Iterator[Database]:
    """The whole test is one unit of work, as a request is."""
    with database.unit_of_work():
        yield database


def at(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    """A moment on that Monday, or so many days later (UTC)."""
    return NOW.replace(hour=hour, minute=minute) + days * DAY


def monday_doctor(*, starts: time = time(9), ends: time = time(12), **hours: object) -> Doctor:
    """A doctor who works on Mondays, in half hours unless told."""
    doctor = DoctorFactory()
    WeeklyHoursFactory(doctor=doctor, starts=starts, ends=ends, **hours)
    return doctor


def free_today(doctor: Doctor, *, ignoring: int | None = None) -> list[str]:
    """The free starts of that Monday."""
    slots = availability.free_slots([doctor.id], start=at(0), end=at(0, days=1), ignoring=ignoring)[doctor.id]
    return [f"{slot.starts_at:%H:%M}" for slot in slots]


@pytest.mark.usefixtures("portal")
class TestFreeSlots:
    def test_hours_are_cut_into_slots_from_the_least_notice_on(self) -> None:
        doctor = monday_doctor()
        slots = availability.free_slots([doctor.id], start=at(0), end=at(0, days=1))
        assert slots == {
            doctor.id: [Slot(at(10, half), at(10, half) + HALF_HOUR) for half in (0, 30)]
            + [Slot(at(11, half), at(11, half) + HALF_HOUR) for half in (0, 30)]
        }

    def test_nothing_lies_beyond_the_horizon(self) -> None:
        doctor = monday_doctor(starts=time(8), ends=time(9))
        slots = availability.free_slots([doctor.id], start=at(0), end=at(0, days=400))[doctor.id]
        assert slots[-1].starts_at == at(7, 30, days=84)  # half past eight in summer
        assert slots[-1].starts_at <= availability.latest() == NOW + 90 * DAY

    def test_the_window_includes_its_start_and_not_its_end(self) -> None:
        doctor = monday_doctor()
        slots = availability.free_slots([doctor.id], start=at(10, 30), end=at(11, 30))[doctor.id]
        assert [slot.starts_at for slot in slots] == [at(10, 30), at(11)]

    def test_an_empty_or_endless_window_is_no_error(self) -> None:
        doctor = monday_doctor()
        first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        assert availability.free_slots([doctor.id], start=last, end=first) == {doctor.id: []}
        assert availability.free_slots([doctor.id], start=last, end=last) == {doctor.id: []}
        assert len(availability.free_slots([doctor.id], start=first, end=last)[doctor.id]) == 4 + 12 * 6
        assert availability.free_slots([], start=first, end=last) == {}

    def test_only_approved_doctors_who_are_there_offer_times(self) -> None:
        hidden = [
            DoctorFactory(hours=True, approval=Approval.PENDING),
            DoctorFactory(hours=True, approval=Approval.REJECTED),
            DoctorFactory(hours=True, deleted_at=NOW),
        ]
        keys = [doctor.id for doctor in hidden] + [10**9]
        assert availability.free_slots(keys, start=at(0), end=at(0, days=7)) == {key: [] for key in keys}
        assert availability.next_free(keys) == {key: [] for key in keys}
        assert not any(availability.is_offered(key, at(10)) for key in keys)

    def test_time_off_of_the_doctor_and_of_the_hospital_takes_every_slot_that_it_touches(self) -> None:
        doctor, colleague = monday_doctor(), monday_doctor()
        TimeOffFactory(doctor_id=doctor.id, starts_at=at(10, 10), ends_at=at(10, 20))
        TimeOffFactory(starts_at=at(10, 59), ends_at=at(11, 30))
        assert free_today(doctor) == ["11:30"]
        assert free_today(colleague) == ["10:00", "11:30"]

    def test_long_time_off_counts_all_the_while(self) -> None:
        doctor = monday_doctor()
        TimeOffFactory(doctor_id=doctor.id, starts_at=at(0, days=-300), ends_at=at(0, days=300))
        assert free_today(doctor) == []

    @pytest.mark.parametrize("state", VisitState)
    def test_visits_take_time_in_the_blocking_states_alone(self, state: VisitState) -> None:
        doctor = monday_doctor()
        expires = NOW + DAY if state is VisitState.HELD else None
        AppointmentFactory(doctor=doctor, starts_at=at(10, 30), state=state, hold_expires_at=expires)
        assert ("10:30" in free_today(doctor)) is (state not in BLOCKING)

    def test_a_hold_that_has_expired_takes_no_time(self) -> None:
        doctor = monday_doctor()
        AppointmentFactory(doctor=doctor, starts_at=at(10), state=VisitState.HELD, hold_expires_at=NOW)
        AppointmentFactory(doctor=doctor, starts_at=at(11), state=VisitState.HELD, hold_expires_at=NOW + HALF_HOUR)
        assert free_today(doctor) == ["10:00", "10:30", "11:30"]

    def test_an_overbooked_visit_takes_its_time(self) -> None:
        doctor = monday_doctor()
        AppointmentFactory(doctor=doctor, starts_at=at(10), overbooked=True)
        assert free_today(doctor) == ["10:30", "11:00", "11:30"]

    def test_a_visit_takes_every_slot_that_it_touches_and_no_other(self) -> None:
        doctor = monday_doctor()
        AppointmentFactory(doctor=doctor, starts_at=at(10, 45), ends_at=at(11, 15))
        AppointmentFactory(starts_at=at(10))
        assert free_today(doctor) == ["10:00", "11:30"]

    def test_a_visit_that_began_before_the_window_still_takes_time(self) -> None:
        doctor = monday_doctor()
        AppointmentFactory(doctor=doctor, starts_at=at(3), ends_at=at(10, 15))
        assert free_today(doctor) == ["10:30", "11:00", "11:30"]

    def test_the_visit_that_is_being_moved_is_ignored(self) -> None:
        doctor = monday_doctor()
        moved = AppointmentFactory(doctor=doctor, starts_at=at(10))
        AppointmentFactory(doctor=doctor, starts_at=at(11))
        assert free_today(doctor, ignoring=moved.id) == ["10:00", "10:30", "11:30"]

    def test_hours_hold_from_their_first_to_their_last_day(self) -> None:
        doctor = monday_doctor(starts=time(13), ends=time(14), slot_minutes=60, valid_from=date(2026, 1, 12))
        WeeklyHoursFactory(doctor=doctor, starts=time(15), ends=time(16), slot_minutes=60, valid_to=date(2026, 1, 12))
        slots = availability.free_slots([doctor.id], start=at(0), end=at(0, days=20))[doctor.id]
        assert [slot.starts_at for slot in slots] == [at(15), at(13, days=7), at(15, days=7), at(13, days=14)]

    def test_three_statements_for_any_number_of_doctors_and_days(
        self, portal: Database, count_queries: CountQueries
    ) -> None:
        availability.latest()  # reads the hospital's settings, once a transaction
        for number, days in ((10, 1), (200, 30)):
            keys = _hire(portal, number)
            with count_queries() as statements:
                availability.free_slots(keys, start=at(0), end=at(0, days=days))
            assert len(statements) == 3, statements


class TestAcrossChangesOfTheClocks:
    @pytest.mark.parametrize(
        ("sunday", "starts"),
        [
            (date(2026, 3, 29), ["00:30", "01:00", "01:30"]),  # 00:30, 02:00, 02:30 on the wall
            (date(2026, 10, 25), ["23:30", "00:00", "00:30", "02:00", "02:30"]),  # the second 01:00 is not offered
        ],
    )
    def test_slots_follow_the_wall_clock(
        self, portal: Database, monkeypatch: pytest.MonkeyPatch, sunday: date, starts: list[str]
    ) -> None:
        moment = datetime.combine(sunday, time(12), UTC) - 3 * DAY
        monkeypatch.setattr(clock, "now", lambda: moment)
        doctor = DoctorFactory()
        WeeklyHoursFactory(doctor=doctor, weekday=6, starts=time(0, 30), ends=time(3))
        slots = availability.free_slots([doctor.id], start=moment, end=moment + 5 * DAY)[doctor.id]
        assert [f"{slot.starts_at:%H:%M}" for slot in slots] == starts
        assert availability.next_free([doctor.id], count=9)[doctor.id][: len(slots)] == slots
        assert all(availability.is_offered(doctor.id, slot.starts_at) == slot for slot in slots)


@pytest.mark.usefixtures("portal")
class TestNextFree:
    def test_the_first_ones_from_now_or_from_a_moment_on(self) -> None:
        doctor = monday_doctor()
        first = availability.next_free([doctor.id])[doctor.id]
        assert [slot.starts_at for slot in first] == [at(10), at(10, 30), at(11)]
        later = availability.next_free([doctor.id], count=2, after=at(11, 30))[doctor.id]
        assert [slot.starts_at for slot in later] == [at(11, 30), at(9, days=7)]

    def test_the_least_notice_and_the_horizon_hold_whatever_is_asked(self) -> None:
        doctor = monday_doctor()
        early, late = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        assert availability.next_free([doctor.id], count=1, after=early)[doctor.id][0].starts_at == at(10)
        assert availability.next_free([doctor.id], after=late) == {doctor.id: []}
        assert len(availability.next_free([doctor.id], count=10**6)[doctor.id]) == 4 + 12 * 6

    @pytest.mark.parametrize("seed", range(3))
    def test_it_is_the_head_of_all_free_slots(self, portal: Database, seed: int) -> None:
        random = Random(seed)
        keys = _hire(portal, 12, random)
        everything = availability.free_slots(keys, start=at(0), end=at(0, days=120))
        for count in (1, 3, 40):
            assert availability.next_free(keys, count=count) == {key: everything[key][:count] for key in keys}
        after = at(13, 20, days=25)
        assert availability.next_free(keys, after=after) == {
            key: [slot for slot in everything[key] if slot.starts_at >= after][:3] for key in keys
        }

    def test_at_most_six_statements_for_any_number_of_doctors(
        self, portal: Database, count_queries: CountQueries
    ) -> None:
        availability.latest()  # reads the hospital's settings, once a transaction
        for number in (10, 200):
            keys = _hire(portal, number, Random(number))
            absent = monday_doctor()
            TimeOffFactory(doctor_id=absent.id, starts_at=NOW, ends_at=NOW + 400 * DAY)
            with count_queries() as statements:
                availability.next_free([*keys, absent.id])
            assert len(statements) == 6, statements


@pytest.mark.usefixtures("portal")
class TestIsOffered:
    def test_a_free_slot_is_given_by_its_exact_start(self) -> None:
        doctor = monday_doctor()
        assert availability.is_offered(doctor.id, at(10)) == Slot(at(10), at(10, 30))
        assert availability.is_offered(doctor.id, at(10).astimezone(clock.hospital_zone())) is not None
        for moment in (at(10, 15), at(10) + timedelta.resolution, at(12), at(10, days=1)):
            assert availability.is_offered(doctor.id, moment) is None

    def test_staff_need_no_notice_and_nobody_books_beyond_the_horizon(self) -> None:
        doctor = monday_doctor()
        assert availability.is_offered(doctor.id, at(9)) is None
        assert availability.is_offered(doctor.id, at(9), after=NOW) == Slot(at(9), at(9, 30))
        assert availability.is_offered(doctor.id, at(9, days=-7), after=NOW) is None
        assert availability.is_offered(doctor.id, at(9, days=91), after=NOW) is None

    def test_what_is_taken_is_not_offered_but_for_the_visit_that_moves(self) -> None:
        doctor = monday_doctor()
        visit = AppointmentFactory(doctor=doctor, starts_at=at(10, 15), ends_at=at(10, 45))
        assert availability.is_offered(doctor.id, at(10)) is None
        assert availability.is_offered(doctor.id, at(10, 30)) is None
        assert availability.is_offered(doctor.id, at(10, 30), ignoring=visit.id) is not None

    def test_the_ends_of_the_calendar_are_no_error(self) -> None:
        doctor = monday_doctor()
        for moment in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
            assert availability.is_offered(doctor.id, moment) is None


@pytest.mark.usefixtures("portal")
class TestIsUnoccupied:
    def test_visits_overbooked_ones_and_time_off_occupy(self) -> None:
        doctor = DoctorFactory()
        visit = AppointmentFactory(doctor=doctor, starts_at=at(10), overbooked=True)
        TimeOffFactory(starts_at=at(12), ends_at=at(13))
        assert availability.is_unoccupied(doctor.id, at(9, 30), at(10))
        assert availability.is_unoccupied(doctor.id, at(10, 30), at(12))
        assert not availability.is_unoccupied(doctor.id, at(9, 45), at(10, 15))
        assert not availability.is_unoccupied(doctor.id, at(11), at(12, 1))
        assert availability.is_unoccupied(doctor.id, at(10), at(10, 30), ignoring=visit.id)


@pytest.mark.usefixtures("portal")
class TestAlternatives:
    def test_the_next_free_times_after_the_one_asked_for(self) -> None:
        doctor = monday_doctor()
        AppointmentFactory(doctor=doctor, starts_at=at(11))
        assert availability.alternatives(doctor.id, at(10, 30)) == [at(11, 30), at(9, days=7), at(9, 30, days=7)]

    def test_too_soon_gives_the_first_possible_ones(self) -> None:
        doctor = monday_doctor()
        assert availability.alternatives(doctor.id, at(9), count=2) == [at(10), at(10, 30)]

    def test_at_the_end_of_the_horizon_those_before_fill_up(self) -> None:
        doctor = monday_doctor(valid_to=NOW.date())
        assert availability.alternatives(doctor.id, at(11)) == [at(10), at(10, 30), at(11, 30)]
        assert availability.alternatives(doctor.id, at(9, days=500)) == [at(10, 30), at(11), at(11, 30)]
        assert availability.alternatives(doctor.id, at(9, days=500), count=9) == [
            at(10),
            at(10, 30),
            at(11),
            at(11, 30),
        ]

    def test_without_hours_they_are_the_next_times_that_nothing_takes_up(self) -> None:
        doctor = DoctorFactory()
        AppointmentFactory(doctor=doctor, starts_at=at(11, 10), state=VisitState.PENDING)
        AppointmentFactory(doctor=doctor, starts_at=at(13), state=VisitState.CANCELLED)
        TimeOffFactory(doctor_id=doctor.id, starts_at=at(12), ends_at=at(12, 30))
        assert availability.alternatives(doctor.id, at(10)) == [at(10, 30), at(12, 30), at(13)]

    def test_without_hours_they_are_not_too_soon_either_and_the_calendar_has_an_end(self) -> None:
        doctor = DoctorFactory()
        assert availability.alternatives(doctor.id, NOW, count=1) == [at(10)]
        end = datetime.max.replace(tzinfo=UTC)
        assert len(availability.alternatives(doctor.id, end)) == 3

    def test_of_a_doctor_who_is_not_listed_there_are_none(self) -> None:
        assert availability.alternatives(DoctorFactory(pending=True).id, at(10)) == []


@pytest.mark.usefixtures("portal")
class TestPublishesHours:
    def test_any_hours_count_also_past_ones(self) -> None:
        assert availability.publishes_hours(monday_doctor(valid_to=date(2020, 1, 1)).id)
        assert not availability.publishes_hours(DoctorFactory().id)


def _hire(database: Database, number: int, random: Random | None = None) -> list[int]:
    """Doctors with weekly hours; with chance, also with odd hours, time off and visits."""
    with database.unit_of_work() as session:
        names = [{"name": f"Doctor {each}", "approval": Approval.APPROVED} for each in range(number)]
        keys = list(session.scalars(insert(Doctor).returning(Doctor.id), names))
        hours = [
            {"doctor_id": key, "weekday": weekday, "starts": time(9), "ends": time(17), "slot_minutes": 30}
            for key in keys
            for weekday in range(5)
        ]
        if random is not None:
            hours = [row | _odd(random) for row in hours if random.random() < 0.4]
            _occupy(database, keys, random)
        session.execute(insert(WeeklyHours), hours)
    return keys


def _odd(random: Random) -> dict[str, object]:
    start = random.randrange(6, 18)
    return {
        "starts": time(start, random.choice((0, 15))),
        "ends": time(random.randrange(start + 1, 24)),
        "slot_minutes": random.choice((10, 20, 30, 45, 60)),
        "valid_from": random.choice((None, NOW.date() + random.randrange(80) * DAY)),
        "valid_to": None,
    }


def _occupy(database: Database, keys: list[int], random: Random) -> None:
    """Each doctor is away once, and sees a patient of their own on some days."""
    off, visits = [], []
    for key in keys:
        away = NOW + random.randrange(90 * 24) * timedelta(hours=1)
        off.append({"doctor_id": key, "starts_at": away, "ends_at": away + random.randrange(1, 40) * DAY})
        patient = PatientFactory(manager=None)
        for day in range(0, 90, 1 + len(keys) // 10):
            start = at(9, days=day) + random.randrange(14) * HALF_HOUR
            visit = {"starts_at": start, "ends_at": start + HALF_HOUR, "state": random.choice(list(BLOCKING[1:]))}
            visits.append(visit | {"doctor_id": key, "patient_id": patient.id})
    with database.unit_of_work() as session:
        session.execute(insert(TimeOff), off)
        session.execute(insert(Appointment), visits)
