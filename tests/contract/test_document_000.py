"""Document 000, "HMS API Documentation": doctors keep the hospital, with `Authorization: Token …`."""

from __future__ import annotations

from typing import Any

import pytest

from app.models import VisitState
from tests.contract.hospital import Hospital
from tests.contract.shapes import (
    DEPARTMENT,
    DOCTOR,
    DOCTOR_NULLABLE,
    PATIENT,
    PATIENT_NULLABLE,
    RECORD,
    RECORD_NULLABLE,
)
from tests.contract.support import Program, like, ok, page_like, refused
from tests.factories import AppointmentFactory, ClinicalRecordFactory, DoctorFactory
from tests.support.clients import PASSWORD
from tests.support.databases import Database


def registration(role: int, **changes: Any) -> dict[str, Any]:
    """What the document registers a user with."""
    who = {"username": "grace", "email": "grace@example.org", "password": PASSWORD, "role": role}
    return {**who, **changes}


CLINICAL_TEXTS = {
    "diagnostics": "Asthma",
    "observations": "Wheezing at night",
    "treatments": "Inhaler",
    "misc": "Allergic to penicillin",
}


class TestRegister:
    @pytest.mark.parametrize("path", ["/register", "/register/"])
    def test_a_patient_registers_with_initial_clinical_texts(
        self, stranger: Program, hospital: Hospital, admin: Program, path: str
    ) -> None:
        body = ok(stranger.post(path, json=registration(2, **CLINICAL_TEXTS)), 201)

        like(body, {"message": "string", "token": "string", "id": 0, "username": "string", "email": "user@example.com"})
        (record,) = page_like(admin.get("/patient_records/"), RECORD, nullable=RECORD_NULLABLE)
        assert {name: record[name] for name in CLINICAL_TEXTS} == CLINICAL_TEXTS
        assert record["doctor"] is None
        assert ok(admin.get(f"/patients/{record['patient']}"))["user"] == "grace"

    def test_the_clinical_texts_are_optional_as_the_contract_has_it(
        self, stranger: Program, hospital: Hospital
    ) -> None:
        """The document calls each "optional, required for patients"."""
        ok(stranger.post("/register", data=registration(2)), 201)

    def test_a_doctor_registers_and_waits_for_approval_as_the_contract_overrides(
        self, stranger: Program, hospital: Hospital, patient: Program
    ) -> None:
        """The document lets anyone make himself a doctor."""
        ok(stranger.post("/register", json=registration(1, department="Cardiology")), 201)
        applicant = stranger.sign_in(username="grace")

        (own,) = [each for each in ok(applicant.get("/doctors/"))["results"] if each["username"] == "grace"]
        assert own["status"] == "pending"
        refused(patient.get(f"/doctors/{own['id']}"), 404)
        refused(applicant.get("/patient_records/"), 403)
        refused(applicant.get(f"/departments/{hospital.department.id}/doctors"), 403)

    @pytest.mark.parametrize("missing", ["username", "email", "password", "role", "department"])
    def test_what_is_missing_is_400(self, stranger: Program, hospital: Hospital, missing: str) -> None:
        sent = registration(1, department="Cardiology")
        del sent[missing]
        refused(stranger.post("/register", json=sent), 400, missing)

    @pytest.mark.parametrize(
        ("name", "value"), [("role", 3), ("email", "nowhere"), ("department", "Alchemy"), ("password", "x")]
    )
    def test_what_is_invalid_is_400(self, stranger: Program, hospital: Hospital, name: str, value: object) -> None:
        refused(stranger.post("/register", json=registration(1, department="Cardiology") | {name: value}), 400, name)


class TestLoginAndLogout:
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_a_token_is_good_until_logout(self, stranger: Program, hospital: Hospital, slash: str) -> None:
        credentials = {"username": hospital.patient.manager.username, "password": PASSWORD}
        body = ok(stranger.post(f"/login{slash}", json=credentials))
        caller = stranger.with_token(like(body, {"token": "string"})["token"])
        ok(caller.get("/patients/"))

        ok(caller.post(f"/logout{slash}"))

        refused(caller.get("/patients/"), 401)
        refused(caller.post(f"/logout{slash}"), 401)

    def test_wrong_or_missing_credentials_are_400(self, stranger: Program, hospital: Hospital) -> None:
        name = hospital.patient.manager.username
        refused(stranger.post("/login", json={"username": name, "password": "wrong"}), 400)
        refused(stranger.post("/login", json={"username": "nobody", "password": PASSWORD}), 400)
        refused(stranger.post("/login", json={"username": name}), 400, "password")
        refused(stranger.post("/login", json={}), 400, "username", "password")


