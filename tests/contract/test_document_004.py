"""Document 004, "Healthcare System Backend": visits at a moment and medical records, with `Bearer` tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.jobs import mail
from app.models import Message, MessageState, VisitState
from tests.contract.hospital import Hospital
from tests.contract.shapes import (
    APPOINTMENT,
    APPOINTMENT_NULLABLE,
    DOCTOR,
    DOCTOR_NULLABLE,
    PATIENT,
    PATIENT_NULLABLE,
    RECORD,
    RECORD_NULLABLE,
)
from tests.contract.support import Program, like, moment, ok, page_like, refused
from tests.factories import AppointmentFactory, ClinicalRecordFactory, coming_weekday
from tests.support.clients import PASSWORD
from tests.support.databases import Database


def person(**changes: Any) -> dict[str, Any]:
    """The document's User: `username`, `email`, `password`."""
    return {"username": "grace", "email": "grace@example.org", "password": PASSWORD, **changes}


def keys(caller: Program, path: str) -> list[int]:
    """The ids that a list shows."""
    return [each["id"] for each in ok(caller.get(path))["results"]]


class TestAuthentication:
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_a_user_registers_and_obtains_tokens(self, stranger: Program, hospital: Hospital, slash: str) -> None:
        body = ok(stranger.post(f"/registrations{slash}", json=person()), 201)
        like(body, {"id": 0, "username": "string", "email": "user@example.com"})
        assert "password" not in body
        pair = ok(stranger.post(f"/api/token{slash}", json={"username": "grace", "password": PASSWORD}))
        like(pair, {"access": "string", "refresh": "string"})

    def test_a_username_is_a_unique_identifier(self, stranger: Program, hospital: Hospital) -> None:
        taken = hospital.patient.manager.username
        refused(stranger.post("/registrations/", json=person(username=taken)), 400, "username")

    def test_invalid_data_are_400_and_invalid_credentials_401(self, stranger: Program, hospital: Hospital) -> None:
        refused(stranger.post("/registrations/", json={}), 400, "username", "email", "password")
        refused(stranger.post("/registrations/", json=person(email="nowhere")), 400, "email")
        refused(stranger.post("/api/token/", json={"username": "grace", "password": "wrong"}), 401)
        refused(stranger.get("/patients/"), 401)
        refused(stranger.get("/patients/", headers={"Authorization": "Bearer forged"}), 401)


class TestPatients:
    def test_all_are_listed_to_a_doctor_and_the_own_to_a_patient(
        self, doctor: Program, patient: Program, hospital: Hospital
    ) -> None:
        page_like(doctor.get("/patients/"), PATIENT, nullable=PATIENT_NULLABLE)
        assert sorted(keys(doctor, "/patients/")) == [hospital.patient.id, hospital.other_patient.id]
        assert keys(patient, "/patients/") == [hospital.patient.id]

    def test_a_patient_is_created_read_updated_and_deleted(
        self, patient: Program, doctor: Program, other_patient: Program
    ) -> None:
        sent = {"name": "Kim", "phone": "+44 20 7946 0018", "insurance_number": "INS-7"}
        created = like(ok(patient.post("/patients/", json=sent), 201), PATIENT, nullable=PATIENT_NULLABLE)
        path = f"/patients/{created['id']}/"
        assert {name: created[name] for name in sent} == sent
        assert ok(patient.get(path)) == created
        assert ok(patient.put(path, json={"insurance_number": "INS-8"})) == created | {"insurance_number": "INS-8"}
        refused(patient.put(path, json={"phone": "call me"}), 400, "phone")
        refused(doctor.put(path, json={"insurance_number": "INS-9"}), 403)
        refused(other_patient.put(path, json={"insurance_number": "INS-9"}), 404)
        ok(patient.delete(path), 204)
        refused(patient.get(path), 404)

    def test_deleting_cancels_what_is_to_come_and_keeps_the_records_as_the_contract_adds(
        self, patient: Program, doctor: Program, admin: Program, hospital: Hospital
    ) -> None:
        visit = AppointmentFactory(patient=hospital.patient, doctor=hospital.doctor)
        record = ClinicalRecordFactory(patient=hospital.patient, author=hospital.doctor)
        ok(patient.delete(f"/patients/{hospital.patient.id}/"), 204)
        assert ok(doctor.get(f"/appointments/{visit.id}/"))["status"] == "Cancelled"
        for caller in (doctor, admin):
            assert keys(caller, "/medical-records/") == [record.id]

    def test_what_was_read_can_be_put_back_and_changes_nothing(self, patient: Program, hospital: Hospital) -> None:
        path = f"/patients/{hospital.patient.id}/"
        read = ok(patient.get(path))
        assert ok(patient.put(path, json=read)) == read


