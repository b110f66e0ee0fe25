"""Fixtures of the patient's pages: a doctor with free times, somebody signed in, and the booking form filled in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.pages.wording import isodate
from app.services import availability
from tests.factories import DoctorFactory, PatientFactory
from tests.support.clients import sign_in
from tests.support.databases import Database


@pytest.fixture
def doctor(database: Database) -> Any:
    """A doctor with hours, who sees patients in person and by video."""
    return DoctorFactory(name="Dr Hart", hours=True)


@pytest.fixture
def patient(database: Database) -> Any:
    """The own patient of the account that is signed in."""
    return PatientFactory(name="Amira Hassan")


@pytest.fixture
def visitor(client: FlaskClient, patient: Any) -> FlaskClient:
    """Somebody signed in, with a patient."""
    return sign_in(client, patient.manager)


@pytest.fixture
def free_times(database: Database, doctor: Any) -> list[datetime]:
    """The doctor's next free times."""
    with database.unit_of_work():
        return [slot.starts_at for slot in availability.next_free([doctor.id], count=8)[doctor.id]]


@pytest.fixture
def answers(patient: Any, free_times: list[datetime]) -> dict[str, str]:
    """The booking form, filled in."""
    at = isodate(free_times[2])
    return {"at": at, "patient": str(patient.id), "kind": "in_person", "symptoms": "A cough"}
