"""Booking over JSON: for whom, when, and only once (contract, section 9)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.api.schemas.appointment import AppointmentOut, BookedOut
from app.clock import from_local, local_today, now
from app.models import Appointment, Doctor, Patient, VisitKind, VisitState
from tests.api.support import SERVER_OWNED_OF_VISITS, ids, problem, text
from tests.factories import (
    AppointmentFactory,
    AvailableTimeFactory,
    CareTeamMemberFactory,
    DoctorFactory,
    PatientFactory,
    TimeOffFactory,
    coming_weekday,
)
from tests.support.clients import ApiClient, api
from tests.support.databases import Database

BOOKINGS = ("/appointments/", "/book-appointment/")


def count(database: Database) -> int:
    """How many appointments there are."""
    with database.unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(Appointment)) or 0


class TestBooking:
    @pytest.mark.both_databases
    @pytest.mark.parametrize("path", [*BOOKINGS, "/appointments", "/book-appointment"])
    def test_a_patient_books_a_free_time(
        self, caller: ApiClient, doctor: Doctor, patient: Patient, database: Database, path: str
    ) -> None:
        starts_at = coming_weekday(hour=11)
        response = caller.post(
            path,
            json={
                "doctor": doctor.id,
                "appointment_time": text(starts_at),
                "appointment_type": "Online",
                "symptoms": "A cough",
                "cancel": False,
                "status": "Confirmed",
                "appointment_status": "Completed",
                "state": "completed",
                "id": 999,
            },
        )
        assert response.status_code == 201, response.text
        body = response.get_json()
        assert body.pop("message", None) == ("The appointment is booked." if "book-" in path else None)
        created_at = body.pop("created_at")
        assert abs(datetime.now(UTC) - datetime.fromisoformat(created_at)) < timedelta(minutes=1)
        identity = body.pop("id")
        assert body == {
            "patient": patient.id,
            "doctor": doctor.id,
            "patient_name": "Pat Smith",
            "doctor_name": "Dr Ada Byron",
            "appointment_type": "Online",
            "appointment_status": "Pendding",
            "status": "Pending",
            "cancel": False,
            "state": "pending",
            "symptoms": "A cough",
            "time": None,
            "appointment_time": text(starts_at),
            "end_time": text(starts_at + timedelta(minutes=30)),
        }
        assert caller.get(f"/appointments/{identity}/").get_json() == {**body, "id": identity, "created_at": created_at}

    def test_the_schemas_document_what_is_sent(self, caller: ApiClient, doctor: Doctor) -> None:
        for path, schema, hour in (("/appointments/", AppointmentOut, 10), ("/book-appointment/", BookedOut, 11)):
            sent = {"doctor": doctor.id, "appointment_time": text(coming_weekday(hour=hour))}
            assert set(caller.post(path, json=sent).get_json()) == set(schema().fields)

    @pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
    def test_forms_do_as_well(self, caller: ApiClient, doctor: Doctor, content_type: str) -> None:
        form = {"doctor": str(doctor.id), "appointment_time": text(coming_weekday()), "time": "", "patient": ""}
        assert caller.post("/appointments/", data=form, content_type=content_type).status_code == 201

    def test_a_time_without_an_offset_is_the_hospitals(self, caller: ApiClient, doctor: Doctor) -> None:
        summer = datetime(2027, 7, 6, 10, tzinfo=UTC)
        DoctorFactory()
        sent = {"doctor": doctor.id, "appointment_time": "2027-07-06T11:00:00"}
        body = problem(caller.post("/appointments/", json=sent), 409)  # beyond the horizon, so not offered
        assert body["alternatives"]
        free = DoctorFactory()
        sent = {"doctor": free.id, "appointment_time": "2027-07-06T11:00:00"}
        assert caller.post("/appointments/", json=sent).get_json()["appointment_time"] == text(summer)

    def test_the_type_is_one_that_the_doctor_offers(self, caller: ApiClient, database: Database) -> None:
        online = DoctorFactory(hours=True, accepts_in_person=False)
        sent = {"doctor": online.id, "appointment_time": text(coming_weekday())}
        refused = caller.post("/appointments/", json={**sent, "appointment_type": "Offline"})
        assert list(problem(refused, 400)["errors"]) == ["appointment_type"]
        assert caller.post("/appointments/", json=sent).get_json()["appointment_type"] == "Online"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"doctor": None}, "doctor"),
            ({"doctor": 999}, "doctor"),
            ({"doctor": 2**63 - 1}, "doctor"),
            ({"doctor": 2**63}, "doctor"),
            ({"doctor": 1.5}, "doctor"),
            ({"doctor": "x"}, "doctor"),
            ({"patient": 999}, "patient"),
            ({"patient": 0}, "patient"),
            ({"appointment_time": None}, "appointment_time"),
            ({"appointment_time": "soon"}, "appointment_time"),
            ({"appointment_time": "2020-01-06T10:00:00Z"}, "appointment_time"),
            ({"appointment_time": "9999-12-31T23:59:59Z"}, "appointment_time"),
            ({"time": 999}, "time"),
            ({"time": 2**63}, "time"),
            ({"appointment_type": "online"}, "appointment_type"),
            ({"symptoms": "x" * 2001}, "symptoms"),
            ({"symptoms": None}, "symptoms"),
        ],
    )
    def test_what_is_wrong_is_named(
        self, caller: ApiClient, doctor: Doctor, database: Database, changes: dict[str, Any], field: str
    ) -> None:
        sent = {"doctor": doctor.id, "appointment_time": text(coming_weekday())} | changes
        for path in BOOKINGS:
            assert list(problem(caller.post(path, json=sent), 400)["errors"]) == [field]
        assert count(database) == 0

    def test_a_doctor_who_waits_for_approval_is_unknown(self, caller: ApiClient, database: Database) -> None:
        pending = DoctorFactory(pending=True)
        sent = {"doctor": pending.id, "appointment_time": text(coming_weekday())}
        hidden = caller.post("/appointments/", json=sent)
        absent = caller.post("/appointments/", json=sent | {"doctor": 999})
        assert hidden.data == absent.data
        assert "doctor" in problem(hidden, 400)["errors"]

    def test_a_stranger_is_401_before_the_body_is_read(self, client: FlaskClient, database: Database) -> None:
        for path in BOOKINGS:
            problem(client.post(path, data="{", content_type="application/json"), 401)

    @pytest.mark.parametrize("path", BOOKINGS)
    def test_what_the_server_owns_cannot_be_set(
        self, caller: ApiClient, admin: ApiClient, doctor: Doctor, patient: Patient, database: Database, path: str
    ) -> None:
        wanted = {
            "patient_id": patient.id,
            "doctor_id": doctor.id,
            "starts_at": coming_weekday(),
            "ends_at": coming_weekday() + timedelta(minutes=30),
            "kind": VisitKind.IN_PERSON,
            "symptoms": "",
            "available_time_id": None,
            "overbooked": False,
            "hold_expires_at": None,
            "cancel_reason": "",
            "cancelled_at": None,
            "removed_at": None,
            "version": 1,
        }
        by_patient = {"state": VisitState.PENDING, "patient_agreed": True, "booked_by_id": patient.manager_id}
        by_admin = {"state": VisitState.CONFIRMED, "patient_agreed": False}
        sent = {"doctor": doctor.id, "patient": patient.id, "appointment_time": text(coming_weekday())}
        for name, value in SERVER_OWNED_OF_VISITS.items():
            for asking, expected in ((caller, by_patient), (admin, by_admin)):
                body = asking.post(path, json={name: value} | sent).get_json()
                with database.unit_of_work() as session:
                    row = session.get_one(Appointment, body["id"])
                    found = {column: getattr(row, column) for column in wanted | expected}
                    assert found == wanted | expected, name
                    assert row.id != 999
                    assert row.created_at > datetime.now(UTC) - timedelta(minutes=1)
                    row.state = VisitState.CANCELLED  # the time is free for the next one


class TestForWhom:
    def test_dependants_are_booked_for(self, caller: ApiClient, doctor: Doctor, patient: Patient) -> None:
        child = PatientFactory(manager=patient.manager, is_own=False)
        sent = {"doctor": doctor.id, "patient": child.id, "appointment_time": text(coming_weekday())}
        assert caller.post("/appointments/", json=sent).get_json()["patient"] == child.id

    def test_another_accounts_patient_is_unknown(self, caller: ApiClient, doctor: Doctor) -> None:
        sent = {"doctor": doctor.id, "patient": PatientFactory().id, "appointment_time": text(coming_weekday())}
        hidden = caller.post("/appointments/", json=sent)
        assert hidden.data == caller.post("/appointments/", json=sent | {"patient": 999}).data
        assert "patient" in problem(hidden, 400)["errors"]

    def test_a_doctor_books_for_patients_whom_that_doctor_treats(
        self, staff: ApiClient, doctor: Doctor, patient: Patient
    ) -> None:
        sent = {"doctor": doctor.id, "patient": patient.id, "appointment_time": text(coming_weekday())}
        problem(staff.post("/appointments/", json=sent), 403)
        CareTeamMemberFactory(patient=patient, doctor=doctor)
        body = staff.post("/appointments/", json=sent).get_json()
        assert (body["state"], body["status"]) == ("confirmed", "Confirmed")

    def test_who_may_not_is_told_so_before_when_the_doctor_is_free(
        self, staff: ApiClient, doctor: Doctor, patient: Patient
    ) -> None:
        midnight = AvailableTimeFactory(starts=time(0))
        sent = {"doctor": doctor.id, "patient": patient.id, "time": midnight.id}
        problem(staff.post("/appointments/", json=sent), 403)
        CareTeamMemberFactory(patient=patient, doctor=doctor)
        problem(staff.post("/appointments/", json=sent), 409)

    def test_an_admin_books_for_anyone_but_must_say_for_whom(
        self, admin: ApiClient, doctor: Doctor, patient: Patient
    ) -> None:
        sent = {"doctor": doctor.id, "appointment_time": text(coming_weekday())}
        assert "patient" in problem(admin.post("/appointments/", json=sent), 400)["errors"]
        assert admin.post("/appointments/", json=sent | {"patient": patient.id}).status_code == 201


class TestWhen:
    def test_an_available_time_alone_is_the_next_day_on_which_the_doctor_is_free_then(
        self, caller: ApiClient, doctor: Doctor
    ) -> None:
        ten = AvailableTimeFactory(starts=time(10))
        first = caller.post("/appointments/", json={"doctor": doctor.id, "time": ten.id}).get_json()
        assert first["time"] == ten.id
        child = PatientFactory()
        assert child.id != first["patient"]
        second = caller.post("/appointments/", json={"doctor": doctor.id, "time": ten.id}).get_json()
        assert datetime.fromisoformat(second["appointment_time"]) > datetime.fromisoformat(first["appointment_time"])

    def test_without_hours_it_is_the_next_day_on_which_nothing_takes_up_the_doctor(
        self, caller: ApiClient, database: Database
    ) -> None:
        ten, doctor = AvailableTimeFactory(starts=time(10)), DoctorFactory()
        with database.unit_of_work():
            dates = [local_today() + timedelta(days=number) for number in range(1, 6)]
            days = [from_local(datetime.combine(date, time(10))) for date in dates]
        TimeOffFactory(doctor_id=doctor.id, starts_at=now(), ends_at=days[1] + timedelta(minutes=1))
        AppointmentFactory(doctor=doctor, starts_at=days[2] - timedelta(minutes=5))
        TimeOffFactory(starts_at=days[3], ends_at=days[3] + timedelta(minutes=1))
        body = caller.post("/appointments/", json={"doctor": doctor.id, "time": ten.id}).get_json()
        assert (body["appointment_time"], body["time"]) == (text(days[4]), ten.id)

    def test_a_moment_brings_the_available_time_that_starts_then(self, caller: ApiClient, doctor: Doctor) -> None:
        ten = AvailableTimeFactory(starts=time(10))
        winter = coming_weekday().strftime("%Y-%m-%dT10:00")
        body = caller.post("/appointments/", json={"doctor": doctor.id, "appointment_time": winter}).get_json()
        assert body["time"] == ten.id

    def test_both_must_agree(self, caller: ApiClient, doctor: Doctor) -> None:
        ten, eleven = AvailableTimeFactory(starts=time(10)), AvailableTimeFactory(starts=time(11))
        sent = {"doctor": doctor.id, "appointment_time": coming_weekday().strftime("%Y-%m-%dT10:00")}
        assert "time" in problem(caller.post("/appointments/", json=sent | {"time": eleven.id}), 400)["errors"]
        assert caller.post("/appointments/", json=sent | {"time": ten.id}).status_code == 201

    @pytest.mark.parametrize("path", BOOKINGS)
    def test_a_taken_time_is_409_with_the_next_free_ones(
        self, caller: ApiClient, doctor: Doctor, database: Database, path: str
    ) -> None:
        AppointmentFactory(doctor=doctor, starts_at=coming_weekday())
        sent = {"doctor": doctor.id, "appointment_time": text(coming_weekday())}
        body = problem(caller.post(path, json=sent), 409)
        assert len(body["alternatives"]) == 3
        assert all(alternative.endswith(":00Z") for alternative in body["alternatives"])
        sent["appointment_time"] = body["alternatives"][0]
        assert caller.post(path, json=sent).status_code == 201
        assert count(database) == 2

    def test_outside_hours_off_the_grid_or_too_soon_is_409(self, caller: ApiClient, doctor: Doctor) -> None:
        day = coming_weekday()
        for moment in (
            day.replace(hour=20),
            day.replace(minute=10),
            datetime.now(UTC) + timedelta(minutes=5),
            day + timedelta(days=400),
        ):
            sent = {"doctor": doctor.id, "appointment_time": text(moment)}
            assert problem(caller.post("/appointments/", json=sent), 409)["alternatives"]

    def test_a_doctor_without_hours_is_booked_at_any_future_time_that_clashes_with_nothing(
        self, caller: ApiClient, patient: Patient, database: Database
    ) -> None:
        doctor = DoctorFactory()
        midnight = coming_weekday(hour=3, minute=7)
        sent = {"doctor": doctor.id, "appointment_time": text(midnight)}
        body = caller.post("/appointments/", json=sent).get_json()
        assert body["end_time"] == text(midnight + timedelta(minutes=30))
        body = problem(caller.post("/appointments/", json=sent), 409)
        half_hours = [midnight + timedelta(minutes=30 * number) for number in (1, 2, 3)]
        assert body["alternatives"] == [text(moment) for moment in half_hours]
        other = {"doctor": DoctorFactory().id, "appointment_time": text(midnight + timedelta(minutes=10))}
        problem(caller.post("/appointments/", json=other), 409)  # the patient is taken, too


class TestIdempotency:
    @pytest.mark.both_databases
    def test_the_same_key_and_body_book_once(self, caller: ApiClient, doctor: Doctor, database: Database) -> None:
        sent = {"doctor": doctor.id, "appointment_time": text(coming_weekday())}
        headers = {"Idempotency-Key": "a b-1"}
        first = caller.post("/appointments/", json=sent, headers=headers)
        again = caller.post("/appointments/", json={**sent, "unknown": 1}, headers=headers)
        form = caller.post("/appointments", data={k: str(v) for k, v in sent.items()}, headers=headers)
        assert first.status_code == again.status_code == form.status_code == 201
        assert first.get_json() == again.get_json() == form.get_json()
        assert count(database) == 1

    def test_both_ways_to_book_know_the_key(self, caller: ApiClient, doctor: Doctor, database: Database) -> None:
        sent = {"doctor": doctor.id, "appointment_time": text(coming_weekday())}
        headers = {"Idempotency-Key": "k"}
        for first, then in (BOOKINGS, BOOKINGS[::-1], (BOOKINGS[1], BOOKINGS[1])):
            booked = caller.post(first, json=sent, headers=headers)
            again = caller.post(then, json=sent, headers=headers)
            assert booked.status_code == again.status_code == 201
            assert booked.get_json()["id"] == again.get_json()["id"]
            assert ("message" in again.get_json()) is ("book-" in then)
        assert count(database) == 1

    def test_the_same_key_with_another_body_is_409(self, caller: ApiClient, doctor: Doctor, database: Database) -> None:
        sent = {"doctor": doctor.id, "appointment_time": text(coming_weekday())}
        headers = {"Idempotency-Key": "k"}
        assert caller.post("/appointments/", json=sent, headers=headers).status_code == 201
        problem(caller.post("/appointments/", json=sent | {"symptoms": "x"}, headers=headers), 409)
        assert count(database) == 1

    def test_keys_are_each_accounts_own_and_a_refusal_may_be_tried_again(
        self, client: FlaskClient, caller: ApiClient, doctor: Doctor, database: Database
    ) -> None:
        sent = {"doctor": doctor.id, "appointment_time": text(coming_weekday())}
        headers = {"Idempotency-Key": "k"}
        assert caller.post("/appointments/", json=sent, headers=headers).status_code == 201
        other = api(client, PatientFactory().manager)
        problem(other.post("/appointments/", json=sent, headers=headers), 409)
        caller.delete(f"/appointments/{ids(caller)[0]}/")
        assert other.post("/appointments/", json=sent, headers=headers).status_code == 201

    @pytest.mark.parametrize(("key", "status"), [("", 201), ("k" * 255, 201), ("k" * 256, 400), ("\xe9", 201)])
    def test_a_key_is_short_text(self, caller: ApiClient, doctor: Doctor, key: str, status: int) -> None:
        sent = {"doctor": doctor.id, "appointment_time": text(coming_weekday())}
        response = caller.post("/appointments/", json=sent, headers={"Idempotency-Key": key})
        assert response.status_code == status, response.text
