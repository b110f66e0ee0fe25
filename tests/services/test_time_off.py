"""Time off: what it cancels is what was seen, everybody is told, and what it frees can be booked again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import unit_of_work
from app.clock import now
from app.errors import Conflict, Forbidden, Invalid, NotFound, PortalError
from app.models import (
    Appointment,
    AuditEvent,
    Doctor,
    OfferState,
    TimeOff,
    VisitState,
    WaitingEntry,
    WaitingOffer,
)
from app.services import availability, time_off, waiting_list
from app.services.affected_visits import NOTHING_SEEN, Affected, Unseen
from app.services.time_off import Period
from tests.factories import (
    AppointmentFactory,
    DoctorFactory,
    PatientFactory,
    TimeOffFactory,
    WaitingEntryFactory,
    WaitingOfferFactory,
)
from tests.services.visits import ADMIN, HALF_HOUR, TEN, actions, as_doctor, book, mails, side_of
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases

DAY = timedelta(days=1)
THAT_DAY = Period(TEN.replace(hour=0), TEN.replace(hour=0) + DAY)


@pytest.fixture
def doctor(database: Database) -> Doctor:
    return DoctorFactory(hours=True)


def take(doctor: Doctor, period: Period = THAT_DAY, *, reason: str = "Leave", seen: str | None = None) -> Affected:
    """Take time off with what it affects in view, unless told what was seen."""
    who = as_doctor(doctor)
    shown = time_off.preview(who, doctor.id, period).seal if seen is None else seen
    return time_off.add(who, doctor.id, period, reason=reason, seen=shown)


def state(database: Database, visit: Any) -> VisitState:
    with database.unit_of_work() as session:
        return session.get_one(Appointment, visit.id).state


def rows(database: Database) -> list[TimeOff]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(TimeOff).order_by(TimeOff.id)))


def is_free(doctor: Doctor) -> bool:
    return availability.is_offered(doctor.id, TEN) is not None


class TestPreview:
    def test_it_shows_what_is_to_come_in_that_time(self, database: Database, doctor: Doctor) -> None:
        confirmed = AppointmentFactory(doctor=doctor, starts_at=TEN)
        request = AppointmentFactory(doctor=doctor, starts_at=TEN + HALF_HOUR, state=VisitState.PENDING)
        touching = AppointmentFactory(
            doctor=doctor, starts_at=THAT_DAY.ends_at - HALF_HOUR / 2, ends_at=THAT_DAY.ends_at + HALF_HOUR
        )
        held = AppointmentFactory(
            doctor=doctor, starts_at=TEN + 2 * HALF_HOUR, state=VisitState.HELD, hold_expires_at=now() + DAY
        )
        AppointmentFactory(doctor=doctor, starts_at=TEN + 3 * HALF_HOUR, state=VisitState.CANCELLED)
        AppointmentFactory(doctor=doctor, starts_at=THAT_DAY.ends_at + HALF_HOUR)
        AppointmentFactory(starts_at=TEN)

        with database.unit_of_work():
            found = time_off.preview(as_doctor(doctor), doctor.id, THAT_DAY)

        assert [visit.id for visit in found.visits] == [confirmed.id, request.id, touching.id]
        assert [visit.id for visit in found.held] == [held.id]

    def test_a_visit_that_has_begun_and_is_not_over_counts_one_that_runs_does_not(
        self, database: Database, doctor: Doctor
    ) -> None:
        late = AppointmentFactory(doctor=doctor, starts_at=now() - HALF_HOUR / 2)
        AppointmentFactory(doctor=doctor, starts_at=late.ends_at, state=VisitState.IN_PROGRESS)
        AppointmentFactory(doctor=doctor, starts_at=now() - 2 * HALF_HOUR, ends_at=now() - HALF_HOUR)

        with database.unit_of_work():
            found = time_off.preview(as_doctor(doctor), doctor.id, Period(now() - DAY, now() + DAY))

        assert [visit.id for visit in found.visits] == [late.id]

    def test_its_statements_do_not_grow_with_the_visits(
        self, database: Database, doctor: Doctor, count_queries: Any
    ) -> None:
        for number in range(6):
            AppointmentFactory(doctor=doctor, starts_at=TEN + number * HALF_HOUR)

        with database.unit_of_work(), count_queries() as statements:
            time_off.preview(as_doctor(doctor), doctor.id, THAT_DAY)

        assert len(statements) <= 3, statements

    @pytest.mark.parametrize(
        "period",
        [
            Period(TEN, TEN),
            Period(TEN, TEN - HALF_HOUR),
            Period(TEN - 400 * DAY, TEN - 399 * DAY),
            Period(TEN, TEN + 800 * DAY),
        ],
        ids=["empty", "backwards", "over", "endless"],
    )
    def test_a_period_that_cannot_be(self, database: Database, doctor: Doctor, period: Period) -> None:
        with database.unit_of_work(), pytest.raises(Invalid) as refusal:
            time_off.preview(as_doctor(doctor), doctor.id, period)
        assert list(refusal.value.errors) == ["until"]


class TestAdd:
    def test_it_is_one_act_with_cancelled_visits_and_told_patients(self, database: Database, doctor: Doctor) -> None:
        visits = [
            AppointmentFactory(doctor=doctor, starts_at=TEN + number * HALF_HOUR, state=state)
            for number, state in enumerate((VisitState.CONFIRMED, VisitState.PENDING))
        ]
        later = AppointmentFactory(doctor=doctor, starts_at=TEN + 7 * DAY)

        with database.unit_of_work() as session:
            done = take(doctor, reason=" My own affair ")
            assert [visit.id for visit in done.visits] == [visit.id for visit in visits]
            for visit in visits:
                assert "appointment.cancelled" in actions(session, visit)
                assert mails(session, visit) == ["cancelled"]
                assert session.get_one(Appointment, visit.id).cancel_reason == time_off.AWAY
            assert not is_free(doctor)

        (row,) = rows(database)
        assert (row.starts_at, row.ends_at, row.reason) == (THAT_DAY.starts_at, THAT_DAY.ends_at, "My own affair")
        assert [state(database, visit) for visit in (*visits, later)] == [VisitState.CANCELLED] * 2 + [later.state]
        with database.unit_of_work() as session:
            event = session.scalars(select(AuditEvent).where(AuditEvent.action == "time_off.added")).one()
            assert event.details == {"cancelled": [visit.id for visit in visits]}
            assert "affair" not in str(event.details)

    def test_what_was_booked_since_is_not_cancelled_unseen(self, database: Database, doctor: Doctor) -> None:
        with database.unit_of_work():
            seen = time_off.preview(as_doctor(doctor), doctor.id, THAT_DAY).seal
        visit = AppointmentFactory(doctor=doctor, starts_at=TEN)

        with database.unit_of_work(), pytest.raises(Unseen):
            take(doctor, seen=seen)

        assert rows(database) == []
        assert state(database, visit) is VisitState.CONFIRMED

    def test_what_was_cancelled_since_is_in_nobodys_way(self, database: Database, doctor: Doctor) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=TEN)
        with database.unit_of_work() as session:
            seen = time_off.preview(as_doctor(doctor), doctor.id, THAT_DAY).seal
            session.get_one(Appointment, visit.id).state = VisitState.CANCELLED

        with database.unit_of_work():
            take(doctor, seen=seen)

        assert len(rows(database)) == 1

    def test_the_same_once_more_changes_nothing(self, database: Database, doctor: Doctor) -> None:
        AppointmentFactory(doctor=doctor, starts_at=TEN)
        with database.unit_of_work():
            seen = time_off.preview(as_doctor(doctor), doctor.id, THAT_DAY).seal

        for _ in range(2):
            with database.unit_of_work():
                take(doctor, seen=seen)

        assert len(rows(database)) == 1

    def test_nobody_takes_it_for_another_doctor_but_admins_do(self, database: Database, doctor: Doctor) -> None:
        another = as_doctor(DoctorFactory())
        with database.unit_of_work(), pytest.raises(Forbidden):
            time_off.add(another, doctor.id, THAT_DAY, reason="", seen=NOTHING_SEEN)
        with database.unit_of_work(), pytest.raises(Forbidden):
            time_off.preview(another, doctor.id, THAT_DAY)

        with database.unit_of_work():
            time_off.add(ADMIN, doctor.id, THAT_DAY, reason="", seen=NOTHING_SEEN)

        assert [row.doctor_id for row in rows(database)] == [doctor.id]


class TestOffers:
    def test_what_was_offered_in_it_is_withdrawn_and_whoever_waits_waits_on(
        self, database: Database, doctor: Doctor
    ) -> None:
        entry = WaitingEntryFactory(doctor=doctor, due_at=now() + DAY)
        offer = WaitingOfferFactory(entry=entry, held__starts_at=TEN)
        other = WaitingOfferFactory(entry=WaitingEntryFactory(doctor=doctor), held__starts_at=TEN + 7 * DAY)

        with database.unit_of_work():
            assert take(doctor).visits == []

        with database.unit_of_work() as session:
            assert session.get_one(WaitingOffer, offer.id).state is OfferState.WITHDRAWN
            assert session.get_one(WaitingOffer, other.id).state is OfferState.OPEN
            waits = session.get_one(WaitingEntry, entry.id)
            assert (waits.ended_at, waits.due_at <= now()) == (None, True)
        assert state(database, offer.held) is VisitState.CANCELLED
        with database.unit_of_work(), pytest.raises(Conflict):
            waiting_list.accept(side_of(entry.patient), offer.id)


class TestChangeAndRemove:
    def test_shortening_frees_times_and_brings_no_visit_back(self, database: Database, doctor: Doctor) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=TEN)
        who = as_doctor(doctor)
        with database.unit_of_work():
            take(doctor)
        (row,) = rows(database)

        with database.unit_of_work():
            shorter = Period(TEN + HALF_HOUR, THAT_DAY.ends_at)
            time_off.change(who, doctor.id, row.id, shorter, reason="Leave", seen=NOTHING_SEEN)
            assert is_free(doctor)

        assert state(database, visit) is VisitState.CANCELLED
        assert [(row.starts_at, row.reason) for row in rows(database)] == [(TEN + HALF_HOUR, "Leave")]

    def test_lengthening_cancels_what_was_seen(self, database: Database, doctor: Doctor) -> None:
        with database.unit_of_work():
            take(doctor)
        (row,) = rows(database)
        visit = AppointmentFactory(doctor=doctor, starts_at=THAT_DAY.ends_at + HALF_HOUR)
        longer, who = Period(THAT_DAY.starts_at, THAT_DAY.ends_at + DAY), as_doctor(doctor)

        with database.unit_of_work(), pytest.raises(Unseen):
            time_off.change(who, doctor.id, row.id, longer, reason="", seen=NOTHING_SEEN)
        with database.unit_of_work():
            seen = time_off.preview(who, doctor.id, longer).seal
            time_off.change(who, doctor.id, row.id, longer, reason="", seen=seen)

        assert state(database, visit) is VisitState.CANCELLED

    def test_removing_frees_its_times_for_who_waits(self, database: Database, doctor: Doctor) -> None:
        entry = WaitingEntryFactory(doctor=doctor, due_at=now() + DAY)
        with database.unit_of_work():
            take(doctor)
        with database.unit_of_work() as session:
            session.get_one(WaitingEntry, entry.id).due_at = now() + DAY
        (row,) = rows(database)

        with database.unit_of_work() as session:
            time_off.remove(as_doctor(doctor), doctor.id, row.id)
            assert is_free(doctor)
            assert session.get_one(WaitingEntry, entry.id, populate_existing=True).due_at <= now()

        assert rows(database) == []

    def test_what_is_over_stays(self, database: Database, doctor: Doctor) -> None:
        past = TimeOffFactory(doctor_id=doctor.id, starts_at=now() - 2 * DAY)
        who = as_doctor(doctor)
        with database.unit_of_work(), pytest.raises(Conflict):
            time_off.remove(who, doctor.id, past.id)
        with database.unit_of_work(), pytest.raises(Conflict):
            time_off.change(who, doctor.id, past.id, THAT_DAY, reason="", seen=NOTHING_SEEN)

    def test_it_is_the_doctors_own_and_not_the_hospitals(self, database: Database, doctor: Doctor) -> None:
        closed, elsewhere = TimeOffFactory(), TimeOffFactory(doctor_id=DoctorFactory().id)
        for who in (as_doctor(doctor), ADMIN):
            for row in (closed, elsewhere):
                with database.unit_of_work(), pytest.raises(NotFound):
                    time_off.remove(who, doctor.id, row.id)


class TestFind:
    def test_what_is_to_come_and_what_is_over(self, database: Database, doctor: Doctor) -> None:
        later = TimeOffFactory(doctor_id=doctor.id, starts_at=now() + 5 * DAY)
        closed = TimeOffFactory(starts_at=now() + DAY)
        past = TimeOffFactory(doctor_id=doctor.id, starts_at=now() - 5 * DAY)
        TimeOffFactory(doctor_id=DoctorFactory().id)

        with database.unit_of_work():
            who = as_doctor(doctor)
            coming = time_off.find(who, doctor.id, is_over=False, limit=20, offset=0)
            over = time_off.find(who, doctor.id, is_over=True, limit=20, offset=0)

        assert [row.id for row in coming.rows] == [closed.id, later.id]
        assert [row.id for row in over.rows] == [past.id]


class TestRaces:
    def test_no_booking_is_left_in_time_off_unseen(self, app: Flask, database: Database, doctor: Doctor) -> None:
        patients = [PatientFactory() for _ in range(4)]

        acts: list[Callable[[], object]] = [
            lambda patient=patient, number=number: (
                book(  # type: ignore[misc]  # each act has its own
                    side_of(patient), patient, doctor, TEN + number * HALF_HOUR
                ).id
            )
            for number, patient in enumerate(patients)
        ]
        answers = at_once(app, [*acts[:2], lambda: take(doctor, seen=NOTHING_SEEN), *acts[2:]])

        with database.unit_of_work() as session:
            booked = set(session.scalars(select(Appointment.id).where(Appointment.state == VisitState.PENDING)))
        is_off = bool(rows(database))
        assert all(answer is None or isinstance(answer, int | Conflict | Affected) for answer in answers), answers
        assert not (is_off and booked), answers
        assert is_off or booked, answers

    def test_time_off_taken_twice_at_once_is_one(self, app: Flask, database: Database, doctor: Doctor) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=TEN)
        with database.unit_of_work():
            seen = time_off.preview(as_doctor(doctor), doctor.id, THAT_DAY).seal

        at_once(app, [lambda: take(doctor, seen=seen)] * 3)

        assert len(rows(database)) == 1
        with database.unit_of_work() as session:
            assert mails(session, visit) == ["cancelled"]


def at_once(app: Flask, acts: list[Callable[[], object]]) -> list[object]:
    """What each act gives, or the refusal; each in a unit of work of its own."""

    def run(act: Callable[[], object]) -> object:
        with app.app_context():
            try:
                with unit_of_work.transaction():
                    return act()
            except PortalError as refusal:
                return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
