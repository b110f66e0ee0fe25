"""One person in many tabs, who presses every button more than once: one visit is booked, and it is moved once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from app.models import Appointment, BookingDraft, Message, Patient
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory, coming_weekday
from tests.reliability.people import Crowd, Person, all_at_once, assert_consistent
from tests.support.databases import Database

pytestmark = [pytest.mark.slow, pytest.mark.both_databases]

TEN, NOON, TWO = (coming_weekday(hour=hour) for hour in (10, 12, 14))
PRESSES = 6


@pytest.fixture
def patient(database: Database) -> Patient:
    return PatientFactory()


@pytest.fixture
def tabs(live_server: Callable[..., str], patient: Patient) -> Iterator[list[Person]]:
    """The tabs of one browser, each with a connection of its own to a server of several processes."""
    address = live_server(processes=3)
    assert patient.manager is not None
    with Crowd(address, [patient.manager.username], kinds=(Person,)) as (first,):
        assert isinstance(first, Person)
        others = [first.tab() for _ in range(PRESSES - 1)]
        yield [first, *others]
        for other in others:
            other.client.connection.close()


class TestBooking:
    def test_one_draft_that_is_confirmed_many_times_at_once_is_booked_once(
        self, database: Database, patient: Patient, tabs: list[Person]
    ) -> None:
        doctor = DoctorFactory(hours=True)
        draft = tabs[0].draft(doctor.id, patient.id, TEN)

        answers = all_at_once([tab.confirm(draft) for tab in tabs])

        with database.unit_of_work() as session:
            visit = session.scalars(select(Appointment)).one()
            assert session.scalars(select(BookingDraft.appointment_id)).all() == [visit.id]
        places = {(answer.status, answer.location) for answer in answers}
        assert places == {(303, f"/my/appointments/{visit.id}/booked")}
        assert_consistent(database)

    def test_tabs_with_a_draft_each_for_the_same_time_book_once(
        self, database: Database, patient: Patient, tabs: list[Person]
    ) -> None:
        doctor = DoctorFactory(hours=True)
        presses = [tab.prepare(doctor.id, patient.id, TEN) for tab in tabs]

        answers = all_at_once(presses)

        with database.unit_of_work() as session:
            visit = session.scalars(select(Appointment)).one()
        assert {answer.status for answer in answers} == {303}
        places = sorted({answer.location for answer in answers})
        assert places == [f"/my/appointments/{visit.id}", f"/my/appointments/{visit.id}/booked"]
        assert_consistent(database)


class TestMoving:
    def test_the_same_move_pressed_many_times_at_once_is_one(
        self, database: Database, patient: Patient, tabs: list[Person]
    ) -> None:
        visit = AppointmentFactory(doctor=DoctorFactory(hours=True), patient=patient, starts_at=TEN)

        answers = all_at_once([tab.press_move(visit.id, NOON) for tab in tabs])

        assert {(answer.status, answer.location) for answer in answers} == {(303, f"/my/appointments/{visit.id}")}
        assert self._moves(database) == 1
        with database.unit_of_work() as session:
            assert session.scalars(select(Appointment.starts_at)).all() == [NOON]

    def test_of_two_tabs_with_other_times_one_moves_and_the_other_is_told(
        self, database: Database, patient: Patient, tabs: list[Person]
    ) -> None:
        visit = AppointmentFactory(doctor=DoctorFactory(hours=True), patient=patient, starts_at=TEN)

        answers = all_at_once([tabs[0].press_move(visit.id, NOON), tabs[1].press_move(visit.id, TWO)])

        assert sorted(answer.status for answer in answers) == [303, 409]
        assert "The appointment was changed meanwhile." in "".join(answer.body for answer in answers)
        assert self._moves(database) == 1

    def _moves(self, database: Database) -> int:
        with database.unit_of_work() as session:
            return session.scalar(select(func.count(Message.id)).where(Message.template == "moved")) or 0