class TestDoctors:
    def test_a_doctor_lists_and_reads_doctors(self, doctor: Program, hospital: Hospital) -> None:
        listed = page_like(doctor.get("/doctors/"), DOCTOR, nullable=DOCTOR_NULLABLE)
        assert [each["id"] for each in listed] == [hospital.doctor.id, hospital.other_doctor.id]
        like(ok(doctor.get(f"/doctors/{hospital.doctor.id}")), DOCTOR, nullable=DOCTOR_NULLABLE)

    def test_a_patient_lists_and_reads_doctors_as_the_contract_has_it(
        self, patient: Program, hospital: Hospital
    ) -> None:
        """The document keeps the list to admins and doctors; booking needs it."""
        assert len(ok(patient.get("/doctors/"))["results"]) == 2
        ok(patient.get(f"/doctors/{hospital.doctor.id}"))

    def test_an_admin_creates_a_doctor_with_an_account(self, admin: Program, stranger: Program) -> None:
        sent = {"username": "linus", "email": "linus@example.org", "password": PASSWORD, "department": "Cardiology"}
        created = like(ok(admin.post("/doctors/", json=sent), 201), DOCTOR, nullable={*DOCTOR_NULLABLE, "fee"})
        assert (created["username"], created["status"]) == ("linus", "approved")
        assert created["department"]["name"] == "Cardiology"
        ok(stranger.sign_in(username="linus").get("/patient_records/"))

    def test_a_doctor_creates_a_doctor_who_waits_as_the_contract_has_it(
        self, doctor: Program, patient: Program
    ) -> None:
        sent = {"username": "linus", "email": "linus@example.org", "password": PASSWORD, "department": "Cardiology"}
        created = ok(doctor.post("/doctors/", json=sent), 201)
        assert (created["username"], created["status"]) == ("linus", "pending")
        refused(patient.get(f"/doctors/{created['id']}"), 404)

    def test_a_patient_may_not_create_somebody_else(self, patient: Program) -> None:
        sent = {"username": "linus", "email": "linus@example.org", "password": PASSWORD}
        refused(patient.post("/doctors/", json=sent), 403)

    @pytest.mark.parametrize(
        ("name", "value"), [("username", "no spaces"), ("email", "nowhere"), ("password", "x"), ("department", "None")]
    )
    def test_what_is_invalid_is_400(self, admin: Program, name: str, value: str) -> None:
        sent = {"username": "linus", "email": "linus@example.org", "password": PASSWORD, "department": "Cardiology"}
        refused(admin.post("/doctors/", json=sent | {name: value}), 400, name)

    def test_a_doctor_updates_himself_and_an_admin_anyone(
        self, doctor: Program, admin: Program, hospital: Hospital
    ) -> None:
        path = f"/doctors/{hospital.doctor.id}"
        assert like(ok(doctor.put(path, json={"fee": 80})), DOCTOR, nullable=DOCTOR_NULLABLE)["fee"] == 80
        moved = ok(admin.put(path, json={"department": "Dermatology"}))
        assert (moved["department"]["name"], moved["fee"]) == ("Dermatology", 80)
        refused(doctor.put(path, json={"fee": "much"}), 400, "fee")

    def test_nobody_else_updates_or_deletes_a_doctor(
        self, other_doctor: Program, patient: Program, stranger: Program, hospital: Hospital
    ) -> None:
        path = f"/doctors/{hospital.doctor.id}"
        for caller, status in ((other_doctor, 403), (patient, 403), (stranger, 401)):
            refused(caller.put(path, json={"fee": 1}), status)
            refused(caller.delete(path), status)
        assert ok(patient.get(path))["fee"] == 50

    def test_a_deleted_doctor_is_gone(self, admin: Program, patient: Program, hospital: Hospital) -> None:
        ok(admin.delete(f"/doctors/{hospital.doctor.id}"), 204)
        refused(patient.get(f"/doctors/{hospital.doctor.id}"), 404)
        refused(admin.delete(f"/doctors/{hospital.doctor.id}"), 404)


