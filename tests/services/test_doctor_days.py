"""A doctor's days: whom to see next, and a week with its visits, its empty days and its time off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.clock import day_bounds, local_today, now
from app.errors import Forbidden
from app.models import Appointment, VisitKind, VisitState
from app.services import doctor_days
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory, TimeOffFactory
from tests.services.visits import HALF_HOUR, TEN, as_doctor, side_of
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One unit of work around a test, so that services see what it arranged."""
    with database.unit_of_work() as opened:
        yield opened


class TestNextUp:
    def visits(self, *arrived: int) -> list[Appointment]:
        """Three visits: over by the clock, under way by the clock, to come; those named have arrived."""
        starts = (now() - timedelta(hours=2), now() - timedelta(minutes=5), now() + timedelta(hours=1))
        return [
            AppointmentFactory(starts_at=at, arrived_at=now() if number in arrived else None)
            for number, at in enumerate(starts)
        ]

    @pytest.mark.parametrize(("arrived", "following"), [((), 1), ((2,), 2), ((1, 2), 1), ((0, 2), 0)])
    def test_who_has_arrived_comes_first_and_nobody_waits_for_the_late(
        self, session: Session, arrived: tuple[int, ...], following: int
    ) -> None:
        visits = self.visits(*arrived)

        assert doctor_days.next_up(visits) is visits[following]

    @pytest.mark.parametrize("state", [VisitState.IN_PROGRESS, VisitState.COMPLETED, VisitState.NO_SHOW])
    def test_it_is_nobody_who_was_seen(self, session: Session, state: VisitState) -> None:
        seen = AppointmentFactory(starts_at=now() + timedelta(hours=1), state=state, arrived_at=now())

        assert doctor_days.next_up([seen]) is None


class TestWeek:
    def test_it_has_the_visits_of_seven_days_from_monday_on(self, session: Session) -> None:
        doctor = DoctorFactory(hours=True)
        visit = AppointmentFactory(doctor=doctor, starts_at=TEN, kind=VisitKind.ONLINE)
        AppointmentFactory(doctor=doctor, starts_at=TEN + HALF_HOUR, state=VisitState.CANCELLED)
        AppointmentFactory(starts_at=TEN)
        AppointmentFactory(doctor=doctor, starts_at=TEN + timedelta(days=7))

        days = doctor_days.week(as_doctor(doctor), TEN.date())

        assert [day.date.weekday() for day in days] == list(range(7))
        assert {day.date: list(day.visits) for day in days if day.visits} == {TEN.date(): [visit]}
        assert [day.has_hours for day in days] == [True] * 5 + [False] * 2

    def test_it_tells_time_off_and_closures_day_by_day(self, session: Session) -> None:
        doctor = DoctorFactory(hours=True)
        monday = TEN.date() - timedelta(days=TEN.weekday())
        starts = [day_bounds(monday + timedelta(days=count))[0] for count in range(7)]
        noon = timedelta(hours=12)
        TimeOffFactory(doctor_id=doctor.id, starts_at=starts[0] + noon, ends_at=starts[2] + noon)
        TimeOffFactory(starts_at=starts[4] + noon, ends_at=starts[4] + noon + HALF_HOUR)
        TimeOffFactory(doctor_id=DoctorFactory().id, starts_at=starts[3], ends_at=starts[4])

        days = doctor_days.week(as_doctor(doctor), TEN.date())

        off = [[(part.starts_at, part.ends_at) for part in day.time_off] for day in days]
        assert off == [
            [(starts[0] + noon, None)],
            [(None, None)],
            [(None, starts[2] + noon)],
            [],
            [(starts[4] + noon, starts[4] + noon + HALF_HOUR)],
            [],
            [],
        ]
        assert [day.is_off for day in days] == [False, True, False, False, False, False, False]

    def test_nobody_else_has_a_week(self, session: Session) -> None:
        with pytest.raises(Forbidden):
            doctor_days.week(side_of(PatientFactory()), local_today())
