"""Registration, sign-in, refresh and sign-out over JSON, in the spellings of all five documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.models import Account, Approval, ClinicalRecord, Doctor, Patient, Profile
from config import Settings
from tests.api.support import problem
from tests.factories import AccountFactory, DepartmentFactory
from tests.support.clients import PASSWORD, ApiClient, api, sign_in
from tests.support.databases import Database

REGISTRATIONS = ("/api/user/register/", "/auth/register/", "/api/register/", "/registrations/")
SIGN_INS = ("/login", "/api/user/login/", "/auth/login/", "/api/token/")
REFRESHES = ("/api/user/token/refresh/", "/api/token/refresh/")
SIGN_OUTS = ("/logout", "/api/user/logout/", "/auth/logout/")


def person(**changes: Any) -> dict[str, Any]:
    """What somebody registers with."""
    return {"username": "ada", "email": "ada@example.org", "password": PASSWORD} | changes


def counts(database: Database) -> tuple[int, ...]:
    """How many accounts, profiles, patients, doctors and records there are."""
    with database.unit_of_work() as session:
        models = (Account, Profile, Patient, Doctor, ClinicalRecord)
        return tuple(session.scalar(select(func.count()).select_from(model)) or 0 for model in models)


class TestRegistration:
    @pytest.mark.parametrize("path", REGISTRATIONS)
    def test_anyone_becomes_a_patient_and_is_signed_in(
        self, client: FlaskClient, database: Database, path: str
    ) -> None:
        response = client.post(path, json=person(first_name="Ada", last_name="Byron", confirm_password=PASSWORD))
        body = response.get_json()
        assert response.status_code == 201, response.text
        assert set(body) == {"message", "token", "tokens", "id", "username", "email", "user"}
        assert set(body["user"]) == {
            *("id", "username", "email", "first_name", "last_name"),
            *("is_staff", "is_active", "date_joined"),
        }
        assert body["token"] == body["tokens"]["access"]
        assert (body["username"], body["user"]["first_name"]) == ("ada", "Ada")
        assert (body["user"]["is_staff"], body["user"]["is_active"]) == (False, True)
        assert body["user"]["date_joined"].endswith("Z")
        assert counts(database) == (1, 1, 1, 0, 0)
        assert ApiClient(client, body["token"]).get("/doctors/").status_code == 200

    @pytest.mark.parametrize("path", REGISTRATIONS)
    def test_nothing_else_can_be_set(self, client: FlaskClient, database: Database, path: str) -> None:
        wanted = person(id=99, role=1, is_staff=True, is_admin=True, is_active=False, department="Cardiology")
        response = client.post(path, json=wanted)
        assert response.status_code == 201
        assert response.get_json()["user"]["is_staff"] is False
        with database.unit_of_work() as session:
            account = session.scalars(select(Account)).one()
            assert (account.is_admin, account.is_active) == (False, True)
            assert session.scalar(select(func.count()).select_from(Doctor)) == 0

    @pytest.mark.parametrize("missing", ["username", "email", "password"])
    def test_what_is_required_is_named(self, client: FlaskClient, database: Database, missing: str) -> None:
        sent = person()
        del sent[missing]
        for path in REGISTRATIONS:
            assert list(problem(client.post(path, json=sent), 400)["errors"]) == [missing]
        assert counts(database) == (0, 0, 0, 0, 0)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"username": "a@b"}, "username"),
            ({"username": "  "}, "username"),
            ({"username": "a" * 151}, "username"),
            ({"username": "a b"}, "username"),
            ({"username": 7}, "username"),
            ({"username": None}, "username"),
            ({"email": "no address"}, "email"),
            ({"email": "a" * 300 + "@example.org"}, "email"),
            ({"password": "short"}, "password"),
            ({"password": "p" * 5000}, "password"),
            ({"password": ["x"]}, "password"),
            ({"confirm_password": "another password"}, "confirm_password"),
            ({"first_name": "x" * 1000}, "first_name"),
        ],
    )
    def test_what_is_wrong_is_named(
        self, client: FlaskClient, database: Database, changes: dict[str, Any], field: str
    ) -> None:
        for path in REGISTRATIONS:
            assert list(problem(client.post(path, json=person(**changes)), 400)["errors"]) == [field]
        assert counts(database) == (0, 0, 0, 0, 0)

    @pytest.mark.both_databases
    def test_a_taken_name_or_address_is_400_without_regard_to_case(
        self, client: FlaskClient, database: Database
    ) -> None:
        AccountFactory(username="ada", email="ada@example.org")
        for path in REGISTRATIONS:
            body = problem(client.post(path, json=person(username="ADA", email="Ada@Example.org")), 400)
            assert set(body["errors"]) == {"username", "email"}
            assert list(problem(client.post(path, json=person(username="bea")), 400)["errors"]) == ["email"]

    def test_forms_and_multipart_do_as_well(self, client: FlaskClient, database: Database) -> None:
        assert client.post("/registrations/", data=person()).status_code == 201
        other = person(username="bea", email="bea@example.org")
        assert client.post("/registrations", data=other, content_type="multipart/form-data").status_code == 201


class TestRoleRegistration:
    def test_a_patient_may_report_clinical_texts(self, client: FlaskClient, database: Database) -> None:
        texts = {"diagnostics": "Asthma", "observations": "", "treatments": "Inhaler", "misc": "None"}
        assert client.post("/register", json=person(role=2, **texts)).status_code == 201
        assert counts(database) == (1, 1, 1, 0, 1)
        with database.unit_of_work() as session:
            record = session.scalars(select(ClinicalRecord)).one()
            assert record.reported_by_patient
            assert (record.diagnostics, record.treatments, record.author_id) == ("Asthma", "Inhaler", None)

    def test_without_texts_there_is_no_record(self, client: FlaskClient, database: Database) -> None:
        assert client.post("/register/", data=person(role="2")).status_code == 201
        assert counts(database) == (1, 1, 1, 0, 0)

    @pytest.mark.parametrize("named_by", ["name", "id", "text id"])
    def test_a_doctor_waits_for_approval(self, client: FlaskClient, database: Database, named_by: str) -> None:
        department = DepartmentFactory(name="Cardiology")
        entry = {"name": " cardiology ", "id": department.id, "text id": str(department.id)}[named_by]
        response = client.post("/register", json=person(role=1, department=entry, status="approved"))
        assert response.status_code == 201, response.text
        with database.unit_of_work() as session:
            doctor = session.scalars(select(Doctor)).one()
            assert (doctor.approval, doctor.department_id) == (Approval.PENDING, department.id)
        caller = ApiClient(client, response.get_json()["token"])
        assert caller.get("/doctors/").status_code == 200

    @pytest.mark.parametrize("role", [None, 0, 3, "x", 1.5, True, "doctor", 2**63])
    def test_the_role_is_one_of_two(self, client: FlaskClient, database: Database, role: object) -> None:
        sent = person(department="x") if role is None else person(role=role, department="x")
        assert "role" in problem(client.post("/register", json=sent), 400)["errors"]

    @pytest.mark.parametrize("department", [None, "", "No such", 999, 2**63, "9" * 30, 1.5, True, [], "x" * 300])
    def test_a_doctor_must_name_a_department(self, client: FlaskClient, database: Database, department: object) -> None:
        body = problem(client.post("/register", json=person(role=1, department=department)), 400)
        assert list(body["errors"]) == ["department"]
        assert "department" in problem(client.post("/register", json=person(role=1)), 400)["errors"]
        assert counts(database) == (0, 0, 0, 0, 0)


class TestAutomaticApproval:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, doctor_approval="automatic")

    def test_a_doctor_is_approved_at_once(self, client: FlaskClient, database: Database) -> None:
        DepartmentFactory(name="Cardiology")
        assert client.post("/register", json=person(role=1, department="Cardiology")).status_code == 201
        with database.unit_of_work() as session:
            assert session.scalars(select(Doctor)).one().approval is Approval.APPROVED


class TestSignIn:
    @pytest.mark.parametrize("path", [*SIGN_INS, "/login/", "/api/token"])
    def test_a_name_or_an_address_signs_in(self, client: FlaskClient, database: Database, path: str) -> None:
        AccountFactory(username="ada", email="ada@example.org")
        for name in ("ada", "ADA", "ada@example.org", "Ada@Example.ORG"):
            response = client.post(path, json={"username": name, "password": PASSWORD})
            assert response.status_code == 200, response.text
            body = response.get_json()
            assert set(body) == {"token", "access", "refresh"}
            assert body["token"] == body["access"]
            assert ApiClient(client, body["token"]).get("/doctors/").status_code == 200

    @pytest.mark.parametrize(("path", "status"), [("/login", 400), *((path, 401) for path in SIGN_INS[1:])])
    def test_wrong_credentials_are_400_in_document_000_and_else_401(
        self, client: FlaskClient, database: Database, path: str, status: int
    ) -> None:
        AccountFactory(username="ada")
        AccountFactory(username="closed", is_active=False)
        AccountFactory(username="bare", password_hash=None)
        answers = {
            client.post(path, json={"username": name, "password": password}).data
            for name, password in [("ada", "wrong"), ("nobody", PASSWORD), ("closed", PASSWORD), ("bare", PASSWORD)]
        }
        assert len(answers) == 1  # what is wrong is not told
        problem(client.post(path, json={"username": "ada", "password": "wrong"}), status)

    @pytest.mark.parametrize("path", SIGN_INS)
    def test_missing_parameters_are_400(self, client: FlaskClient, path: str) -> None:
        assert set(problem(client.post(path), 400)["errors"]) == {"username", "password"}


class TestTokens:
    @pytest.fixture
    def tokens(self, client: FlaskClient, database: Database) -> dict[str, str]:
        AccountFactory(username="ada")
        found: dict[str, str] = client.post("/api/token/", json={"username": "ada", "password": PASSWORD}).get_json()
        return found

    @pytest.mark.parametrize("scheme", ["Bearer {}", "bearer {}", "Token {}", "TOKEN  {}", "{}", " {} "])
    def test_three_ways_to_send_a_token(self, client: FlaskClient, tokens: dict[str, str], scheme: str) -> None:
        headers = {"Authorization": scheme.format(tokens["access"])}
        assert client.get("/doctors/", headers=headers).status_code == 200

    @pytest.mark.parametrize(
        "header", ["", "Bearer", "Bearer ", "Bearer x", "Basic {}", "Bearer {} {}", "Bearer \xff\xfe", "x" * 9000]
    )
    def test_a_bad_token_is_401(self, client: FlaskClient, tokens: dict[str, str], header: str) -> None:
        response = client.get("/doctors/", headers={"Authorization": header.replace("{}", tokens["access"])})
        problem(response, 401)
        assert response.headers["WWW-Authenticate"].startswith("Bearer")

    def test_a_refresh_token_opens_nothing(self, client: FlaskClient, tokens: dict[str, str]) -> None:
        problem(ApiClient(client, tokens["refresh"]).get("/doctors/"), 401)

    @pytest.mark.parametrize("path", REFRESHES)
    def test_a_refresh_token_gives_a_new_access_token(
        self, client: FlaskClient, tokens: dict[str, str], path: str
    ) -> None:
        response = client.post(path, json={"refresh": tokens["refresh"]}, headers={"Authorization": "Bearer expired"})
        assert response.status_code == 200, response.text
        assert list(response.get_json()) == ["access"]
        assert ApiClient(client, response.get_json()["access"]).get("/doctors/").status_code == 200

    @pytest.mark.parametrize("path", REFRESHES)
    def test_a_bad_refresh_token_is_401_and_none_is_400(
        self, client: FlaskClient, tokens: dict[str, str], path: str
    ) -> None:
        for bad in ("x", "", tokens["access"], "é"):
            problem(client.post(path, json={"refresh": bad}), 401)
        problem(client.post(path, json={}), 400)
        problem(client.post(path, json={"refresh": 7}), 400)


class TestSignOut:
    @pytest.mark.parametrize("path", SIGN_OUTS)
    @pytest.mark.parametrize("sent", ["access", "refresh", "both"])
    def test_both_tokens_die_at_once(self, client: FlaskClient, database: Database, path: str, sent: str) -> None:
        AccountFactory(username="ada")
        tokens = client.post("/login", json={"username": "ada", "password": PASSWORD}).get_json()
        caller = ApiClient(client, None if sent == "refresh" else tokens["access"])
        response = caller.post(path, json={} if sent == "access" else {"refresh": tokens["refresh"]})
        assert response.status_code == 200, response.text
        assert list(response.get_json()) == ["message"]
        problem(ApiClient(client, tokens["access"]).get("/doctors/"), 401)
        problem(client.post("/api/token/refresh/", json={"refresh": tokens["refresh"]}), 401)
        problem(caller.post(path, json={"refresh": tokens["refresh"]}), 401)

    @pytest.mark.parametrize("path", SIGN_OUTS)
    def test_a_stranger_cannot_sign_out(self, client: FlaskClient, database: Database, path: str) -> None:
        problem(client.post(path), 401)
        problem(client.post(path, json={"refresh": "x"}), 401)

    def test_other_sessions_live_on(self, client: FlaskClient, database: Database) -> None:
        account = AccountFactory()
        first, second = api(client, account), api(client, account)
        assert first.post("/logout").status_code == 200
        assert second.get("/doctors/").status_code == 200

    def test_disabling_an_account_ends_its_tokens(self, client: FlaskClient, database: Database) -> None:
        account = AccountFactory(username="ada")
        tokens = client.post("/login", json={"username": "ada", "password": PASSWORD}).get_json()
        with database.unit_of_work() as session:
            session.get_one(Account, account.id).is_active = False
        problem(ApiClient(client, tokens["access"]).get("/doctors/"), 401)
        problem(client.post("/api/token/refresh/", json={"refresh": tokens["refresh"]}), 401)


class TestCookies:
    def test_a_browser_session_opens_nothing_here(self, client: FlaskClient, database: Database) -> None:
        sign_in(client, AccountFactory(is_admin=True))
        assert client.get_cookie("portal") is not None
        for method, path in (("GET", "/doctors/"), ("POST", "/appointments/"), ("POST", "/logout")):
            problem(client.open(path, method=method), 401)
        assert client.get("/admin").status_code == 200  # it is still open where it belongs

    def test_no_cookie_is_ever_set(self, client: FlaskClient, database: Database) -> None:
        for response in (client.post("/registrations/", json=person()), client.post("/login", json={})):
            assert "Set-Cookie" not in response.headers


class TestSignInLimit:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, ratelimit_enabled=True, ratelimit_sign_in="4 per minute")

    def test_tries_are_counted_by_account_over_all_spellings(self, client: FlaskClient, database: Database) -> None:
        AccountFactory(username="ada", email="ada@example.org")
        tries: list[Callable[[], TestResponse]] = [
            lambda path=path, name=name: client.post(path, json={"username": name, "password": "wrong"})  # type: ignore[misc] # mypy infers no lambda with defaults
            for path, name in zip(SIGN_INS, ("ada", "ADA", "ada@example.org", "ada"), strict=True)
        ]
        assert [attempt().status_code for attempt in tries] == [400, 401, 401, 401]
        response = client.post("/auth/login/", json={"username": "ada", "password": PASSWORD})
        problem(response, 429)
        assert 1 <= int(response.headers["Retry-After"]) <= 60
        assert client.post("/login", json={"username": "bea", "password": "wrong"}).status_code == 400


class TestRateLimit:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(
            settings, ratelimit_enabled=True, ratelimit_anonymous="3 per minute", ratelimit_signed_in="5 per minute"
        )

    def test_strangers_are_counted_by_address_and_accounts_by_themselves(
        self, app: Flask, client: FlaskClient, database: Database
    ) -> None:
        caller = api(client, AccountFactory())
        assert [client.get("/doctors/").status_code for _ in range(3)] == [401, 401, 429]
        response = client.get("/doctors/")
        assert problem(response, 429)["title"] == "Too Many Requests"
        assert int(response.headers["Retry-After"]) > 0
        assert [caller.get("/doctors/").status_code for _ in range(6)] == [200] * 5 + [429]
