"""Offering what becomes free to who waits: fairly, once, for a time, and whatever became of the job."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.clock import now
from app.extensions import job_queue
from app.jobs import waiting as jobs
from app.models import (
    Account,
    Appointment,
    AuditEvent,
    Doctor,
    EndReason,
    HalfDay,
    OfferState,
    Patient,
    VisitKind,
    VisitState,
    WaitingEntry,
)
from app.services import appointments, availability, calendars, cancellations, hours_changes, waiting_offers
from tests.factories import AppointmentFactory, DoctorFactory, WaitingEntryFactory
from tests.services.visits import ADMIN, TEN
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
    told,
    waiting_for_earlier,
)
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases

OPEN, EXPIRED, WITHDRAWN = OfferState.OPEN, OfferState.EXPIRED, OfferState.WITHDRAWN


def entry_of(database: Database, entry: WaitingEntry) -> WaitingEntry:
    with database.unit_of_work() as session:
        return session.get_one(WaitingEntry, entry.id)


class TestOffering:
    def test_a_time_that_became_free_is_held_for_who_waits_and_told_by_mail(self, database: Database) -> None:
        doctor, visit = doctor_with_one_early_time()
        entry = waiting_for_earlier(doctor, LATER)
        cancel(database, visit)

        settle(database, doctor)

        (offer,) = offers(database)
        assert (offer.entry_id, offer.held.starts_at, offer.held.ends_at) == (entry.id, TEN, TEN + HALF_HOUR)
        assert (offer.held.state, offer.held.patient_id) == (VisitState.HELD, entry.patient_id)
        assert offer.held.hold_expires_at == offer.expires_at
        with database.unit_of_work() as session:
            assert told(session, offer) == [entry.patient.manager.email]
            acts = select(AuditEvent.action).where(AuditEvent.patient_id == entry.patient_id)
            assert session.scalars(acts).all() == ["waiting.offered"]
            assert TEN not in [slot.starts_at for slot in availability.next_free([doctor.id])[doctor.id]]

    def test_it_is_asked_for_once_however_often_it_runs(self, database: Database) -> None:
        doctor, visit = doctor_with_one_early_time()
        waiting_for_earlier(doctor, LATER)
        cancel(database, visit)

        settle(database, doctor)
        settle(database, doctor)

        assert len(offers(database)) == 1

    def test_whoever_came_first_is_asked_first(self, database: Database) -> None:
        doctor, visit = doctor_with_one_early_time()
        waiting_for_earlier(doctor, LATER)
        first = waiting_for_earlier(doctor, LATER + HALF_HOUR, created_at=now() - timedelta(days=1))
        cancel(database, visit)

        settle(database, doctor)

        assert offered(database) == [(first.id, TEN, OPEN)]

    @pytest.mark.parametrize(
        "wish",
        [
            {"half_day": HalfDay.AFTERNOON},
            {"weekdays": "".join(day for day in "0123456" if int(day) != TEN.weekday())},
            {"wished_from": (TEN + timedelta(days=1)).date()},
        ],
        ids=["another time of day", "another day of the week", "a later day"],
    )
    def test_whom_it_does_not_suit_is_passed_over(self, database: Database, wish: dict[str, Any]) -> None:
        doctor, visit = doctor_with_one_early_time()
        waiting_for_earlier(doctor, LATER, **wish)
        second = waiting_for_earlier(doctor, LATER + HALF_HOUR)
        cancel(database, visit)

        settle(database, doctor)

        assert offered(database) == [(second.id, TEN, OPEN)]

    def test_who_has_something_else_at_that_time_is_passed_over(self, database: Database) -> None:
        doctor, visit = doctor_with_one_early_time()
        busy = waiting_for_earlier(doctor, LATER)
        AppointmentFactory(patient=busy.patient, starts_at=TEN - HALF_HOUR / 2)
        cancel(database, visit)

        settle(database, doctor)

        assert offered(database) == []

    def test_a_later_time_is_not_an_earlier_one(self, database: Database) -> None:
        doctor, _ = doctor_with_one_early_time()
        waiting_for_earlier(doctor, LATER)

        settle(database, doctor)

        assert offered(database) == []

    def test_a_first_visit_is_offered_within_the_wished_days_and_in_the_wished_way(self, database: Database) -> None:
        doctor, visit = doctor_with_one_early_time()
        with database.unit_of_work() as session:
            session.get_one(Doctor, doctor.id).accepts_online = False
        WaitingEntryFactory(doctor=doctor, kind=VisitKind.ONLINE)
        WaitingEntryFactory(doctor=doctor, wished_until=(TEN - timedelta(days=1)).date())
        fitting = WaitingEntryFactory(doctor=doctor, wished_until=TEN.date())
        cancel(database, visit)

        settle(database, doctor)

        assert offered(database) == [(fitting.id, TEN, OPEN)]

    def test_each_of_several_times_goes_to_another_one(self, database: Database) -> None:
        doctor = DoctorFactory()
        publish(doctor, TEN, 2)
        first, second, third = (WaitingEntryFactory(doctor=doctor) for _ in range(3))

        settle(database, doctor)

        assert offered(database) == [(first.id, TEN, OPEN), (second.id, TEN + HALF_HOUR, OPEN)]
        assert entry_of(database, third).ended_at is None

    def test_it_is_held_for_some_hours(self, database: Database) -> None:
        moment = now()
        doctor = DoctorFactory()
        publish(doctor, TEN)
        entry = WaitingEntryFactory(doctor=doctor)

        settle(database, doctor)

        (offer,) = offers(database)
        assert moment <= offer.expires_at - timedelta(hours=4) <= now()
        assert entry_of(database, entry).due_at <= offer.expires_at

    @pytest.mark.parametrize(("left", "is_offered"), [(timedelta(hours=1), True), (timedelta(minutes=20), False)])
    def test_it_is_not_held_beyond_the_least_notice(
        self,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
        left: timedelta,
        is_offered: bool,  # noqa: FBT001 (pytest passes it by name)
    ) -> None:
        doctor = DoctorFactory()
        publish(doctor, TEN)
        WaitingEntryFactory(doctor=doctor)
        last = now() + left
        monkeypatch.setattr(availability, "earliest", lambda: TEN - left)
        monkeypatch.setattr(appointments, "changeable_until", lambda _slot: last)

        settle(database, doctor)

        assert [offer.expires_at for offer in offers(database)] == ([last] if is_offered else [])

    def test_nobody_is_asked_more_than_three_times_a_day(self, database: Database) -> None:
        doctor = DoctorFactory()
        publish(doctor, TEN, 5)
        WaitingEntryFactory(doctor=doctor)

        for _ in range(5):
            settle(database, doctor)
            run_out(database, offers(database)[-1])

        assert len(offers(database)) == 3


class TestPassingOn:
    def test_what_ran_out_goes_to_the_next_one_and_never_back(self, database: Database) -> None:
        doctor, visit = doctor_with_one_early_time()
        first, second = waiting_for_earlier(doctor, LATER), waiting_for_earlier(doctor, LATER + HALF_HOUR)
        cancel(database, visit)
        settle(database, doctor)
        run_out(database, offers(database)[0])

        settle(database, doctor)
        assert offered(database) == [(first.id, TEN, EXPIRED), (second.id, TEN, OPEN)]
        assert entry_of(database, first).ended_at is None, "who does not answer waits on"

        run_out(database, offers(database)[1])
        settle(database, doctor)
        assert offered(database) == [(first.id, TEN, EXPIRED), (second.id, TEN, EXPIRED)]
        with database.unit_of_work():
            assert [slot.starts_at for slot in availability.next_free([doctor.id], count=1)[doctor.id]] == [TEN]

    def test_an_offer_that_is_no_longer_earlier_is_withdrawn(self, database: Database) -> None:
        doctor, visit = doctor_with_one_early_time()
        publish(doctor, TEN - timedelta(hours=1))
        entry = waiting_for_earlier(doctor, LATER)
        cancel(database, visit)
        with database.unit_of_work() as session:
            session.execute(update(WaitingEntry).values(wished_from=TEN.date()))
            blocker = AppointmentFactory(doctor=doctor, starts_at=TEN - timedelta(hours=1))
        settle(database, doctor)
        cancel(database, blocker)
        with database.unit_of_work():
            appointments.move(ADMIN, entry.visit_id or 0, starts_at=TEN - timedelta(hours=1))

        settle(database, doctor)

        assert offered(database) == [(entry.id, TEN, WITHDRAWN)]


class TestEnding:
    @pytest.mark.parametrize("reason", ["visit_over", "patient_left", "closed", "doctor_left", "near"])
    def test_who_can_be_offered_nothing_more_waits_no_longer(self, database: Database, reason: str) -> None:
        doctor, visit = doctor_with_one_early_time()
        entry = waiting_for_earlier(doctor, LATER)
        cancel(database, visit)
        settle(database, doctor)
        soon = now() + timedelta(hours=1)
        the_visit = update(Appointment).where(Appointment.id == entry.visit_id)
        happens: dict[str, Any] = {
            "visit_over": the_visit.values(state=VisitState.CANCELLED),
            "near": the_visit.values(starts_at=soon, ends_at=soon + HALF_HOUR),
            "patient_left": update(Patient).where(Patient.id == entry.patient_id).values(voided_at=now()),
            "closed": update(Account).where(Account.id == entry.patient.manager_id).values(is_active=False),
            "doctor_left": update(Doctor).where(Doctor.id == doctor.id).values(deleted_at=now()),
        }
        with database.unit_of_work() as session:
            session.execute(happens[reason])

        settle(database, doctor)

        told_reason = {"closed": "patient_left", "near": "visit_over"}.get(reason, reason)
        assert entry_of(database, entry).end_reason is EndReason(told_reason)
        assert offered(database) == [(entry.id, TEN, WITHDRAWN)]
        assert offers(database)[0].held.state is VisitState.CANCELLED

    def test_a_first_visit_ends_with_its_days_and_with_a_booking(self, database: Database) -> None:
        doctor, _ = doctor_with_one_early_time()
        past = (now() - timedelta(days=2)).date()
        late = WaitingEntryFactory(doctor=doctor, wished_from=past, wished_until=past)
        booked = WaitingEntryFactory(doctor=doctor)
        AppointmentFactory(doctor=doctor, patient=booked.patient, starts_at=LATER)

        settle(database, doctor)

        assert entry_of(database, late).end_reason is EndReason.PERIOD_OVER
        assert entry_of(database, booked).end_reason is EndReason.BOOKED


class TestFreed:
    def test_a_cancelled_visit_prompts_the_job_once(self, database: Database) -> None:
        doctor, visit = doctor_with_one_early_time()
        entry = waiting_for_earlier(doctor, LATER, due_at=now() + timedelta(hours=1))
        while not job_queue.embedded.empty():
            job_queue.embedded.get_nowait()

        with database.unit_of_work():
            appointments.cancel(ADMIN, visit.id)
            calendars.freed(doctor.id)
        prompted = [job_queue.embedded.get_nowait() for _ in range(job_queue.embedded.qsize())]

        assert prompted.count((calendars.OFFER_FREE_TIMES, (doctor.id,))) == 1
        assert entry_of(database, entry).due_at <= now()

    def test_where_nobody_waits_nothing_is_prompted(self, database: Database) -> None:
        _, visit = doctor_with_one_early_time()
        while not job_queue.embedded.empty():
            job_queue.embedded.get_nowait()

        with database.unit_of_work():
            appointments.cancel(ADMIN, visit.id)
        prompted = [job_queue.embedded.get_nowait() for _ in range(job_queue.embedded.qsize())]

        assert [job for job, _ in prompted if job == calendars.OFFER_FREE_TIMES] == []

    @pytest.mark.parametrize("event", ["cancelled", "moved", "removed", "voided", "hours"])
    def test_whatever_frees_time_makes_the_list_due(self, database: Database, event: str) -> None:
        doctor, visit = doctor_with_one_early_time()
        entry = waiting_for_earlier(doctor, LATER, due_at=now() + timedelta(hours=1))
        acts: dict[str, Any] = {
            "cancelled": lambda: appointments.cancel(ADMIN, visit.id),
            "moved": lambda: appointments.move(ADMIN, visit.id, starts_at=LATER + HALF_HOUR),
            "removed": lambda: appointments.remove(ADMIN, visit.id),
            "voided": lambda: cancellations.cancel_coming(ADMIN, patient_id=visit.patient_id),
            "hours": lambda: hours_changes.write(doctor.id, {"available_from": time(9), "available_to": time(17)}),
        }
        with database.unit_of_work():
            acts[event]()

        assert entry_of(database, entry).due_at <= now()


class TestSweep:
    def test_what_a_lost_job_left_is_offered(self, database: Database) -> None:
        doctor, visit = doctor_with_one_early_time()
        entry = waiting_for_earlier(doctor, LATER, due_at=now() + timedelta(hours=1))
        with database.unit_of_work():
            appointments.cancel(ADMIN, visit.id)

        with database.unit_of_work():
            jobs.sweep()

        assert offered(database) == [(entry.id, TEN, OPEN)]

    def test_what_ran_out_is_passed_on(self, database: Database) -> None:
        doctor, visit = doctor_with_one_early_time()
        first, second = waiting_for_earlier(doctor, LATER), waiting_for_earlier(doctor, LATER + HALF_HOUR)
        cancel(database, visit)
        settle(database, doctor)
        run_out(database, offers(database)[0])
        with database.unit_of_work() as session:
            session.execute(update(WaitingEntry).values(due_at=offers(database)[0].expires_at))

        with database.unit_of_work():
            jobs.sweep()

        assert offered(database) == [(first.id, TEN, EXPIRED), (second.id, TEN, OPEN)]

    def test_one_list_that_fails_does_not_stop_the_others(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken, whole = WaitingEntryFactory(), WaitingEntryFactory()
        seen: list[int] = []

        def settle_one(doctor_id: int) -> None:
            if doctor_id == broken.doctor_id:
                raise RuntimeError("no")
            seen.append(doctor_id)

        monkeypatch.setattr(waiting_offers, "settle", settle_one)
        with database.unit_of_work():
            jobs.sweep()

        assert seen == [whole.doctor_id]

    def test_a_list_that_was_seen_to_is_left_alone(self, database: Database) -> None:
        entry = WaitingEntryFactory(doctor=DoctorFactory())
        settle(database, entry.doctor)

        with database.unit_of_work():
            assert waiting_offers.due(now()) == []
            assert waiting_offers.due(now() + waiting_offers.LOOK_AGAIN) == [entry.doctor_id]
