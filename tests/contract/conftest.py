"""A hospital as the documents' clients find it, and its people, each signed in in the dialect of the document."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from app.models import Account, Department, Doctor, Patient
from tests.contract.support import DIALECTS, Dialect, Program
from tests.factories import AccountFactory, DepartmentFactory, DoctorFactory, PatientFactory
from tests.support.databases import Database


@pytest.fixture
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """How the clients of the document that the test's file is named after sign in."""
    return DIALECTS[request.path.stem.removeprefix("test_document_")[:3]]


@pytest.fixture
def stranger(client: FlaskClient, dialect: Dialect) -> Program:
    """Nobody who is known: no token is sent."""
    return Program(client, dialect)


@dataclass(frozen=True, slots=True)
class Hospital:
    """One of each, and another one of each to whom the first mean nothing. Both doctors have hours."""

    department: Department
    other_department: Department
    doctor: Doctor
    other_doctor: Doctor
    patient: Patient
    other_patient: Patient
    admin: Account


@pytest.fixture
def hospital(database: Database) -> Hospital:
    with database.unit_of_work():
        cardiology, dermatology = DepartmentFactory(name="Cardiology"), DepartmentFactory(name="Dermatology")
        return Hospital(
            department=cardiology,
            other_department=dermatology,
            doctor=DoctorFactory(name="Dr Ada Byron", department=cardiology, hours=True),
            other_doctor=DoctorFactory(name="Dr Otto Other", department=dermatology, hours=True),
            patient=PatientFactory(name="Pat Smith"),
            other_patient=PatientFactory(name="Olu Other"),
            admin=AccountFactory(is_admin=True),
        )


@pytest.fixture
def patient(stranger: Program, hospital: Hospital) -> Program:
    """The program of a patient's account."""
    return stranger.sign_in(hospital.patient.manager)


@pytest.fixture
def other_patient(stranger: Program, hospital: Hospital) -> Program:
    """The program of another patient's account."""
    return stranger.sign_in(hospital.other_patient.manager)


@pytest.fixture
def doctor(stranger: Program, hospital: Hospital) -> Program:
    """The program of an approved doctor of Cardiology."""
    return stranger.sign_in(hospital.doctor.account)


@pytest.fixture
def other_doctor(stranger: Program, hospital: Hospital) -> Program:
    """The program of an approved doctor of another department."""
    return stranger.sign_in(hospital.other_doctor.account)


@pytest.fixture
def admin(stranger: Program, hospital: Hospital) -> Program:
    """The program of an admin."""
    return stranger.sign_in(hospital.admin)
