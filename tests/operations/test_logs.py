"""Logs: request ids from end to end, one JSON object a line, and nothing that is private."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from rq import Queue

from app import unit_of_work
from app.operations import logs
from config import ROOT, Settings
from tests.factories import DoctorFactory
from tests.jobs.test_worker import PATIENCE_SECONDS, worker_process
from tests.support.databases import Database

GIVEN = "proxy-0123456789"


class TestRequestId:
    def test_every_answer_has_its_own(self, app: Flask, database: Database) -> None:
        client = app.test_client()
        ids = {client.get(path).headers["X-Request-ID"] for path in ("/", "/no-such-place", "/doctors/")}

        assert len(ids) == 3

    @pytest.mark.parametrize(
        ("proxies", "given", "is_kept"),
        [
            (1, GIVEN, True),
            (0, GIVEN, False),
            (1, "short", False),
            (1, 'a"} {"level":"info', False),
            (1, "x" * 65, False),
        ],
    )
    def test_a_trusted_proxys_is_kept_where_it_is_well_formed(
        self, make_app: Callable[..., Flask], database: Database, proxies: int, given: str, *, is_kept: bool
    ) -> None:
        answer = make_app(trusted_proxies=proxies).test_client().get("/accessibility", headers={"X-Request-ID": given})

        assert (answer.headers["X-Request-ID"] == given) is is_kept

    def test_the_page_of_a_mistake_of_ours_shows_it(self, app: Flask, database: Database) -> None:
        app.testing = False

        def fail() -> str:
            raise LookupError

        app.add_url_rule("/fail", "fail", fail)
        answer = app.test_client().get("/fail", headers={"Accept": "text/html"})

        assert answer.status_code == 500
        assert f"request {answer.headers['X-Request-ID']}" in answer.text

    def test_other_pages_do_not(self, client: FlaskClient, database: Database) -> None:
        answer = client.get("/no-such-place", headers={"Accept": "text/html"})

        assert answer.headers["X-Request-ID"] not in answer.text

    def test_a_job_carries_that_of_the_request_which_caused_it(
        self, make_app: Callable[..., Flask], database: Database, redis_url: str
    ) -> None:
        app = make_app(redis_url=redis_url, trusted_proxies=1)
        app.add_url_rule("/cause", "cause", cause)
        app.test_client().get("/cause", headers={"X-Request-ID": GIVEN})

        with Redis.from_url(redis_url) as connection:
            (job,) = (job for job in Queue(connection=connection).get_jobs() if job.meta)
            job.delete()
        assert job.meta == {"request": GIVEN}


def cause() -> str:
    """A view that leaves a job to a worker."""
    unit_of_work.after_commit("app.jobs.mail.deliver", 1)
    return "done"


class TestMask:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("mail to ada.l+x@mail.example.org failed", "mail to <e-mail> failed"),
            ("call 020 7946 0018 or +44 (0)20 7946-0018", "call <phone> or <phone>"),
            ("Authorization: Bearer abc.def-123456", "Authorization: Bearer <secret>"),
            ("eyJhbGciOi.eyJzdWIi.c2ln", "<secret>"),
            ("postgresql://portal:pass@db:5432/x", "postgresql://<secret>@db:5432/x"),
            ("GET /calendar/s3cr3t.ics", "GET /calendar/<secret>"),
            ("/set-password/abc", "/set-password/<secret>"),
        ],
    )
    def test_what_is_private_is_not_told(self, text: str, shown: str) -> None:
        assert logs.mask(text) == shown

    @pytest.mark.parametrize(
        "text",
        ["at 2026-11-27 13:45:00", "message 1234567890 was not sent", "127.0.0.1:8000", "job app.jobs.mail.deliver"],
    )
    def test_the_rest_is_told(self, text: str) -> None:
        assert logs.mask(text) == text


def logged(script: str) -> list[dict[str, Any]]:
    """What a process of its own logs: configuring logs is for entry points."""
    program = f"import logging\nfrom app.operations import logs\nlogs.configure('json')\n{script}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 (our own code)
    return [json.loads(line) for line in done.stderr.splitlines()]


class TestLines:
    def test_a_library_and_the_portal_log_in_one_form(self) -> None:
        portal, library = logged(
            "logging.getLogger('app.x').info('told %s', 'ada@example.org')\nlogging.getLogger('rq').warning('ours')\n"
            "logging.getLogger('rq').info('not this')"
        )

        assert {"level": "info", "event": "told <e-mail>"}.items() <= portal.items()
        assert {"level": "warning", "event": "ours"}.items() <= library.items()
        assert portal["time"].endswith("+00:00")

    def test_an_exception_is_kinds_and_places_without_messages_and_values(self) -> None:
        (line,) = logged(
            "def fail():\n  name = 'Ada Lovelace'\n  try:\n    raise KeyError(name)\n  except KeyError as error:\n"
            "    raise ValueError(name) from error\n"
            "try:\n  fail()\nexcept ValueError:\n  logging.getLogger('app').exception('it failed')"
        )

        assert line["exception"].startswith("ValueError at <string>:")
        assert "fail" in line["exception"]
        assert "KeyError" in line["exception"]
        assert "Ada" not in json.dumps(line)

    @pytest.mark.slow
    def test_a_server_tells_each_request_by_its_route(
        self, database: Database, settings: Settings, live_server: Callable[..., str]
    ) -> None:
        doctor = DoctorFactory()
        address = live_server(log_format="json")
        answer = httpx.get(f"{address}/find-a-doctor/{doctor.id}?private=1")
        httpx.get(f"{address}/static/css/portal.css")
        httpx.get(f"{address}/healthz")

        lines = [
            json.loads(line) for line in (settings.data_dir / "server.log").read_text().splitlines() if line[0] == "{"
        ]

        (line,) = (line for line in lines if line["event"] == "request")
        assert (line["method"], line["route"], line["status"]) == ("GET", "/find-a-doctor/<int:doctor_id>", 200)
        assert (line["request"], line["level"], line["ms"] > 0) == (answer.headers["X-Request-ID"], "info", True)
        assert "private" not in json.dumps(lines)

    @pytest.mark.slow
    def test_a_worker_tells_its_jobs_by_the_request_that_caused_them(
        self, database: Database, settings: Settings, redis_url: str
    ) -> None:
        """The second one fails: what it was given stays out of the log."""
        log = settings.data_dir / "worker.log"
        with Redis.from_url(redis_url) as connection:
            queue = Queue(connection=connection)
            queue.enqueue("app.jobs.mail.deliver", 1, meta={"request": GIVEN})
            queue.enqueue("app.jobs.mail.deliver", "Ada Lovelace", 2, meta={"request": GIVEN})
        with worker_process(replace(settings, redis_url=redis_url, log_format="json")):
            wait_until(lambda: log.read_text().count("job app.jobs.mail.deliver ") == 3)

        lines = [json.loads(line) for line in log.read_text().splitlines()]

        events = [line["event"].partition(" in ")[0] for line in lines if line.get("request") == GIVEN]
        assert events == [
            "job app.jobs.mail.deliver done",
            "job app.jobs.mail.deliver raised",
            "job app.jobs.mail.deliver failed",
        ]
        assert "Ada" not in json.dumps(lines)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Another process works on it: there is nothing to wait on but what it writes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
