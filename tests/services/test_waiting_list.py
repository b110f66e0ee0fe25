"""The waiting list from the patient's side: joining, answering offers once, leaving; what is held is no visit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app import policy, unit_of_work
from app.clock import local_today, now
from app.errors import Conflict, Forbidden, Invalid, NotFound, PortalError
from app.models import (
    BLOCKING,
    EVERY_DAY,
    Appointment,
    EndReason,
    HalfDay,
    OfferState,
    VisitKind,
    VisitState,
    WaitingEntry,
    WaitingOffer,
)
from app.services import appointment_lists, appointments, calendars, waiting_list, waiting_offers
from app.services.appointment_lists import Group
from app.services.waiting_list import Wish
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory, TimeOffFactory, WaitingEntryFactory
from tests.services.visits import ADMIN, TEN, as_doctor, mails, side_of
from tests.services.waiting import (
    HALF_HOUR,
    LATER,
    cancel,
    doctor_with_one_early_time,
    offered,
    offers,
    publish,
    run_out,
    settle,
    waiting_for_earlier,
)
from tests.support.databases import Database
from tests.support.queries import Queries


def a_first_visit(**changes: Any) -> dict[str, Any]:
    """What somebody asks who wants a first visit."""
    wish = {"until": local_today() + timedelta(days=60), **changes.pop("wish", {})}
    return {"kind": VisitKind.IN_PERSON, "symptoms": "A cough", "wish": Wish(**wish), **changes}


def an_offer(database: Database, *, first: bool = False) -> tuple[WaitingEntry, WaitingOffer]:
    """TEN is held for somebody: for a first visit, or for a visit at LATER."""
    doctor, visit = doctor_with_one_early_time()
    entry = WaitingEntryFactory(doctor=doctor) if first else waiting_for_earlier(doctor, LATER)
    cancel(database, visit)
    settle(database, doctor)
    return entry, offers(database)[0]


def visits_of(database: Database, entry: WaitingEntry) -> list[tuple[Any, VisitState]]:
    """When the patient has visits, and how they stand."""
    with database.unit_of_work() as session:
        query = select(Appointment.starts_at, Appointment.state).where(
            Appointment.patient_id == entry.patient_id, Appointment.removed_at.is_(None)
        )
        return [(starts_at, state) for starts_at, state in session.execute(query.order_by(Appointment.starts_at))]


class TestAskForEarlier:
    def test_it_keeps_what_is_wished(self, database: Database) -> None:
        doctor, _ = doctor_with_one_early_time()
        visit = AppointmentFactory(doctor=doctor, starts_at=LATER)
        since = LATER.date() - timedelta(days=2)

        with database.unit_of_work():
            wish = Wish(since=since, weekdays={4, 0}, half_day=HalfDay.MORNING)
            entry = waiting_list.ask_for_earlier(side_of(visit.patient), visit.id, wish)

        assert (entry.visit_id, entry.patient_id, entry.doctor_id) == (visit.id, visit.patient_id, doctor.id)
        assert (entry.wished_from, entry.wished_until) == (since, None)
        assert (entry.weekdays, entry.half_day) == ("04", HalfDay.MORNING)

    def test_while_fitting_times_are_free_these_are_told(self, database: Database) -> None:
        doctor, taken = doctor_with_one_early_time()
        visit = AppointmentFactory(doctor=doctor, starts_at=LATER)
        cancel(database, taken)

        with database.unit_of_work():
            with pytest.raises(Conflict) as refusal:
                waiting_list.ask_for_earlier(side_of(visit.patient), visit.id, Wish())
            assert refusal.value.alternatives == [TEN]
            waiting_list.ask_for_earlier(side_of(visit.patient), visit.id, Wish(half_day=HalfDay.AFTERNOON))

    @pytest.mark.both_databases
    def test_a_patient_waits_for_a_doctor_once(self, database: Database) -> None:
        doctor, _ = doctor_with_one_early_time()
        visit = AppointmentFactory(doctor=doctor, starts_at=LATER)
        with database.unit_of_work():
            waiting_list.ask_for_earlier(side_of(visit.patient), visit.id, Wish())

        with database.unit_of_work(), pytest.raises(Conflict, match="already"):
            waiting_list.ask_for_earlier(side_of(visit.patient), visit.id, Wish())
        with pytest.raises(IntegrityError):
            WaitingEntryFactory(visit=visit)

    def test_a_former_wait_that_is_over_stands_in_nobodys_way(self, database: Database) -> None:
        doctor, _ = doctor_with_one_early_time()
        before = AppointmentFactory(doctor=doctor, starts_at=LATER)
        former = WaitingEntryFactory(visit=before)
        cancel(database, before)
        visit = AppointmentFactory(doctor=doctor, patient=former.patient, starts_at=LATER)

        with database.unit_of_work() as session:
            waiting_list.ask_for_earlier(side_of(visit.patient), visit.id, Wish())
            assert session.get_one(WaitingEntry, former.id).end_reason is EndReason.VISIT_OVER

    def test_it_refuses_what_cannot_be(self, database: Database) -> None:
        doctor, _ = doctor_with_one_early_time()
        visit = AppointmentFactory(doctor=doctor, starts_at=LATER)
        over = AppointmentFactory(patient=visit.patient, starts_at=LATER + HALF_HOUR, state=VisitState.COMPLETED)
        with database.unit_of_work():
            for actor in (side_of(PatientFactory()), as_doctor(doctor), ADMIN):
                with pytest.raises(NotFound):
                    waiting_list.ask_for_earlier(actor, visit.id, Wish())
            with pytest.raises(Conflict):
                waiting_list.ask_for_earlier(side_of(visit.patient), over.id, Wish())
            after = Wish(since=LATER.date() + timedelta(days=1))
            with pytest.raises(Invalid) as refusal:
                waiting_list.ask_for_earlier(side_of(visit.patient), visit.id, after)
        assert "since" in refusal.value.errors


class TestAskForFirst:
    def test_it_waits_until_the_last_day(self, database: Database) -> None:
        doctor, patient = DoctorFactory(), PatientFactory()

        with database.unit_of_work():
            asked = a_first_visit(patient_id=patient.id, doctor_id=doctor.id)
            entry = waiting_list.ask_for_first(side_of(patient), **asked)

            assert (entry.wished_from, entry.wished_until) == (local_today(), asked["wish"].until)
        assert (entry.visit_id, entry.symptoms, entry.weekdays) == (None, "A cough", EVERY_DAY)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"wish": {"until": None}}, "until"),
            ({"wish": {"until": date(2020, 1, 1)}}, "until"),
            ({"wish": {"until": date.max}}, "until"),
            ({"wish": {"since": date.max}}, "until"),
            ({"symptoms": "x" * (appointments.LONGEST_TEXT + 1)}, "symptoms"),
            ({"kind": VisitKind.ONLINE}, "kind"),
        ],
    )
    def test_it_refuses_what_could_not_be_booked(self, database: Database, changes: dict[str, Any], field: str) -> None:
        doctor, patient = DoctorFactory(accepts_online=False), PatientFactory()

        with database.unit_of_work():
            asked = a_first_visit(patient_id=patient.id, doctor_id=doctor.id, **changes)
            with pytest.raises(Invalid) as refusal:
                waiting_list.ask_for_first(side_of(patient), **asked)

        assert field in refusal.value.errors

    def test_nobody_waits_for_somebody_elses_patient_or_beside_a_visit(self, database: Database) -> None:
        doctor = DoctorFactory()
        visit = AppointmentFactory(doctor=doctor)
        with database.unit_of_work():
            asked = a_first_visit(patient_id=visit.patient_id, doctor_id=doctor.id)
            with pytest.raises(NotFound):
                waiting_list.ask_for_first(side_of(PatientFactory()), **asked)
            with pytest.raises(Forbidden):
                waiting_list.ask_for_first(ADMIN, **asked)
            with pytest.raises(Conflict, match="has an appointment"):
                waiting_list.ask_for_first(side_of(visit.patient), **asked)


@pytest.mark.both_databases
class TestAccept:
    def test_a_visit_moves_and_its_time_is_offered_on(self, database: Database) -> None:
        doctor, visit = doctor_with_one_early_time()
        first = waiting_for_earlier(doctor, LATER)
        second = waiting_for_earlier(doctor, LATER + HALF_HOUR)
        cancel(database, visit)
        settle(database, doctor)

        with database.unit_of_work() as session:
            moved = waiting_list.accept(side_of(first.patient), offers(database)[0].id)
            assert (moved.id, moved.state) == (first.visit_id, VisitState.PENDING)
            assert mails(session, moved)[-1] == "moved"
        assert visits_of(database, first) == [(TEN, VisitState.PENDING)]

        with database.unit_of_work() as session:
            assert session.get_one(WaitingEntry, first.id).end_reason is EndReason.ACCEPTED
        settle(database, doctor)
        assert offered(database) == [
            (first.id, TEN, OfferState.ACCEPTED),
            (second.id, LATER, OfferState.OPEN),
        ]

    def test_a_first_visit_is_booked_as_the_patients_side_books(self, database: Database) -> None:
        entry, offer = an_offer(database, first=True)

        with database.unit_of_work() as session:
            visit = waiting_list.accept(side_of(entry.patient), offer.id)
            assert (visit.starts_at, visit.state, visit.symptoms) == (TEN, VisitState.PENDING, entry.symptoms)
            assert visit.patient_agreed
            assert "booked" in mails(session, visit)

        assert visits_of(database, entry) == [(TEN, VisitState.PENDING)]

    def test_twice_is_once(self, database: Database) -> None:
        entry, offer = an_offer(database, first=True)

        with database.unit_of_work():
            once = waiting_list.accept(side_of(entry.patient), offer.id)
        with database.unit_of_work():
            again = waiting_list.accept(side_of(entry.patient), offer.id)

        assert again.id == once.id
        assert visits_of(database, entry) == [(TEN, VisitState.PENDING)]

    @pytest.mark.parametrize("event", ["ran out", "visit cancelled", "visit moved before", "declined", "left"])
    def test_what_has_ended_is_refused(self, database: Database, event: str) -> None:
        entry, offer = an_offer(database)
        side = side_of(entry.patient)
        acts: dict[str, Callable[[], object]] = {
            "ran out": lambda: run_out(database, offer),
            "visit cancelled": lambda: appointments.cancel(side, entry.visit_id or 0),
            "visit moved before": lambda: _move_before(entry),
            "declined": lambda: waiting_list.decline(side, offer.id),
            "left": lambda: waiting_list.leave(side, entry.id),
        }
        with database.unit_of_work():
            acts[event]()
        before = _without_holds(visits_of(database, entry))

        with database.unit_of_work(), pytest.raises(Conflict, match="has ended"):
            waiting_list.accept(side, offer.id)

        assert _without_holds(visits_of(database, entry)) == before

    def test_where_the_time_can_no_longer_be_had_all_stays_as_it_was(self, database: Database) -> None:
        entry, offer = an_offer(database)
        TimeOffFactory(doctor_id=entry.doctor_id, starts_at=TEN - HALF_HOUR, ends_at=TEN + HALF_HOUR)

        with database.unit_of_work():
            with pytest.raises(Conflict):
                waiting_list.accept(side_of(entry.patient), offer.id)
            assert waiting_list.offer(side_of(entry.patient), offer.id).state is OfferState.OPEN

        assert visits_of(database, entry) == [(TEN, VisitState.HELD), (LATER, VisitState.CONFIRMED)]

    def test_it_is_hidden_from_others(self, database: Database) -> None:
        entry, offer = an_offer(database)
        with database.unit_of_work():
            for actor in (side_of(PatientFactory()), as_doctor(entry.doctor), ADMIN, policy.Actor()):
                with pytest.raises(NotFound):
                    waiting_list.accept(actor, offer.id)
                with pytest.raises(NotFound):
                    waiting_list.decline(actor, offer.id)
                with pytest.raises(NotFound):
                    waiting_list.leave(actor, entry.id)


def _without_holds(visits: list[tuple[Any, VisitState]]) -> list[tuple[Any, VisitState]]:
    return [(at, state) for at, state in visits if state is not VisitState.HELD]


def _move_before(entry: WaitingEntry) -> None:
    """Move the visit, as staff, to a time before the one that is offered."""
    publish(entry.doctor, TEN - 2 * HALF_HOUR)
    appointments.move(ADMIN, entry.visit_id or 0, starts_at=TEN - 2 * HALF_HOUR)


class TestAnswers:
    def test_who_declines_waits_on_and_the_next_one_is_asked(self, database: Database) -> None:
        doctor, visit = doctor_with_one_early_time()
        first, second = waiting_for_earlier(doctor, LATER), waiting_for_earlier(doctor, LATER + HALF_HOUR)
        cancel(database, visit)
        settle(database, doctor)

        with database.unit_of_work() as session:
            waiting_list.decline(side_of(first.patient), offers(database)[0].id)
            assert session.get_one(WaitingEntry, first.id).ended_at is None
        settle(database, doctor)

        assert offered(database) == [
            (first.id, TEN, OfferState.DECLINED),
            (second.id, TEN, OfferState.OPEN),
        ]

    def test_who_leaves_makes_room_for_the_next_one(self, database: Database) -> None:
        entry, _ = an_offer(database)
        second = waiting_for_earlier(entry.doctor, LATER + HALF_HOUR)

        with database.unit_of_work() as session:
            waiting_list.leave(side_of(entry.patient), entry.id)
            waiting_list.leave(side_of(entry.patient), entry.id)
            assert session.get_one(WaitingEntry, entry.id).end_reason is EndReason.LEFT
        settle(database, entry.doctor)

        assert offered(database) == [
            (entry.id, TEN, OfferState.WITHDRAWN),
            (second.id, TEN, OfferState.OPEN),
        ]
        assert visits_of(database, entry) == [(LATER, VisitState.CONFIRMED)]


@pytest.mark.both_databases
class TestRaces:
    def test_two_tabs_accept_at_once(self, app: Flask, database: Database) -> None:
        entry, offer = an_offer(database, first=True)

        answers = _at_once(app, [lambda: waiting_list.accept(side_of(entry.patient), offer.id).id] * 4)

        assert len(set(answers)) == 1, answers
        assert isinstance(answers[0], int)
        assert visits_of(database, entry) == [(TEN, VisitState.PENDING)]

    def test_accepting_and_passing_on_leave_one_visit(self, app: Flask, database: Database) -> None:
        entry = WaitingEntryFactory()
        publish(entry.doctor, TEN)
        settle(database, entry.doctor)
        (offer,) = offers(database)
        second = WaitingEntryFactory(doctor=entry.doctor)
        run_out(database, offer)

        answers = _at_once(
            app,
            [
                lambda: waiting_list.accept(side_of(entry.patient), offer.id).id,
                lambda: waiting_offers.settle(entry.doctor_id),
                lambda: waiting_offers.settle(entry.doctor_id),
            ],
        )

        assert isinstance(answers[0], Conflict), answers
        assert visits_of(database, entry) == []
        assert offered(database) == [(entry.id, TEN, OfferState.EXPIRED), (second.id, TEN, OfferState.OPEN)]

    def test_accepting_and_cancelling_the_visit(self, app: Flask, database: Database) -> None:
        entry, offer = an_offer(database)
        side = side_of(entry.patient)

        _at_once(
            app,
            [
                lambda: waiting_list.accept(side, offer.id).id,
                lambda: appointments.cancel(side, entry.visit_id or 0).id,
            ],
        )
        settle(database, entry.doctor)

        with database.unit_of_work() as session:
            query = select(func.count(Appointment.id)).where(Appointment.state.in_(BLOCKING))
            assert session.scalar(query.where(Appointment.patient_id == entry.patient_id)) == 0


def _at_once(app: Flask, acts: list[Callable[[], Any]]) -> list[Any]:
    """What each act gives, or the refusal; each in a unit of work of its own."""

    def run(act: Callable[[], Any]) -> Any:
        with app.app_context():
            try:
                with unit_of_work.transaction():
                    return act()
            except PortalError as refusal:
                return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


class TestHeldTimes:
    def test_they_are_nobodys_visits_neither_before_nor_after(self, database: Database) -> None:
        entry, offer = an_offer(database)
        side, doctor = side_of(entry.patient), as_doctor(entry.doctor)

        def seen() -> list[int]:
            on = TEN.date()
            pages = [appointment_lists.of_managed_patients(side, group, limit=50, offset=0).rows for group in Group]
            lists = [appointment_lists.find(who, limit=50, offset=0).rows for who in (side, doctor, ADMIN)]
            visits = [visit.id for visits in (*pages, appointment_lists.day(doctor, on)) for visit in visits]
            return visits + [line.id for lines in lists for line in lines]

        with database.unit_of_work():
            assert offer.held_id not in seen()
        run_out(database, offer)
        with database.unit_of_work():
            calendars.lock([entry.doctor_id], [])
        with database.unit_of_work() as session:
            assert session.get_one(Appointment, offer.held_id).state is VisitState.CANCELLED
            assert offer.held_id not in seen()
            for who in (side, doctor, ADMIN):
                with pytest.raises(NotFound):
                    appointment_lists.get(who, offer.held_id)


class TestPlaces:
    def test_offers_come_first_and_what_ended_last(self, database: Database) -> None:
        patient = PatientFactory()
        ended = WaitingEntryFactory(patient=patient, ended_at=now(), end_reason=EndReason.LEFT)
        WaitingEntryFactory(
            patient=patient, ended_at=now() - timedelta(days=40), end_reason=EndReason.LEFT, doctor=ended.doctor
        )
        waits = WaitingEntryFactory(patient=patient)
        doctor = DoctorFactory()
        publish(doctor, TEN)
        offered_to = WaitingEntryFactory(patient=patient, doctor=doctor)
        WaitingEntryFactory()
        settle(database, doctor)

        with database.unit_of_work():
            found = waiting_list.places(side_of(patient), limit=10, offset=0)

        assert [place.entry.id for place in found.rows] == [offered_to.id, waits.id, ended.id]
        assert [place.offer is not None for place in found.rows] == [True, False, False]
        assert found.count == 3

    def test_it_takes_a_constant_number_of_statements(
        self, database: Database, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        patient = PatientFactory()
        for _ in range(5):
            WaitingEntryFactory(patient=patient)

        with database.unit_of_work(), count_queries() as statements:
            found = waiting_list.places(side_of(patient), limit=10, offset=0)
            assert [place.entry.doctor.name for place in found.rows]

        assert len(statements) <= 3, statements
