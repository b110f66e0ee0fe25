"""Every error page, as a browser gets it: in the design, in plain words, with a way on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from app.errors import Conflict
from app.services import doctors
from config import Settings
from tests.factories import DoctorFactory, PatientFactory
from tests.support.clients import form_values, sign_in
from tests.support.databases import Database

HTML = {"Accept": "text/html"}
MUCH = b"x" * (10 * 2**20 + 1)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A surprise is no failure of the test, but an error page."""
    return replace(settings, env="development")


def assert_says(answer: TestResponse, status: int, title: str, *ways: str) -> None:
    """The page has the frame of every page, says what happened, and leads on."""
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert f"<h1>{title}</h1>" in answer.text
    assert f"<title>{title} " in answer.text
    assert f"Error {status}" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    for way in (*ways, "/"):
        assert f'href="{way}"' in main


def failing(error: Exception) -> Callable[..., Any]:
    """A service that raises."""

    def fail(*_arguments: object, **_named: object) -> None:
        raise error

    return fail


def test_400_for_a_form_without_its_token(client: FlaskClient, database: Database) -> None:
    assert_says(client.post("/sign-in", data={"username": "a"}), 400, "That did not work")


def test_403_for_a_page_of_another_role(client: FlaskClient, database: Database) -> None:
    sign_in(client, PatientFactory().manager)

    assert_says(client.get("/admin"), 403, "You cannot see this page", "/my/appointments", "/contact")


@pytest.mark.parametrize("path", ["/no-such-page", "/find-a-doctor?page=9", "/media/forged"])
def test_404_for_what_is_not_there(client: FlaskClient, database: Database, path: str) -> None:
    answer = client.get(path, headers=HTML)

    assert_says(answer, 404, "Page not found", "/find-a-doctor", "/my/appointments", "/contact")


def test_405_for_a_page_that_takes_no_form(client: FlaskClient, database: Database) -> None:
    answer = client.post("/find-a-doctor", data={"csrf_token": form_values(client.get("/contact").text)["csrf_token"]})

    assert_says(answer, 405, "That did not work", "/find-a-doctor")


def test_409_for_what_has_changed_meanwhile(
    client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctors, "choices", failing(Conflict("That time has just been taken.")))

    answer = client.get("/find-a-doctor")

    assert_says(answer, 409, "This has changed meanwhile", "/find-a-doctor", "/my/appointments")
    assert "That time has just been taken." in answer.text


@pytest.mark.parametrize("path", ["/sign-in", "/contact"])
def test_413_for_what_is_too_big(client: FlaskClient, database: Database, path: str) -> None:
    answer = client.post(path, data=MUCH, content_type="application/x-www-form-urlencoded")

    assert_says(answer, 413, "That is too big")


def test_429_for_too_much_in_a_short_time(make_app: Callable[..., Flask], database: Database) -> None:
    client = make_app(ratelimit_enabled=True, ratelimit_anonymous="1 per minute").test_client()
    client.get("/")

    answer = client.get("/")

    assert_says(answer, 429, "Too many tries")
    assert int(answer.headers["Retry-After"]) <= 60


def test_500_for_a_mistake_of_ours(client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctors, "choices", failing(LookupError("a secret")))

    answer = client.get("/find-a-doctor")

    assert_says(answer, 500, "Sorry, something went wrong", "/my/appointments", "/contact")
    assert "secret" not in answer.text


def test_503_for_a_database_that_is_away(
    client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    DoctorFactory()
    monkeypatch.setattr(doctors, "choices", failing(OperationalError("SELECT", {}, Exception("away"))))

    answer = client.get("/find-a-doctor")

    assert_says(answer, 503, "The portal is busy")
    assert int(answer.headers["Retry-After"]) > 0
