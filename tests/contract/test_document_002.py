"""Document 002, "Hospital Management System API": reading for doctors, below /api, with the bare token."""

from __future__ import annotations

from typing import Any

import pytest

from app.models import Patient
from tests.contract.hospital import Hospital
from tests.contract.shapes import (
    DEPARTMENT,
    DOCTOR,
    DOCTOR_NULLABLE,
    PATIENT,
    PATIENT_NULLABLE,
    RECORD,
    RECORD_NULLABLE,
    USER,
)
from tests.contract.support import Program, like, ok, page_like, refused
from tests.factories import AppointmentFactory, ClinicalRecordFactory, DoctorFactory, PatientFactory, coming_weekday
from tests.support.clients import PASSWORD
from tests.support.databases import Database


def person(**changes: Any) -> dict[str, Any]:
    """Who registers, in the "user details (username, password, etc.)"."""
    return {"username": "grace", "email": "grace@example.org", "password": PASSWORD, **changes}


def keys(results: list[Any]) -> list[int]:
    """The ids of a list."""
    return [each["id"] for each in results]


class TestAuthentication:
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_register_returns_the_registered_users_details(
        self, stranger: Program, hospital: Hospital, slash: str
    ) -> None:
        body = ok(stranger.post(f"/auth/register{slash}", json=person(first_name="Grace", last_name="Hopper")), 201)
        like(body, {"id": 0, "username": "string", "email": "user@example.com", "user": USER})
        assert (body["username"], body["email"]) == ("grace", "grace@example.org")
        assert (body["user"]["first_name"], body["user"]["is_staff"]) == ("Grace", False)

    def test_names_and_confirmation_are_optional_and_a_role_is_not_read_as_the_contract_has_it(
        self, stranger: Program, hospital: Hospital
    ) -> None:
        body = ok(stranger.post("/auth/register/", data=person(role=1, is_staff=True)), 201)
        assert body["user"]["is_staff"] is False
        grace = stranger.sign_in(username="grace")
        assert [each["user"] for each in ok(grace.get("/api/patients/"))["results"]] == ["grace"]
        refused(grace.get("/api/patient_records/"), 403)

    @pytest.mark.parametrize("missing", ["username", "email", "password"])
    def test_missing_details_are_400(self, stranger: Program, hospital: Hospital, missing: str) -> None:
        sent = person()
        del sent[missing]
        refused(stranger.post("/auth/register/", json=sent), 400, missing)

    def test_a_taken_name_is_400(self, stranger: Program, hospital: Hospital) -> None:
        taken = hospital.patient.manager.username.upper()
        refused(stranger.post("/auth/register/", json=person(username=taken)), 400, "username")

    def test_login_returns_an_access_token(self, stranger: Program, hospital: Hospital) -> None:
        for path in ("/auth/login/", "/auth/login"):
            response = stranger.post(path, json={"username": hospital.doctor.account.username, "password": PASSWORD})
            like(ok(response), {"access": "string", "token": "string", "refresh": "string"})

    def test_wrong_credentials_are_401_and_missing_ones_400(self, stranger: Program, hospital: Hospital) -> None:
        name = hospital.doctor.account.username
        refused(stranger.post("/auth/login/", json={"username": name, "password": "wrong"}), 401)
        refused(stranger.post("/auth/login/", json={"username": name}), 400, "password")

    def test_logout_revokes_the_access_token(self, doctor: Program) -> None:
        ok(doctor.post("/auth/logout/"))
        refused(doctor.get("/api/doctors/"), 401)
        refused(doctor.post("/auth/logout/"), 401)

    def test_a_token_may_be_sent_in_any_of_the_three_ways(self, doctor: Program) -> None:
        for scheme in ("Bearer ", "Token ", "bearer ", "TOKEN ", ""):
            ok(doctor.get("/api/doctors/", headers={"Authorization": f"{scheme}{doctor.token}"}))
        for value in ("Bearer", "Bearer x", f"Basic {doctor.token}", "x", ""):
            refused(doctor.get("/api/doctors/", headers={"Authorization": value}), 401)


class TestDoctors:
    def test_a_doctor_lists_and_reads_doctor_profiles(self, doctor: Program, hospital: Hospital) -> None:
        listed = page_like(doctor.get("/api/doctors/"), DOCTOR, nullable=DOCTOR_NULLABLE)
        assert keys(listed) == [hospital.doctor.id, hospital.other_doctor.id]
        assert ok(doctor.get(f"/api/doctors/{hospital.other_doctor.id}")) == listed[1]

    def test_so_does_everyone_signed_in_as_the_contract_overrides(self, patient: Program, hospital: Hospital) -> None:
        """The document requires authentication as a doctor; booking needs the list."""
        assert keys(ok(patient.get("/api/doctors/"))["results"]) == [hospital.doctor.id, hospital.other_doctor.id]
        assert ok(patient.get(f"/api/doctors/{hospital.doctor.id}"))["id"] == hospital.doctor.id

    def test_a_waiting_doctor_is_shown_to_nobody_else(self, doctor: Program, hospital: Hospital) -> None:
        waiting = DoctorFactory(pending=True)
        refused(doctor.get(f"/api/doctors/{waiting.id}"), 404)
        assert waiting.id not in keys(ok(doctor.get("/api/doctors/"))["results"])


