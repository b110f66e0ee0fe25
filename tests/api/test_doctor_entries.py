"""Doctors entered over JSON: applying, nominating, creating (contract, section 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import (
    Account,
    Approval,
    Doctor,
    Patient,
)
from tests.api.doctor_support import FORMS, LINK, NEW, PATHS, actions, address, patched, picture, stored
from tests.api.support import ids, problem, text
from tests.factories import (
    AccountFactory,
    AvailableTimeFactory,
    DepartmentFactory,
    DesignationFactory,
    DoctorFactory,
    PatientFactory,
    ReviewFactory,
    SpecialisationFactory,
    coming_weekday,
)
from tests.support.clients import ApiClient, api
from tests.support.databases import Database

REFUSED: tuple[tuple[dict[str, Any], list[str]], ...] = (
    ({"email": None}, ["email"]),
    ({"password": ""}, ["password"]),
    ({"email": "nobody", "password": "short"}, ["email", "password"]),
    ({"username": "b@d"}, ["username"]),
    ({"designation": ["No such"]}, ["designation"]),
    ({"specialisation": [999]}, ["specialisation"]),
    ({"department": "No such"}, ["department"]),
    ({"available_time": [999]}, ["available_time"]),
    ({"available_from": "09:00"}, ["available_to"]),
)


class TestApplying:
    @pytest.mark.both_databases
    @pytest.mark.parametrize("path", PATHS)
    def test_anyone_applies_and_waits(
        self, client: FlaskClient, caller: ApiClient, patient: Patient, database: Database, path: str
    ) -> None:
        grade, _ = DesignationFactory(name="Consultant"), SpecialisationFactory(name="Surgery")
        nine, department = AvailableTimeFactory(starts=time(9)), DepartmentFactory(name="Cardiology")
        response = caller.post(
            path,
            json={
                "name": " Dr Pat Smith ",
                "designation": [grade.id],
                "specialisation": ["surgery"],
                "available_time": [nine.id],
                "fee": 80,
                "meet_link": LINK,
                "department": "CARDIOLOGY",
            },
        )
        assert response.status_code == 201, response.text
        body = response.get_json()
        assert body == {
            "id": body["id"],
            "user": "Dr Pat Smith",
            "name": "Dr Pat Smith",
            "username": patient.manager.username,
            "profile": None,
            "designation": ["Consultant"],
            "specialisation": ["Surgery"],
            "available_time": [nine.id],
            "fee": 80,
            "meet_link": LINK,
            "specialization": "Surgery",
            "available_from": "09:00:00",
            "available_to": "09:30:00",
            "department": {"id": department.id, "name": "Cardiology"},
            "rating": None,
            "reviews": 0,
            "status": "pending",
        }
        assert caller.get(f"/doctors/{body['id']}/").get_json() == body
        assert actions(database, body["id"]) == ["doctor.applied"]
        assert ids(api(client, PatientFactory().manager), path="/doctors/") == []

    def test_nothing_need_be_sent_and_the_accounts_name_counts(
        self, caller: ApiClient, patient: Patient, database: Database
    ) -> None:
        manager: Any = patient.manager
        body = caller.post("/doctors/").get_json()
        assert (body["name"], body["status"]) == (manager.display_name, "pending")
        doctor = stored(database, body["id"])
        assert (doctor.account_id, doctor.created_by_id) == (manager.id, manager.id)

    def test_the_applicant_has_no_doctors_rights(
        self, client: FlaskClient, caller: ApiClient, patient: Patient
    ) -> None:
        waiting = caller.post("/doctors/", json={}).get_json()["id"]
        problem(caller.post("/doctors/", json=NEW), 403)
        sent = {"doctor": waiting, "appointment_time": text(coming_weekday())}
        other = api(client, PatientFactory().manager)
        assert "doctor" in problem(other.post("/appointments/", json=sent), 400)["errors"]

    @pytest.mark.parametrize("content_type", FORMS)
    def test_forms_do_as_well_with_lists_as_repeated_keys(
        self, caller: ApiClient, database: Database, content_type: str
    ) -> None:
        grades = [DesignationFactory(name=name) for name in ("Consultant", "Registrar")]
        form = {
            "designation": [str(grade.id) for grade in grades],
            "specialisation": "",
            "available_time": "",
            "available_from": "",
            "available_to": "",
            "fee": "",
            "meet_link": "",
            "name": "",
            "department": "",
            "username": "",
            "profile": "",
        }
        response = caller.post("/doctors/", data=form, content_type=content_type)
        assert response.status_code == 201, response.text
        body = response.get_json()
        assert (body["designation"], body["fee"], body["meet_link"]) == (["Consultant", "Registrar"], None, None)

    def test_a_picture_comes_by_multipart_and_everyone_sees_it(
        self, client: FlaskClient, caller: ApiClient, database: Database
    ) -> None:
        form = {"profile": (BytesIO(picture()), "me.png"), "fee": "80"}
        body = caller.post("/doctors/", data=form, content_type="multipart/form-data").get_json()
        shown = client.get(body["profile"].removeprefix("http://localhost"))
        assert (shown.status_code, shown.mimetype) == (200, "image/png")

    def test_a_second_application_is_409(self, client: FlaskClient, caller: ApiClient, doctor: Doctor) -> None:
        assert caller.post("/doctors/", json={}).status_code == 201
        problem(caller.post("/doctors/", json={}), 409)
        problem(api(client, doctor.account).post("/doctors/", json={}), 409)

    def test_who_was_rejected_applies_again(self, client: FlaskClient, caller: ApiClient) -> None:
        rejected = DoctorFactory(approval=Approval.REJECTED)

        answer = api(client, rejected.account).post("/doctors/", json={})

        assert (answer.status_code, answer.get_json()["id"]) == (201, rejected.id)
        assert answer.get_json()["status"] == "pending"

    def test_ones_own_username_is_no_other_persons(self, caller: ApiClient, patient: Patient) -> None:
        manager: Any = patient.manager
        body = caller.post("/doctors/", json={**NEW, "username": manager.username.upper()}).get_json()
        assert (body["username"], body["status"]) == (manager.username, "pending")

    def test_status_and_the_like_are_the_servers(
        self, caller: ApiClient, patient: Patient, doctor: Doctor, database: Database
    ) -> None:
        manager: Any = patient.manager
        sent = {
            "id": 999,
            "status": "approved",
            "approval": "approved",
            "user": "Somebody",
            "account": doctor.account_id,
            "account_id": doctor.account_id,
            "created_by": 1,
            "created_by_id": doctor.account_id,
            "decided_by": manager.id,
            "decided_by_id": manager.id,
            "rating": 5,
            "reviews": 100,
            "is_admin": True,
            "is_staff": True,
            "role": 1,
            "accepts_online": False,
            "deleted_at": "2026-01-01T00:00:00Z",
        }
        for name, value in sent.items():
            response = caller.post("/doctors/", json={name: value})
            assert response.status_code == 201, name
            body = response.get_json()
            told = {key: body[key] for key in ("status", "user", "rating", "reviews", "username")}
            assert told == {
                "status": "pending",
                "user": manager.display_name,
                "rating": None,
                "reviews": 0,
                "username": manager.username,
            }, name
            assert body["id"] != 999
            row = stored(database, body["id"])
            kept = (row.account_id, row.created_by_id, row.decided_by_id, row.accepts_online, row.deleted_at)
            assert kept == (manager.id, manager.id, None, True, None), name
            assert caller.delete(f"/doctors/{body['id']}/").status_code == 204

    def test_who_was_deleted_may_apply_again_as_if_new(
        self, client: FlaskClient, admin: ApiClient, database: Database
    ) -> None:
        doctor = DoctorFactory(
            hours=True, meet_link=LINK, specialization="Bones", designations=[DesignationFactory()], about="Long ago"
        )
        ReviewFactory(doctor=doctor)
        caller = api(client, doctor.account)
        assert caller.delete(address(doctor)).status_code == 204
        body = caller.post("/doctors/", json={"fee": 10}).get_json()
        assert body == {
            **body,
            "id": doctor.id,
            "status": "pending",
            "fee": 10,
            "name": doctor.account.display_name,
            "designation": [],
            "specialization": "",
            "meet_link": None,
            "available_from": None,
            "department": None,
            "reviews": 1,
        }
        assert patched(admin, doctor, status="approved")["status"] == "approved"


class TestAutomaticApproval:
    @pytest.fixture
    def app(self, make_app: Callable[..., Flask]) -> Flask:
        return make_app(doctor_approval="automatic")

    def test_it_lists_whoever_applies_at_once(self, client: FlaskClient, caller: ApiClient) -> None:
        body = caller.post("/doctors/", json={}).get_json()
        assert body["status"] == "approved"
        assert ids(api(client, PatientFactory().manager), path="/doctors/") == [body["id"]]
        proposed = caller.post("/doctors/", json=NEW).get_json()
        assert (proposed["username"], proposed["status"]) == ("new.doctor", "approved")


class TestNominating:
    @pytest.mark.both_databases
    @pytest.mark.parametrize("path", ["/doctors/", "/api/doctors/"])
    def test_a_doctor_proposes_a_new_person_who_waits(
        self, client: FlaskClient, staff: ApiClient, doctor: Doctor, database: Database, path: str
    ) -> None:
        response = staff.post(path, json={**NEW, "first_name": "Bea", "last_name": "Curie", "meet_link": LINK})
        assert response.status_code == 201, response.text
        body = response.get_json()
        assert (body["username"], body["name"], body["status"]) == ("new.doctor", "Bea Curie", "pending")
        assert body["meet_link"] is None  # not for the one who proposes
        nominee = stored(database, body["id"])
        assert nominee.created_by_id == doctor.account_id
        assert actions(database, nominee.id) == ["doctor.nominated"]
        problem(staff.get(f"/doctors/{nominee.id}/"), 404)
        with database.unit_of_work() as session:
            account = session.scalars(select(Account).where(Account.username == "new.doctor")).one()
        own = api(client, account)
        assert own.get(f"/doctors/{nominee.id}/").get_json()["meet_link"] == LINK
        assert own.get("/patients/").status_code == 200

    def test_a_patient_and_an_applicant_may_not_whether_the_name_is_taken_or_not(
        self, client: FlaskClient, caller: ApiClient, doctor: Doctor, database: Database
    ) -> None:
        pending = api(client, DoctorFactory(pending=True).account)
        taken: Any = doctor.account
        for refused in (caller, pending):
            answers = {refused.post("/doctors/", json=NEW | {"username": name}).data for name in ("x", taken.username)}
            assert len(answers) == 1
            problem(refused.post("/doctors/", json={"username": "x"}), 403)
        with database.unit_of_work() as session:
            assert session.scalars(select(Account).where(Account.username == "x")).all() == []

    def test_what_is_wrong_is_named_and_nothing_is_kept(self, staff: ApiClient, database: Database) -> None:
        for changes, fields in REFUSED:
            assert list(problem(staff.post("/doctors/", json=NEW | changes), 400)["errors"]) == fields
        with database.unit_of_work() as session:
            assert session.scalars(select(Account.username).where(Account.username == "new.doctor")).all() == []
            assert len(session.scalars(select(Doctor)).all()) == 1

    def test_a_name_that_is_taken_is_400(self, staff: ApiClient, patient: Patient) -> None:
        manager: Any = patient.manager
        body = problem(staff.post("/doctors/", json=NEW | {"username": manager.username}), 400)
        assert list(body["errors"]) == ["username"]


class TestCreating:
    def test_an_admins_doctor_is_approved_with_a_new_account(
        self, client: FlaskClient, admin: ApiClient, database: Database
    ) -> None:
        body = admin.post("/doctors/", json={**NEW, "name": "Dr Bea Curie", "available_from": "09:00"})
        assert list(problem(body, 400)["errors"]) == ["available_to"]
        body = admin.post("/doctors/", json={**NEW, "name": "Dr Bea Curie", "status": "rejected"}).get_json()
        assert (body["username"], body["name"], body["status"]) == ("new.doctor", "Dr Bea Curie", "approved")
        row = stored(database, body["id"])
        assert row.decided_by_id == row.created_by_id
        assert row.decided_at
        assert actions(database, row.id) == ["doctor.created"]
        with database.unit_of_work() as session:
            account = session.scalars(select(Account).where(Account.username == "new.doctor")).one()
        assert api(client, account).patch(f"/doctors/{row.id}/", json={"fee": 9}).get_json()["fee"] == 9

    def test_without_an_account_a_name_is_required(self, admin: ApiClient, database: Database) -> None:
        for sent in ({}, {"name": " "}, {"username": None, "email": ""}):
            assert list(problem(admin.post("/doctors/", json=sent), 400)["errors"]) == ["name"]
        body = admin.post("/doctors/", json={"name": "Dr Bea Curie", "specialization": "Bones"}).get_json()
        assert (body["username"], body["status"], body["specialization"]) == (None, "approved", "Bones")

    def test_an_account_that_exists_becomes_a_doctors(
        self, client: FlaskClient, admin: ApiClient, caller: ApiClient, patient: Patient
    ) -> None:
        manager: Any = patient.manager
        body = admin.post("/api/doctors/", json={"username": manager.username.upper()}).get_json()
        assert (body["username"], body["name"]) == (manager.username, manager.display_name)
        assert caller.patch(f"/doctors/{body['id']}/", json={"fee": 9}).get_json()["fee"] == 9
        problem(admin.post("/doctors/", json={"username": manager.username}), 409)

    def test_an_unknown_or_closed_account_is_400(self, admin: ApiClient, database: Database) -> None:
        closed = AccountFactory(is_active=False)
        for name in ("nobody", closed.username):
            assert list(problem(admin.post("/doctors/", json={"username": name}), 400)["errors"]) == ["username"]
        taken = problem(admin.post("/doctors/", json=NEW | {"username": closed.username}), 400)
        assert list(taken["errors"]) == ["username"]

    def test_an_admin_may_be_a_doctor_too(self, client: FlaskClient, database: Database) -> None:
        account = AccountFactory(is_admin=True)
        body = api(client, account).post("/doctors/", json={"username": account.username}).get_json()
        assert (body["username"], body["status"]) == (account.username, "approved")
