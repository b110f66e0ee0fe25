"""Signing in over JSON to an account with two-step sign-in, and programs of staff who owe it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import Account, AuditEvent, SecondFactor, Session
from config import Settings
from tests.api.support import problem
from tests.api.test_accounts import SIGN_INS
from tests.factories import AccountFactory, DoctorFactory, SecondFactorFactory
from tests.support.clients import PASSWORD, ApiClient, api
from tests.support.codes import app_code, recovery_codes
from tests.support.databases import Database

PROOF = {"username": "ada", "password": PASSWORD}


@pytest.fixture
def factor(database: Database) -> SecondFactor:
    return SecondFactorFactory(account=AccountFactory(username="ada"))


@pytest.mark.parametrize("path", SIGN_INS)
class TestSignIn:
    def test_the_code_is_sent_beside_the_password(self, client: FlaskClient, factor: SecondFactor, path: str) -> None:
        for code in (app_code(factor), recovery_codes(factor)[0]):
            body = client.post(path, data=PROOF | {"code": code}).get_json()
            assert ApiClient(client, body["access"]).get("/appointments/").status_code == 200

    @pytest.mark.parametrize("sent", [{}, {"code": ""}])
    def test_without_one_the_answer_says_what_to_send(
        self, client: FlaskClient, factor: SecondFactor, path: str, sent: dict[str, object]
    ) -> None:
        answer = client.post(path, json=PROOF | sent)
        assert "send the code that its app shows, or a recovery code, as `code`" in problem(answer, 401)["detail"]

    def test_a_wrong_or_used_one_opens_no_session(
        self, client: FlaskClient, factor: SecondFactor, database: Database, path: str
    ) -> None:
        code = app_code(factor)
        assert client.post(path, json=PROOF | {"code": code}).status_code == 200
        for wrong in ("wrong", code):
            detail = problem(client.post(path, json=PROOF | {"code": wrong}), 401)["detail"]
            assert "Use the code that your app shows now, or a recovery code." in detail
        with database.unit_of_work() as session:
            assert len(session.scalars(select(Session)).all()) == 1
            assert session.scalars(select(AuditEvent.action)).all().count("second_factor.refused") == 2

    def test_a_wrong_password_is_told_as_ever(self, client: FlaskClient, factor: SecondFactor, path: str) -> None:
        answer = client.post(path, json={"username": "ada", "password": "wrong", "code": app_code(factor)})
        assert "username or password" in problem(answer, 400 if path == "/login" else 401)["detail"]

    def test_other_accounts_need_none(self, client: FlaskClient, database: Database, path: str) -> None:
        AccountFactory(username="ada")
        for sent in ({}, {"code": "123456"}):
            assert client.post(path, json=PROOF | sent).status_code == 200


@pytest.mark.both_databases
def test_of_many_who_send_the_same_code_at_once_one_is_let_in(
    app: Flask, factor: SecondFactor, database: Database
) -> None:
    start = Barrier(4)
    code = app_code(factor)

    def act(_number: int) -> int:
        start.wait()
        return app.test_client().post("/api/token/", json=PROOF | {"code": code}).status_code

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(act, range(4))) == [200, 401, 401, 401]


class TestRequiredOfStaff:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, second_factor_required="staff")

    def test_programs_of_staff_are_told_what_is_missing(self, client: FlaskClient, database: Database) -> None:
        for account in (AccountFactory(is_admin=True), DoctorFactory().account):
            program = api(client, account)
            assert "two-step sign-in" in problem(program.get("/patient_records/"), 403)["detail"]
            assert program.get("/appointments/").status_code == 200

    def test_with_the_code_they_work(self, client: FlaskClient, database: Database) -> None:
        admin: Account = AccountFactory(username="ada", is_admin=True)
        factor = SecondFactorFactory(account=admin)
        body = client.post("/api/token/", json=PROOF | {"code": app_code(factor)}).get_json()
        assert ApiClient(client, body["access"]).get("/patient_records/").status_code == 200
