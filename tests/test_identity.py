"""Who is asking: a cookie counts on the pages, a token on the JSON face, and nobody is left behind for the next."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import AuditEvent
from tests.factories import AccountFactory
from tests.support.clients import api, sign_in, submit
from tests.support.databases import Database


class TestActor:
    def test_a_cookie_never_counts_on_the_json_face(self, client: FlaskClient, database: Database) -> None:
        sign_in(client, AccountFactory())

        assert client.get("/my/appointments").status_code == 200
        for method, path in (("GET", "/appointments/"), ("POST", "/appointments/"), ("GET", "/doctors/")):
            answer = client.open(path, method=method, json={})
            assert answer.status_code == 401, path
            assert "WWW-Authenticate" in answer.headers

    def test_a_token_never_counts_on_the_pages(self, client: FlaskClient, database: Database) -> None:
        program = api(client, AccountFactory())

        assert program.get("/appointments/").status_code == 200
        answer = program.get("/my/appointments")
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/sign-in")

    def test_a_program_in_a_signed_in_browser_is_who_its_token_says(
        self, client: FlaskClient, database: Database
    ) -> None:
        person, other = AccountFactory(), AccountFactory()
        sign_in(client, person)
        program = api(client, other)

        assert program.get("/appointments/").get_json()["count"] == 0

    def test_nobody_is_left_behind_for_the_next_request(self, app: Flask, database: Database) -> None:
        visitor = app.test_client()
        program = api(visitor, AccountFactory())

        for _ in range(2):
            assert program.get("/appointments/").status_code == 200
            assert visitor.get("/appointments/").status_code == 401

    @pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "TOKEN ", "Token  ", ""])
    def test_a_token_comes_in_every_spelling(self, client: FlaskClient, database: Database, scheme: str) -> None:
        token = api(client, AccountFactory()).token

        assert client.get("/appointments/", headers={"Authorization": f"{scheme}{token}"}).status_code == 200

    @pytest.mark.parametrize(
        "header",
        [
            "Bearer",
            "Bearer ",
            "Basic YTpi",
            "Bearer \u00e9\u00ff",
            "Bearer a b c",
            "x" * 60_000,
            "Bearer ..",
            "Negotiate",
        ],
    )
    def test_any_other_header_is_nobody(self, client: FlaskClient, header: str) -> None:
        assert client.get("/appointments/", headers={"Authorization": header}).status_code == 401

    @pytest.mark.parametrize("value", ["x", "", "\u00e9", "a.b.c", "." * 4000, "eyJfdXNlcl9pZCI6IjEifQ.aR8x.xxxx"])
    def test_a_forged_cookie_is_nobody(self, client: FlaskClient, database: Database, value: str) -> None:
        client.set_cookie("portal", value)

        assert client.get("/my/appointments").status_code == 303

    def test_a_copied_cookie_dies_with_its_session(self, app: Flask, client: FlaskClient, database: Database) -> None:
        sign_in(client, AccountFactory())
        copied = client.get_cookie("portal")
        assert copied is not None
        thief = app.test_client()
        thief.set_cookie("portal", copied.value)
        assert thief.get("/my/appointments").status_code == 200

        assert submit(client, "/sign-out").status_code == 303

        assert thief.get("/my/appointments").status_code == 303


class TestNoteRefusal:
    @pytest.mark.parametrize("path", ["/admin", "/clinic"])
    def test_an_access_that_a_role_does_not_have_is_in_the_audit_trail(
        self, client: FlaskClient, database: Database, path: str
    ) -> None:
        account = AccountFactory()
        sign_in(client, account)

        assert client.get(path).status_code == 403

        with database.unit_of_work() as session:
            refused = session.scalars(select(AuditEvent).where(AuditEvent.action == "access.refused")).one()
            assert refused.account_id == account.id
            assert refused.details["endpoint"]
