"""Pages with free times look again by themselves: an answer only where something has changed, and no sign of use."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.pages.wording import isodate
from tests.factories import AppointmentFactory
from tests.support.booking import begin
from tests.support.databases import Database


@pytest.fixture
def visit(doctor: Any, patient: Any, free_times: list[datetime]) -> Any:
    """A visit to the doctor, to be moved."""
    return AppointmentFactory(doctor=doctor, patient=patient, starts_at=free_times[2])


def look_again(client: FlaskClient, page: str) -> TestResponse:
    """Ask as htmx does for a page that is shown: where and how its attributes say."""
    address = re.search(r'hx-get="([^"]*)" hx-trigger="every 45s"', page)
    known = re.search(r"hx-headers='{\"If-None-Match\": \"\\\"(\w+)\\\"\"}'", page)
    assert address is not None
    assert known is not None
    headers = {"HX-Request": "true", "HX-Target": "section#times", "X-Background": "true"}
    return client.get(html.unescape(address[1]), headers=headers | {"If-None-Match": f'"{known[1]}"'})


class TestLookingAgain:
    @pytest.fixture(params=["the doctor's page", "moving", "changing the time of a booking"])
    def path(self, request: pytest.FixtureRequest, visitor: FlaskClient, doctor: Any, visit: Any) -> str:
        """A page with free times of the doctor."""
        day = visit.starts_at.date()
        return {
            "the doctor's page": lambda: f"/find-a-doctor/{doctor.id}?from={day}",
            "moving": lambda: f"/my/appointments/{visit.id}/move",
            "changing the time of a booking": lambda: self._draft(visitor, doctor, request) + "/time",
        }[request.param]()

    def test_nothing_new_is_not_sent(self, visitor: FlaskClient, path: str) -> None:
        answer = look_again(visitor, visitor.get(path).text)

        assert (answer.status_code, answer.text) == (304, "")

    def test_what_has_changed_comes_alone(
        self, visitor: FlaskClient, doctor: Any, path: str, free_times: list[datetime]
    ) -> None:
        page = visitor.get(path).text
        AppointmentFactory(doctor=doctor, starts_at=free_times[6])

        answer = look_again(visitor, page)

        assert answer.status_code == 200
        assert answer.text.lstrip().startswith('<section id="times"')
        assert isodate(free_times[6]) in page
        assert isodate(free_times[6]) not in answer.text
        assert look_again(visitor, answer.text).status_code == 304

    def _draft(self, visitor: FlaskClient, doctor: Any, request: pytest.FixtureRequest) -> str:
        return begin(visitor, doctor, isodate(request.getfixturevalue("free_times")[3]))


def test_nothing_new_costs_few_statements(
    visitor: FlaskClient, doctor: Any, database: Database, count_queries: Callable[..., Any]
) -> None:
    page = visitor.get(f"/find-a-doctor/{doctor.id}").text

    with count_queries() as statements:
        look_again(visitor, page)

    assert len(statements) <= 13, statements  # before a weekend it takes a second look further ahead