class TestDoctors:
    def test_all_are_listed_and_read(self, patient: Program, hospital: Hospital) -> None:
        listed = page_like(patient.get("/doctors/"), DOCTOR, nullable=DOCTOR_NULLABLE)
        assert [each["id"] for each in listed] == [hospital.doctor.id, hospital.other_doctor.id]
        assert (listed[0]["available_from"], listed[0]["available_to"]) == ("09:00:00", "17:00:00")
        assert ok(patient.get(f"/doctors/{hospital.doctor.id}/")) == listed[0]

    def test_availability_is_written_read_back_and_booked(
        self, admin: Program, patient: Program, hospital: Hospital
    ) -> None:
        sent = {
            "name": "Dr Grace Hopper",
            "specialization": "Cardiology",
            "available_from": "14:00:00",
            "available_to": "15:00:00",
        }
        created = like(ok(admin.post("/doctors/", json=sent), 201), DOCTOR, nullable={*DOCTOR_NULLABLE, "fee"})
        assert {name: created[name] for name in sent} == sent
        path = f"/doctors/{created['id']}/"
        changed = ok(admin.put(path, json={"available_to": "14:30:00"}))
        assert changed == created | {"available_to": "14:30:00"}
        assert ok(admin.put(path, json=changed)) == changed

        day = f"{coming_weekday():%Y-%m-%d}"
        booking = {"doctor": created["id"], "appointment_time": f"{day}T14:30:00"}
        refused(patient.post("/appointments/", json=booking), 409)
        ok(patient.post("/appointments/", json=booking | {"appointment_time": f"{day}T14:00:00"}), 201)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("available_from", "half past"), ("available_to", "08:00:00"), ("available_from", "25:00:00"), ("fee", "1.5")],
    )
    def test_what_is_invalid_is_400(self, doctor: Program, hospital: Hospital, name: str, value: str) -> None:
        refused(doctor.put(f"/doctors/{hospital.doctor.id}/", json={name: value}), 400, name)

    def test_insufficient_permissions_are_403(
        self, patient: Program, other_doctor: Program, hospital: Hospital
    ) -> None:
        path = f"/doctors/{hospital.doctor.id}/"
        for caller in (patient, other_doctor):
            refused(caller.put(path, json={"specialization": "Poison"}), 403)
            refused(caller.delete(path), 403)

    def test_with_visits_to_come_deleting_is_refused_unless_they_are_cancelled_as_the_contract_adds(
        self, doctor: Program, patient: Program, hospital: Hospital
    ) -> None:
        visit = AppointmentFactory(patient=hospital.patient, doctor=hospital.doctor)
        path = f"/doctors/{hospital.doctor.id}/"
        refused(doctor.delete(path), 409)
        ok(doctor.delete(f"{path}?cancel_appointments=true"), 204)
        refused(patient.get(path), 404)
        assert ok(patient.get(f"/appointments/{visit.id}/"))["status"] == "Cancelled"


