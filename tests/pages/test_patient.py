"""One's appointments on the pages: lists, one of them, cancelling."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.models import Message, VisitKind, VisitState
from tests.factories import AppointmentFactory, DoctorFactory
from tests.support.booking import confirm, details, token, visits
from tests.support.clients import sign_in
from tests.support.databases import Database

SOON = timedelta(hours=1)
"""Less than the cutoff."""


class TestBooked:
    def test_it_says_what_happens_next(self, visitor: FlaskClient, doctor: Any, patient: Any) -> None:
        visit = AppointmentFactory(doctor=doctor, patient=patient, state=VisitState.PENDING)

        page = visitor.get(f"/my/appointments/{visit.id}/booked").text

        assert "Appointment booked" in page
        assert "Dr Hart will confirm your appointment." in page
        assert "You can move or cancel it until" in page

    def test_after_the_cutoff_it_promises_no_cancelling(self, visitor: FlaskClient, patient: Any) -> None:
        visit = AppointmentFactory(patient=patient, starts_at=datetime.now(UTC) + SOON)

        page = visitor.get(f"/my/appointments/{visit.id}/booked").text

        assert "Appointment booked" in page
        assert "cancel" not in page

    def test_a_cancelled_visit_is_not_called_booked(self, visitor: FlaskClient, patient: Any) -> None:
        visit = AppointmentFactory(patient=patient, state=VisitState.CANCELLED)

        assert visitor.get(f"/my/appointments/{visit.id}/booked").location == f"/my/appointments/{visit.id}"


class TestAppointments:
    def test_a_stranger_signs_in_first(self, client: FlaskClient) -> None:
        assert client.get("/my/appointments").location == "/sign-in?next=/my/appointments"

    @pytest.mark.parametrize(
        ("show", "doctor_name"), [("", "Dr Coming"), ("past", "Dr Past"), ("cancelled", "Dr Gone"), ("x", "Dr Coming")]
    )
    def test_each_group_shows_its_own(self, visitor: FlaskClient, patient: Any, show: str, doctor_name: str) -> None:
        ago = datetime.now(UTC) - timedelta(days=9)
        AppointmentFactory(patient=patient, doctor=DoctorFactory(name="Dr Coming"))
        AppointmentFactory(
            patient=patient, doctor=DoctorFactory(name="Dr Past"), starts_at=ago, state=VisitState.COMPLETED
        )
        AppointmentFactory(patient=patient, doctor=DoctorFactory(name="Dr Gone"), state=VisitState.CANCELLED)
        AppointmentFactory(doctor=DoctorFactory(name="Dr Other"))

        page = visitor.get(f"/my/appointments?show={show}").text

        assert [name for name in ("Dr Coming", "Dr Past", "Dr Gone", "Dr Other") if name in page] == [doctor_name]

    @pytest.mark.parametrize(
        ("show", "title"),
        [("", "No coming appointments"), ("past", "No past appointments"), ("cancelled", "No cancelled appointments")],
    )
    def test_an_empty_group_says_what_to_do(self, visitor: FlaskClient, show: str, title: str) -> None:
        page = visitor.get(f"/my/appointments?show={show}").text

        assert title in page
        assert "portal-empty" in page

    def test_many_have_pages(self, visitor: FlaskClient, patient: Any, database: Database) -> None:
        first = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
        doctor = DoctorFactory()
        with database.unit_of_work():
            for day in range(11):
                AppointmentFactory(patient=patient, doctor=doctor, starts_at=first + timedelta(days=day))

        page = visitor.get("/my/appointments?show=past&page=2")

        assert page.text.count('href="/my/appointments/') == 1
        assert 'href="/my/appointments?show=past"' in page.text

    def test_it_takes_a_constant_number_of_statements(
        self, visitor: FlaskClient, patient: Any, database: Database, count_queries: Callable[..., Any]
    ) -> None:
        with database.unit_of_work():
            for day in range(8):
                AppointmentFactory(patient=patient, starts_at=datetime.now(UTC) + timedelta(days=3 + day))

        with count_queries() as statements:
            visitor.get("/my/appointments")

        assert len(statements) <= 4, statements


class TestAppointment:
    def test_it_says_when_with_whom_where_and_how_it_stands(self, visitor: FlaskClient, patient: Any) -> None:
        visit = AppointmentFactory(patient=patient, doctor=DoctorFactory(name="Dr Hart"))

        page = visitor.get(f"/my/appointments/{visit.id}").text

        for text in ("Appointment with Dr Hart", "Confirmed", "Amira Hassan", "In person", "Ground floor", "A cough"):
            assert text in page
        assert f'href="/my/appointments/{visit.id}/cancel"' in page

    @pytest.mark.parametrize("ending", ["", "/booked", "/cancel"])
    def test_other_peoples_are_not_there(self, visitor: FlaskClient, database: Database, ending: str) -> None:
        visit = AppointmentFactory()

        assert visitor.get(f"/my/appointments/{visit.id}{ending}").status_code == 404
        assert visitor.get(f"/my/appointments/999999{ending}").status_code == 404

    def test_a_doctor_reads_patients_visits_elsewhere(self, client: FlaskClient, database: Database) -> None:
        visit = AppointmentFactory()
        sign_in(client, visit.doctor.account)

        assert client.get(f"/my/appointments/{visit.id}").status_code == 404

    @pytest.mark.parametrize(
        ("state", "link", "is_shown"),
        [
            (VisitState.CONFIRMED, "https://meet.example.org/room", True),
            (VisitState.PENDING, "https://meet.example.org/room", False),
            (VisitState.CANCELLED, "https://meet.example.org/room", False),
            (VisitState.CONFIRMED, "javascript:alert(1)", False),
        ],
    )
    def test_the_video_link_is_shown_near_the_time_once_confirmed(
        self,
        visitor: FlaskClient,
        patient: Any,
        state: VisitState,
        link: str,
        is_shown: bool,  # noqa: FBT001 (pytest passes it by name)
    ) -> None:
        visit = AppointmentFactory(
            patient=patient,
            doctor=DoctorFactory(meet_link=link),
            kind=VisitKind.ONLINE,
            state=state,
            starts_at=datetime.now(UTC) + timedelta(minutes=10),
        )

        for page in (visitor.get(f"/my/appointments/{visit.id}").text, visitor.get("/my/appointments").text):
            assert ("Join the video call" in page) is is_shown
            assert (f'href="{link}"' in page) is is_shown

    def test_before_it_says_from_when_one_can_join(self, visitor: FlaskClient, patient: Any) -> None:
        doctor = DoctorFactory(meet_link="https://meet.example.org/room")
        visit = AppointmentFactory(patient=patient, doctor=doctor, kind=VisitKind.ONLINE)

        page = visitor.get(f"/my/appointments/{visit.id}").text

        assert "You can join the video call here from" in page
        assert "meet.example.org" not in page
        assert "meet.example.org" not in visitor.get("/my/appointments").text


class TestCancel:
    def test_it_says_what_will_happen_and_changes_nothing(
        self, visitor: FlaskClient, patient: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(patient=patient)

        page = visitor.get(f"/my/appointments/{visit.id}/cancel").text

        assert "Do you want to cancel this appointment?" in page
        assert "The time becomes free for others at once." in page
        assert visits(database)[0].state is VisitState.CONFIRMED

    def test_it_frees_the_time_at_once_and_says_so_once(
        self, visitor: FlaskClient, doctor: Any, answers: dict[str, str], database: Database
    ) -> None:
        confirm(visitor, doctor, details(visitor, doctor, answers))
        [visit] = visits(database)
        slot = f'href="/book/{doctor.id}?at={answers["at"]}"'
        assert slot not in visitor.get(f"/find-a-doctor/{doctor.id}").text

        response = self._press(visitor, visit.id)

        assert (response.status_code, response.location) == (303, f"/my/appointments/{visit.id}")
        assert "Your appointment is cancelled." in visitor.get(response.location).text
        assert "Your appointment is cancelled." not in visitor.get(response.location).text
        assert slot in visitor.get(f"/find-a-doctor/{doctor.id}").text

    def test_twice_is_as_once(self, visitor: FlaskClient, patient: Any, database: Database) -> None:
        visit = AppointmentFactory(patient=patient)

        responses = [self._press(visitor, visit.id) for _ in range(2)]

        assert [response.location for response in responses] == [f"/my/appointments/{visit.id}"] * 2
        with database.unit_of_work() as session:
            told = select(Message.template).order_by(Message.id)
            assert session.scalars(told).all() == ["cancelled", "clinic_cancelled"]

    def test_too_late_says_so_and_what_to_do(self, visitor: FlaskClient, patient: Any, database: Database) -> None:
        visit = AppointmentFactory(patient=patient, starts_at=datetime.now(UTC) + SOON)

        asked = visitor.get(f"/my/appointments/{visit.id}/cancel")
        pressed = self._press(visitor, visit.id)

        assert asked.status_code == pressed.status_code == 409
        assert "call the hospital" in asked.text
        assert "It is less than 2 hours before the appointment" in pressed.text
        assert f"/my/appointments/{visit.id}/cancel" not in visitor.get(f"/my/appointments/{visit.id}").text
        assert visits(database)[0].state is VisitState.CONFIRMED

    def test_a_past_visit_cannot_be_cancelled(self, visitor: FlaskClient, patient: Any) -> None:
        ago = datetime.now(UTC) - timedelta(days=9)
        visit = AppointmentFactory(patient=patient, starts_at=ago, state=VisitState.COMPLETED)

        response = self._press(visitor, visit.id)

        assert response.status_code == 409
        assert "The appointment is completed: it cannot be cancelled." in response.text

    def test_nobody_cancels_other_peoples(self, visitor: FlaskClient, database: Database) -> None:
        visit = AppointmentFactory()

        assert self._press(visitor, visit.id).status_code == 404
        assert visits(database)[0].state is VisitState.CONFIRMED

    def _press(self, visitor: FlaskClient, visit_id: int) -> TestResponse:
        return visitor.post(f"/my/appointments/{visit_id}/cancel", data={"csrf_token": token(visitor)})
