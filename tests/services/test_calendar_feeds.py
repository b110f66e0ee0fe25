"""Calendar feeds: whose visits they tell, and how their addresses begin and end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotFound, Unauthorized
from app.models import AuditEvent, CalendarFeed, VisitState
from app.policy import Actor
from app.services import accounts, calendar_feeds
from app.services.calendar_feeds import RECENT
from tests.factories import AppointmentFactory, PatientFactory
from tests.services.visits import side_of
from tests.support.databases import Database
from tests.support.queries import Queries


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One unit of work around a test, so that services see what it arranged."""
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def patient(session: Session) -> Any:
    return PatientFactory()


@pytest.fixture
def me(patient: Any) -> Actor:
    """The account that manages the patient."""
    return side_of(patient)


def turned_on(actor: Actor) -> str:
    calendar_feeds.turn_on(actor)
    token = calendar_feeds.token(actor)
    assert token is not None
    return token


def told(token: str) -> dict[str, str]:
    """The state of each visit that a feed tells of, by its UID."""
    return {str(event["UID"]): str(event["STATUS"]) for event in Calendar.from_ical(calendar_feeds.read(token)).events}


class TestRead:
    def test_it_tells_the_coming_and_recent_visits_of_all_whom_the_account_manages(
        self, patient: Any, me: Actor
    ) -> None:
        child = PatientFactory(manager=patient.manager, is_own=False)
        ago = datetime.now(UTC)
        shown = {
            AppointmentFactory(patient=patient).id: "CONFIRMED",
            AppointmentFactory(patient=child, state=VisitState.PENDING).id: "TENTATIVE",
            AppointmentFactory(patient=patient, state=VisitState.CANCELLED).id: "CANCELLED",
            AppointmentFactory(
                patient=patient, state=VisitState.COMPLETED, starts_at=ago - RECENT + timedelta(days=1)
            ).id: "CONFIRMED",
        }
        AppointmentFactory(patient=patient, state=VisitState.COMPLETED, starts_at=ago - RECENT - timedelta(days=1))
        held = {"state": VisitState.HELD, "hold_expires_at": ago + timedelta(hours=1)}
        AppointmentFactory(patient=child, starts_at=ago + timedelta(days=3), **held)
        AppointmentFactory(patient=patient, state=VisitState.CANCELLED, removed_at=ago)
        AppointmentFactory()

        assert told(turned_on(me)) == {f"visit-{key}@localhost": status for key, status in shown.items()}

    def test_a_doctors_feed_tells_of_the_own_visits_as_a_patient_alone(self, session: Session) -> None:
        visit = AppointmentFactory()

        assert told(turned_on(Actor(account_id=visit.doctor.account_id, doctor_id=visit.doctor_id))) == {}

    def test_it_takes_three_statements_however_many_visits(
        self, patient: Any, me: Actor, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        token = turned_on(me)
        for day in range(1, 9):
            AppointmentFactory(patient=patient, starts_at=datetime.now(UTC) + timedelta(days=day))

        with count_queries() as statements:
            assert len(told(token)) == 8

        assert len(statements) == 3, statements  # one reads the hospital's settings

    @pytest.mark.parametrize("token", ["", "x", "x.y", "\udcff", "é.é"])
    def test_a_forged_address_is_not_there_and_asks_nothing(
        self, session: Session, token: str, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        with count_queries() as statements, pytest.raises(NotFound):
            calendar_feeds.read(token)

        assert len(statements) == 0

    def test_what_the_database_holds_is_no_address(self, session: Session, me: Actor) -> None:
        turned_on(me)
        key = session.scalars(select(CalendarFeed.key)).one()

        with pytest.raises(NotFound):
            calendar_feeds.read(key)

    def test_a_closed_account_has_none(self, patient: Any, me: Actor) -> None:
        token = turned_on(me)
        accounts.close(me, patient.manager)

        with pytest.raises(NotFound):
            calendar_feeds.read(token)


@pytest.mark.both_databases
class TestAddress:
    def test_it_is_off_at_first(self, me: Actor) -> None:
        assert calendar_feeds.token(me) is None

    def test_it_can_be_shown_again_and_turning_on_twice_keeps_it(self, me: Actor) -> None:
        assert turned_on(me) == turned_on(me)

    def test_another_one_ends_the_first(self, me: Actor) -> None:
        first = turned_on(me)
        calendar_feeds.renew(me)
        second = calendar_feeds.token(me)

        assert second not in (None, first)
        assert told(second or "") == {}
        with pytest.raises(NotFound):
            calendar_feeds.read(first)

    def test_turned_off_it_is_gone_for_good(self, session: Session, me: Actor) -> None:
        first = turned_on(me)
        calendar_feeds.turn_off(me)
        calendar_feeds.turn_off(me)
        calendar_feeds.renew(me)

        assert calendar_feeds.token(me) is None
        assert turned_on(me) != first
        with pytest.raises(NotFound):
            calendar_feeds.read(first)
        acts = list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))
        assert acts == ["calendar_feed.turned_on", "calendar_feed.turned_off", "calendar_feed.turned_on"]

    def test_strangers_have_none(self, session: Session) -> None:
        for act in (calendar_feeds.token, calendar_feeds.turn_on, calendar_feeds.renew, calendar_feeds.turn_off):
            with pytest.raises(Unauthorized):
                act(Actor())
