"""Appointments over JSON: booking, listing, changing, cancelling (contract, section 9)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.api.schemas.appointment import VIEWS, AppointmentOut, BookedOut
from app.models import Appointment, Doctor, Patient, VisitKind, VisitState
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    AvailableTimeFactory,
    CareTeamMemberFactory,
    DoctorFactory,
    PatientFactory,
    coming_weekday,
)
from tests.support.clients import ApiClient, api
from tests.support.databases import Database
from tests.support.queries import Queries

BOOKINGS = ("/appointments/", "/book-appointment/")


def text(moment: datetime) -> str:
    """A moment as it goes out."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    """The body of a refusal."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = response.get_json(force=True)
    return body


def ids(caller: ApiClient, query: str = "") -> list[int]:
    """The ids of the appointments that the list shows."""
    response = caller.get(f"/appointments/?{query}")
    assert response.status_code == 200, response.text
    return [entry["id"] for entry in response.get_json()["results"]]


def count(database: Database) -> int:
    """How many appointments there are."""
    with database.unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(Appointment)) or 0


@pytest.fixture
def patient(database: Database) -> Patient:
    return PatientFactory(name="Pat Smith")


@pytest.fixture
def doctor(database: Database) -> Doctor:
    """A doctor with hours: Monday to Friday, nine to five, half hours."""
    return DoctorFactory(name="Dr Ada Byron", hours=True)


@pytest.fixture
def caller(client: FlaskClient, patient: Patient) -> ApiClient:
    """The patient's account."""
    return api(client, patient.manager)


@pytest.fixture
def staff(client: FlaskClient, doctor: Doctor) -> ApiClient:
    """The doctor's account."""
    return api(client, doctor.account)


@pytest.fixture
def admin(client: FlaskClient, database: Database) -> ApiClient:
    return api(client, AccountFactory(is_admin=True))


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
        problem(caller.post("/appointments/", json=sent), 409)
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
        problem(staff.get(f"/appointments/{held.id}/"), 404)

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
    def test_what_has_happened_stays(self, staff: ApiClient, doctor: Doctor, state: VisitState) -> None:
        visit = AppointmentFactory(doctor=doctor, state=state, starts_at=datetime(2026, 1, 5, 10, tzinfo=UTC))
        problem(staff.delete(f"/appointments/{visit.id}/"), 409)
        assert ids(staff) == [visit.id]