class TestAppointments:
    @pytest.mark.parametrize("path", ["/appointments/", "/book-appointment/", "/appointments", "/book-appointment"])
    def test_a_patient_books_and_is_mailed(
        self, patient: Program, hospital: Hospital, database: Database, path: str
    ) -> None:
        """The mail is the document's `send_appointment_email`."""
        starts_at = coming_weekday(hour=11)
        sent = {"patient": hospital.patient.id, "doctor": hospital.doctor.id, "appointment_time": moment(starts_at)}

        body = ok(patient.post(path, json=sent), 201)

        like(body, APPOINTMENT, nullable=APPOINTMENT_NULLABLE)
        assert {name: body[name] for name in sent} == sent
        assert body["status"] == "Pending"
        assert ("message" in body) is path.startswith("/book")
        with database.unit_of_work() as session:
            letter = session.scalars(select(Message).where(Message.template == "booked")).one()
            mail.deliver(letter.id)
            session.refresh(letter)
            assert (letter.state, letter.recipient) == (MessageState.SENT, hospital.patient.manager.email)

    def test_a_moment_may_have_any_offset_or_none_for_the_hospitals_own(
        self, patient: Program, hospital: Hospital
    ) -> None:
        starts_at = coming_weekday(days=20, hour=12)
        local = starts_at.astimezone(ZoneInfo("Europe/London")) + timedelta(hours=1)
        for sent, meant in (
            (f"{starts_at + timedelta(hours=2):%Y-%m-%dT%H:%M}+02:00", starts_at),
            (f"{local:%Y-%m-%dT%H:%M:%S}", starts_at + timedelta(hours=1)),
        ):
            booking = {"doctor": hospital.doctor.id, "appointment_time": sent}
            assert ok(patient.post("/appointments/", json=booking), 201)["appointment_time"] == moment(meant)

    def test_what_is_missing_invalid_or_taken_is_refused(
        self, patient: Program, other_patient: Program, stranger: Program, hospital: Hospital
    ) -> None:
        path, when = "/book-appointment/", moment(coming_weekday(hour=11))
        booking: dict[str, Any] = {"doctor": hospital.doctor.id, "appointment_time": when}
        refused(stranger.post(path, json=booking), 401)
        refused(patient.post(path, json={"appointment_time": when}), 400, "doctor")
        refused(patient.post(path, json={"doctor": hospital.doctor.id}), 400)
        refused(patient.post(path, json=booking | {"doctor": 999}), 400, "doctor")
        refused(patient.post(path, json=booking | {"patient": hospital.other_patient.id}), 400, "patient")
        for past_or_none in ("2020-01-06T10:00:00Z", "soon", "0000-00-00", 7):
            refused(patient.post(path, json=booking | {"appointment_time": past_or_none}), 400, "appointment_time")
        ok(other_patient.post(path, json=booking), 201)
        taken = refused(patient.post(path, json=booking), 409)
        assert taken["alternatives"]
        assert when not in taken["alternatives"]

    def test_each_side_sees_its_own(
        self, stranger: Program, hospital: Hospital, patient: Program, doctor: Program, admin: Program
    ) -> None:
        other_sides = (hospital.other_patient.manager, hospital.other_doctor.account)
        visit = AppointmentFactory(patient=hospital.patient, doctor=hospital.doctor)
        path = f"/appointments/{visit.id}/"
        for caller in (patient, doctor, admin):
            (listed,) = page_like(caller.get("/appointments/"), APPOINTMENT, nullable=APPOINTMENT_NULLABLE)
            assert ok(caller.get(path)) == listed
        for caller in map(stranger.sign_in, other_sides):
            assert keys(caller, f"/appointments/?patient_id={hospital.patient.id}") == []
            for method in ("GET", "PUT", "DELETE"):
                refused(caller.open(method, path, json={}), 404)

    def test_a_patient_moves_and_a_doctor_confirms(self, patient: Program, doctor: Program, hospital: Hospital) -> None:
        visit = AppointmentFactory(patient=hospital.patient, doctor=hospital.doctor)
        path, later = f"/appointments/{visit.id}/", moment(coming_weekday(hour=14))

        moved = ok(patient.put(path, json={"appointment_time": later, "status": "Confirmed"}))

        assert (moved["appointment_time"], moved["status"]) == (later, "Pending")
        assert ok(doctor.put(path, json={"status": "Confirmed"}))["status"] == "Confirmed"
        read = ok(patient.get(path))
        assert ok(patient.put(path, json=read)) == read
        refused(patient.put(path, json={"doctor": hospital.other_doctor.id}), 400, "doctor")
        refused(doctor.put(path, json={"status": "Done"}), 400, "status")

    def test_cancelling_and_deleting_free_the_time(
        self, patient: Program, other_patient: Program, hospital: Hospital
    ) -> None:
        booking = {"doctor": hospital.doctor.id, "appointment_time": moment(coming_weekday(hour=11))}
        first = ok(patient.post("/appointments/", json=booking), 201)
        cancelled = ok(patient.put(f"/appointments/{first['id']}/", json={"status": "Cancelled"}))
        assert (cancelled["status"], cancelled["cancel"]) == ("Cancelled", True)
        second = ok(other_patient.post("/appointments/", json=booking), 201)
        ok(other_patient.delete(f"/appointments/{second['id']}/"), 204)
        refused(other_patient.get(f"/appointments/{second['id']}/"), 404)
        assert keys(other_patient, "/appointments/") == []
        ok(patient.post("/appointments/", json=booking), 201)

    def test_a_finished_visit_can_not_be_deleted_as_the_contract_adds(
        self, doctor: Program, hospital: Hospital
    ) -> None:
        started = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
        visit = AppointmentFactory(doctor=hospital.doctor, state=VisitState.COMPLETED, starts_at=started)
        refused(doctor.delete(f"/appointments/{visit.id}/"), 409)
        refused(doctor.put(f"/appointments/{visit.id}/", json={"status": "Cancelled"}), 409)


