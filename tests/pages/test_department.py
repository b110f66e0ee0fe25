"""The doctor's department on the pages: its records, its patients, its doctors, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import local_today, now
from app.models import AuditEvent
from tests.factories import (
    AppointmentFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    DepartmentFactory,
    DesignationFactory,
    DoctorFactory,
    PatientFactory,
    SpecialisationFactory,
)
from tests.support.clients import sign_in
from tests.support.databases import Database
from tests.support.queries import Queries

RECORDS, PATIENTS, DOCTORS = "/clinic/department", "/clinic/department/patients", "/clinic/department/doctors"


@pytest.fixture
def doctor(database: Database) -> Any:
    """A doctor of cardiology."""
    return DoctorFactory(name="Dr Hart", department=DepartmentFactory(name="Cardiology"))


@pytest.fixture
def colleague(doctor: Any) -> Any:
    """Another doctor of cardiology, with hours and a grade."""
    return DoctorFactory(
        name="Dr Vein",
        department=doctor.department,
        hours=True,
        designations=[DesignationFactory(name="Registrar")],
        specialisations=[SpecialisationFactory(name="Heart failure")],
    )


@pytest.fixture
def clinic(client: FlaskClient, doctor: Any) -> FlaskClient:
    """The doctor's browser."""
    return sign_in(client, doctor.account)


def headings(page: str) -> list[str]:
    """Whose records a page lists, in its order."""
    return re.findall(r'portal-entry__heading"><a href="/clinic/records/\d+">([^<]+)</a>', page)


