"""Patients on the admin's pages: found, saved as CSV, added, changed, voided; every reading is in the audit trail."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import Appointment, AuditEvent, Patient, VisitState
from tests.factories import AccountFactory, AppointmentFactory, ClinicalRecordFactory, PatientFactory
from tests.support.clients import form_values, sign_in, submit
from tests.support.databases import Database


@pytest.fixture
def admins_client(client: FlaskClient, database: Database) -> FlaskClient:
    """An admin, signed in."""
    return sign_in(client, AccountFactory(username="root", is_admin=True))


def saved(database: Database, patient: Any) -> Patient:
    with database.unit_of_work() as session:
        return session.get_one(Patient, patient.id)


def actions(database: Database) -> list[str]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_it_finds_and_notes_who_was_listed(admins_client: FlaskClient, database: Database) -> None:
    PatientFactory(name="Amira Hassan")
    PatientFactory(name="Otto Klein")

    page = admins_client.get("/admin/patients?search=amira&order=nonsense").text

    assert "Amira Hassan" in page
    assert "Otto Klein" not in page
    assert actions(database)[-1] == "patients.listed"
    assert "No patients found" in admins_client.get("/admin/patients?search=nobody").text


def test_it_filters_by_who_acts_for_them(admins_client: FlaskClient) -> None:
    PatientFactory(name="Amira Hassan")
    PatientFactory(name="Otto Klein", manager=None)

    page = admins_client.get("/admin/patients?managed=no").text
    assert ("Otto Klein" in page, "Amira Hassan" in page) == (True, False)
    page = admins_client.get("/admin/patients?managed=yes").text
    assert ("Otto Klein" in page, "Amira Hassan" in page) == (False, True)


def test_the_file_has_what_the_search_finds(admins_client: FlaskClient) -> None:
    PatientFactory(name="=Amira", manager__username="amira")
    PatientFactory(name="Otto")

    answer = admins_client.get("/admin/patients/patients.csv?search=amira")

    (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert (row["name"], row["managed by"]) == ("'=Amira", "amira")


def test_one_is_shown_without_the_record(admins_client: FlaskClient, database: Database) -> None:
    entry = ClinicalRecordFactory(diagnostics="Croup")

    page = admins_client.get(f"/admin/patients/{entry.patient_id}").text

    assert "+442079460018" in page
    assert "Croup" not in page
    assert actions(database)[-1] == "patient.read"


def test_one_without_an_account_is_added_once(admins_client: FlaskClient, database: Database) -> None:
    born = {"date_of_birth-day": "1", "date_of_birth-month": "2", "date_of_birth-year": "1950"}
    fields = form_values(admins_client.get("/admin/patients/add").text) | {"name": "Otto Klein", **born}

    answers = [admins_client.post("/admin/patients/add", data=fields) for _ in range(2)]

    assert answers[0].location == answers[1].location
    with database.unit_of_work() as session:
        patient = session.scalars(select(Patient)).one()
        assert (patient.name, patient.manager_id, str(patient.date_of_birth)) == ("Otto Klein", None, "1950-02-01")


def test_one_is_changed_and_a_refusal_keeps_what_was_typed(admins_client: FlaskClient, database: Database) -> None:
    patient = PatientFactory()
    address = f"/admin/patients/{patient.id}/edit"

    refused = submit(admins_client, address, phone="12", insurance_number="X 1")
    assert refused.status_code == 400
    assert 'value="X 1"' in refused.text

    assert submit(admins_client, address, name="Otto Klein").status_code == 303
    assert saved(database, patient).name == "Otto Klein"


def test_voiding_shows_and_cancels_what_is_to_come(admins_client: FlaskClient, database: Database) -> None:
    visit = AppointmentFactory()
    address = f"/admin/patients/{visit.patient_id}/void"
    assert "1 coming appointment will be cancelled" in admins_client.get(address).text

    assert submit(admins_client, address).status_code == 303

    assert saved(database, visit.patient).voided_at is not None
    with database.unit_of_work() as session:
        assert session.get_one(Appointment, visit.id).state is VisitState.CANCELLED
    assert admins_client.get(address).status_code == 404