class TestMedicalRecords:
    def test_a_doctor_keeps_the_record_of_a_visit(self, doctor: Program, patient: Program, hospital: Hospital) -> None:
        visit = AppointmentFactory(patient=hospital.patient, doctor=hospital.doctor)
        sent = {"patient": hospital.patient.id, "appointment": visit.id, "notes": "Blood pressure 130/85"}

        created = like(ok(doctor.post("/medical-records/", json=sent), 201), RECORD, nullable={"department"})

        path = f"/medical-records/{created['id']}/"
        assert {name: created[name] for name in sent} == sent
        assert page_like(doctor.get("/medical-records/"), RECORD, nullable=RECORD_NULLABLE) == [created]
        changed = ok(doctor.put(path, json={"notes": "120/80"}))
        assert (changed["notes"], changed["appointment"]) == ("120/80", visit.id)
        assert ok(doctor.put(path, json=changed)) == changed
        assert ok(patient.get(path)) == changed
        ok(doctor.delete(path), 204)
        refused(doctor.get(path), 404)
        refused(patient.get(path), 404)

    def test_patients_list_and_read_their_own_and_never_write(
        self, patient: Program, other_patient: Program, stranger: Program, hospital: Hospital
    ) -> None:
        record = ClinicalRecordFactory(patient=hospital.patient, author=hospital.doctor)
        path = f"/medical-records/{record.id}/"
        assert keys(patient, "/medical-records/") == [record.id]
        assert keys(other_patient, "/medical-records/") == []
        refused(other_patient.get(path), 404)
        refused(stranger.get(path), 401)
        for caller in (patient, other_patient):
            refused(caller.post("/medical-records/", json={"patient": hospital.patient.id, "notes": "x"}), 403)
            refused(caller.put(path, json={"notes": "x"}), 403)
            refused(caller.delete(path), 403)

    def test_invalid_data_are_400(self, doctor: Program, hospital: Hospital) -> None:
        elsewhere = AppointmentFactory(patient=hospital.other_patient, doctor=hospital.other_doctor)
        sent = {"patient": hospital.patient.id, "notes": "x"}
        refused(doctor.post("/medical-records/", json={"notes": "x"}), 400, "patient")
        refused(doctor.post("/medical-records/", json=sent | {"patient": 999}), 400, "patient")
        refused(doctor.post("/medical-records/", json=sent | {"notes": 7}), 400, "notes")
        for number in (999, elsewhere.id, "x"):
            refused(doctor.post("/medical-records/", json=sent | {"appointment": number}), 400, "appointment")

    def test_all_three_paths_are_one_resource(self, doctor: Program, hospital: Hospital) -> None:
        record = ClinicalRecordFactory(patient=hospital.patient, author=hospital.doctor)
        paths = ("/medical-records/", "/patient_records/", "/api/patient_records/")
        first, *others = [(ok(doctor.get(path))["results"], ok(doctor.get(f"{path}{record.id}/"))) for path in paths]
        assert others == [first, first]


def test_a_treatment_as_a_client_of_this_document_lives_it(
    stranger: Program, doctor: Program, database: Database, hospital: Hospital
) -> None:
    """Register, get tokens, book, change, be treated, read the record; the token is refreshed meanwhile."""
    ok(stranger.post("/registrations/", json=person()), 201)
    pair = ok(stranger.post("/api/token/", json={"username": "grace", "password": PASSWORD}))
    grace = stranger.with_token(pair["access"])
    (herself,) = ok(grace.get("/patients/"))["results"]
    ok(grace.put(f"/patients/{herself['id']}/", json={"phone": "+44 20 7946 0018", "insurance_number": "INS-7"}))

    found = next(each for each in ok(grace.get("/doctors/"))["results"] if each["available_from"])
    sent = {"patient": herself["id"], "doctor": found["id"], "appointment_time": moment(coming_weekday(hour=11))}
    booked = ok(grace.post("/book-appointment/", json=sent), 201)
    path = f"/appointments/{booked['id']}/"
    changed = ok(grace.put(path, json=sent | {"appointment_time": moment(coming_weekday(hour=13))}))
    assert changed["appointment_time"] == moment(coming_weekday(hour=13))
    assert ok(doctor.put(path, json={"status": "Confirmed"}))["status"] == "Confirmed"

    sent = {"patient": herself["id"], "appointment": booked["id"], "notes": "All is well."}
    record = ok(doctor.post("/medical-records/", json=sent), 201)

    fresh = ok(stranger.post("/api/token/refresh/", json={"refresh": pair["refresh"]}))["access"]
    grace = stranger.with_token(fresh)
    (read,) = ok(grace.get("/medical-records/"))["results"]
    assert (read["id"], read["notes"]) == (record["id"], "All is well.")
    refused(grace.delete(f"/medical-records/{record['id']}/"), 403)
    ok(grace.delete(path), 204)
    assert ok(grace.get("/appointments/"))["count"] == 0
    assert ok(grace.get(f"/medical-records/{record['id']}/"))["notes"] == "All is well."
