"""Closures of the whole hospital: what they cancel is what was seen, and what they free can be booked again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.clock import now
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import (
    Appointment,
    AuditEvent,
    Message,
    MessageState,
    OfferState,
    TimeOff,
    VisitState,
    WaitingEntry,
    WaitingOffer,
)
from app.policy import Actor
from app.services import availability, booking, closures, reminders
from app.services.affected_visits import Affected, Unseen
from app.services.time_off import Period
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    DoctorFactory,
    TimeOffFactory,
    WaitingEntryFactory,
    WaitingOfferFactory,
)
from tests.services.visits import HALF_HOUR, TEN, as_doctor, mails
from tests.support.databases import Database
from tests.support.queries import count_queries

pytestmark = pytest.mark.both_databases

DAY = timedelta(days=1)
THAT_DAY = Period(TEN.replace(hour=0), TEN.replace(hour=0) + DAY)


@pytest.fixture
def admin(database: Database) -> Actor:
    return Actor(account_id=AccountFactory(is_admin=True).id, is_admin=True)


def close(admin: Actor, period: Period = THAT_DAY, *, reason: str = "Power cut", seen: str | None = None) -> Affected:
    """Close with what it affects in view, unless told what was seen."""
    shown = closures.preview(admin, period).seal if seen is None else seen
    return closures.add(admin, period, reason=reason, seen=shown)


def rows(database: Database) -> list[TimeOff]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(TimeOff).order_by(TimeOff.id)))


class TestAdd:
    def test_visits_of_all_doctors_are_cancelled_and_their_patients_told(
        self, database: Database, admin: Actor
    ) -> None:
        one = AppointmentFactory(starts_at=TEN)
        other = AppointmentFactory(starts_at=TEN + HALF_HOUR, state=VisitState.PENDING)
        later = AppointmentFactory(starts_at=THAT_DAY.ends_at + 10 * HALF_HOUR)

        with database.unit_of_work():
            close(admin)

        with database.unit_of_work() as session:
            for visit in (one, other):
                saved = session.get_one(Appointment, visit.id)
                assert saved.state is VisitState.CANCELLED
                assert saved.cancel_reason == "The hospital is closed: Power cut"
                assert mails(session, visit) == ["cancelled"]
            assert session.get_one(Appointment, later.id).state is VisitState.CONFIRMED
            (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "closure.added"))
            assert event.details == {"cancelled": [one.id, other.id]}

    def test_nobody_can_book_any_doctor(self, database: Database, admin: Actor) -> None:
        doctors = [DoctorFactory(hours=True) for _ in range(2)]

        with database.unit_of_work():
            close(admin)

        with database.unit_of_work():
            assert [availability.is_offered(doctor.id, TEN) for doctor in doctors] == [None, None]

    def test_visits_that_were_not_seen_are_not_cancelled(self, database: Database, admin: Actor) -> None:
        with database.unit_of_work():
            seen = closures.preview(admin, THAT_DAY).seal
        visit = AppointmentFactory(starts_at=TEN)

        with pytest.raises(Unseen), database.unit_of_work():
            close(admin, seen=seen)

        with database.unit_of_work() as session:
            assert session.get_one(Appointment, visit.id).state is VisitState.CONFIRMED
        assert rows(database) == []

    def test_twice_is_one_closure(self, database: Database, admin: Actor) -> None:
        for _ in range(2):
            with database.unit_of_work():
                close(admin)

        assert len(rows(database)) == 1

    def test_offers_to_the_waiting_list_are_withdrawn(self, database: Database, admin: Actor) -> None:
        doctor = DoctorFactory(hours=True)
        offer = WaitingOfferFactory(entry=WaitingEntryFactory(doctor=doctor), held__starts_at=TEN)

        with database.unit_of_work():
            close(admin)

        with database.unit_of_work() as session:
            assert session.get_one(WaitingOffer, offer.id).state is OfferState.WITHDRAWN

    def test_more_visits_than_go_at_once_are_refused(
        self, database: Database, admin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(closures, "MOST_VISITS", 1)
        for number in range(2):
            AppointmentFactory(starts_at=TEN + number * HALF_HOUR)

        with pytest.raises(Invalid, match="This cancels 2 visits; at most 1"), database.unit_of_work():
            close(admin)

        assert rows(database) == []
        with database.unit_of_work():
            shown = closures.preview(admin, THAT_DAY)
            assert (shown.too_many, shown.visits) == (2, ()), "what cannot be saved is counted, and not loaded"

    def test_the_number_of_statements_does_not_grow_with_the_visits(self, database: Database, admin: Actor) -> None:
        taken = []
        for day, number in enumerate((2, 12)):
            period = Period(THAT_DAY.starts_at + day * DAY, THAT_DAY.ends_at + day * DAY)
            for _ in range(number):
                AppointmentFactory(starts_at=TEN + day * DAY)
            with database.unit_of_work(), count_queries() as statements:
                assert len(close(admin, period).visits) == number
            taken.append(len(statements))

        assert taken[1] <= taken[0] + 1, "the changed visits are written in one go, or on PostgreSQL in two"

    def test_both_sides_are_told_once_and_nobody_is_reminded(self, database: Database, admin: Actor) -> None:
        visit: Any = AppointmentFactory(starts_at=TEN)
        with database.unit_of_work():
            reminders.follow(visit, visit.patient.manager)

        for _ in range(2):
            with database.unit_of_work():
                close(admin)

        with database.unit_of_work() as session:
            query = select(Message.template, Message.state).order_by(Message.template)
            assert [tuple(row) for row in session.execute(query)] == [
                ("cancelled", MessageState.WAITING),
                ("clinic_cancelled", MessageState.WAITING),
                ("reminder_day", MessageState.DROPPED),
                ("reminder_hours", MessageState.DROPPED),
            ]

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 101])
    def test_the_reason_is_for_people(self, database: Database, admin: Actor, reason: str) -> None:
        with database.unit_of_work(), pytest.raises(Invalid) as refusal:
            close(admin, reason=reason)

        assert list(refusal.value.errors) == ["reason"]

    def test_a_time_that_is_over_is_refused(self, database: Database, admin: Actor) -> None:
        with database.unit_of_work(), pytest.raises(Invalid):
            close(admin, Period(now() - DAY, now() - HALF_HOUR))


class TestChangeAndRemove:
    def test_what_is_freed_can_be_booked_and_is_offered_to_who_waits(self, database: Database, admin: Actor) -> None:
        doctor = DoctorFactory(hours=True)
        closure = TimeOffFactory(starts_at=THAT_DAY.starts_at, ends_at=THAT_DAY.ends_at)
        entry = WaitingEntryFactory(doctor=doctor, due_at=None)

        with database.unit_of_work():
            closures.remove(admin, closure.id)

        with database.unit_of_work() as session:
            assert availability.is_offered(doctor.id, TEN) is not None
            assert session.get_one(WaitingEntry, entry.id).due_at is not None
        assert rows(database) == []

    def test_it_is_shifted_with_what_it_then_cancels(self, database: Database, admin: Actor) -> None:
        closure = TimeOffFactory(starts_at=THAT_DAY.starts_at + DAY, ends_at=THAT_DAY.ends_at + DAY)
        visit = AppointmentFactory(starts_at=TEN)

        with database.unit_of_work():
            seal = closures.preview(admin, THAT_DAY).seal
            closures.change(admin, closure.id, THAT_DAY, reason="Power cut", seen=seal)

        with database.unit_of_work() as session:
            assert session.get_one(Appointment, visit.id).state is VisitState.CANCELLED
            assert session.get_one(TimeOff, closure.id).starts_at == THAT_DAY.starts_at

    def test_what_is_over_stays(self, database: Database, admin: Actor) -> None:
        closure = TimeOffFactory(starts_at=now() - 2 * DAY, ends_at=now() - DAY)

        with database.unit_of_work(), pytest.raises(Conflict):
            closures.remove(admin, closure.id)

    def test_a_doctors_time_off_is_no_closure(self, database: Database, admin: Actor) -> None:
        off = TimeOffFactory(doctor_id=DoctorFactory().id)

        with database.unit_of_work(), pytest.raises(NotFound):
            closures.remove(admin, off.id)

    @pytest.mark.parametrize("act", [closures.remove, closures.get])
    def test_only_admins_may(self, database: Database, act: Any) -> None:
        closure, doctor = TimeOffFactory(), DoctorFactory()

        with database.unit_of_work(), pytest.raises(Forbidden):
            act(as_doctor(doctor), closure.id)


def test_patients_see_in_the_week_that_the_hospital_is_closed(database: Database) -> None:
    doctor = DoctorFactory(hours=True)
    TimeOffFactory(starts_at=THAT_DAY.starts_at, ends_at=THAT_DAY.ends_at, reason="Power cut")

    with database.unit_of_work():
        week = booking.week(doctor.id, TEN.date() - DAY)

    assert [closed.reason for closed in week.closed] == ["Power cut"]
