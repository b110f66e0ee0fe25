"""A browser that is left alone is signed out: on the server, and told why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from app.clock import now
from app.models import Session
from app.services import sessions
from app.services.sessions import SEEN_EVERY
from tests.factories import AccountFactory
from tests.support.clients import PASSWORD, form_values, sign_in, submit
from tests.support.databases import Database

BACKGROUND = {"X-Background": "true"}


@pytest.fixture
def account(database: Database) -> Any:
    """A patient."""
    return AccountFactory()


@pytest.fixture
def visitor(client: FlaskClient, account: Any) -> FlaskClient:
    """The patient, signed in."""
    return sign_in(client, account)


def leave_alone(database: Database, away: timedelta) -> datetime:
    """Have every browser last been used so long ago."""
    seen_at = now() - away
    with database.unit_of_work() as session:
        session.execute(update(Session).values(last_seen_at=seen_at))
    return seen_at


def seen(database: Database) -> datetime:
    with database.unit_of_work() as session:
        return session.scalars(select(Session.last_seen_at)).one()


class TestSignedOut:
    def test_the_sign_in_page_says_why_and_leads_back(
        self, visitor: FlaskClient, account: Any, database: Database
    ) -> None:
        leave_alone(database, timedelta(minutes=30, seconds=1))

        answer = visitor.get("/my/appointments?show=past")
        assert answer.location == "/sign-in?next=/my/appointments?show%3Dpast"
        page = visitor.get(answer.location).text
        assert "you had not used the portal for 30 minutes. Sign in to go on where you were." in page
        answer = submit(visitor, answer.location, username=account.username, password=PASSWORD)

        assert answer.location == "/my/appointments?show=past"
        assert visitor.get(answer.location).status_code == 200

    def test_a_form_that_comes_too_late_changes_nothing(self, visitor: FlaskClient, database: Database) -> None:
        fields = form_values(visitor.get("/my/account/close").text) | {"current_password": PASSWORD}
        leave_alone(database, timedelta(hours=1))

        assert visitor.post("/my/account/close", data=fields).location == "/sign-in?next=/my/account/close"

    def test_staff_is_signed_out_sooner(self, client: FlaskClient, database: Database) -> None:
        sign_in(client, AccountFactory(is_admin=True))
        leave_alone(database, timedelta(minutes=15, seconds=1))

        assert "for 15 minutes" in client.get(client.get("/admin").location).text

    def test_who_signs_out_is_not_told_so(self, visitor: FlaskClient) -> None:
        submit(visitor, "/sign-out")
        assert "You were signed out" not in visitor.get("/sign-in").text


class TestUse:
    @pytest.mark.both_databases
    @pytest.mark.parametrize("path", ["/my/appointments", "/find-a-doctor", "/my/appointments/999"])
    def test_a_page_counts(self, visitor: FlaskClient, database: Database, path: str) -> None:
        before = leave_alone(database, SEEN_EVERY)
        visitor.get(path)
        assert seen(database) > before

    def test_it_is_not_written_down_each_time(self, visitor: FlaskClient, database: Database, count_queries) -> None:
        before = leave_alone(database, SEEN_EVERY / 2)
        with count_queries() as statements:
            visitor.get("/my/appointments")
        assert seen(database) == before
        assert not any("UPDATE" in str(statement) for statement in statements)

    @pytest.mark.parametrize("path", ["/my/appointments", "/presence"])
    def test_what_a_page_asks_by_itself_does_not(self, visitor: FlaskClient, database: Database, path: str) -> None:
        before = leave_alone(database, timedelta(minutes=20))
        assert visitor.get(path, headers=BACKGROUND).status_code == 200
        assert seen(database) == before

    def test_a_busy_database_keeps_nobody_from_a_page(
        self, visitor: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = leave_alone(database, timedelta(minutes=20))

        def refuse(_found: object) -> None:
            raise OperationalError("UPDATE session", {}, Exception("database is locked"))

        monkeypatch.setattr(sessions, "note_use", refuse)
        assert visitor.get("/my/appointments").status_code == 200
        assert seen(database) == before

    def test_files_do_not(self, visitor: FlaskClient, database: Database) -> None:
        before = leave_alone(database, timedelta(minutes=20))
        visitor.get("/static/css/portal.css").close()
        assert seen(database) == before


class TestPresence:
    def test_it_tells_how_long_is_left(self, visitor: FlaskClient, database: Database) -> None:
        leave_alone(database, timedelta(minutes=28))
        left = visitor.get("/presence", headers=BACKGROUND).get_json()["seconds_left"]
        assert 100 < left <= 120

    def test_staying_begins_anew(self, visitor: FlaskClient, database: Database) -> None:
        token = form_values(visitor.get("/my/account").text)["csrf_token"]
        leave_alone(database, timedelta(minutes=29))
        answer = visitor.post("/presence", headers={"X-CSRFToken": token})
        assert answer.get_json()["seconds_left"] > 29 * 60
        assert now() - seen(database) < timedelta(minutes=1)

    def test_who_was_away_too_long_cannot_stay(self, visitor: FlaskClient, database: Database) -> None:
        token = form_values(visitor.get("/my/account").text)["csrf_token"]
        leave_alone(database, timedelta(minutes=31))
        assert visitor.post("/presence", headers={"X-CSRFToken": token}).get_json() == {"seconds_left": 0}
        assert visitor.get("/presence").get_json() == {"seconds_left": 0}

    def test_the_page_knows_the_limit(self, visitor: FlaskClient, client: FlaskClient) -> None:
        page = visitor.get("/my/account").text
        assert 'data-seconds="1800"' in page
        assert "What you have typed and not sent would be lost." in page
        assert 'id="idle"' not in client.application.test_client().get("/").text