class TestPatients:
    def test_a_doctor_lists_and_reads_patient_profiles(self, doctor: Program, hospital: Hospital) -> None:
        listed = page_like(doctor.get("/api/patients/"), PATIENT, nullable=PATIENT_NULLABLE)
        assert sorted(keys(listed)) == [hospital.patient.id, hospital.other_patient.id]
        one = ok(doctor.get(f"/api/patients/{hospital.patient.id}"))
        assert one in listed

    def test_a_patient_sees_the_own_one_as_the_contract_overrides(self, patient: Program, hospital: Hospital) -> None:
        """The document refuses; 003's clients list what they manage."""
        assert keys(ok(patient.get("/api/patients/"))["results"]) == [hospital.patient.id]
        ok(patient.get(f"/api/patients/{hospital.patient.id}"))
        refused(patient.get(f"/api/patients/{hospital.other_patient.id}"), 404)


class TestPatientRecords:
    def test_a_doctor_lists_those_of_the_own_department(self, doctor: Program, hospital: Hospital) -> None:
        colleague = DoctorFactory(department=hospital.department)
        own = ClinicalRecordFactory(patient=hospital.patient, author=hospital.doctor)
        of_colleague = ClinicalRecordFactory(patient=hospital.other_patient, author=colleague)
        elsewhere = ClinicalRecordFactory(patient=hospital.patient, author=hospital.other_doctor)

        listed = page_like(doctor.get("/api/patient_records/"), RECORD, nullable=RECORD_NULLABLE)

        assert sorted(keys(listed)) == [own.id, of_colleague.id]
        assert ok(doctor.get(f"/api/patient_records/{of_colleague.id}")) in listed
        refused(doctor.get(f"/api/patient_records/{elsewhere.id}"), 404)

    def test_a_patient_reads_an_own_one_and_lists_none(
        self, patient: Program, other_patient: Program, hospital: Hospital
    ) -> None:
        record = ClinicalRecordFactory(patient=hospital.patient, author=hospital.doctor)
        path = f"/api/patient_records/{record.id}"
        assert like(ok(patient.get(path)), RECORD, nullable=RECORD_NULLABLE)["patient"] == hospital.patient.id
        refused(other_patient.get(path), 404)
        refused(patient.get("/api/patient_records/"), 403)


class TestDepartments:
    def test_everyone_signed_in_lists_departments(self, patient: Program, doctor: Program) -> None:
        listed = like(ok(patient.get("/api/department/")), [DEPARTMENT])
        assert {each["name"] for each in listed} == {"Cardiology", "Dermatology"}
        assert ok(doctor.get("/api/department")) == listed

    def test_a_doctor_lists_the_doctors_of_a_department(self, other_doctor: Program, hospital: Hospital) -> None:
        path = f"/api/department/{hospital.department.id}/doctors"
        assert keys(page_like(other_doctor.get(path), DOCTOR, nullable=DOCTOR_NULLABLE)) == [hospital.doctor.id]

    def test_a_doctor_lists_the_patients_of_the_own_department(self, doctor: Program, hospital: Hospital) -> None:
        """Those with a record or an appointment there, each once."""
        ClinicalRecordFactory(patient=hospital.patient, author=hospital.doctor)
        AppointmentFactory(patient=hospital.patient, doctor=hospital.doctor)
        nobodys = PatientFactory(manager=None)
        booked = AppointmentFactory(doctor=hospital.doctor, patient=nobodys, starts_at=coming_weekday(hour=14))
        path = f"/api/department/{hospital.department.id}/patients"

        listed = page_like(doctor.get(path), PATIENT, nullable={*PATIENT_NULLABLE, "created_by", "created_by_username"})

        assert sorted(keys(listed)) == [hospital.patient.id, booked.patient_id]

    def test_who_is_no_doctor_there_is_refused(
        self, patient: Program, other_doctor: Program, doctor: Program, stranger: Program, hospital: Hospital
    ) -> None:
        for kind in ("doctors", "patients"):
            path = f"/api/department/{hospital.department.id}/{kind}"
            refused(stranger.get(path), 401)
            refused(patient.get(path), 403)
            refused(doctor.get(f"/api/department/999/{kind}"), 404)
        refused(other_doctor.get(f"/api/department/{hospital.department.id}/patients"), 403)


def test_a_doctors_round_as_a_client_of_this_document_lives_it(
    stranger: Program, doctor: Program, database: Database, hospital: Hospital
) -> None:
    """Somebody registers and is treated; the doctor finds the department, its patients, their records, and leaves."""
    ok(stranger.post("/auth/register/", json=person(first_name="Grace", last_name="Hopper")), 201)
    grace = stranger.sign_in(username="grace")
    (herself,) = ok(grace.get("/api/patients/"))["results"]
    assert herself["name"] == "Grace Hopper"
    with database.unit_of_work() as session:
        record = ClinicalRecordFactory(patient=session.get(Patient, herself["id"]), author=hospital.doctor)

    (department,) = [each for each in ok(doctor.get("/api/department/")) if each["name"] == "Cardiology"]
    (colleague,) = ok(doctor.get(f"/api/department/{department['id']}/doctors"))["results"]
    assert ok(doctor.get(f"/api/doctors/{colleague['id']}"))["department"]["id"] == department["id"]
    (listed,) = ok(doctor.get(f"/api/department/{department['id']}/patients"))["results"]
    assert ok(doctor.get(f"/api/patients/{listed['id']}")) == listed
    (found,) = ok(doctor.get("/api/patient_records/"))["results"]
    assert found["id"] == record.id
    assert ok(grace.get(f"/api/patient_records/{found['id']}")) == found

    for caller in (doctor, grace):
        ok(caller.post("/auth/logout/"))
        refused(caller.get("/api/doctors/"), 401)
