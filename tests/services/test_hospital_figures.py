"""The hospital's figures over a period, in its own days, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.errors import Forbidden, Invalid
from app.models import VisitState
from app.policy import Actor
from app.services import hospital_figures
from app.services.hospital_figures import DepartmentVisits
from app.services.local_days import Period
from tests.factories import AppointmentFactory, DepartmentFactory, DoctorFactory
from tests.services.visits import ADMIN
from tests.support.databases import Database
from tests.support.queries import count_queries

pytestmark = pytest.mark.both_databases

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    """One unit of work around each test."""
    with database.unit_of_work() as opened:
        yield opened


def visit(starts_at: datetime, state: VisitState = VisitState.COMPLETED, **values: Any) -> None:
    AppointmentFactory(starts_at=starts_at, state=state, **{"created_at": LONG_AGO} | values)


def test_visits_are_counted_on_the_hospitals_days_across_both_changes_of_the_clocks() -> None:
    # London goes forward on 29 March 2026, and back on 25 October: that day has 25 hours.
    spring, autumn = Period(date(2026, 3, 28), date(2026, 3, 31)), Period(date(2026, 10, 24), date(2026, 10, 27))
    for day, hour in ((28, 0), (28, 23), (29, 0), (29, 22), (29, 23), (30, 22), (30, 23), (31, 22), (31, 23)):
        visit(datetime(2026, 3, day, hour, tzinfo=UTC))
    for day, hour in ((23, 22), (23, 23), (24, 22), (24, 23), (25, 22), (25, 23), (26, 0), (27, 23), (28, 0)):
        visit(datetime(2026, 10, day, hour, tzinfo=UTC))

    assert [day.completed for day in hospital_figures.find(ADMIN, spring).days] == [2, 2, 2, 2]
    assert [day.completed for day in hospital_figures.find(ADMIN, autumn).days] == [2, 3, 1, 1]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York", "Pacific/Chatham"])
def test_it_agrees_with_the_calendar_in_any_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    monkeypatch.setattr(clock, "hospital_zone", lambda: ZoneInfo(zone))
    start = datetime(2026, 10, 20, tzinfo=UTC)
    moments = [start + timedelta(hours=5 * number, minutes=15) for number in range(60)]
    for moment in moments:
        visit(moment)
    period = Period(date(2026, 10, 21), date(2026, 11, 8))

    found = hospital_figures.find(ADMIN, period).days

    days = [clock.to_local(moment).date() for moment in moments]
    assert [day.completed for day in found] == [days.count(day.day) for day in found]
    assert sum(day.completed for day in found) > 30


def test_each_day_tells_what_was_booked_and_how_its_visits_stand() -> None:
    at = datetime(2026, 6, 1, 9, tzinfo=UTC)
    for number, state in enumerate(VisitState):
        held = {"hold_expires_at": at} if state is VisitState.HELD else {}
        visit(at + timedelta(hours=number), state, created_at=at - timedelta(days=1), **held)
    visit(at, removed_at=at, created_at=at - timedelta(days=1))

    found = hospital_figures.find(ADMIN, Period(date(2026, 5, 31), date(2026, 6, 1)))

    before, day = found.days
    assert (before.day, before.booked, before.completed) == (date(2026, 5, 31), 6, 0)
    assert (day.booked, day.completed, day.to_come, day.missed, day.cancelled) == (0, 1, 3, 1, 1)
    assert (found.total("booked"), found.missed_percent) == (6, 50.0)


def test_departments_are_compared_the_busiest_first() -> None:
    at = datetime(2026, 6, 1, 9, tzinfo=UTC)
    heart = DepartmentFactory(name="Cardiology")
    for doctor in (DoctorFactory(department=heart), DoctorFactory(department=heart)):
        visit(at, doctor=doctor, ends_at=at + timedelta(minutes=45))
        visit(at + timedelta(hours=1), VisitState.CANCELLED, doctor=doctor)
    visit(at + timedelta(hours=2), VisitState.NO_SHOW, doctor=doctor, ends_at=at + timedelta(hours=2, minutes=30))
    visit(at, VisitState.CONFIRMED, doctor=DoctorFactory(department=None), ends_at=at + timedelta(minutes=20))

    found = hospital_figures.find(ADMIN, Period(date(2026, 6, 1), date(2026, 6, 1)))

    assert found.departments == [
        DepartmentVisits("Cardiology", 3, 120, 33.3),
        DepartmentVisits("No department", 1, 20, None),
    ]


def test_any_period_takes_four_statements() -> None:
    for days in (1, 7, 90, 366):
        with count_queries() as statements:
            found = hospital_figures.find(ADMIN, hospital_figures.last_days(days))
        assert (len(statements), len(found.days)) == (4, days), statements
        assert found.missed_percent is None
        assert found.days[-1].day == clock.local_today()


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        (None, date(2026, 1, 1), "since"),
        (date(2026, 1, 1), None, "until"),
        (date(2026, 1, 2), date(2026, 1, 1), "until"),
        (date(2026, 1, 1), date(2027, 1, 2), "until"),
    ],
)
def test_a_period_has_two_ends_and_a_longest_length(since: date | None, until: date | None, field: str) -> None:
    with pytest.raises(Invalid) as error:
        hospital_figures.period(since, until)
    assert list(error.value.errors) == [field]
    assert len(hospital_figures.period(date(2026, 1, 1), date(2027, 1, 1)).days) == 366


def test_only_admins_see_them() -> None:
    with pytest.raises(Forbidden):
        hospital_figures.find(Actor(account_id=5, doctor_id=1), hospital_figures.last_days(7))
