"""The HTTP edge: which face answers, what an error looks like, and where a request's work ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from threading import Barrier
from typing import Any

import pytest
from flask import Flask, Response, flash, request
from flask import session as cookie
from flask.testing import FlaskClient
from sqlalchemy import event, select, text
from werkzeug.exceptions import BadRequest
from werkzeug.routing import RequestRedirect

from app import unit_of_work
from app.errors import Conflict
from app.extensions import csrf, db, job_queue, read_only
from app.http import ATTEMPTS, CONTENT_SECURITY_POLICY, writes
from app.models import Department
from config import Settings
from tests.factories import AccountFactory, DepartmentFactory
from tests.support import servers
from tests.support.clients import PASSWORD
from tests.support.databases import Database

HTML = {"Accept": "text/html,application/xhtml+xml"}
Probe = Callable[..., Any]


@pytest.fixture
def probe(app: Flask) -> Callable[[Probe], str]:
    """Adds a page of the test's own that takes GET and POST; its path."""

    def add(view: Probe) -> str:
        csrf.exempt(view)
        app.add_url_rule("/probe", "probe", view, methods=["GET", "POST"])
        return "/probe"

    return add


def departments(database: Database) -> list[str]:
    """What was saved."""
    with database.unit_of_work() as session:
        return sorted(session.scalars(select(Department.name)))


def save(name: str) -> str:
    """Write something in a view."""
    db.session.add(Department(name=name))
    db.session.flush()
    return "done"