def listed(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """What the audit trail has of lists."""
    with database.unit_of_work() as session:
        query = select(AuditEvent).where(AuditEvent.action.like("%.listed")).order_by(AuditEvent.id)
        return [(event.action, event.details) for event in session.scalars(query)]


class TestRecords:
    def test_they_are_those_of_the_department_alone_newest_first(
        self, clinic: FlaskClient, doctor: Any, colleague: Any, database: Database
    ) -> None:
        first = ClinicalRecordFactory(author=doctor, patient=PatientFactory(name="Amira Hassan"), diagnostics="Angina")
        second = ClinicalRecordFactory(author=colleague, patient=PatientFactory(name="Ben Cole"))
        ClinicalRecordFactory(author=doctor, patient=PatientFactory(name="Gone"), voided_at=now())
        # One may read what others wrote about a patient whom one treats, but it is not the department's.
        treated = ClinicalRecordFactory(patient=PatientFactory(name="Treated elsewhere"))
        CareTeamMemberFactory(patient=treated.patient, doctor=doctor)

        page = clinic.get(f"{RECORDS}?department={treated.department_id}").text

        assert headings(page) == ["Ben Cole", "Amira Hassan"]
        for text in ("Cardiology", "2 records", "Dr Vein", "Angina"):
            assert text in page
        told = {"patients": [first.patient_id, second.patient_id], "records": [second.id, first.id]}
        assert listed(database) == [("records.listed", told)]

    def test_they_can_be_narrowed_and_the_address_keeps_it(
        self, clinic: FlaskClient, doctor: Any, colleague: Any, database: Database
    ) -> None:
        with database.unit_of_work():
            today = local_today().isoformat()
        ClinicalRecordFactory(author=doctor, patient=PatientFactory(name="Amira Hassan"), notes="Fièvre")
        old = now() - timedelta(days=40)
        ClinicalRecordFactory(
            author=colleague, patient=PatientFactory(name="Ben Cole"), notes="Cough", created_at=old, updated_at=old
        )
        page = ""
        for query, shown in (
            ("q=fiev", ["Amira Hassan"]),
            ("q=COUGH+bronch", ["Ben Cole"]),
            ("patient=hassan", ["Amira Hassan"]),
            (f"author={colleague.id}", ["Ben Cole"]),
            (f"since={today}", ["Amira Hassan"]),
            (f"until={today}", ["Amira Hassan", "Ben Cole"]),
            ("since=nonsense", ["Amira Hassan", "Ben Cole"]),
            ("author=987654", []),
            ("author=x", []),
            ("q=bronch&patient=ben&author=" + str(doctor.id), []),
            ('q="%26|!*', []),
        ):
            page = clinic.get(f"{RECORDS}?{query}").text
            assert headings(page) == shown, query
        assert "No records found" in page
        assert 'value="&#34;&amp;|!*"' in page

    def test_what_was_found_is_marked_and_nothing_written_is_markup(self, clinic: FlaskClient, doctor: Any) -> None:
        ClinicalRecordFactory(author=doctor, diagnostics="", observations="<b>Fever</b> since Monday")
        page = clinic.get(f"{RECORDS}?q=fev").text
        assert "&lt;b&gt;<mark>Fever</mark>&lt;/b&gt; since Monday</p>" in page

    def test_htmx_gets_the_results_alone(self, clinic: FlaskClient) -> None:
        part = clinic.get(RECORDS, headers={"HX-Request": "true", "HX-Target": "div#results"}).text
        assert part.strip().startswith('<div id="results">')

    def test_many_have_pages_of_as_many_statements(
        self,
        clinic: FlaskClient,
        doctor: Any,
        database: Database,
        count_queries: Callable[[], AbstractContextManager[Queries]],
    ) -> None:
        counts = []
        for number in (2, 19):
            with database.unit_of_work():
                for _ in range(number):
                    ClinicalRecordFactory(author=doctor)
            for query in ("", "?q=bronchitis"):
                with count_queries() as statements:
                    assert clinic.get(f"{RECORDS}{query}").status_code == 200
                counts.append(len(statements))
        assert counts[:2] == counts[2:]
        assert "<strong>21 to 21</strong> of 21 records" in clinic.get(f"{RECORDS}?q=bronchitis&page=2").text
        assert clinic.get(f"{RECORDS}?q=bronchitis&page=3").status_code == 404

    def test_none_yet(self, clinic: FlaskClient) -> None:
        assert "No records yet" in clinic.get(RECORDS).text


class TestPatients:
    def test_they_have_a_record_or_an_appointment_there(
        self, clinic: FlaskClient, doctor: Any, colleague: Any, database: Database
    ) -> None:
        one = PatientFactory(name="Zoe Adams", phone="+442079460018", date_of_birth=date(1980, 3, 15))
        other = PatientFactory(name="ben Cole")
        AppointmentFactory(patient=one, doctor=colleague)
        ClinicalRecordFactory(patient=other, author=doctor)
        ClinicalRecordFactory(patient=PatientFactory(name="Somebody else"))

        page = clinic.get(PATIENTS).text

        assert page.index("ben Cole") < page.index("Zoe Adams")
        for text in ("2 patients", "15 March 1980", "+442079460018"):
            assert text in page
        assert "Somebody else" not in page
        assert listed(database) == [("patients.listed", {"patients": [other.id, one.id]})]

    def test_they_can_be_searched(self, clinic: FlaskClient, doctor: Any) -> None:
        for name in ("Zoe Adams", "Ben Cole"):
            ClinicalRecordFactory(patient=PatientFactory(name=name), author=doctor)
        ClinicalRecordFactory(patient=PatientFactory(name="Zoe Elsewhere"))
        page = clinic.get(f"{PATIENTS}?q=zoe").text
        assert ("Zoe Adams" in page, "Ben Cole" in page, "Elsewhere" in page) == (True, False, False)
        assert "No patients found" in clinic.get(f"{PATIENTS}?q=nobody").text

    def test_none_yet(self, clinic: FlaskClient) -> None:
        assert "No patients yet" in clinic.get(PATIENTS).text


class TestDoctors:
    def test_they_are_the_approved_ones_with_what_they_do_and_when_they_are_free(
        self, clinic: FlaskClient, doctor: Any, colleague: Any
    ) -> None:
        for values in ({"name": "Waiting", "pending": True}, {"name": "Left", "deleted_at": now()}):
            DoctorFactory(department=doctor.department, **values)
        DoctorFactory(name="Elsewhere")

        page = clinic.get(DOCTORS).text

        assert page.index("Dr Vein") < page.index("Dr Hart")  # who has a free time comes first
        for text in ("2 doctors", "Registrar", "Heart failure", f'href="/find-a-doctor/{colleague.id}"'):
            assert text in page
        for name in ("Waiting", "Left", "Elsewhere"):
            assert name not in page

    def test_they_can_be_searched(self, clinic: FlaskClient, colleague: Any) -> None:
        page = clinic.get(f"{DOCTORS}?q=heart").text
        assert ("Dr Vein" in page, "1 to" in page) == (True, False)
        assert "No doctors found" in clinic.get(f"{DOCTORS}?q=nobody").text

    def test_more_of_them_take_no_more_statements(
        self, clinic: FlaskClient, doctor: Any, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        counts = []
        for number in (1, 5):
            for _ in range(number):
                DoctorFactory(department=doctor.department, hours=True)
            with count_queries() as statements:
                clinic.get(DOCTORS)
            counts.append(len(statements))
        assert counts[0] == counts[1]


@pytest.mark.parametrize("path", [RECORDS, PATIENTS, DOCTORS])
def test_a_doctor_of_none_is_told_so(client: FlaskClient, database: Database, path: str) -> None:
    ClinicalRecordFactory(author=None, diagnostics="Of no department")
    page = sign_in(client, DoctorFactory(department=None).account).get(path)
    assert page.status_code == 200
    assert "You are in no department" in page.text
    assert "Of no department" not in page.text
    assert listed(database) == []
