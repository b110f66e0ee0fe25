"""Appointments over JSON: listed, read, changed, cancelled (contract, section 9)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.api.schemas.appointment import VIEWS, AppointmentOut
from app.models import Appointment, Doctor, Patient, VisitKind, VisitState
from tests.api.support import SERVER_OWNED_OF_VISITS, ids, problem, text
from tests.factories import (
    AppointmentFactory,
    AvailableTimeFactory,
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


class TestChanging:
    @pytest.mark.parametrize("who", ["caller", "staff", "admin"])
    def test_a_body_equal_to_the_last_get_changes_nothing(
        self, request: pytest.FixtureRequest, patient: Patient, doctor: Doctor, who: str
    ) -> None:
        asking: ApiClient = request.getfixturevalue(who)
        entry = AvailableTimeFactory(starts=time(10))
        for day, state in enumerate(VIEWS, 1):
            starts_at = datetime(2026, 1, day, 10, tzinfo=UTC)
            visit = AppointmentFactory(
                patient=patient, doctor=doctor, state=state, starts_at=starts_at, available_time_id=entry.id
            )
            path = f"/appointments/{visit.id}/"
            body = asking.get(path).get_json()
            form = {key: str(value) for key, value in body.items()}
            for method in ("PUT", "PATCH"):
                sent: tuple[dict[str, Any], ...] = ({"json": body}, {"json": {}}, {"data": form})
                for options in sent:
                    response = asking.open(method, path, **options)
                    assert (response.status_code, response.get_json()) == (200, body), (state, response.text)

    def test_the_patients_side_changes_words_and_moves_and_waits_again(
        self, caller: ApiClient, patient: Patient, doctor: Doctor
    ) -> None:
        visit = AppointmentFactory(patient=patient, doctor=doctor)
        path = f"/appointments/{visit.id}/"
        body = caller.patch(path, json={"symptoms": "Worse", "appointment_type": "Online"}).get_json()
        assert (body["symptoms"], body["appointment_type"], body["state"]) == ("Worse", "Online", "confirmed")
        moved = text(coming_weekday(hour=13))
        body = caller.put(path, json={**body, "appointment_time": moved}).get_json()
        assert (body["appointment_time"], body["state"], body["symptoms"]) == (moved, "pending", "Worse")

    def test_a_move_frees_the_old_time_at_once(
        self, client: FlaskClient, caller: ApiClient, patient: Patient, doctor: Doctor
    ) -> None:
        visit = AppointmentFactory(patient=patient, doctor=doctor)
        caller.patch(f"/appointments/{visit.id}/", json={"appointment_time": text(coming_weekday(hour=13))})
        other = api(client, PatientFactory().manager)
        sent = {"doctor": doctor.id, "appointment_time": text(visit.starts_at)}
        assert other.post("/appointments/", json=sent).status_code == 201

    def test_an_available_time_alone_keeps_the_date(self, caller: ApiClient, patient: Patient, doctor: Doctor) -> None:
        ten, three = AvailableTimeFactory(starts=time(10)), AvailableTimeFactory(starts=time(15))
        visit = AppointmentFactory(patient=patient, doctor=doctor, available_time_id=ten.id)
        path = f"/appointments/{visit.id}/"
        body = caller.put(path, json={**caller.get(path).get_json(), "time": three.id}).get_json()
        assert (body["time"], body["appointment_time"][:10]) == (three.id, text(visit.starts_at)[:10])
        back = caller.patch(path, json={"appointment_time": text(visit.starts_at)}).get_json()
        assert back["appointment_time"] == text(visit.starts_at)

    def test_a_move_to_a_taken_time_changes_nothing(self, caller: ApiClient, patient: Patient, doctor: Doctor) -> None:
        AppointmentFactory(doctor=doctor, starts_at=coming_weekday(hour=13))
        visit = AppointmentFactory(patient=patient, doctor=doctor)
        path = f"/appointments/{visit.id}/"
        before = caller.get(path).get_json()
        sent = {"appointment_time": text(coming_weekday(hour=13)), "symptoms": "Worse"}
        assert problem(caller.patch(path, json=sent), 409)["alternatives"]
        assert caller.get(path).get_json() == before

    @pytest.mark.parametrize("name", ["doctor", "patient"])
    def test_another_doctor_or_patient_is_400(
        self, admin: ApiClient, caller: ApiClient, patient: Patient, doctor: Doctor, name: str
    ) -> None:
        visit = AppointmentFactory(patient=patient, doctor=doctor)
        other = {"doctor": DoctorFactory(hours=True).id, "patient": PatientFactory().id}[name]
        for asking in (admin, caller):
            for method in ("PUT", "PATCH"):
                response = asking.open(method, f"/appointments/{visit.id}/", json={name: other})
                assert list(problem(response, 400)["errors"]) == [name]

    @pytest.mark.parametrize(
        "sent",
        [
            {"status": "Confirmed"},
            {"state": "confirmed"},
            {"appointment_status": "Completed"},
            {"state": "no_show"},
            {"appointment_status": "Running", "status": "Confirmed"},
            {"cancel": False},
        ],
    )
    def test_from_the_patients_side_other_states_are_ignored(
        self, caller: ApiClient, patient: Patient, doctor: Doctor, sent: dict[str, Any]
    ) -> None:
        visit = AppointmentFactory(patient=patient, doctor=doctor, state=VisitState.PENDING)
        response = caller.patch(f"/appointments/{visit.id}/", json=sent)
        assert (response.status_code, response.get_json()["state"]) == (200, "pending")

    @pytest.mark.parametrize("who", ["caller", "staff", "admin"])
    def test_each_may_cancel_in_three_words(
        self, request: pytest.FixtureRequest, patient: Patient, doctor: Doctor, who: str
    ) -> None:
        asking: ApiClient = request.getfixturevalue(who)
        sent: tuple[dict[str, Any], ...] = ({"cancel": True}, {"status": "Cancelled"}, {"state": "cancelled"})
        visits = []
        for words in sent:
            for method in ("PUT", "PATCH"):
                visits.append(AppointmentFactory(patient=patient, doctor=doctor).id)
                response = asking.open(method, f"/appointments/{visits[-1]}/", json=words)
                body = response.get_json()
                assert response.status_code == 200, response.text
                assert (body["state"], body["cancel"], body["status"]) == ("cancelled", True, "Cancelled")
        assert ids(asking) == visits

    @pytest.mark.parametrize("sent", [{"cancel": True}, {"appointment_time": text(coming_weekday(hour=13))}])
    def test_after_the_cutoff_the_patients_side_cannot_but_staff_can(
        self, caller: ApiClient, staff: ApiClient, patient: Patient, sent: dict[str, Any], doctor: Doctor
    ) -> None:
        visit = AppointmentFactory(patient=patient, doctor=doctor, starts_at=datetime.now(UTC) + timedelta(hours=1))
        path = f"/appointments/{visit.id}/"
        problem(caller.patch(path, json=sent), 409)
        problem(caller.delete(path), 409)
        assert staff.patch(path, json=sent).status_code == 200

    def test_staff_run_a_visit(self, staff: ApiClient, doctor: Doctor) -> None:
        visit = AppointmentFactory(
            doctor=doctor, state=VisitState.PENDING, starts_at=datetime.now(UTC) - timedelta(minutes=5)
        )
        path = f"/appointments/{visit.id}/"
        steps = [
            ({"status": "Confirmed"}, "confirmed"),
            ({"appointment_status": "Running"}, "in_progress"),
            ({"appointment_status": "Completed"}, "completed"),
        ]
        for sent, state in steps:
            response = staff.put(path, json={**staff.get(path).get_json(), **sent})
            assert (response.status_code, response.get_json()["state"]) == (200, state), response.text

    def test_a_missed_visit_is_marked_by_its_state(self, admin: ApiClient, doctor: Doctor) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=datetime.now(UTC) - timedelta(hours=1))
        body = admin.patch(f"/appointments/{visit.id}/", json={"state": "no_show"}).get_json()
        assert (body["appointment_status"], body["state"]) == ("Completed", "no_show")

    @pytest.mark.parametrize(
        ("state", "sent"),
        [
            (VisitState.CONFIRMED, {"status": "Pending"}),
            (VisitState.CANCELLED, {"cancel": False}),
            (VisitState.CANCELLED, {"status": "Confirmed"}),
            (VisitState.COMPLETED, {"cancel": True}),
            (VisitState.COMPLETED, {"appointment_status": "Running"}),
            (VisitState.COMPLETED, {"state": "no_show"}),
            (VisitState.NO_SHOW, {"status": "Cancelled"}),
            (VisitState.IN_PROGRESS, {"appointment_status": "Pendding"}),
        ],
    )
    def test_an_impossible_step_is_409(
        self, staff: ApiClient, doctor: Doctor, state: VisitState, sent: dict[str, Any]
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, state=state, starts_at=datetime(2026, 1, 5, 10, tzinfo=UTC))
        problem(staff.patch(f"/appointments/{visit.id}/", json=sent), 409)

    @pytest.mark.parametrize(
        "sent",
        [{"status": "Cancelled", "appointment_status": "Running"}, {"state": "completed", "cancel": True}],
    )
    def test_words_that_fit_no_state_together_are_400(
        self, staff: ApiClient, doctor: Doctor, sent: dict[str, Any]
    ) -> None:
        visit = AppointmentFactory(doctor=doctor)
        assert set(problem(staff.patch(f"/appointments/{visit.id}/", json=sent), 400)["errors"]) == set(sent)

    @pytest.mark.parametrize(
        "sent",
        [
            {"status": "x"},
            {"status": 1},
            {"appointment_status": "Pending"},
            {"state": "held"},
            {"cancel": "perhaps"},
            {"time": "x"},
            {"time": 999},
            {"appointment_time": "x"},
            {"symptoms": 1},
            {"appointment_type": "x"},
        ],
    )
    def test_bad_values_are_400(self, staff: ApiClient, doctor: Doctor, sent: dict[str, Any]) -> None:
        visit = AppointmentFactory(doctor=doctor)
        assert list(problem(staff.patch(f"/appointments/{visit.id}/", json=sent), 400)["errors"]) == list(sent)

    @pytest.mark.parametrize("who", ["caller", "admin"])
    def test_what_the_server_owns_cannot_be_set(
        self, request: pytest.FixtureRequest, patient: Patient, doctor: Doctor, database: Database, who: str
    ) -> None:
        asking: ApiClient = request.getfixturevalue(who)
        visit = AppointmentFactory(patient=patient, doctor=doctor)

        def row() -> dict[str, Any]:
            with database.unit_of_work() as session:
                found = session.execute(select(Appointment.__table__).where(Appointment.id == visit.id)).one()
                return found._asdict()

        before = row()
        views = {"state", "status", "appointment_status", "cancel"}  # staff write these
        for name, value in SERVER_OWNED_OF_VISITS.items():
            if name in views:
                continue
            for method in ("PUT", "PATCH"):
                for options in ({"json": {name: value}}, {"data": {name: str(value)}}):
                    assert asking.open(method, f"/appointments/{visit.id}", **options).status_code == 200, name
                    assert row() == before, name

    def test_a_move_names_one_time(self, caller: ApiClient, patient: Patient, doctor: Doctor) -> None:
        three = AvailableTimeFactory(starts=time(15))
        path = f"/appointments/{AppointmentFactory(patient=patient, doctor=doctor).id}/"
        day = coming_weekday().date()
        sent = {"time": three.id, "appointment_time": f"{day}T14:00:00"}
        assert set(problem(caller.patch(path, json=sent), 400)["errors"]) == {"time", "appointment_time"}
        sent["appointment_time"] = f"{day}T15:00:00"
        assert caller.patch(path, json=sent).get_json()["time"] == three.id

    def test_what_is_cancelled_is_not_moved_before(
        self, staff: ApiClient, caller: ApiClient, patient: Patient, doctor: Doctor
    ) -> None:
        for asking in (staff, caller):
            visit = AppointmentFactory(patient=patient, doctor=doctor)
            sent = {"cancel": True, "appointment_time": text(coming_weekday(hour=13)), "symptoms": "Better"}
            body = asking.put(f"/appointments/{visit.id}", json=sent).get_json()
            assert (body["state"], body["appointment_time"]) == ("cancelled", text(visit.starts_at))
            assert body["symptoms"] == "Better"

    def test_a_time_that_the_clocks_skip_on_that_day_is_400(self, staff: ApiClient, database: Database) -> None:
        half_past_one = AvailableTimeFactory(starts=time(1, 30))
        doctor = DoctorFactory()
        visit = AppointmentFactory(doctor=doctor, starts_at=datetime(2027, 3, 28, 10, tzinfo=UTC))
        path = f"/appointments/{visit.id}/"
        asking = api(staff.client, doctor.account)
        assert list(problem(asking.patch(path, json={"time": half_past_one.id}), 400)["errors"]) == ["time"]
        sent = {"appointment_time": "2027-03-28T01:30:00"}
        assert list(problem(asking.patch(path, json=sent), 400)["errors"]) == ["appointment_time"]


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
