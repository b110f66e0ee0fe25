"""A doctor's figures: visits by hospital-local week, and how the mean has come about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.errors import Forbidden
from app.models import VisitState
from app.services import own_figures
from app.services.own_figures import PERIODS
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory, ReviewFactory
from tests.services.visits import ADMIN, as_doctor, side_of
from tests.support.databases import Database

NOW = datetime(2026, 11, 4, 12, tzinfo=UTC)  # a Wednesday; the clocks went back on 25 October

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def session(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(own_figures, "now", lambda: NOW)
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def doctor(session: Session) -> Any:
    return DoctorFactory()


def visit(doctor: Any, starts_at: datetime, state: VisitState = VisitState.COMPLETED, **values: Any) -> Any:
    return AppointmentFactory(doctor=doctor, starts_at=starts_at, state=state, **values)


def test_visits_are_counted_in_the_hospitals_weeks_by_how_they_ended(doctor: Any) -> None:
    monday = datetime(2026, 10, 26, tzinfo=UTC)  # midnight of the first day of winter time
    visit(doctor, monday)
    visit(doctor, monday - timedelta(hours=1), VisitState.NO_SHOW)  # 11pm on Sunday
    visit(doctor, monday + timedelta(days=1), VisitState.CANCELLED)
    visit(doctor, datetime(2026, 10, 18, 23, tzinfo=UTC))  # midnight on Monday 19 October, in summer time
    visit(doctor, datetime(2026, 10, 18, 22, tzinfo=UTC))  # 11pm on Sunday: before the period
    visit(doctor, NOW + timedelta(hours=1), VisitState.CANCELLED)  # still to come
    visit(doctor, NOW - timedelta(hours=2), VisitState.IN_PROGRESS)
    visit(doctor, NOW - timedelta(hours=4), VisitState.CANCELLED, removed_at=NOW)
    visit(DoctorFactory(), monday)

    found = own_figures.find(as_doctor(doctor), 3)

    assert [(week.monday, week.completed, week.missed, week.cancelled) for week in found.weeks] == [
        (date(2026, 10, 19), 1, 1, 0),
        (date(2026, 10, 26), 1, 0, 1),
        (date(2026, 11, 2), 0, 0, 0),
    ]
    assert (found.completed, found.missed, found.cancelled, found.missed_percent) == (2, 1, 1, 33.3)


def test_the_mean_at_the_end_of_a_week_counts_all_verified_reviews_until_then(doctor: Any) -> None:
    def reviewed(rating: int, created_at: datetime, *, seen: bool = True, **values: Any) -> None:
        review = ReviewFactory(doctor=doctor, rating=rating, created_at=created_at, **values)
        if seen:
            visit(doctor, datetime(2026, 1, rating, 9, tzinfo=UTC), patient=review.patient)

    reviewed(3, datetime(2026, 10, 20, 9, tzinfo=UTC))
    reviewed(4, datetime(2026, 10, 21, 9, tzinfo=UTC))
    reviewed(5, NOW)
    reviewed(1, NOW, seen=False)
    reviewed(2, NOW, hidden_at=NOW)

    weeks = own_figures.find(as_doctor(doctor), 4).weeks

    assert [week.mean for week in weeks] == [None, 3.5, 3.5, 4.0]
    assert [week.mean for week in own_figures.find(as_doctor(doctor), 1).weeks] == [4.0]


def test_without_anything_there_are_empty_weeks(doctor: Any) -> None:
    found = own_figures.find(as_doctor(doctor), 12)

    assert len(found.weeks) == 12
    assert (found.missed_percent, found.completed) == (None, 0)


def test_any_period_takes_two_statements(doctor: Any, count_queries: Callable[[], AbstractContextManager[Any]]) -> None:
    visit(doctor, NOW - timedelta(days=30))
    for weeks in PERIODS:
        with count_queries() as statements:
            assert own_figures.find(as_doctor(doctor), weeks).completed == (weeks > 4)
        assert len(statements) == 2, statements


def test_only_doctors_have_figures() -> None:
    for actor in (ADMIN, side_of(PatientFactory())):
        with pytest.raises(Forbidden):
            own_figures.find(actor, 12)