class TestPatients:
    def test_a_doctor_lists_and_reads_all_patients(self, doctor: Program, hospital: Hospital) -> None:
        listed = page_like(doctor.get("/patients/"), PATIENT, nullable=PATIENT_NULLABLE)
        assert {each["id"] for each in listed} == {hospital.patient.id, hospital.other_patient.id}
        read = ok(doctor.get(f"/patients/{hospital.patient.id}"))
        assert like(read, PATIENT, nullable=PATIENT_NULLABLE)["name"] == "Pat Smith"

    def test_a_patient_sees_the_own_one_only_as_the_contract_has_it(self, patient: Program, hospital: Hospital) -> None:
        """The document refuses patients altogether."""
        assert [each["id"] for each in ok(patient.get("/patients/"))["results"]] == [hospital.patient.id]
        refused(patient.get(f"/patients/{hospital.other_patient.id}"), 404)

    def test_a_doctor_creates_a_patient_with_an_account(self, doctor: Program, stranger: Program) -> None:
        sent = {"username": "nina", "email": "nina@example.org", "password": PASSWORD, "phone": "+44 20 7946 0018"}
        created = like(ok(doctor.post("/patients/", json=sent), 201), PATIENT, nullable=PATIENT_NULLABLE)
        assert created["user"] == "nina"
        refused(
            doctor.put(f"/patients/{created['id']}", json={"address": "Mine"}), 403
        )  # not treated by the doctor yet
        (own,) = ok(stranger.sign_in(username="nina").get("/patients/"))["results"]
        assert own["id"] == created["id"]

    def test_a_doctor_creates_a_patient_without_an_account(self, doctor: Program, hospital: Hospital) -> None:
        created = ok(doctor.post("/patients/", data={"name": "Newborn Doe"}), 201)
        assert like(created, PATIENT, nullable=PATIENT_NULLABLE)["user"] is None
        assert created["created_by"] == hospital.doctor.account_id

    @pytest.mark.parametrize(
        ("name", "value"), [("phone", "call me"), ("email", "nowhere"), ("date_of_birth", "0000-00-00")]
    )
    def test_what_is_invalid_is_400(self, doctor: Program, name: str, value: str) -> None:
        sent = {"username": "nina", "email": "nina@example.org", "password": PASSWORD}
        refused(doctor.post("/patients/", json=sent | {name: value}), 400, name)

    def test_a_treating_doctor_updates_and_deletes_a_patient(self, doctor: Program, hospital: Hospital) -> None:
        AppointmentFactory(patient=hospital.patient, doctor=hospital.doctor)
        path = f"/patients/{hospital.patient.id}"

        changed = ok(doctor.put(path, json={"address": "1 Mill Lane"}))

        assert like(changed, PATIENT, nullable=PATIENT_NULLABLE)["address"] == "1 Mill Lane"
        refused(doctor.put(path, json={"phone": "call me"}), 400, "phone")
        ok(doctor.delete(path), 204)
        refused(doctor.get(path), 404)

    def test_other_doctors_may_not_and_other_patients_see_nothing(
        self, other_doctor: Program, other_patient: Program, stranger: Program, hospital: Hospital
    ) -> None:
        path = f"/patients/{hospital.patient.id}"
        for caller, status in ((other_doctor, 403), (other_patient, 404), (stranger, 401)):
            refused(caller.put(path, json={"address": "Elsewhere"}), status)
            refused(caller.delete(path), status)


