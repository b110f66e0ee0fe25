"""`/metrics`: for who has the token, by route and never by address, summed over all processes."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from app.clock import now
from app.jobs import worker
from app.models import MessageState
from tests.factories import DoctorFactory, MessageFactory
from tests.support import servers
from tests.support.databases import Database

TOKEN = "metrics-only-0123456789-abcdefghijklmnopqrstuv"


def figures(text: str) -> dict[tuple[str, frozenset[str]], float]:
    """Each sample by its name and the values of its labels."""
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(app: Flask) -> str:
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return answer.text


def figure(text: str, name: str, *labels: str) -> float:
    return figures(text).get((name, frozenset(labels)), 0)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """A portal that is watched."""
    return make_app(metrics_token=TOKEN)


class TestWho:
    @pytest.mark.parametrize("shown", ["", "Bearer", "Bearer wrong", f"Bearer {TOKEN}x", TOKEN, "Bearer ü"])
    def test_nobody_without_the_token(self, app: Flask, shown: str) -> None:
        answer = app.test_client().get("/metrics", headers={"Authorization": shown})

        assert (answer.status_code, answer.text) == (401, "unauthorized\n")

    def test_nobody_at_all_unless_a_token_is_set(self, make_app: Callable[..., Flask], database: Database) -> None:
        answer = make_app(metrics_token=None).test_client().get("/metrics", headers={"Authorization": "Bearer "})

        assert answer.status_code == 404


class TestWhat:
    def test_requests_count_by_route_and_never_by_address(self, app: Flask, database: Database) -> None:
        doctor = DoctorFactory()
        labels = ("GET", "/find-a-doctor/<int:doctor_id>", "200")
        before = figure(scrape(app), "portal_requests_total", *labels)

        app.test_client().get(f"/find-a-doctor/{doctor.id}?secret=1")

        after = scrape(app)
        assert figure(after, "portal_requests_total", *labels) == before + 1
        assert figure(after, "portal_request_seconds_count", *labels[:2]) >= 1
        assert "secret" not in after
        assert f"/find-a-doctor/{doctor.id}" not in after

    def test_visitors_make_up_no_labels(self, app: Flask, database: Database) -> None:
        client = app.test_client()
        client.get("/no-such-place")
        client.open("/", method="INVENTED")

        text = scrape(app)

        assert figure(text, "portal_requests_total", "GET", "none", "404") >= 1
        assert "no-such-place" not in text
        assert "INVENTED" not in text

    @pytest.mark.both_databases
    def test_the_outbox_is_told(self, app: Flask, database: Database) -> None:
        MessageFactory(due_at=now() - timedelta(minutes=10))
        MessageFactory(due_at=now() + timedelta(days=1))
        MessageFactory(due_at=now() + timedelta(minutes=1), error="SMTPServerDisconnected")
        MessageFactory(state=MessageState.FAILED)

        text = scrape(app)

        assert [figure(text, f"portal_outbox_{name}") for name in ("due", "tried", "failed")] == [1, 1, 1]
        assert 600 <= figure(text, "portal_outbox_oldest_due_seconds") < 660
        assert figure(text, "portal_database_up") == 1

    def test_the_queue_and_the_sweep_are_told(
        self, make_app: Callable[..., Flask], redis_url: str, database: Database
    ) -> None:
        app = make_app(metrics_token=TOKEN, redis_url=redis_url)
        queue = app.extensions["rq"]
        job = queue.enqueue("app.jobs.mail.deliver", 1)
        job.enqueued_at = now() - timedelta(minutes=5)
        job.save()
        worker._sweep(app)

        text = scrape(app)

        assert [figure(text, f"portal_{name}") for name in ("redis_up", "queue_jobs")] == [1, 1]
        assert 300 <= figure(text, "portal_queue_oldest_seconds") < 360
        assert abs(figure(text, "portal_swept_seconds") - now().timestamp()) < 60

    def test_what_cannot_be_asked_is_down_and_the_rest_is_told(self, make_app: Callable[..., Flask]) -> None:
        app = make_app(
            metrics_token=TOKEN,
            database_url=f"postgresql+psycopg://portal@127.0.0.1:{servers.free_port()}/portal",
            redis_url=f"redis://127.0.0.1:{servers.free_port()}/0",
        )
        text = scrape(app)

        known = figures(text)
        assert [known["portal_database_up", frozenset()], known["portal_redis_up", frozenset()]] == [0, 0]
        assert "portal_outbox_due" not in text


@pytest.mark.slow
def test_the_processes_of_a_server_are_summed(database: Database, live_server: Callable[..., Any]) -> None:
    """Each connection stays with one process: some are needed until both have answered."""
    where = urlsplit(live_server(processes=2, metrics_token=TOKEN))
    assert where.hostname
    connections = [http.client.HTTPConnection(where.hostname, where.port, timeout=60) for _ in range(40)]
    for connection in connections:
        connection.request("GET", "/accessibility")
    for connection in connections:
        connection.getresponse().read()

    told = set()
    for connection in connections:
        connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        text = connection.getresponse().read().decode()
        told.add(figure(text, "portal_requests_total", "GET", "/accessibility", "200"))
        connection.close()

    assert told == {40}
