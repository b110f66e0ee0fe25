"""Occupancy of departments: what doctors offered in a period, and which part of it is booked, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy.orm import Session

from app.models import VisitState
from app.services import hospital_figures
from app.services.local_days import Period
from app.services.occupancy import DepartmentOccupancy, offered_minutes
from app.services.timetable import Hours, Interval, WeekdayHours
from tests.factories import (
    AppointmentFactory,
    DepartmentFactory,
    DoctorFactory,
    TimeOffFactory,
    WeeklyHoursFactory,
)
from tests.services.visits import ADMIN
from tests.support.databases import Database

MONDAY = date(2026, 6, 1)
JUNE = Period(MONDAY, date(2026, 6, 30))
"""It has five Mondays and five Tuesdays."""
TEN = datetime(2026, 6, 1, 9, tzinfo=UTC)
"""On Monday, in London."""
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)


@pytest.mark.both_databases
class TestFind:
    @pytest.fixture(autouse=True)
    def session(self, database: Database) -> Iterator[Session]:
        """One unit of work around each test."""
        with database.unit_of_work() as opened:
            yield opened

    def test_departments_are_compared_the_fullest_first(self) -> None:
        heart, skin = DepartmentFactory(name="Cardiology"), DepartmentFactory(name="Dermatology")
        one, other, third = (DoctorFactory(department=place) for place in (heart, heart, skin))
        for doctor in (one, other, third):
            hours(doctor, 0, 9, 12)
        visit(one, TEN)
        visit(other, TEN, VisitState.NO_SHOW)
        visit(other, TEN + HALF_HOUR, VisitState.CANCELLED)
        visit(other, TEN + 2 * HALF_HOUR, VisitState.HELD, hold_expires_at=TEN)
        visit(third, TEN + 30 * DAY)  # after the period

        assert occupancy() == [DepartmentOccupancy("Cardiology", 60, 1800), DepartmentOccupancy("Dermatology", 0, 900)]
        assert [department.percent for department in occupancy()] == [3.3, 0.0]

    def test_time_off_and_closures_are_not_offered(self) -> None:
        doctor = DoctorFactory(department=None)
        for weekday in (0, 1):
            hours(doctor, weekday, 9, 12)
        TimeOffFactory(doctor_id=doctor.id, starts_at=TEN, ends_at=TEN + timedelta(hours=1))
        TimeOffFactory(starts_at=TEN + HALF_HOUR, ends_at=TEN + DAY)  # until 10am on Tuesday
        TimeOffFactory(doctor_id=DoctorFactory().id, starts_at=TEN, ends_at=TEN + 30 * DAY)

        assert occupancy() == [DepartmentOccupancy("No department", 0, 10 * 180 - 120 - 60)]

    def test_overbooked_visits_can_make_it_more_than_full(self) -> None:
        doctor = DoctorFactory(department=None)
        hours(doctor, 0, 10, 11, valid_to=MONDAY)
        for number in range(3):
            visit(doctor, TEN, overbooked=number > 0)

        assert [department.percent for department in occupancy()] == [150.0]

    def test_doctors_who_offer_nothing_or_have_left_do_not_count(self) -> None:
        left, without_hours = DoctorFactory(deleted_at=TEN), DoctorFactory()
        hours(left, 0, 9, 12)
        for doctor in (left, without_hours):
            visit(doctor, TEN)

        assert occupancy() == []


class TestOfferedMinutes:
    def test_hours_that_overlap_count_once(self) -> None:
        week = [weekly(0, 9, 12), weekly(0, 11, 13), weekly(0, 14, 15)]

        assert offered_minutes(week, [], Period(MONDAY, MONDAY)) == 5 * 60

    def test_hours_count_only_while_they_hold(self) -> None:
        week = [weekly(0, 9, 12, valid_to=date(2026, 6, 8)), weekly(0, 9, 10, valid_from=date(2026, 6, 15))]

        assert offered_minutes(week, [], JUNE) == 2 * 180 + 3 * 60

    @given(some.data())
    def test_it_is_what_going_through_every_minute_counts(self, data: some.DataObject) -> None:
        day = some.dates(MONDAY - 3 * DAY, MONDAY + 20 * DAY)
        hour = some.integers(0, 22)
        week = [
            weekly(
                data.draw(some.integers(0, 6)),
                start,
                data.draw(some.integers(start + 1, 23)),
                valid_from=first,
                valid_to=last if first is None or last is None or first <= last else None,
            )
            for start, first, last in data.draw(
                some.lists(some.tuples(hour, some.none() | day, some.none() | day), max_size=6)
            )
        ]
        off = [
            Interval(start, start + timedelta(hours=length))
            for start, length in data.draw(
                some.lists(
                    some.tuples(
                        some.builds(lambda on, at: datetime.combine(on, time(at)), day, hour), some.integers(1, 90)
                    ),
                    max_size=4,
                )
            )
        ]
        period = Period(MONDAY, MONDAY + data.draw(some.integers(0, 16)) * DAY)

        hours_offered = sum(
            any(row.holds_on(on) and row.hours.starts.hour <= at < row.hours.ends.hour for row in week)
            and not any(one.starts_at <= datetime.combine(on, time(at)) < one.ends_at for one in off)
            for on in period.days
            for at in range(24)
        )
        assert offered_minutes(week, off, period) == hours_offered * 60


def occupancy() -> Any:
    return hospital_figures.find(ADMIN, JUNE).occupancy


def visit(doctor: Any, starts_at: datetime, state: VisitState = VisitState.COMPLETED, **values: Any) -> None:
    AppointmentFactory(doctor=doctor, starts_at=starts_at, ends_at=starts_at + HALF_HOUR, state=state, **values)


def hours(doctor: Any, weekday: int, starts: int, ends: int, **values: Any) -> None:
    WeeklyHoursFactory(doctor=doctor, weekday=weekday, starts=time(starts), ends=time(ends), slot_minutes=30, **values)


def weekly(weekday: int, starts: int, ends: int, **valid: Any) -> WeekdayHours:
    return WeekdayHours(weekday, Hours(time(starts), time(ends), 30), **valid)
