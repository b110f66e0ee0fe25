"""Closures on the pages: asked for, checked, saved in one action; patients then read that the hospital is closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.models import Appointment, TimeOff, VisitState
from app.pages.admin import closures as pages
from app.services import closures
from tests.factories import AccountFactory, AppointmentFactory, DoctorFactory, PatientFactory, TimeOffFactory
from tests.services.visits import HALF_HOUR, TEN
from tests.support.clients import form_values, sign_in, submit
from tests.support.databases import Database

LIST, ADD = "/admin/closures", "/admin/closures/add"


@pytest.fixture
def admins_client(client: FlaskClient, database: Database) -> FlaskClient:
    """An admin, signed in."""
    return sign_in(client, AccountFactory(is_admin=True))


def asked(client: FlaskClient) -> str:
    """The address of the check that follows the question."""
    day = {f"since-{part}": str(getattr(TEN, part)) for part in ("day", "month", "year")}
    response = submit(client, ADD, **day)
    assert response.status_code == 303, response.text
    return str(response.location)


def test_a_day_is_closed_and_its_visits_are_cancelled(admins_client: FlaskClient, database: Database) -> None:
    doctor = DoctorFactory(name="Dr Hart", hours=True)
    visit = AppointmentFactory(doctor=doctor, starts_at=TEN, patient=PatientFactory(name="Ada Lovelace"))
    unmailed = PatientFactory(name="Otto Blum", manager=None, phone="+442079460000")
    AppointmentFactory(starts_at=TEN, patient=unmailed)
    address = asked(admins_client)

    page = admins_client.get(address).text
    assert "2 visits will be cancelled" in page
    assert all(name in page for name in ("Dr Hart", "Ada Lovelace", "Otto Blum, +442079460000"))
    saved = submit(admins_client, address, reason="Power cut")

    assert (saved.status_code, saved.location) == (303, LIST)
    assert "2 visits cancelled. The patients are told by e-mail." in admins_client.get(LIST).text
    with database.unit_of_work() as session:
        assert session.get_one(Appointment, visit.id).state is VisitState.CANCELLED
    week = admins_client.get(f"/find-a-doctor/{doctor.id}?from={TEN.date() - timedelta(days=1)}").text
    assert "Hospital closed:" in week
    assert "(Power cut)" in week


def test_a_double_click_closes_once(admins_client: FlaskClient, database: Database) -> None:
    address = asked(admins_client)
    form = form_values(admins_client.get(address).text) | {"reason": "Power cut"}

    answers = [admins_client.post(address, data=form).status_code for _ in range(2)]

    assert answers == [303, 303]
    with database.unit_of_work() as session:
        assert len(session.scalars(select(TimeOff)).all()) == 1


def test_a_visit_that_came_meanwhile_is_shown_before_it_is_cancelled(
    admins_client: FlaskClient, database: Database
) -> None:
    address = asked(admins_client)
    form = form_values(admins_client.get(address).text) | {"reason": "Power cut"}
    AppointmentFactory(starts_at=TEN)

    page = admins_client.post(address, data=form)

    assert page.status_code == 409
    assert "The visits below have changed since you looked." in page.text
    assert "1 visit will be cancelled" in page.text
    assert form_values(page.text)["reason"] == "Power cut"
    assert admins_client.post(address, data=form_values(page.text)).status_code == 303


def test_a_reason_is_asked_for(admins_client: FlaskClient) -> None:
    response = submit(admins_client, asked(admins_client), reason="")

    assert response.status_code == 400
    assert "Enter the reason. Patients read it." in response.text


def test_many_visits_are_counted_and_the_first_are_listed(
    admins_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_SHOWN", 2)
    for number in range(3):
        AppointmentFactory(starts_at=TEN + number * HALF_HOUR)
    address = asked(admins_client)

    assert "The first 2 of 3 visits:" in admins_client.get(address).text

    monkeypatch.setattr(closures, "MOST_VISITS", 2)
    page = admins_client.get(address).text
    assert "This cancels 3 visits. At most 2 go at once: close a shorter time first." in page
    assert 'name="reason"' not in page


def test_a_closure_is_removed(admins_client: FlaskClient, database: Database) -> None:
    closure = TimeOffFactory()

    response = submit(admins_client, f"{LIST}/{closure.id}/remove")

    assert response.status_code == 303
    assert "No closures to come" in admins_client.get(LIST).text


def test_what_is_over_is_past_and_stays(admins_client: FlaskClient) -> None:
    closure = TimeOffFactory(starts_at=now() - timedelta(days=2), ends_at=now() - timedelta(days=1), reason="Snow")

    assert "Snow" not in admins_client.get(LIST).text
    assert "Snow" in admins_client.get(f"{LIST}?show=past").text
    for way in ("", "/remove"):
        page = admins_client.get(f"{LIST}/{closure.id}{way}")
        assert (page.status_code, "This closure is over" in page.text) == (409, True)


@pytest.mark.parametrize("way", ["", "/check?since=2030-01-01T00:00Z&until=2030-01-02T00:00Z", "/remove"])
def test_a_doctors_time_off_is_not_found_here(admins_client: FlaskClient, way: Any) -> None:
    off = TimeOffFactory(doctor_id=DoctorFactory().id)

    assert admins_client.get(f"{LIST}/{off.id}{way}").status_code == 404
