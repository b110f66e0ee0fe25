"""Document 003, "Healthcare Backend API": people keep their family's patients and doctors, with `Bearer` tokens."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Settings
from tests.contract.hospital import Hospital
from tests.contract.shapes import DOCTOR, DOCTOR_NULLABLE, MAPPING, PATIENT, PATIENT_NULLABLE
from tests.contract.support import Program, like, ok, page_like, refused
from tests.factories import ClinicalRecordFactory, PatientFactory
from tests.support.clients import PASSWORD, submit
from tests.support.databases import Database


def person(**changes: Any) -> dict[str, Any]:
    """Who creates an account."""
    return {"username": "grace", "email": "grace@example.org", "password": PASSWORD, **changes}


class TestAuthentication:
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_register_creates_an_account(self, stranger: Program, hospital: Hospital, slash: str) -> None:
        body = ok(stranger.post(f"/api/register{slash}", json=person()), 201)
        like(body, {"message": "string", "id": 0, "username": "string", "email": "user@example.com"})
        ok(stranger.sign_in(username="grace").get("/api/patients/"))

    @pytest.mark.parametrize("name", ["username", "email", "password"])
    def test_what_is_missing_or_empty_is_400(self, stranger: Program, hospital: Hospital, name: str) -> None:
        refused(stranger.post("/api/register/", json=person(**{name: ""})), 400, name)
        refused(stranger.post("/api/register/", json={k: v for k, v in person().items() if k != name}), 400, name)

    @pytest.mark.parametrize("slash", ["", "/"])
    def test_token_returns_access_and_refresh_and_refresh_a_new_access_token(
        self, stranger: Program, hospital: Hospital, slash: str
    ) -> None:
        credentials = {"username": hospital.patient.manager.username, "password": PASSWORD}
        pair = like(
            ok(stranger.post(f"/api/token{slash}", json=credentials)), {"access": "string", "refresh": "string"}
        )
        fresh = ok(stranger.post(f"/api/token/refresh{slash}", json={"refresh": pair["refresh"]}))
        caller = stranger.with_token(like(fresh, {"access": "string"})["access"])
        ok(caller.get("/api/patients/"))

    def test_wrong_credentials_and_tokens_are_401(self, stranger: Program, hospital: Hospital) -> None:
        name = hospital.patient.manager.username
        refused(stranger.post("/api/token/", json={"username": name, "password": "wrong"}), 401)
        refused(stranger.post("/api/token/", json={}), 400, "username", "password")
        pair = ok(stranger.post("/api/token/", json={"username": name, "password": PASSWORD}))
        refused(stranger.post("/api/token/refresh/", json={"refresh": pair["access"]}), 401)
        refused(stranger.post("/api/token/refresh/", json={"refresh": "x"}), 401)
        refused(stranger.post("/api/token/refresh/", json={}), 400, "refresh")
        refused(stranger.with_token(pair["refresh"]).get("/api/patients/"), 401)


class TestDoctors:
    def test_everyone_signed_in_retrieves_doctors(
        self, patient: Program, stranger: Program, hospital: Hospital
    ) -> None:
        listed = page_like(patient.get("/api/doctors/"), DOCTOR, nullable=DOCTOR_NULLABLE)
        assert [each["id"] for each in listed] == [hospital.doctor.id, hospital.other_doctor.id]
        assert ok(patient.get(f"/api/doctors/{hospital.doctor.id}/")) == listed[0]
        refused(patient.get("/api/doctors/999/"), 404)
        refused(stranger.get("/api/doctors/"), 401)

    def test_a_user_creates_the_own_pending_entry_as_the_contract_overrides(
        self, patient: Program, other_patient: Program, admin: Program
    ) -> None:
        """In the document any user adds and edits any doctor."""
        sent = {"name": "Dr Pat Smith", "specialization": "Cardiology"}
        created = like(ok(patient.post("/api/doctors/", json=sent), 201), DOCTOR, nullable={*DOCTOR_NULLABLE, "fee"})
        path = f"/api/doctors/{created['id']}/"
        assert (created["name"], created["specialization"], created["status"]) == (*sent.values(), "pending")

        assert ok(patient.put(path, json={"specialization": "Surgery"}))["specialization"] == "Surgery"
        refused(other_patient.get(path), 404)
        refused(other_patient.put(path, json={"specialization": "Poison"}), 404)
        refused(patient.post("/api/doctors/", json=sent), 409)

        ok(admin.put(path, json={"status": "approved"}))
        assert ok(other_patient.get(path))["specialization"] == "Surgery"
        refused(other_patient.put(path, json={"specialization": "Poison"}), 403)
        refused(other_patient.delete(path), 403)
        ok(patient.delete(path), 204)
        refused(other_patient.get(path), 404)

    def test_what_is_invalid_is_400(self, admin: Program, hospital: Hospital) -> None:
        refused(admin.post("/api/doctors/", json={"name": ["Dr"]}), 400, "name")
        refused(admin.put(f"/api/doctors/{hospital.doctor.id}/", json={"fee": -1}), 400, "fee")


class TestPatients:
    def test_a_user_keeps_the_patients_created_by_the_user(
        self, patient: Program, other_patient: Program, hospital: Hospital
    ) -> None:
        sent = {
            "name": "Kim Smith",
            "date_of_birth": "2019-02-28",
            "phone": "+44 20 7946 0018",
            "address": "1 Mill Lane",
        }
        created = like(ok(patient.post("/api/patients/", json=sent), 201), PATIENT, nullable=PATIENT_NULLABLE)
        path = f"/api/patients/{created['id']}/"
        account = hospital.patient.manager
        assert {name: created[name] for name in sent} == sent
        assert (created["user"], created["created_by"], created["created_by_username"]) == (
            account.username,
            account.id,
            account.username,
        )
        listed = page_like(patient.get("/api/patients/"), PATIENT, nullable=PATIENT_NULLABLE)
        assert {each["id"] for each in listed} == {hospital.patient.id, created["id"]}
        assert ok(patient.get(path)) == created

        changed = ok(patient.put(path, json={"address": "2 Mill Lane"}))
        assert changed == created | {"address": "2 Mill Lane"}
        for answer in (other_patient.get(path), other_patient.put(path, json={}), other_patient.delete(path)):
            refused(answer, 404)
        ok(patient.delete(path), 204)
        refused(patient.get(path), 404)
        assert [each["id"] for each in ok(patient.get("/api/patients/"))["results"]] == [hospital.patient.id]

    def test_nobody_can_take_somebody_elses_patient(self, patient: Program, other_patient: Program) -> None:
        created = ok(
            patient.post("/api/patients/", json={"name": "Kim", "created_by": 1, "user": "admin", "id": 99}), 201
        )
        path = f"/api/patients/{created['id']}/"
        ok(patient.put(path, json={"created_by": 1, "user": "admin", "created_by_username": "admin"}))
        assert ok(patient.get(path)) == created
        refused(other_patient.get(path), 404)

    @pytest.mark.parametrize(("name", "value"), [("name", ""), ("phone", "call me"), ("date_of_birth", "30/02/2019")])
    def test_what_is_invalid_is_400(self, patient: Program, name: str, value: str) -> None:
        refused(patient.post("/api/patients/", json={"name": "Kim", name: value}), 400, name)

    def test_without_a_token_it_is_401(self, stranger: Program, hospital: Hospital) -> None:
        refused(stranger.get(f"/api/patients/{hospital.patient.id}/"), 401)
        refused(stranger.post("/api/patients/", json={"name": "Kim"}), 401)


class TestMappings:
    def test_a_link_gives_the_doctor_treating_access_until_it_is_deleted(
        self, patient: Program, doctor: Program, hospital: Hospital
    ) -> None:
        record = ClinicalRecordFactory(patient=hospital.patient, author=hospital.other_doctor)
        refused(doctor.get(f"/patient_records/{record.id}"), 404)
        sent = {"patient": hospital.patient.id, "doctor": hospital.doctor.id}

        created = like(ok(patient.post("/api/mappings/", json=sent), 201), MAPPING)

        path = f"/api/mappings/{created['id']}/"
        assert {name: created[name] for name in sent} == sent
        assert (created["patient_name"], created["doctor_name"]) == ("Pat Smith", "Dr Ada Byron")
        assert ok(patient.get(path)) == ok(doctor.get(path)) == created
        ok(doctor.get(f"/patient_records/{record.id}"))
        ok(patient.delete(path), 204)
        refused(patient.get(path), 404)
        refused(doctor.get(f"/patient_records/{record.id}"), 404)

    def test_a_list_shows_those_of_both_sides_as_the_contract_adds(
        self, patient: Program, other_patient: Program, doctor: Program, other_doctor: Program, hospital: Hospital
    ) -> None:
        created = ok(
            patient.post("/api/mappings/", data={"patient": hospital.patient.id, "doctor": hospital.doctor.id}), 201
        )
        for caller, shown in ((patient, [created]), (doctor, [created]), (other_patient, []), (other_doctor, [])):
            assert page_like(caller.get("/api/mappings/"), MAPPING) == shown

    def test_it_is_made_and_ended_by_the_patients_side_alone(
        self, patient: Program, other_patient: Program, doctor: Program, stranger: Program, hospital: Hospital
    ) -> None:
        sent = {"patient": hospital.patient.id, "doctor": hospital.doctor.id}
        refused(stranger.post("/api/mappings/", json=sent), 401)
        refused(other_patient.post("/api/mappings/", json=sent), 400, "patient")
        refused(doctor.post("/api/mappings/", json=sent), 403)
        created = ok(patient.post("/api/mappings/", json=sent), 201)
        refused(patient.post("/api/mappings/", json=sent), 409)
        path = f"/api/mappings/{created['id']}/"
        refused(other_patient.get(path), 404)
        refused(other_patient.delete(path), 404)
        refused(doctor.delete(path), 403)

    @pytest.mark.parametrize("name", ["patient", "doctor"])
    def test_what_is_missing_or_unknown_is_400(self, patient: Program, hospital: Hospital, name: str) -> None:
        sent = {"patient": hospital.patient.id, "doctor": hospital.doctor.id}
        refused(patient.post("/api/mappings/", json={k: v for k, v in sent.items() if k != name}), 400, name)
        for value in (999, 2**63, "x", None, 1.5):
            refused(patient.post("/api/mappings/", json=sent | {name: value}), 400, name)


class TestAdminInterface:
    def test_a_superuser_is_created_by_command_and_logs_in_at_admin(
        self, app: Flask, client: FlaskClient, database: Database
    ) -> None:
        """`flask create-admin` stands for the document's `python manage.py createsuperuser`."""
        arguments = ("create-admin", "--username", "root", "--email", "root@example.org", "--password", PASSWORD)
        assert app.test_cli_runner().invoke(args=arguments).exit_code == 0
        sent_to = client.get("/admin/", follow_redirects=True)
        assert sent_to.request.path == "/sign-in"
        assert submit(client, "/sign-in", username="root", password=PASSWORD).status_code == 303
        assert client.get("/admin/").status_code == 200

    def test_the_documents_environment_names_a_database(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As its `.env` example has them."""
        monkeypatch.delenv("DATABASE_URL", raising=False)
        names = {
            "SECRET_KEY": "your-super-secret-key-goes-here",
            "DB_NAME": "healthcare_db",
            "DB_USER": "your_postgres_username",
            "DB_PASSWORD": "p@ss/word:1",
            "DB_HOST": "localhost",
            "DB_PORT": "5432",
        }
        for name, value in names.items():
            monkeypatch.setenv(name, value)
        settings = Settings.from_environment()
        assert settings.secret_key == names["SECRET_KEY"]
        assert settings.database_url.partition("://")[2] == (
            "your_postgres_username:p%40ss%2Fword%3A1@localhost:5432/healthcare_db"
        )
        assert settings.database_url.startswith("postgresql")


def test_a_family_as_a_client_of_this_document_lives_it(
    stranger: Program, patient: Program, database: Database, hospital: Hospital
) -> None:
    """Register, get tokens, add patients, link one to a doctor, see only one's own, refresh, unlink."""
    ok(stranger.post("/api/register/", json=person()), 201)
    pair = ok(stranger.post("/api/token/", json={"username": "grace", "password": PASSWORD}))
    grace = stranger.with_token(pair["access"])
    PatientFactory()

    child = ok(grace.post("/api/patients/", json={"name": "Kim Hopper", "date_of_birth": "2019-02-28"}), 201)
    parent = ok(grace.post("/api/patients/", json={"name": "Mary Hopper"}), 201)
    mine = ok(grace.get("/api/patients/"))
    assert mine["count"] == 3
    assert {each["name"] for each in mine["results"]} >= {"Kim Hopper", "Mary Hopper"}
    refused(patient.get(f"/api/patients/{child['id']}/"), 404)
    refused(grace.get(f"/api/patients/{hospital.patient.id}/"), 404)

    doctor = next(each for each in ok(grace.get("/api/doctors/"))["results"] if each["name"] == "Dr Ada Byron")
    link = ok(grace.post("/api/mappings/", json={"patient": child["id"], "doctor": doctor["id"]}), 201)
    assert ok(grace.get(f"/api/mappings/{link['id']}/"))["patient_name"] == "Kim Hopper"
    refused(patient.get(f"/api/mappings/{link['id']}/"), 404)

    fresh = ok(stranger.post("/api/token/refresh/", json={"refresh": pair["refresh"]}))["access"]
    grace = stranger.with_token(fresh)
    ok(grace.put(f"/api/patients/{child['id']}/", json={"name": "Kim Hopper", "phone": "+44 20 7946 0018"}))
    ok(grace.delete(f"/api/mappings/{link['id']}/"), 204)
    ok(grace.delete(f"/api/patients/{parent['id']}/"), 204)
    assert ok(grace.get("/api/patients/"))["count"] == 2
