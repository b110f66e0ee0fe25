"""Appointments changed over JSON: words, times and states (contract, section 9)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.api.schemas.appointment import VIEWS
from app.models import Appointment, Doctor, Patient, VisitState
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
        body = caller.patch(path, json={"symptoms": "Worse"}).get_json()
        assert (body["symptoms"], body["state"]) == ("Worse", "confirmed")
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
