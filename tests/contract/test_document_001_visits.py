"""Document 001, "Appointments" and "Reviews"."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.models import AvailableTime, VisitState
from tests.contract.hospital import Hospital
from tests.contract.support import Program, like, moment, ok, page_like, refused
from tests.factories import AppointmentFactory, AvailableTimeFactory, ReviewFactory, coming_weekday
from tests.support.databases import Database

APPOINTMENT = {
    "id": 0,
    "patient": 0,
    "doctor": 0,
    "appointment_type": "Online",
    "appointment_status": "Pendding",
    "symptoms": "string",
    "time": 0,
    "cancel": False,
}
NO_TIME = {"time"}
"""A visit may start at a moment that is no available time."""

REVIEW = {
    "id": 0,
    "reviewer": "string",
    "doctor_name": "string",
    "body": "string",
    "created_on": "2023-01-01",
    "rating": "⭐⭐⭐⭐⭐",
}


def keys(caller: Program, path: str) -> list[int]:
    """The ids that a list shows."""
    return [each["id"] for each in ok(caller.get(path))["results"]]


class TestAppointments:
    @pytest.fixture
    def ten(self, database: Database) -> AvailableTime:
        return AvailableTimeFactory(starts=time(10))

    def booking(self, hospital: Hospital, entry: AvailableTime, **changes: Any) -> dict[str, Any]:
        """The document's request body."""
        sent = {"doctor": hospital.doctor.id, "appointment_type": "Online", "symptoms": "A cough", "time": entry.id}
        return {**sent, "cancel": False, **changes}

    @pytest.mark.parametrize("kind", ["Online", "Offline"])
    def test_it_is_created_for_the_authenticated_user_on_the_next_free_day_as_the_contract_settles(
        self, patient: Program, other_patient: Program, hospital: Hospital, ten: AvailableTime, kind: str
    ) -> None:
        """The document has a time, and no date."""
        sent = self.booking(hospital, ten, appointment_type=kind)

        first = like(ok(patient.post("/appointments/", json=sent), 201), APPOINTMENT)

        assert sent.items() <= first.items()
        assert (first["patient"], first["appointment_status"]) == (hospital.patient.id, "Pendding")
        second = ok(other_patient.post("/appointments/", data=sent), 201)
        times = [each["appointment_time"] for each in (first, second)]
        assert {each[-7:] for each in times} == {":00:00Z"}
        assert datetime.now(UTC) < datetime.fromisoformat(times[0]) < datetime.fromisoformat(times[1])
        assert second["patient"] == hospital.other_patient.id

    def test_a_bad_request_is_400(
        self, patient: Program, stranger: Program, hospital: Hospital, ten: AvailableTime
    ) -> None:
        refused(stranger.post("/appointments/", json=self.booking(hospital, ten)), 401)
        for name, value in (
            ("doctor", 999),
            ("doctor", "x"),
            ("time", 999),
            ("time", 1.5),
            ("appointment_type", "online"),
            ("symptoms", 7),
        ):
            refused(patient.post("/appointments/", json=self.booking(hospital, ten, **{name: value})), 400, name)
        refused(patient.post("/appointments/", json={"time": ten.id}), 400, "doctor")
        refused(patient.post("/appointments/", json={"doctor": hospital.doctor.id}), 400)

    def test_a_time_outside_the_doctors_hours_is_409_as_the_contract_has_it(
        self, patient: Program, hospital: Hospital, ten: AvailableTime
    ) -> None:
        late = AvailableTimeFactory(starts=time(22))
        assert refused(patient.post("/appointments/", json=self.booking(hospital, late)), 409)["alternatives"]

    def test_a_date_may_be_added_as_the_contract_has_it(
        self, patient: Program, hospital: Hospital, ten: AvailableTime
    ) -> None:
        day = f"{coming_weekday(days=20):%Y-%m-%d}"
        sent = self.booking(hospital, ten, appointment_time=f"{day}T10:30:00")
        refused(patient.post("/appointments/", json=sent), 400, "time")
        booked = ok(patient.post("/appointments/", json=sent | {"appointment_time": f"{day}T10:00:00"}), 201)
        assert (booked["appointment_time"][:10], booked["time"]) == (day, ten.id)

    def test_it_is_read_updated_and_moved(self, patient: Program, hospital: Hospital, ten: AvailableTime) -> None:
        far = f"{coming_weekday(days=20):%Y-%m-%d}T10:00:00"
        booked = ok(patient.post("/appointments/", json=self.booking(hospital, ten, appointment_time=far)), 201)
        path = f"/appointments/{booked['id']}/"
        assert like(ok(patient.get(path)), APPOINTMENT) == booked

        put = ok(patient.put(path, json=self.booking(hospital, ten, symptoms="A worse cough")))
        assert put == booked | {"symptoms": "A worse cough"}
        patched = ok(patient.patch(path, json={"appointment_type": "Offline"}))
        assert patched == put | {"appointment_type": "Offline"}
        assert ok(patient.put(path, json=patched)) == patched

        eleven = AvailableTimeFactory(starts=time(11))
        moved = like(ok(patient.patch(path, json={"time": eleven.id})), APPOINTMENT)
        assert moved["time"] == eleven.id
        assert moved["appointment_time"][:10] == booked["appointment_time"][:10]

    def test_what_a_patient_may_not_set_is_ignored_and_what_cannot_be_is_400(
        self, patient: Program, hospital: Hospital, ten: AvailableTime
    ) -> None:
        booked = ok(patient.post("/appointments/", json=self.booking(hospital, ten, appointment_status="Running")), 201)
        path = f"/appointments/{booked['id']}/"
        assert booked["appointment_status"] == "Pendding"
        assert ok(patient.put(path, json={"appointment_status": "Completed", "id": 99})) == booked
        refused(patient.put(path, json={"doctor": hospital.other_doctor.id}), 400, "doctor")
        refused(patient.put(path, json={"patient": hospital.other_patient.id}), 400, "patient")
        refused(patient.put(path, json={"appointment_type": "Telepathy"}), 400, "appointment_type")
        refused(patient.patch(path, json={"cancel": "perhaps"}), 400, "cancel")

    def test_it_is_cancelled_and_the_time_is_free(
        self, patient: Program, other_patient: Program, hospital: Hospital, ten: AvailableTime
    ) -> None:
        booked = ok(patient.post("/appointments/", json=self.booking(hospital, ten)), 201)
        cancelled = ok(patient.patch(f"/appointments/{booked['id']}/", json={"cancel": True}))
        assert (cancelled["cancel"], cancelled["appointment_status"]) == (True, "Pendding")
        again = ok(other_patient.post("/appointments/", json=self.booking(hospital, ten)), 201)
        assert again["appointment_time"] == booked["appointment_time"]

    def test_a_doctor_runs_and_completes_it(self, doctor: Program, patient: Program, hospital: Hospital) -> None:
        started = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
        visit = AppointmentFactory(patient=hospital.patient, doctor=hospital.doctor, starts_at=started)
        path = f"/appointments/{visit.id}/"
        for status in ("Running", "Completed"):
            assert ok(doctor.patch(path, json={"appointment_status": status}))["appointment_status"] == status
            assert ok(patient.get(path))["appointment_status"] == status
        refused(doctor.patch(path, json={"appointment_status": "Pendding"}), 409)
        refused(doctor.patch(path, json={"appointment_status": "Pending"}), 400, "appointment_status")
        refused(doctor.delete(path), 409)

    def test_it_is_deleted(self, patient: Program, other_patient: Program, hospital: Hospital) -> None:
        visit = AppointmentFactory(patient=hospital.patient, doctor=hospital.doctor)
        path = f"/appointments/{visit.id}/"
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            refused(other_patient.open(method, path, json={}), 404)
        ok(patient.delete(path), 204)
        refused(patient.get(path), 404)
        assert keys(patient, "/appointments/") == []

    def test_the_list_is_filtered_by_patient_and_doctor(
        self, admin: Program, patient: Program, doctor: Program, hospital: Hospital
    ) -> None:
        mine = AppointmentFactory(patient=hospital.patient, doctor=hospital.doctor).id
        others = AppointmentFactory(patient=hospital.other_patient, doctor=hospital.other_doctor).id
        page_like(admin.get("/appointments/"), APPOINTMENT, nullable=NO_TIME)
        assert sorted(keys(admin, "/appointments/")) == [mine, others]
        assert keys(admin, f"/appointments/?patient_id={hospital.patient.id}") == [mine]
        assert keys(admin, f"/appointments/?doctor_id={hospital.other_doctor.id}") == [others]
        assert keys(admin, f"/appointments/?doctor_id={hospital.doctor.id}&patient_id=999") == []
        assert keys(patient, f"/appointments/?doctor_id={hospital.other_doctor.id}") == []
        assert keys(doctor, f"/appointments/?patient_id={hospital.other_patient.id}") == []
        for name in ("patient_id", "doctor_id"):
            refused(admin.get(f"/appointments/?{name}=x"), 400, name)

    def test_a_key_makes_a_repeated_booking_one_as_the_contract_adds(
        self, patient: Program, hospital: Hospital
    ) -> None:
        sent = {"doctor": hospital.doctor.id, "appointment_time": moment(coming_weekday(hour=11))}
        headers = {"Idempotency-Key": "tap-tap"}
        first, again = (patient.post("/appointments/", json=sent, headers=headers) for _ in range(2))
        assert ok(first, 201) == ok(again, 201)
        refused(patient.post("/appointments/", json=sent | {"symptoms": "x"}, headers=headers), 409)
        assert keys(patient, "/appointments/") == [ok(first, 201)["id"]]


