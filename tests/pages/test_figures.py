"""A doctor's own figures on the page: numbers, charts, and what stands there without any."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.models import VisitState
from tests.factories import AppointmentFactory, DoctorFactory, ReviewFactory
from tests.support.clients import sign_in
from tests.support.databases import Database
from tests.support.queries import Queries

PAGE = "/clinic/figures"
AGO = datetime.now(UTC) - timedelta(days=21)


@pytest.fixture
def doctor(database: Database) -> Any:
    return DoctorFactory()


@pytest.fixture
def doctors_client(client: FlaskClient, doctor: Any) -> FlaskClient:
    return sign_in(client, doctor.account)


def fill(doctor: Any, first: datetime = AGO) -> None:
    states = (
        VisitState.COMPLETED,
        VisitState.COMPLETED,
        VisitState.COMPLETED,
        VisitState.NO_SHOW,
        VisitState.CANCELLED,
    )
    for number, state in enumerate(states):
        visit = AppointmentFactory(doctor=doctor, starts_at=first + timedelta(hours=number), state=state)
        if number < 2:
            ReviewFactory(doctor=doctor, patient=visit.patient, rating=4 + number, created_at=AGO)


def figures(page: str) -> list[str]:
    return re.findall(r'portal-figure__value">([^<]+)<', page)


def test_it_counts_and_draws(doctors_client: FlaskClient, doctor: Any) -> None:
    fill(doctor)

    page = doctors_client.get(PAGE).text

    assert figures(page) == ["3", "1", "1", "25%"]
    assert page.count('<svg class="portal-chart__drawing"') == 3
    assert "3 completed, 1 missed and 1 cancelled visits in 12 weeks" in page
    assert page.count("<details") == 3
    assert "4.5</td>" in page


def test_another_period_can_be_chosen_and_nonsense_is_the_usual_one(doctors_client: FlaskClient, doctor: Any) -> None:
    fill(doctor)
    AppointmentFactory(doctor=doctor, starts_at=AGO - timedelta(weeks=20), state=VisitState.COMPLETED)

    assert figures(doctors_client.get(f"{PAGE}?weeks=26").text)[0] == "4"
    for query in ("weeks=3", "weeks=-1", "weeks=x"):
        assert '<option value="12" selected>' in doctors_client.get(f"{PAGE}?{query}").text


def test_without_anything_it_says_what_will_be_here(doctors_client: FlaskClient) -> None:
    page = doctors_client.get(PAGE).text

    assert "No visits in this period" in page
    assert "No reviews yet" in page
    assert "portal-chart__drawing" not in page


def test_a_review_without_a_visit_makes_no_mean(doctors_client: FlaskClient, doctor: Any) -> None:
    ReviewFactory(doctor=doctor)

    assert "There is no mean yet" in doctors_client.get(PAGE).text


def test_however_much_there_is_it_costs_the_same(
    doctors_client: FlaskClient, doctor: Any, count_queries: Callable[[], AbstractContextManager[Queries]]
) -> None:
    costs = []
    for weeks in range(2):
        with count_queries() as statements:
            assert doctors_client.get(f"{PAGE}?weeks=52").status_code == 200
        costs.append(len(statements))
        fill(doctor, AGO - timedelta(weeks=weeks))
    assert costs[0] == costs[1]


def test_both_pages_lead_to_each_other_and_the_header_leads_here(doctors_client: FlaskClient) -> None:
    for address in (PAGE, "/clinic/reviews"):
        page = doctors_client.get(address).text
        assert 'href="/clinic/reviews"' in page
        assert f'href="{PAGE}"' in page
    assert f'href="{PAGE}"' in doctors_client.get("/clinic").text
