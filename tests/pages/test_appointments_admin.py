"""All appointments in admins' hands: found, cancelled, and one put beside others for a reason that the doctor reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.models import Appointment, AuditEvent, VisitState
from tests.factories import AccountFactory, AppointmentFactory, DoctorFactory, PatientFactory, coming_weekday
from tests.support.clients import form_values, sign_in
from tests.support.databases import Database
from tests.support.queries import Queries

PATH = "/admin/appointments"


@pytest.fixture
def admins_client(client: FlaskClient, database: Database) -> FlaskClient:
    """An admin, signed in."""
    return sign_in(client, AccountFactory(is_admin=True))


def visit_of(patient: str, doctor: str, **values: Any) -> Any:
    return AppointmentFactory(patient=PatientFactory(name=patient), doctor=DoctorFactory(name=doctor), **values)


class TestAppointments:
    def test_it_finds_by_patient_and_doctor_state_and_day(self, admins_client: FlaskClient) -> None:
        visit_of("Amira Hassan", "Dr Okafor")
        later = visit_of("Joe Wood", "Dr Okafor", starts_at=coming_weekday(days=12), state=VisitState.CANCELLED)
        visit_of("Ada King", "Dr Marsh", starts_at=coming_weekday() - timedelta(days=60), state=VisitState.COMPLETED)
        names = ("Amira Hassan", "Joe Wood", "Ada King")

        def found(**query: str) -> list[str]:
            page = admins_client.get(PATH, query_string=query).text
            return [name for name in names if name in page]

        assert found() == ["Amira Hassan", "Joe Wood"]
        assert found(search="okafor joe") == ["Joe Wood"]
        assert found(show="cancelled") == ["Joe Wood"]
        assert found(since="2020-01-01") == list(names)
        assert found(since=later.starts_at.date().isoformat()) == ["Joe Wood"]
        assert found(until=(later.starts_at - timedelta(days=1)).date().isoformat()) == ["Amira Hassan"]
        assert found(search="nobody") == []

    def test_it_sorts(self, admins_client: FlaskClient) -> None:
        visit_of("Amira Hassan", "Dr Okafor", starts_at=coming_weekday(days=12))
        visit_of("Joe Wood", "Dr Okafor", starts_at=coming_weekday(days=15))
        visit_of("Ada King", "Dr Okafor", starts_at=coming_weekday(days=8))

        def first(order: str) -> str:
            page = admins_client.get(f"{PATH}?order={order}").text
            return min(("Amira Hassan", "Joe Wood", "Ada King"), key=page.index)

        assert [first(order) for order in ("soonest", "latest", "booked")] == ["Ada King", "Joe Wood", "Ada King"]

    def test_the_file_has_what_the_filters_leave(self, admins_client: FlaskClient, database: Database) -> None:
        visit = visit_of("Amira Hassan", "Dr Okafor", starts_at=datetime(2027, 7, 1, 8, 30, tzinfo=UTC))
        visit_of("Joe Wood", "Dr Okafor")

        answer = admins_client.get(f"{PATH}/appointments.csv?search=amira")

        (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
        assert (row["day"], row["time"]) == ("2027-07-01", "09:30")
        assert (row["id"], row["patient"], row["doctor"]) == (str(visit.id), "Amira Hassan", "Dr Okafor")
        with database.unit_of_work() as session:
            assert "appointments.exported" in session.scalars(select(AuditEvent.action)).all()

    def test_its_cost_does_not_grow(
        self, admins_client: FlaskClient, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        AppointmentFactory()
        with count_queries() as few:
            admins_client.get(PATH)
        AppointmentFactory.create_batch(10)
        with count_queries() as many:
            admins_client.get(PATH)
        assert len(many) == len(few), many

    def test_one_is_cancelled_for_a_reason(self, admins_client: FlaskClient, database: Database) -> None:
        visit = AppointmentFactory(symptoms="A private matter")
        path = f"{PATH}/{visit.id}"
        assert "A private matter" not in admins_client.get(path).text
        fields = form_values(admins_client.get(f"{path}/cancel").text) | {"reason": "The room is flooded."}

        page = admins_client.post(f"{path}/cancel", data=fields, follow_redirects=True).text

        assert "The room is flooded." in page
        with database.unit_of_work() as session:
            assert session.get_one(Appointment, visit.id).state is VisitState.CANCELLED
        assert "cannot be cancelled any more" in admins_client.get(f"{path}/cancel").text


class TestOverbook:
    def test_a_patient_is_chosen_first(self, admins_client: FlaskClient) -> None:
        patient = PatientFactory(name="Amira Hassan")

        assert "Search for the patient" in admins_client.get(f"{PATH}/overbook").text
        page = admins_client.get(f"{PATH}/overbook?q=amira").text
        assert f'href="{PATH}/overbook/{patient.id}"' in page

    def test_it_books_once_and_tells_the_doctor_why(
        self, admins_client: FlaskClient, client: FlaskClient, database: Database
    ) -> None:
        patient, present = PatientFactory(), AppointmentFactory(starts_at=coming_weekday(hour=10))
        path, day = f"{PATH}/overbook/{patient.id}", present.starts_at.date()
        fields = form_values(admins_client.get(path).text) | {
            "doctor": str(present.doctor_id),
            **{f"on-{part}": str(getattr(day, part)) for part in ("day", "month", "year")},
            "at": "10am",
            "minutes": "15",
            "kind": "in_person",
            "reason": "Chest pain since this morning",
        }

        for _ in range(2):
            page = admins_client.post(path, data=fields, follow_redirects=True)
            assert page.status_code == 200
            assert "Chest pain since this morning" in page.text

        with database.unit_of_work() as session:
            booked = select(func.count()).where(Appointment.patient_id == patient.id)
            assert session.scalar(booked) == 1
        doctors = sign_in(database.app.test_client(), present.doctor.account)
        day_page = doctors.get(f"/clinic?day={day}").text
        assert "Overbooked" in day_page
        assert "Chest pain since this morning" in day_page
        assert "Overbooked" in doctors.get(f"/clinic/week?day={day}").text

    def test_what_is_wrong_is_said_and_kept(self, admins_client: FlaskClient) -> None:
        patient, doctor = PatientFactory(), DoctorFactory()
        path = f"{PATH}/overbook/{patient.id}"
        fields = form_values(admins_client.get(path).text) | {"doctor": str(doctor.id), "at": "teatime", "minutes": "9"}

        response = admins_client.post(path, data=fields)

        assert response.status_code == 400
        for said in ("Enter the day.", "Time must be a time", 'value="teatime"'):
            assert said in response.text