class TestReviews:
    def test_it_is_created_with_stars_and_read_by_all(
        self, patient: Program, client: FlaskClient, hospital: Hospital
    ) -> None:
        sent = {"doctor": hospital.doctor.id, "body": "Listened well.", "rating": "⭐⭐⭐⭐⭐"}

        created = like(ok(patient.post("/reviews/", json=sent), 201), REVIEW)

        assert sent.items() <= created.items()
        assert (created["doctor_name"], created["verified"]) == ("Dr Ada Byron", False)
        assert created["reviewer"] == hospital.patient.name.split()[0]
        assert page_like(client.get("/reviews/"), REVIEW) == [created]
        assert ok(client.get(f"/reviews/{created['id']}")) == created

    def test_a_rating_is_one_to_five_stars_or_their_number(self, patient: Program, hospital: Hospital) -> None:
        sent = {"doctor": hospital.doctor.id, "body": "Listened well."}
        refused(patient.post("/reviews/", json=sent), 400, "rating")
        refused(patient.post("/reviews/", json={"rating": 5}), 400, "doctor")
        for rating in (0, 6, "⭐" * 6, "", "five", "★★★", 4.5, None, True):
            refused(patient.post("/reviews/", json=sent | {"rating": rating}), 400, "rating")
        path = f"/reviews/{ok(patient.post('/reviews/', json=sent | {'rating': 3}), 201)['id']}/"
        assert ok(patient.get(path))["rating"] == "⭐⭐⭐"
        assert ok(patient.patch(path, data={"rating": "4"}))["rating"] == "⭐⭐⭐⭐"

    def test_one_for_each_patient_and_doctor_as_the_contract_has_it(
        self, patient: Program, other_patient: Program, hospital: Hospital
    ) -> None:
        sent = {"doctor": hospital.doctor.id, "body": "x", "rating": "⭐"}
        ok(patient.post("/reviews/", json=sent), 201)
        refused(patient.post("/reviews/", json=sent), 409)
        ok(patient.post("/reviews/", json=sent | {"doctor": hospital.other_doctor.id}), 201)
        ok(other_patient.post("/reviews/", json=sent), 201)

    def test_its_author_updates_it_wholly_or_in_part(self, patient: Program, hospital: Hospital) -> None:
        sent = {"doctor": hospital.doctor.id, "body": "Listened well.", "rating": "⭐⭐⭐⭐⭐"}
        created = ok(patient.post("/reviews/", json=sent), 201)
        path = f"/reviews/{created['id']}/"
        put = ok(patient.put(path, json=sent | {"rating": "⭐⭐"}))
        assert put == created | {"rating": "⭐⭐"}
        assert ok(patient.patch(path, json={"body": "Hurried."})) == put | {"body": "Hurried."}
        read = ok(patient.get(path))
        assert ok(patient.put(path, json=read)) == read
        refused(patient.put(path, json={"rating": "⭐" * 6}), 400, "rating")
        refused(patient.put(path, json={"doctor": hospital.other_doctor.id}), 400, "doctor")
        ok(patient.delete(path), 204)
        refused(patient.get(path), 404)

    def test_others_do_not_as_the_contract_has_it(
        self, other_patient: Program, doctor: Program, admin: Program, stranger: Program, hospital: Hospital
    ) -> None:
        review = ReviewFactory(patient=hospital.patient, doctor=hospital.doctor)
        path = f"/reviews/{review.id}/"
        for caller, status in ((other_patient, 403), (doctor, 403), (stranger, 401)):
            refused(caller.put(path, json={"body": "x"}), status)
            refused(caller.patch(path, json={"body": "x"}), status)
            refused(caller.delete(path), status)
        refused(admin.patch(path, json={"body": "x"}), 403)
        refused(stranger.post("/reviews/", json={"doctor": hospital.doctor.id, "body": "x", "rating": 1}), 401)
        ok(admin.delete(path), 204)
        refused(stranger.get(path), 404)

    def test_the_list_is_filtered_and_searched(self, stranger: Program, hospital: Hospital) -> None:
        mine = ReviewFactory(patient=hospital.patient, doctor=hospital.doctor, rating=5).id
        other = ReviewFactory(patient=hospital.other_patient, doctor=hospital.other_doctor, rating=2).id
        assert sorted(keys(stranger, "/reviews/")) == [mine, other]
        for query, shown in (
            (f"doctor={hospital.doctor.id}", [mine]),
            (f"reviwer={hospital.patient.id}", [mine]),
            (f"reviewer={hospital.other_patient.id}", [other]),
            ("rating=⭐⭐⭐⭐⭐", [mine]),
            ("rating=2", [other]),
            ("rating=3", []),
            ("search=Byron", [mine]),
            ("search=otto", [other]),
            (f"search={hospital.patient.name.split()[0]}", [mine]),
            (f"doctor={hospital.doctor.id}&rating=2", []),
        ):
            assert keys(stranger, f"/reviews/?{query}") == shown, query
        for query in ("doctor=x", "reviwer=x", "rating=6", "page=0", "limits=x"):
            refused(stranger.get(f"/reviews/?{query}"), 400, query.partition("=")[0])

    def test_a_doctors_mean_counts_those_who_came_as_the_contract_has_it(
        self, patient: Program, hospital: Hospital
    ) -> None:
        started = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
        AppointmentFactory(
            patient=hospital.patient, doctor=hospital.doctor, starts_at=started, state=VisitState.COMPLETED
        )
        ReviewFactory(patient=hospital.other_patient, doctor=hospital.doctor, rating=1)
        sent = {"doctor": hospital.doctor.id, "body": "Cured.", "rating": "⭐⭐⭐⭐⭐"}
        assert ok(patient.post("/reviews/", json=sent), 201)["verified"] is True
        assert ok(patient.get(f"/doctors/{hospital.doctor.id}/"))["rating"] == 5.0
