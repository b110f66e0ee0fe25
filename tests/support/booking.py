"""Booking as people do it: a free time, the details, then Confirm on the answers to check."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.models import Appointment
from tests.support.clients import form_values
from tests.support.databases import Database


def token(client: FlaskClient) -> str:
    return form_values(client.get("/sign-out").text)["csrf_token"]


def begin(client: FlaskClient, doctor: Any, at: str) -> str:
    """Choose a free time, and return where the questions are asked."""
    response = client.get(f"/book/{doctor.id}", query_string={"at": at})
    assert response.status_code == 303, f"Choosing a time answered {response.status}"
    assert response.location.startswith(f"/book/{doctor.id}/"), response.location
    return response.location


def send(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """Send a form to a path, and go where it leads."""
    response = client.post(path, data={"csrf_token": token(client), **fields})
    return client.get(response.location) if response.status_code == 303 else response


def details(client: FlaskClient, doctor: Any, answers: dict[str, str], **changes: str) -> TestResponse:
    """Choose a free time, send the details, and go where they lead: to the answers to check, if all is well."""
    return send(client, begin(client, doctor, answers["at"]), **{**answers, **changes})


def confirm(client: FlaskClient, doctor: Any, checked: TestResponse, **changes: str) -> TestResponse:
    """Press Confirm on the answers to check."""
    path = checked.request.path
    assert path.startswith(f"/book/{doctor.id}/"), path
    return client.post(path, data={**form_values(checked.text), **changes})


def visits(database: Database) -> list[Appointment]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(Appointment).order_by(Appointment.id)))