class TestPatientRecords:
    def test_a_doctor_opens_reads_changes_and_deletes_a_record(self, doctor: Program, hospital: Hospital) -> None:
        sent = {"patient": hospital.patient.id, **CLINICAL_TEXTS}
        opened = like(ok(doctor.post("/patient_records/", json=sent), 201), RECORD, nullable=RECORD_NULLABLE)
        path = f"/patient_records/{opened['id']}"
        assert {name: opened[name] for name in sent} == sent
        assert (opened["doctor"], opened["department"]["name"]) == (hospital.doctor.id, "Cardiology")
        assert page_like(doctor.get("/patient_records/"), RECORD, nullable=RECORD_NULLABLE) == [opened]
        assert ok(doctor.get(path)) == opened

        changed = like(ok(doctor.put(path, json={"treatments": "Rest"})), RECORD, nullable=RECORD_NULLABLE)

        assert (changed["treatments"], changed["diagnostics"]) == ("Rest", "Asthma")
        assert changed["version"] > opened["version"]
        ok(doctor.delete(path), 204)
        refused(doctor.get(path), 404)

    def test_what_is_missing_or_invalid_is_400(self, doctor: Program, hospital: Hospital) -> None:
        refused(doctor.post("/patient_records/", json=CLINICAL_TEXTS), 400, "patient")
        refused(doctor.post("/patient_records/", json={"patient": 999, **CLINICAL_TEXTS}), 400, "patient")
        sent = {"patient": hospital.patient.id, "misc": ["no", "text"]}
        refused(doctor.post("/patient_records/", json=sent), 400, "misc")
        record = ClinicalRecordFactory(patient=hospital.patient, author=hospital.doctor)
        refused(doctor.put(f"/patient_records/{record.id}", json={"misc": 7}), 400, "misc")

    def test_doctors_only_list_and_write(self, patient: Program, stranger: Program, hospital: Hospital) -> None:
        record = ClinicalRecordFactory(patient=hospital.patient, author=hospital.doctor)
        for caller, status in ((patient, 403), (stranger, 401)):
            refused(caller.get("/patient_records/"), status)
            refused(caller.post("/patient_records/", json={"patient": hospital.patient.id}), status)
            refused(caller.put(f"/patient_records/{record.id}", json={"misc": "x"}), status)
            refused(caller.delete(f"/patient_records/{record.id}"), status)

    def test_an_admin_reads_and_never_writes_as_the_contract_has_it(self, admin: Program, hospital: Hospital) -> None:
        record = ClinicalRecordFactory(patient=hospital.patient, author=hospital.doctor)
        assert [each["id"] for each in ok(admin.get("/patient_records/"))["results"]] == [record.id]
        refused(admin.post("/patient_records/", json={"patient": hospital.patient.id}), 403)
        refused(admin.delete(f"/patient_records/{record.id}"), 403)

    def test_a_doctor_of_elsewhere_sees_nothing_until_treating_as_the_contract_has_it(
        self, other_doctor: Program, hospital: Hospital
    ) -> None:
        record = ClinicalRecordFactory(patient=hospital.patient, author=hospital.doctor)
        path = f"/patient_records/{record.id}"
        assert ok(other_doctor.get("/patient_records/"))["results"] == []
        refused(other_doctor.get(path), 404)
        refused(other_doctor.put(path, json={"misc": "x"}), 404)

        AppointmentFactory(patient=hospital.patient, doctor=hospital.other_doctor, state=VisitState.PENDING)

        assert ok(other_doctor.get(path))["id"] == record.id
        assert ok(other_doctor.put(path, json={"misc": "Seen in dermatology"}))["misc"] == "Seen in dermatology"


