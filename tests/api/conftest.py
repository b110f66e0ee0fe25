"""The people of the tests of appointments: a patient, a doctor with hours, an admin, each with a client."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.models import ClinicalRecord, Doctor, Patient
from tests.factories import AccountFactory, ClinicalRecordFactory, DoctorFactory, PatientFactory
from tests.support.clients import ApiClient, api
from tests.support.databases import Database


@pytest.fixture
def patient(database: Database) -> Patient:
    return PatientFactory(name="Pat Smith")


@pytest.fixture
def doctor(database: Database) -> Doctor:
    """A doctor with hours: Monday to Friday, nine to five, half hours."""
    return DoctorFactory(name="Dr Ada Byron", hours=True)


@pytest.fixture
def caller(client: FlaskClient, patient: Patient) -> ApiClient:
    """The patient's account."""
    return api(client, patient.manager)


@pytest.fixture
def staff(client: FlaskClient, doctor: Doctor) -> ApiClient:
    """The doctor's account."""
    return api(client, doctor.account)


@pytest.fixture
def admin(client: FlaskClient, database: Database) -> ApiClient:
    return api(client, AccountFactory(is_admin=True))


@pytest.fixture
def record(patient: Patient, doctor: Doctor) -> ClinicalRecord:
    """The doctor's record of the patient."""
    return ClinicalRecordFactory(patient=patient, author=doctor)


@pytest.fixture
def outsider(client: FlaskClient, database: Database) -> ApiClient:
    """A doctor of another department who does not treat the patient."""
    return api(client, DoctorFactory().account)
