"""`/healthz` and `/readyz`: what makes a process unfit, what is only worth a look, and what nobody is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.clock import now
from app.models import MessageState
from app.operations import health, stopping
from tests.factories import MessageFactory
from tests.support import servers
from tests.support.databases import Database


def ask(app: Flask) -> tuple[int, dict[str, Any]]:
    answer = app.test_client().get("/readyz")
    return answer.status_code, answer.get_json()


@pytest.mark.both_databases
class TestReady:
    def test_all_is_well(self, app: Flask, database: Database) -> None:
        checks = {"database": "ok", "migrations": "ok", "outbox": "ok"}
        assert ask(app) == (200, {"status": "ready", "checks": checks})

    @pytest.mark.parametrize(
        ("minutes", "state", "found"), [(16, "WAITING", "failed"), (14, "WAITING", "ok"), (16, "SENT", "ok")]
    )
    def test_late_mail_is_worth_a_look_and_stops_nobody(
        self, app: Flask, database: Database, minutes: int, state: str, found: str
    ) -> None:
        MessageFactory(due_at=now() - timedelta(minutes=minutes), state=MessageState[state])

        status, told = ask(app)

        assert (status, told["checks"]["outbox"]) == (200, found)
        assert told["status"] == ("degraded" if found == "failed" else "ready")

    @pytest.mark.parametrize(("version", "status"), [("0001", 503), ("9999", 200)])
    def test_an_older_database_does_and_a_newer_one_does_not_stop_it(
        self, app: Flask, database: Database, version: str, status: int
    ) -> None:
        """The newer one is what processes of the version before see while an upgrade goes on."""
        with database.unit_of_work() as session:
            session.execute(sa.text("UPDATE alembic_version SET version_num = :it"), {"it": version})

        assert ask(app)[0] == status

    def test_without_tables_it_is_unfit(self, app: Flask, database: Database) -> None:
        with database.unit_of_work() as session:
            session.execute(sa.text("DROP TABLE alembic_version"))

        assert ask(app) == (503, {"status": "unfit", "checks": {"database": "ok", "migrations": "failed"}})


class TestUnreachable:
    def test_a_database_that_is_gone_makes_it_unfit_and_is_not_named(self, make_app: Callable[..., Flask]) -> None:
        gone = f"postgresql+psycopg://portal:secret@127.0.0.1:{servers.free_port()}/portal"
        app = make_app(database_url=gone)

        assert ask(app) == (503, {"status": "unfit", "checks": {"database": "failed"}})

    def test_it_is_alive_all_the_same(self, make_app: Callable[..., Flask]) -> None:
        gone = f"postgresql+psycopg://portal:secret@127.0.0.1:{servers.free_port()}/portal"

        answer = make_app(database_url=gone).test_client().get("/healthz")

        assert (answer.status_code, answer.text) == (200, "ok\n")

    def test_redis_that_is_gone_is_worth_a_look(self, make_app: Callable[..., Flask]) -> None:
        app = make_app(redis_url=f"redis://127.0.0.1:{servers.free_port()}/0")

        status, told = ask(app)

        assert (status, told["status"], told["checks"]["redis"]) == (200, "degraded", "failed")

    def test_redis_that_answers_is_well(self, make_app: Callable[..., Flask], redis_url: str) -> None:
        assert ask(make_app(redis_url=redis_url))[1]["checks"]["redis"] == "ok"


class TestAsking:
    def test_the_database_is_asked_once_a_second(
        self, app: Flask, database: Database, count_queries: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health, "_KEPT_SECONDS", 60)
        with count_queries() as statements:
            for _ in range(5):
                ask(app)

        assert len(statements) <= 4, statements

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    def test_any_host_any_number_of_times_and_no_cookie(
        self, make_app: Callable[..., Flask], settings: Any, path: str
    ) -> None:
        """A probe knows a process by its address inside the cluster, and asks every few seconds."""
        app = make_app(
            env="production",
            public_url="https://portal.example.org",
            ratelimit_enabled=True,
            ratelimit_anonymous="1 per hour",
        )
        answers = [app.test_client().get(path, base_url="http://10.0.0.7:8000") for _ in range(3)]

        assert {answer.status_code for answer in answers} == {200}
        assert not any("Set-Cookie" in answer.headers for answer in answers)
        assert app.test_client().get("/", base_url="http://10.0.0.7:8000").status_code == 400

    def test_a_process_that_stops_sends_askers_elsewhere(
        self, client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "Connection" not in client.get("/").headers
        monkeypatch.setattr(stopping, "begun", a_set_event())

        unfit, page = client.get("/readyz"), client.get("/")

        assert (unfit.status_code, unfit.get_json()["checks"]) == (503, {"stopping": "failed"})
        assert (page.status_code, page.headers["Connection"]) == (200, "close")
        assert client.get("/healthz").status_code == 200


def a_set_event() -> Any:
    """An event that is set."""
    event = type(stopping.begun)()
    event.set()
    return event