class TestDepartments:
    def test_doctors_and_admins_list_and_create(self, doctor: Program, admin: Program) -> None:
        for caller, name in ((doctor, "Neurology"), (admin, "Oncology")):
            sent = {"name": name, "location": "First floor", "description": "By referral."}
            created = like(ok(caller.post("/departments/", json=sent), 201), DEPARTMENT)
            assert {key: created[key] for key in sent} == sent
            listed = like(ok(caller.get("/departments/")), [DEPARTMENT])
            assert created in listed

    def test_patients_list_as_the_contract_has_it_and_never_create(self, patient: Program, stranger: Program) -> None:
        assert {each["name"] for each in ok(patient.get("/departments/"))} == {"Cardiology", "Dermatology"}
        refused(patient.post("/departments/", json={"name": "Neurology"}), 403)
        refused(stranger.get("/departments/"), 401)

    def test_a_missing_or_taken_name_is_refused(self, admin: Program) -> None:
        refused(admin.post("/departments/", json={"location": "First floor"}), 400, "name")
        refused(admin.post("/departments/", json={"name": " "}), 400, "name")
        refused(admin.post("/departments/", json={"name": "CARDIOLOGY"}), 409, "name")

    def test_an_admin_retrieves_updates_and_deletes(
        self, admin: Program, doctor: Program, patient: Program, hospital: Hospital
    ) -> None:
        """Announced in the table of contents only."""
        path = f"/departments/{hospital.department.id}"
        assert like(ok(patient.get(path)), DEPARTMENT)["name"] == "Cardiology"
        assert ok(admin.put(path, json={"name": "Heart"}))["name"] == "Heart"
        refused(doctor.put(path, json={"name": "Skin"}), 403)
        refused(doctor.delete(path), 403)
        refused(admin.delete(path), 409)
        empty = ok(admin.post("/departments/", json={"name": "Empty"}), 201)
        ok(admin.delete(f"/departments/{empty['id']}"), 204)
        refused(admin.get(f"/departments/{empty['id']}"), 404)

    def test_a_doctor_gets_the_doctors_of_any_department(
        self, other_doctor: Program, database: Database, hospital: Hospital
    ) -> None:
        DoctorFactory(pending=True, department=hospital.department)
        path = f"/departments/{hospital.department.id}/doctors"
        listed = page_like(other_doctor.get(path), DOCTOR, nullable=DOCTOR_NULLABLE)
        assert [each["id"] for each in listed] == [hospital.doctor.id]

    def test_a_doctor_gets_the_records_of_the_own_department(self, doctor: Program, hospital: Hospital) -> None:
        record = ClinicalRecordFactory(patient=hospital.patient, author=hospital.doctor)
        ClinicalRecordFactory(patient=hospital.patient, author=hospital.other_doctor)
        path = f"/departments/{hospital.department.id}/patients"
        listed = page_like(doctor.get(path), RECORD, nullable=RECORD_NULLABLE)
        assert [each["id"] for each in listed] == [record.id]

    def test_who_may_not_is_refused_and_what_is_wrong_is_400_or_404(
        self, patient: Program, stranger: Program, doctor: Program, other_doctor: Program, hospital: Hospital
    ) -> None:
        for kind in ("doctors", "patients"):
            path = f"/departments/{hospital.department.id}/{kind}"
            refused(stranger.get(path), 401)
            refused(patient.get(path), 403)
            refused(doctor.get(f"{path}?limits=0"), 400, "limits")
            refused(doctor.get(f"/departments/999/{kind}"), 404)
        refused(other_doctor.get(f"/departments/{hospital.department.id}/patients"), 403)


def test_a_hospital_is_kept_as_a_client_of_this_document_lives_it(
    stranger: Program, admin: Program, patient: Program, hospital: Hospital
) -> None:
    """A doctor registers, is approved, signs in, adds a patient and a record, reads the department's, and leaves."""
    token = ok(stranger.post("/register", json=registration(1, department="Cardiology")), 201)["token"]
    refused(stranger.with_token(token).get("/patient_records/"), 403)
    (application,) = [each for each in ok(admin.get("/doctors/"))["results"] if each["username"] == "grace"]
    ok(admin.put(f"/doctors/{application['id']}", json={"status": "approved"}))

    grace = stranger.sign_in(username="grace")
    colleagues = ok(grace.get(f"/departments/{hospital.department.id}/doctors"))["results"]
    assert {each["username"] for each in colleagues} == {"grace", hospital.doctor.account.username}
    sent = {"username": "nina", "email": "nina@example.org", "password": PASSWORD}
    nina = ok(grace.post("/patients/", data=sent), 201)
    record = ok(grace.post("/patient_records/", data={"patient": nina["id"], **CLINICAL_TEXTS}), 201)
    assert ok(grace.get(f"/departments/{hospital.department.id}/patients"))["results"] == [record]

    hers = stranger.sign_in(username="nina")
    assert ok(hers.get(f"/patient_records/{record['id']}"))["diagnostics"] == "Asthma"
    refused(hers.get("/patient_records/"), 403)
    refused(patient.get(f"/patient_records/{record['id']}"), 404)

    ok(grace.put(f"/patient_records/{record['id']}", data={"observations": "None any more"}))
    ok(grace.delete(f"/patient_records/{record['id']}"), 204)
    ok(grace.post("/logout"))
    refused(grace.get("/patients/"), 401)