class TestFace:
    @pytest.mark.parametrize(
        ("path", "headers", "content_type"),
        [
            ("/no-such-place", HTML, "text/html"),
            ("/no-such-place", {}, "application/problem+json"),
            ("/no-such-place", {"Accept": "application/json"}, "application/problem+json"),
            ("/find-a-doctor/987654", {"Accept": "application/json"}, "text/html"),
            ("/doctors/987654/reviews/nothing", {"Accept": "application/json"}, "application/problem+json"),
        ],
    )
    def test_what_is_not_there_is_told_in_it(
        self, client: FlaskClient, path: str, headers: dict[str, str], content_type: str
    ) -> None:
        answer = client.get(path, headers=headers)

        assert (answer.status_code, answer.mimetype) == (404, content_type)

    def test_a_route_decides_whatever_is_accepted(self, client: FlaskClient) -> None:
        assert client.get("/appointments/", headers=HTML).mimetype == "application/problem+json"
        assert client.get("/appointments/1", headers=HTML).mimetype == "application/problem+json"

    def test_a_wrong_method_says_which_are_right(self, client: FlaskClient) -> None:
        on_page, on_api = client.delete("/find-a-doctor"), client.delete("/login", headers=HTML)

        assert (on_page.status_code, on_page.mimetype) == (405, "text/html")
        assert set(on_page.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
        assert (on_api.status_code, on_api.mimetype) == (405, "application/problem+json")
        assert set(on_api.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}

    def test_too_much_is_told_in_it(self, client: FlaskClient) -> None:
        much = b"x" * (10 * 2**20 + 1)

        on_page = client.post("/sign-in", data=much, content_type="application/x-www-form-urlencoded")
        on_api = client.post("/login", data=much, content_type="application/json")

        assert (on_page.status_code, on_page.mimetype) == (413, "text/html")
        assert (on_api.status_code, on_api.mimetype) == (413, "application/problem+json")


class TestBodies:
    @pytest.mark.parametrize("path", ["/no-such-place", "/appointments/", "/doctors/", "/sign-out"])
    def test_a_refusal_leaves_nothing_of_the_body_unread(self, client: FlaskClient, path: str) -> None:
        body = BytesIO(b"x" * 200_000)

        answer = client.post(path, input_stream=body, content_length=200_000, content_type="application/json")

        assert answer.status_code >= 400
        assert body.read() == b"", "the server would close the connection, and the next request on it be lost"


class TestHeaders:
    @pytest.mark.parametrize(
        "path", ["/", "/sign-in", "/no-such-place", "/doctors/", "/docs", "/openapi.json", "/static/css/portal.css"]
    )
    def test_every_answer_is_guarded(self, client: FlaskClient, path: str) -> None:
        with client.get(path, headers=HTML) as answer:
            headers = answer.headers

        assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers

    def test_the_policy_allows_nothing_inline_and_nothing_foreign(self) -> None:
        assert "unsafe" not in CONTENT_SECURITY_POLICY
        assert "http" not in CONTENT_SECURITY_POLICY
        assert "default-src 'none'" in CONTENT_SECURITY_POLICY

    def test_what_people_see_is_not_kept(self, client: FlaskClient) -> None:
        for path in ("/", "/doctors/", "/no-such-place"):
            assert client.get(path).headers["Cache-Control"] == "no-store"

    def test_a_cookie_is_for_this_site_and_no_script(self, client: FlaskClient, database: Database) -> None:
        (line,) = client.get("/sign-in").headers.get_all("Set-Cookie")

        assert "HttpOnly" in line
        assert "SameSite=Lax" in line


class TestUnitOfWork:
    def test_what_a_view_writes_is_saved(
        self, client: FlaskClient, database: Database, probe: Callable[[Probe], str]
    ) -> None:
        path = probe(lambda: save("Cardiology"))

        assert client.post(path).text == "done"
        assert departments(database) == ["Cardiology"]

    @pytest.mark.parametrize(
        ("refusal", "status"), [(BadRequest(), 400), (Conflict("No."), 409), (RequestRedirect("/"), 308)]
    )
    def test_what_a_refused_view_wrote_is_lost(
        self,
        client: FlaskClient,
        database: Database,
        probe: Callable[[Probe], str],
        refusal: Exception,
        status: int,
    ) -> None:
        def view() -> str:
            save("Cardiology")
            raise refusal

        assert client.post(probe(view)).status_code == status
        assert departments(database) == []

    def test_a_page_that_shows_a_refusal_saves_nothing(
        self, client: FlaskClient, database: Database, probe: Callable[[Probe], str]
    ) -> None:
        def view() -> tuple[str, int]:
            save(request.form["name"])
            if request.form["name"] == "refused":
                unit_of_work.mark_rollback_only()
                return "no", 409
            return "yes", 200

        path = probe(view)

        assert [client.post(path, data={"name": name}).status_code for name in ("refused", "taken")] == [409, 200]
        assert departments(database) == ["taken"]

    @pytest.mark.both_databases
    def test_what_a_flush_refuses_is_a_refusal(
        self, client: FlaskClient, database: Database, probe: Callable[[Probe], str]
    ) -> None:
        path = probe(lambda: (save("Cardiology"), save("cardiology"))[0])

        assert client.post(path).status_code == 409
        assert departments(database) == []

    @pytest.mark.both_databases
    def test_what_the_commit_refuses_is_a_refusal(
        self, client: FlaskClient, database: Database, probe: Callable[[Probe], str]
    ) -> None:
        DepartmentFactory(name="Cardiology")

        def view() -> Response:
            flash("Saved.")
            db.session.add(Department(name="CARDIOLOGY"))
            return Response("done", headers={"HX-Redirect": "/"})

        answer = client.post(probe(view))

        assert answer.status_code == 409
        assert "done" not in answer.text
        assert "Saved." not in answer.text
        assert "HX-Redirect" not in answer.headers
        assert departments(database) == ["Cardiology"]

    def test_no_banner_and_no_cookie_tell_of_what_was_not_saved(
        self, client: FlaskClient, database: Database, probe: Callable[[Probe], str]
    ) -> None:
        def view() -> str:
            if request.method == "GET":
                return ",".join([*cookie, *cookie.get("_flashes", [])])
            flash("You are booked.")
            cookie["booked"] = 1
            db.session.add(Department(name="Cardiology"))
            return "done"

        path = probe(view)
        DepartmentFactory(name="Cardiology")

        refused = client.post(path)

        assert refused.status_code == 409
        assert client.get(path).text == ""

    def test_a_job_of_a_refused_view_is_not_sent(
        self, client: FlaskClient, database: Database, probe: Callable[[Probe], str]
    ) -> None:
        def view() -> str:
            unit_of_work.after_commit("app.jobs.mail.deliver", 987654)
            raise Conflict

        assert client.post(probe(view)).status_code == 409
        jobs = []
        while not job_queue.embedded.empty():
            jobs.append(job_queue.embedded.get_nowait())
        assert ("app.jobs.mail.deliver", (987654,)) not in jobs


@pytest.mark.postgresql
class TestRunningAgain:
    def test_a_broken_deadlock_runs_the_view_again(
        self, app: Flask, database: Database, probe: Callable[[Probe], str]
    ) -> None:
        with database.unit_of_work():
            first, second = DepartmentFactory(name="First").id, DepartmentFactory(name="Second").id
        runs: list[int] = []
        both = Barrier(2)

        def view() -> str:
            keys = [int(key) for key in request.form.getlist("key")]
            runs.append(keys[0])
            flash("Saved.")
            db.session.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
            for key in keys:
                db.session.execute(select(Department.id).where(Department.id == key).with_for_update())
                if runs.count(keys[0]) == 1 and key == keys[0]:
                    both.wait(timeout=20)
            db.session.get_one(Department, keys[0]).description += "changed"
            return str(len(cookie["_flashes"]))

        path = probe(view)
        orders = ([first, second], [second, first])
        with ThreadPoolExecutor(2) as clients:
            answers = list(clients.map(lambda keys: app.test_client().post(path, data={"key": keys}), orders))

        assert [answer.status_code for answer in answers] == [200, 200]
        assert len(runs) in (3, 4)  # PostgreSQL may break both
        assert [answer.text for answer in answers] == ["1", "1"]
        with database.unit_of_work() as session:
            assert session.scalars(select(Department.description)).all() == ["changed", "changed"]

    @pytest.mark.parametrize("code", ["40001", "40P01"])
    def test_it_gives_up_after_some_runs(
        self, client: FlaskClient, database: Database, probe: Callable[[Probe], str], code: str
    ) -> None:
        runs: list[str] = []

        def view() -> str:
            save(f"Run {len(runs)}")
            runs.append("run")
            db.session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '{code}'; END $$"))
            return "done"

        answer = client.post(probe(view))

        assert (answer.status_code, len(runs)) == (503, ATTEMPTS)
        assert int(answer.headers["Retry-After"]) > 0
        assert departments(database) == []

    def test_other_failures_run_once(
        self, client: FlaskClient, database: Database, probe: Callable[[Probe], str]
    ) -> None:
        runs: list[str] = []

        def view() -> str:
            runs.append("run")
            db.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
            return "done"

        path = probe(view)

        assert client.post(path).status_code == 503
        assert runs == ["run"]
        assert client.get("/").status_code == 200


class TestWithoutADatabase:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        gone = f"postgresql+psycopg://portal@127.0.0.1:{servers.free_port()}/portal"
        return replace(settings, database_url=gone)

    def test_both_faces_say_come_back_later(self, client: FlaskClient) -> None:
        on_page = client.get("/find-a-doctor")
        on_api = client.post("/login", json={"username": "marie", "password": PASSWORD})

        for answer in (on_page, on_api):
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
        assert (on_page.mimetype, on_api.mimetype) == ("text/html", "application/problem+json")

    def test_what_needs_no_database_is_there(self, client: FlaskClient) -> None:
        for path in ("/docs", "/static/css/portal.css"):
            with client.get(path) as answer:
                assert answer.status_code == 200


class TestLockedDatabase:
    def test_both_faces_say_come_back_later(
        self, client: FlaskClient, database: Database, settings: Settings, probe: Callable[[Probe], str]
    ) -> None:
        path = probe(lambda: save("Cardiology"))
        with database.unit_of_work():
            account = AccountFactory()
            event.listen(db.engine, "checkout", _be_impatient)
        lock = sqlite3.connect(settings.database_url.removeprefix("sqlite:///"), isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")

        on_page = client.post(path)
        on_api = client.post("/login", json={"username": account.username, "password": "x"})
        reading = client.get("/find-a-doctor")
        lock.close()

        for answer in (on_page, on_api):
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
        assert (on_page.mimetype, on_api.mimetype) == ("text/html", "application/problem+json")
        assert reading.status_code == 200
        assert client.post(path).status_code == 200


def _be_impatient(connection: Any, *_more: object) -> None:
    connection.execute("PRAGMA busy_timeout=50")


class TestWrites:
    def test_a_get_that_writes_says_so_and_waits_its_turn(
        self, client: FlaskClient, database: Database, probe: Callable[[Probe], str]
    ) -> None:
        statements: list[str] = []

        @writes
        def view() -> str:
            save("Cardiology")
            return "done"

        path = probe(view)
        with database.unit_of_work():
            event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

        client.get("/find-a-doctor")
        assert statements
        assert "BEGIN IMMEDIATE" not in statements
        client.get(path)
        assert "BEGIN IMMEDIATE" in statements
        assert departments(database) == ["Cardiology"]

    def test_what_follows_a_get_in_its_thread_may_write_again(self, client: FlaskClient, database: Database) -> None:
        client.get("/find-a-doctor")
        assert not read_only.get()


class TestSurprise:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, env="development")

    def test_it_is_500_without_what_people_typed(
        self, client: FlaskClient, database: Database, probe: Callable[[Probe], str], caplog: pytest.LogCaptureFixture
    ) -> None:
        def view() -> str:
            save("Cardiology")
            raise LookupError(request.form["symptoms"])

        answer = client.post(probe(view), data={"symptoms": "a very private cough"})

        assert (answer.status_code, answer.mimetype) == (500, "text/html")
        assert "private" not in answer.text + caplog.text
        assert "LookupError" in caplog.text
        assert departments(database) == []
