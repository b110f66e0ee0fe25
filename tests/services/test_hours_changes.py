"""Writing a doctor's week as the JSON documents tell it: what is written reads back, and can be booked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.errors import Invalid
from app.models import Appointment, AvailableTime, Doctor, WeeklyHours
from app.services import availability, hours_changes
from app.services.hours import HoursSummary, hours_summary
from app.services.hours_changes import WrittenHours
from tests.factories import (
    AppointmentFactory,
    AvailableTimeFactory,
    DoctorFactory,
    WeeklyHoursFactory,
    coming_weekday,
)
from tests.support.databases import Database

SATURDAY = 5
LATE = time(23, 45)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.unit_of_work() as session:
        yield session


@pytest.fixture
def doctor(session: Session) -> Doctor:
    return DoctorFactory()


def at(starts: time, *, ends: time | None = None, label: str = "") -> AvailableTime:
    """An entry of the catalogue."""
    return AvailableTimeFactory(starts=starts, ends=ends, label=label or f"{starts:%H:%M}")


def write(doctor: Doctor, **hours: object) -> list[str]:
    return hours_changes.write(doctor.id, WrittenHours(**hours))  # type: ignore[typeddict-item]  # named by the test


def told(doctor: Doctor) -> HoursSummary:
    return hours_summary([doctor.id])[doctor.id]


def rows(session: Session, doctor: Doctor) -> list[tuple[int, time, time, int]]:
    """The weekday, start, end and slots of each row."""
    found = session.scalars(
        select(WeeklyHours)
        .where(WeeklyHours.doctor_id == doctor.id)
        .order_by(WeeklyHours.weekday, WeeklyHours.starts, WeeklyHours.ends)
    )
    return [(row.weekday, row.starts, row.ends, row.slot_minutes) for row in found]


def monday(session: Session, doctor: Doctor) -> list[tuple[time, time, int]]:
    """The start, end and slots of each row of a Monday."""
    return [(starts, ends, slot) for weekday, starts, ends, slot in rows(session, doctor) if weekday == 0]


def starts_on_a_day(doctor: Doctor) -> list[time]:
    """The starts that can be booked on some working day."""
    start, end = clock.day_bounds(clock.to_local(coming_weekday()).date())
    slots = availability.free_slots([doctor.id], start=start, end=end)[doctor.id]
    return [clock.to_local(slot.starts_at).time() for slot in slots]


@pytest.mark.both_databases
class TestFromAndTo:
    def test_they_are_one_stretch_of_half_hours_on_each_working_day(self, session: Session, doctor: Doctor) -> None:
        nine, late = at(time(9)), at(time(17))

        assert write(doctor, available_from=time(9), available_to=time(11)) == ["available_from", "available_to"]

        assert rows(session, doctor) == [(weekday, time(9), time(11), 30) for weekday in range(5)]
        assert told(doctor) == HoursSummary(time(9), time(11), [nine.id])
        assert late.id not in told(doctor).available_time_ids
        assert starts_on_a_day(doctor) == [time(9), time(9, 30), time(10), time(10, 30)]

    def test_one_alone_keeps_the_other(self, doctor: Doctor) -> None:
        write(doctor, available_from=time(9), available_to=time(11))
        write(doctor, available_to=time(12, 15))
        assert told(doctor) == HoursSummary(time(9), time(12, 15))
        write(doctor, available_from=time(8, 10, 30))
        assert told(doctor) == HoursSummary(time(8, 10, 30), time(12, 15))

    def test_null_for_both_clears(self, session: Session, doctor: Doctor) -> None:
        write(doctor, available_from=time(9), available_to=time(11))
        write(doctor, available_from=None, available_to=None)
        assert rows(session, doctor) == []
        assert not availability.publishes_hours(doctor.id)

    def test_a_stretch_shorter_than_a_slot_is_one_slot(self, session: Session, doctor: Doctor) -> None:
        write(doctor, available_from=time(9), available_to=time(9, 20))
        assert monday(session, doctor) == [(time(9), time(9, 20), 20)]
        assert starts_on_a_day(doctor) == [time(9)]


class TestRefusals:
    @pytest.mark.parametrize(
        ("starts", "ends", "field"),
        [
            (time(11), time(9), "available_to"),
            (time(9), time(9), "available_to"),
            (time(9), time(0), "available_to"),
            (time(9), time(9, 4), "available_to"),
            (None, time(11), "available_from"),
            (time(9), None, "available_to"),
        ],
    )
    def test_an_end_is_after_its_start_and_neither_stands_alone(
        self, session: Session, doctor: Doctor, starts: time | None, ends: time | None, field: str
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            write(doctor, available_from=starts, available_to=ends)
        assert list(refusal.value.errors) == [field]
        assert rows(session, doctor) == []

    def test_a_start_alone_needs_an_end_that_is_stored(self, doctor: Doctor) -> None:
        with pytest.raises(Invalid) as refusal:
            write(doctor, available_from=time(9))
        assert list(refusal.value.errors) == ["available_to"]

    @pytest.mark.parametrize("key", [999, 0, -1, 2**63])
    def test_a_time_is_in_the_catalogue(self, doctor: Doctor, key: int) -> None:
        with pytest.raises(Invalid) as refusal:
            write(doctor, available_time_ids=[at(time(9)).id, key])
        assert list(refusal.value.errors) == ["available_time_ids"]

    @pytest.mark.parametrize("other", [time(9, 4), time(23, 57)])
    def test_each_time_leaves_room_for_a_visit(self, doctor: Doctor, other: time) -> None:
        with pytest.raises(Invalid) as refusal:
            write(doctor, available_time_ids=[at(time(9)).id, at(other).id])
        assert list(refusal.value.errors) == ["available_time_ids"]


@pytest.mark.both_databases
class TestAvailableTimes:
    def test_each_is_one_slot_of_half_an_hour_and_reads_back(self, session: Session, doctor: Doctor) -> None:
        nine, ten, eleven = at(time(9)), at(time(10)), at(time(11))

        assert write(doctor, available_time_ids=[eleven.id, nine.id, nine.id]) == ["available_time"]

        assert monday(session, doctor) == [(time(9), time(9, 30), 30), (time(11), time(11, 30), 30)]
        assert told(doctor) == HoursSummary(time(9), time(11, 30), [nine.id, eleven.id])
        assert starts_on_a_day(doctor) == [time(9), time(11)]
        assert ten.id not in told(doctor).available_time_ids

    def test_a_range_is_as_long_as_it_says_but_no_longer_than_a_visit(self, session: Session, doctor: Doctor) -> None:
        short = at(time(9), ends=time(9, 45), label="09:00 - 09:45")
        endless = at(time(10), ends=time(19), label="10:00 - 19:00")
        write(doctor, available_time_ids=[short.id, endless.id])
        assert monday(session, doctor) == [(time(9), time(9, 45), 45), (time(10), time(18), 480)]
        assert told(doctor).available_time_ids == [short.id, endless.id]

    def test_of_entries_that_start_together_those_read_back_that_were_written(self, doctor: Doctor) -> None:
        plain, spoken = at(time(10)), at(time(10), label="10:00 AM")
        ranged = at(time(10), ends=time(11), label="10:00 AM - 11:00 AM")
        for wanted in ([spoken.id], [plain.id, ranged.id], [ranged.id]):
            write(doctor, available_time_ids=wanted)
            assert told(doctor).available_time_ids == wanted
            assert starts_on_a_day(doctor) == [time(10)]

    def test_a_slot_ends_where_the_next_time_starts_so_that_both_can_be_booked(
        self, session: Session, doctor: Doctor
    ) -> None:
        nine, quarter = at(time(9)), at(time(9, 15))
        write(doctor, available_time_ids=[nine.id, quarter.id])
        assert monday(session, doctor) == [(time(9), time(9, 15), 15), (time(9, 15), time(9, 45), 30)]
        assert told(doctor).available_time_ids == [nine.id, quarter.id]
        assert starts_on_a_day(doctor) == [time(9), time(9, 15)]

    def test_a_slot_ends_before_midnight(self, session: Session, doctor: Doctor) -> None:
        late = at(LATE)
        write(doctor, available_time_ids=[late.id])
        assert monday(session, doctor) == [(LATE, time(23, 59), 14)]
        assert told(doctor).available_time_ids == [late.id]
        assert starts_on_a_day(doctor) == [LATE]

    @pytest.mark.parametrize("none", [[], None])
    def test_none_clear(self, session: Session, doctor: Doctor, none: list[int] | None) -> None:
        write(doctor, available_time_ids=[at(time(9)).id])
        write(doctor, available_time_ids=none)
        assert rows(session, doctor) == []


class TestWhichCounts:
    @pytest.fixture
    def nine(self, session: Session) -> AvailableTime:
        return at(time(9))

    @pytest.fixture
    def ten(self, session: Session) -> AvailableTime:
        return at(time(10))

    @pytest.fixture
    def kept(self, doctor: Doctor, nine: AvailableTime, ten: AvailableTime) -> HoursSummary:
        write(doctor, available_from=time(9), available_to=time(11))
        return told(doctor)

    def test_the_one_that_differs(self, doctor: Doctor, kept: HoursSummary, ten: AvailableTime) -> None:
        same = kept.available_time_ids
        write(doctor, available_from=time(9), available_to=time(12), available_time_ids=same)
        assert (told(doctor).available_from, told(doctor).available_to) == (time(9), time(12))
        write(doctor, available_from=time(9), available_to=time(12), available_time_ids=[ten.id])
        assert told(doctor) == HoursSummary(time(10), time(10, 30), [ten.id])

    def test_the_times_where_both_do(self, doctor: Doctor, kept: HoursSummary, ten: AvailableTime) -> None:
        write(doctor, available_from=time(8), available_to=time(12), available_time_ids=[ten.id])
        assert told(doctor) == HoursSummary(time(10), time(10, 30), [ten.id])

    def test_nothing_is_written_where_nothing_differs(
        self, session: Session, doctor: Doctor, nine: AvailableTime
    ) -> None:
        for weekday, starts, ends in ((0, time(9), time(12)), (0, time(13), time(16)), (3, time(8), time(10))):
            WeeklyHoursFactory(doctor=doctor, weekday=weekday, starts=starts, ends=ends, slot_minutes=20)
        before = session.scalars(select(WeeklyHours.id).order_by(WeeklyHours.id)).all()
        read = told(doctor)
        assert read == HoursSummary(time(8), time(16), [nine.id])

        written = write(
            doctor,
            available_from=read.available_from,
            available_to=read.available_to,
            available_time_ids=list(reversed(read.available_time_ids)),
        )

        assert written == []
        assert session.scalars(select(WeeklyHours.id).order_by(WeeklyHours.id)).all() == before


class TestWhatStays:
    def test_other_days_and_hours_that_are_over(self, session: Session, doctor: Doctor) -> None:
        yesterday = clock.local_today() - timedelta(days=1)
        WeeklyHoursFactory(doctor=doctor, weekday=SATURDAY, starts=time(9), ends=time(12))
        WeeklyHoursFactory(doctor=doctor, starts=time(7), ends=time(8), valid_to=yesterday)
        WeeklyHoursFactory(doctor=doctor, starts=time(13), ends=time(15))
        write(doctor, available_from=time(9), available_to=time(11))
        assert monday(session, doctor) == [(time(7), time(8), 30), (time(9), time(11), 30)]
        assert (SATURDAY, time(9), time(12), 30) in rows(session, doctor)

    def test_booked_visits(self, session: Session, doctor: Doctor) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=coming_weekday(hour=15))
        write(doctor, available_from=time(9), available_to=time(11))
        session.expire(visit)
        assert session.get_one(Appointment, visit.id).starts_at == coming_weekday(hour=15).astimezone(UTC)

    def test_another_doctors_hours(self, session: Session, doctor: Doctor) -> None:
        other = DoctorFactory(hours=True)
        write(doctor, available_from=time(9), available_to=time(11))
        assert told(other) == HoursSummary(time(9), time(17))


class TestWorkingDays:
    @pytest.fixture
    def app(self, make_app: object) -> Flask:
        return make_app(working_days="sun,mon", default_slot_minutes=20)  # type: ignore[operator]  # the fixture's maker

    def test_the_hospital_says_which_they_are_and_how_long_a_slot_is(self, session: Session, doctor: Doctor) -> None:
        WeeklyHoursFactory(doctor=doctor, weekday=4)
        write(doctor, available_from=time(9), available_to=time(11))
        assert rows(session, doctor) == [
            (0, time(9), time(11), 20),
            (4, time(9), time(17), 30),
            (6, time(9), time(11), 20),
        ]
        assert told(doctor) == HoursSummary(time(9), time(11))
