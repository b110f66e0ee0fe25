"""The pages that say what went wrong: always there, whatever ails the rest."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from app import identity
from app.http import Refusal
from app.pages.errors import EXPLANATIONS, error_page, render_refusal
from app.policy import Actor
from tests.support.frame import make_frame

PATIENT = Actor(account_id=1, display_name="Amira Hassan")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Flask:
    """The frame, seen by a patient."""
    return make_frame(monkeypatch, tmp_path, {}, PATIENT)


def fail() -> NoReturn:
    """What asking for the actor does while the database is away."""
    raise OperationalError("SELECT", {}, Exception("the database is away"))


def refusal(status: HTTPStatus, detail: str = "", **headers: str) -> Refusal:
    """A refusal as the edge tells it."""
    return Refusal(status, detail, {}, headers, {})


@pytest.mark.parametrize("status", sorted(EXPLANATIONS))
def test_every_page_says_what_happened_and_what_to_do(app: Flask, status: int) -> None:
    with app.test_request_context("/somewhere"):
        page = error_page(status)

    explanation = EXPLANATIONS[HTTPStatus(status)]
    assert f"<h1>{explanation.title}</h1>" in page
    assert explanation.advice in page
    assert f"Error {status}" in page


@pytest.mark.parametrize(("status", "like"), [(415, 400), (418, 400), (502, 500)])
def test_a_rare_status_has_a_page_too(app: Flask, status: int, like: int) -> None:
    with app.test_request_context("/somewhere"):
        assert EXPLANATIONS[HTTPStatus(like)].title in error_page(status)


@pytest.mark.parametrize("status", [404, 500, 503])
def test_no_page_needs_the_database(app: Flask, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr(identity, "actor", fail)

    with app.test_request_context("/somewhere"):
        assert f"Error {status}" in error_page(status)


def test_below_500_the_header_knows_who_looks(app: Flask) -> None:
    with app.test_request_context("/somewhere"):
        assert "Amira Hassan" in error_page(404)
        assert "Amira Hassan" not in error_page(500)


def test_what_the_hospital_says_takes_the_place_of_the_tables_sentence(app: Flask) -> None:
    with app.test_request_context("/somewhere"):
        page = error_page(409, "That time <is> taken.")

    assert "That time &lt;is&gt; taken." in page
    assert EXPLANATIONS[HTTPStatus.CONFLICT].happened not in page


def test_a_refusal_keeps_its_status_and_headers(app: Flask) -> None:
    with app.test_request_context("/somewhere"):
        answer = render_refusal(refusal(HTTPStatus.TOO_MANY_REQUESTS, "Too many tries.", **{"Retry-After": "30"}))

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "30"


@pytest.mark.parametrize(
    ("method", "address"),
    [("GET", "/sign-in?next=/my/appointments?page%3D2"), ("POST", "/sign-in")],
)
def test_a_stranger_signs_in_and_goes_on(app: Flask, method: str, address: str) -> None:
    with app.test_request_context("/my/appointments?page=2", method=method):
        answer = render_refusal(refusal(HTTPStatus.UNAUTHORIZED))

    assert (answer.status_code, answer.location) == (303, address)


def test_an_error_takes_the_whole_page_from_htmx(app: Flask) -> None:
    with app.test_request_context("/somewhere", headers={"HX-Request": "true", "HX-Target": "main#main"}):
        answer = render_refusal(refusal(HTTPStatus.BAD_REQUEST, "This form is old."))

    assert answer.headers["HX-Retarget"] == "body"
