"""Pages, fragments and redirects; and the frame around every page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, flash
from flask.typing import ResponseReturnValue

from app.pages.render import navigation, render, see_other
from app.policy import Actor
from tests.support.frame import make_frame

PAGE = """
{% extends "layout.html" %}
{% block title %}Doctors{% endblock %}
{% block main %}
  <h1>Doctors</h1>
  {% block results %}<div id="results">{{ ui.tag(word) }}</div>{% endblock %}
{% endblock %}
"""
STRANGER = Actor()
PATIENT = Actor(account_id=1, display_name="Amira Hassan")
CLINIC = ("Today", "Requests", "Patients", "Department", "Hours", "My figures")
ADMIN = ("Dashboard", "Doctors", "Patients", "Accounts", "Reviews", "Lists", "Hospital", "Audit")
EVERYTHING = Actor(account_id=1, display_name="Amira Hassan", doctor_id=3, is_admin=True)

FrameMaker = Callable[..., Flask]


@pytest.fixture
def frame(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FrameMaker:
    """Maker of an app with a page at `/list`, for an actor and a word to show."""

    def make(actor: Actor = STRANGER, word: str = "Cardiology", **context: Any) -> Flask:
        app = make_frame(monkeypatch, tmp_path, {"list.html": PAGE}, actor)
        app.add_url_rule("/list", "list", lambda: render("list.html", word=word, **context))
        return app

    return make


class TestFragments:
    def test_a_browser_gets_the_whole_page(self, frame: FrameMaker) -> None:
        page = frame().test_client().get("/list")

        assert "<title>Doctors \N{EN DASH} Larkfield Hospital</title>" in page.text
        assert 'id="results"' in page.text

    def test_htmx_gets_the_element_that_it_replaces(self, frame: FrameMaker) -> None:
        headers = {"HX-Request": "true", "HX-Target": "div#results"}

        answer = frame().test_client().get("/list", headers=headers)

        assert answer.text.startswith('<div id="results">')
        assert answer.text.endswith("</div>")
        assert "Cardiology" in answer.text, "macros work in a fragment"

    @pytest.mark.parametrize(
        "headers",
        [
            {"HX-Request": "true", "HX-Target": "body"},
            {"HX-Request": "true", "HX-Target": "div#elsewhere"},
            {"HX-Request": "true", "HX-Target": "div#results", "HX-History-Restore-Request": "true"},
            {"HX-Target": "div#results"},
        ],
        ids=["whole body", "unknown element", "going back", "not htmx"],
    )
    def test_all_else_gets_the_whole_page(self, frame: FrameMaker, headers: dict[str, str]) -> None:
        assert "<title>" in frame().test_client().get("/list", headers=headers).text

    def test_caches_are_told_that_the_answer_depends_on_htmx(self, frame: FrameMaker) -> None:
        assert {"HX-Request", "HX-Target"} <= set(frame().test_client().get("/list").vary)


class TestStatus:
    class Refused:
        status = 409
        errors = {"when": ["That time is gone"]}

    def test_a_page_answers_as_its_form_does(self, frame: FrameMaker) -> None:
        page = frame(form=self.Refused()).test_client().get("/list")

        assert page.status_code == 409
        assert "<title>Error: Doctors" in page.text

    def test_a_status_that_is_given_wins(self, frame: FrameMaker) -> None:
        assert frame(status=403, form=self.Refused()).test_client().get("/list").status_code == 403


class TestSeeOther:
    @pytest.fixture
    def app(self, frame: FrameMaker) -> Flask:
        app = frame()

        def accept() -> Response:
            flash("Your visit is booked.")
            return see_other("list", page=2)

        app.add_url_rule("/accept", "accept", accept)
        return app

    def test_a_browser_is_sent_on_by_get(self, app: Flask) -> None:
        answer = app.test_client().get("/accept")

        assert (answer.status_code, answer.location) == (303, "/list?page=2")

    def test_htmx_is_told_to_leave_the_page(self, app: Flask) -> None:
        answer = app.test_client().get("/accept", headers={"HX-Request": "true"})

        assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/list?page=2")

    def test_success_is_said_once(self, app: Flask) -> None:
        client = app.test_client()
        client.get("/accept")

        first, second = client.get("/list").text, client.get("/list").text

        assert "Your visit is booked." in first
        assert "Your visit is booked." not in second


class TestNavigation:
    @pytest.mark.parametrize(
        ("actor", "labels"),
        [
            (STRANGER, ["Find a doctor", "Our services", "Contact us"]),
            (PATIENT, ["Home", "Find a doctor", "My appointments", "My record", "Our services", "Contact us"]),
            (
                Actor(account_id=1, doctor_id=2),
                [*CLINIC, "Find a doctor", "My care"],
            ),
            (Actor(account_id=1, is_admin=True), [*ADMIN, "Find a doctor", "My care"]),
            (
                EVERYTHING,
                [
                    "Today",
                    "Requests",
                    "Patients",
                    "Department",
                    "Hours",
                    "My figures",
                    "Dashboard",
                    "Doctors",
                    "Patients",
                    "Accounts",
                    "Reviews",
                    "Lists",
                    "Hospital",
                    "Audit",
                    "Find a doctor",
                    "My care",
                ],
            ),
        ],
        ids=["stranger", "patient", "doctor", "admin", "all at once"],
    )
    def test_it_shows_what_all_roles_of_an_account_need(self, actor: Actor, labels: list[str]) -> None:
        assert [label for _, label in navigation(actor)] == labels

    def test_it_marks_the_current_page(self, frame: FrameMaker) -> None:
        app = frame(PATIENT)
        app.view_functions["public.find_doctors"] = lambda: render("list.html", word="")

        page = app.test_client().get("/find-a-doctor").text

        assert re.findall(r'href="([^"]*)" aria-current="page"', page) == ["/find-a-doctor"]

    def test_a_link_to_a_page_that_is_not_there_fails_loudly(self, frame: FrameMaker) -> None:
        app = frame(PATIENT)
        del app.url_map._rules_by_endpoint["patient.appointments"]

        with pytest.raises(Exception, match=r"patient\.appointments"):
            app.test_client().get("/list")


class TestAccount:
    def test_a_stranger_may_sign_in_or_create_an_account(self, frame: FrameMaker) -> None:
        page = frame().test_client().get("/list").text

        assert 'href="/sign-in?next=/list"' in page
        assert 'href="/sign-up?next=/list"' in page
        assert "Sign out" not in page

    def test_somebody_signed_in_sees_the_name_and_may_sign_out(self, frame: FrameMaker) -> None:
        page = frame(PATIENT).test_client().get("/list").text

        assert "Amira Hassan" in page
        assert re.search(
            r'<form [^>]*action="/sign-out" method="post"[^>]*>\s*<input type="hidden" name="csrf_token"', page
        )
        assert 'href="/sign-in' not in page

    def test_a_stranger_gets_no_cookie_from_looking_at_a_page(self, frame: FrameMaker) -> None:
        assert "Set-Cookie" not in frame().test_client().get("/list").headers


class TestFrame:
    def test_markup_in_names_is_only_text(self, frame: FrameMaker) -> None:
        hostile = Actor(account_id=1, display_name="<script>alert(1)</script>")

        page = frame(hostile, word="<script>alert(2)</script>").test_client().get("/list").text

        assert "<script>alert" not in page
        assert page.count("&lt;script&gt;") == 2

    def test_there_is_nothing_that_a_strict_policy_would_block(self, frame: FrameMaker) -> None:
        page = frame(EVERYTHING).test_client().get("/list").text

        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
        assert re.findall(r'(?:src|href|action)="(?!/|#)[^"]*"', page) == [], "only addresses of our own"

    def test_a_macro_that_is_not_there_fails_loudly(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        app = make_frame(monkeypatch, tmp_path, {"wrong.html": "{{ ui.no_such_macro() }}"})

        def view() -> ResponseReturnValue:
            return render("wrong.html")

        app.add_url_rule("/wrong", "wrong", view)

        with pytest.raises(Exception, match="no_such_macro"):
            app.test_client().get("/wrong")

    def test_the_last_word_is_that_times_are_hospital_time(self, frame: FrameMaker) -> None:
        assert "Times are hospital time (Europe/London)" in frame().test_client().get("/list").text
