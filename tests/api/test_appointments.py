"""Appointments over JSON: listed, read, changed, cancelled (contract, section 9)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from app.api.schemas.appointment import VIEWS, AppointmentOut
from app.models import Doctor, Patient, VisitKind, VisitState
from tests.api.support import ids, problem, text
from tests.factories import (
    AppointmentFactory,
    DoctorFactory,
    PatientFactory,
    coming_weekday,
)
from tests.support.clients import ApiClient, api
from tests.support.databases import Database
from tests.support.queries import Queries


class TestLists:
    def test_each_sees_their_own(
        self,
        client: FlaskClient,
        caller: ApiClient,
        staff: ApiClient,
        admin: ApiClient,
        doctor: Doctor,
        patient: Patient,
    ) -> None:
        child = PatientFactory(manager=patient.manager, is_own=False)
        later = AppointmentFactory(doctor=doctor, patient=child, starts_at=coming_weekday(hour=12))
        sooner = AppointmentFactory(doctor=doctor, patient=patient, starts_at=coming_weekday(hour=10))
        strange = AppointmentFactory(starts_at=coming_weekday(hour=11))
        assert ids(caller) == ids(staff) == [sooner.id, later.id]
        assert ids(admin) == [sooner.id, strange.id, later.id]
        assert ids(api(client, DoctorFactory(pending=True).account)) == []
        # A filter never widens.
        assert ids(caller, f"doctor_id={strange.doctor_id}") == ids(caller, f"patient_id={strange.patient_id}") == []

    @pytest.mark.both_databases
    def test_filters(self, admin: ApiClient, doctor: Doctor, patient: Patient) -> None:
        one = AppointmentFactory(doctor=doctor, starts_at=datetime(2027, 7, 5, 22, 30, tzinfo=UTC))
        two = AppointmentFactory(
            patient=patient, starts_at=datetime(2027, 7, 6, 23, 0, tzinfo=UTC), state=VisitState.CANCELLED
        )
        three = AppointmentFactory(starts_at=datetime(2027, 7, 7, 22, 30, tzinfo=UTC), state=VisitState.COMPLETED)
        expected = {
            f"doctor_id={doctor.id}": [one],
            f"patient_id={patient.id}": [two],
            "status=Cancelled": [two],
            "status=Confirmed": [one, three],
            "status=Pending": [],
            # Hospital days: the seventh of July begins at 23:00 UTC on the sixth.
            "from=2027-07-07": [two, three],
            "to=2027-07-06": [one],
            "from=2027-07-07&to=2027-07-07": [two, three],
            "from=2027-07-07T00:00": [two, three],
            "from=2027-07-06T23:00:01Z": [three],
            "to=2027-07-06T23:00:00Z": [one],
            "from=2027-07-06T23:00:00+00:00": [two, three],
            "doctor_id=9223372036854775807": [],
            "patient_id=-1": [],
        }
        for query, rows in expected.items():
            assert ids(admin, query) == [row.id for row in rows], query

    @pytest.mark.parametrize(
        "query",
        [
            "patient_id=x",
            "doctor_id=1.5",
            "doctor_id=9223372036854775808",
            "status=pending",
            "status=",
            "from=soon",
            "to=2027-02-30",
            "from=",
            "from=0001-01-01",
            "to=9999-12-31",
            "page=0",
            "limits=0",
            "limits=x",
        ],
    )
    def test_a_value_of_the_wrong_type_is_400(self, caller: ApiClient, query: str) -> None:
        body = problem(caller.get(f"/appointments/?{query}"), 400)
        assert list(body["errors"]) == [query.partition("=")[0]]

    def test_pages(self, caller: ApiClient, patient: Patient, doctor: Doctor) -> None:
        for hour in (9, 10, 11):
            AppointmentFactory(doctor=doctor, patient=patient, starts_at=coming_weekday(hour=hour))
        body = caller.get(f"/appointments?limits=2&doctor_id={doctor.id}").get_json()
        assert (body["count"], len(body["results"]), body["previous"]) == (3, 2, None)
        assert body["next"] == f"http://localhost/appointments?limits=2&doctor_id={doctor.id}&page=2"
        assert problem(caller.get("/appointments/?page=2"), 404)["detail"] == "Invalid page."
        assert set(body["results"][0]) == set(AppointmentOut().fields)

    def test_a_page_takes_the_same_statements_however_long_it_is(
        self, admin: ApiClient, database: Database, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        with database.unit_of_work():
            for hour in range(8):
                AppointmentFactory(starts_at=coming_weekday(hour=hour + 9))
        counts = []
        for limits in (1, 8):
            with count_queries() as statements:
                admin.get(f"/appointments/?limits={limits}")
            counts.append(len(statements))
        assert counts[0] == counts[1] <= 4


class TestViews:
    @pytest.mark.parametrize("state", VIEWS)
    def test_the_state_is_told_in_the_words_of_the_documents(
        self, staff: ApiClient, doctor: Doctor, state: VisitState
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, state=state)
        body = staff.get(f"/appointments/{visit.id}/").get_json()
        expected = {
            VisitState.PENDING: ("Pendding", "Pending", False, "pending"),
            VisitState.CONFIRMED: ("Pendding", "Confirmed", False, "confirmed"),
            VisitState.IN_PROGRESS: ("Running", "Confirmed", False, "in_progress"),
            VisitState.COMPLETED: ("Completed", "Confirmed", False, "completed"),
            VisitState.NO_SHOW: ("Completed", "Confirmed", False, "no_show"),
            VisitState.CANCELLED: ("Pendding", "Cancelled", True, "cancelled"),
        }[state]
        assert tuple(body[name] for name in ("appointment_status", "status", "cancel", "state")) == expected

    def test_a_held_time_is_no_appointment_yet(self, staff: ApiClient, doctor: Doctor) -> None:
        held = AppointmentFactory(
            doctor=doctor, state=VisitState.HELD, hold_expires_at=datetime.now(UTC) + timedelta(minutes=5)
        )
        assert ids(staff) == []
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            problem(staff.open(method, f"/appointments/{held.id}/"), 404)

    def test_a_hidden_appointment_is_as_absent(
        self, client: FlaskClient, caller: ApiClient, database: Database
    ) -> None:
        hidden = f"/appointments/{AppointmentFactory().id}/"
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            answers = {caller.open(method, path, data="{").data for path in (hidden, "/appointments/999999/")}
            assert len(answers) == 1
            problem(caller.open(method, hidden, data="{", content_type="application/json"), 404)
            problem(client.open(hidden, method=method), 401)

    @pytest.mark.parametrize("appointment_id", [0, 2**31, 2**63 - 1, 2**63, 10**30])
    @pytest.mark.both_databases
    def test_an_id_that_no_row_can_have_is_404(self, caller: ApiClient, appointment_id: int) -> None:
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            problem(caller.open(method, f"/appointments/{appointment_id}"), 404)


class TestDeleting:
    @pytest.mark.parametrize("who", ["caller", "staff", "admin"])
    def test_it_is_cancelled_and_gone(
        self, request: pytest.FixtureRequest, client: FlaskClient, patient: Patient, doctor: Doctor, who: str
    ) -> None:
        asking: ApiClient = request.getfixturevalue(who)
        starts_at = coming_weekday()
        for state in (VisitState.PENDING, VisitState.CONFIRMED, VisitState.CANCELLED):
            visit = AppointmentFactory(patient=patient, doctor=doctor, state=state, kind=VisitKind.ONLINE)
            path = f"/appointments/{visit.id}/"
            response = asking.delete(path)
            assert (response.status_code, response.data) == (204, b"")
            assert "Content-Type" not in response.headers
            problem(asking.get(path), 404)
            problem(asking.delete(path), 404)
            assert ids(asking) == []
        sent = {"doctor": doctor.id, "appointment_time": text(starts_at)}
        assert api(client, PatientFactory().manager).post("/appointments/", json=sent).status_code == 201

    @pytest.mark.parametrize("state", [VisitState.COMPLETED, VisitState.NO_SHOW, VisitState.IN_PROGRESS])
    def test_what_has_happened_stays(
        self,
        staff: ApiClient,
        caller: ApiClient,
        admin: ApiClient,
        doctor: Doctor,
        patient: Patient,
        state: VisitState,
    ) -> None:
        starts_at = datetime(2026, 1, 5, 10, tzinfo=UTC)
        visit = AppointmentFactory(doctor=doctor, patient=patient, state=state, starts_at=starts_at)
        for asking in (staff, caller, admin):
            problem(asking.delete(f"/appointments/{visit.id}/"), 409)
            assert ids(asking) == [visit.id]
