"""Booking as people do it: the details, then Confirm on the answers to check."""

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


def details(client: FlaskClient, doctor: Any, answers: dict[str, str], **changes: str) -> TestResponse:
    """Send the details."""
    return client.post(f"/book/{doctor.id}", data={**answers, "csrf_token": token(client), **changes})


def confirm(client: FlaskClient, doctor: Any, checked: TestResponse, **changes: str) -> TestResponse:
    """Press Confirm on the answers to check."""
    return client.post(f"/book/{doctor.id}/check", data={**form_values(checked.text), **changes})


def visits(database: Database) -> list[Appointment]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(Appointment).order_by(Appointment.id)))
