"""Departments' doctors, patients and records over JSON (contract, section 7; documents 000 and 002)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from app.api.schemas.patient import PatientOut
from app.api.schemas.record import RecordOut
from app.clock import now
from app.models import Approval, AuditEvent, ClinicalRecord, Department, Doctor, Patient, VisitState
from tests.api.support import ids, problem
from tests.factories import (
    AppointmentFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    DepartmentFactory,
    DoctorFactory,
    PatientFactory,
    coming_weekday,
)
from tests.support.clients import ApiClient, api
from tests.support.databases import Database
from tests.support.queries import Queries

DOCTORS = ("/departments/{}/doctors", "/api/department/{}/doctors")
RECORDS = "/departments/{}/patients"
PATIENTS = "/api/department/{}/patients"
PATHS = (*DOCTORS, RECORDS, PATIENTS)


@pytest.fixture
def department(doctor: Doctor) -> Department:
    """The department of the doctor."""
    assert doctor.department is not None
    return doctor.department


class TestDoctors:
    @pytest.mark.parametrize("path", DOCTORS)
    def test_doctors_and_admins_see_the_approved_ones(
        self, client: FlaskClient, staff: ApiClient, admin: ApiClient, doctor: Doctor, department: Department, path: str
    ) -> None:
        colleague = DoctorFactory(department=department)
        outsider = DoctorFactory()
        for values in ({"approval": Approval.PENDING}, {"approval": Approval.REJECTED}, {"deleted_at": now()}):
            DoctorFactory(department=department, **values)
        for asking in (staff, admin, api(client, outsider.account)):
            for form in (path, f"{path}/"):
                assert ids(asking, path=form.format(department.id)) == [doctor.id, colleague.id]
        body = staff.get(path.format(department.id)).get_json()
        assert body["results"][0] == staff.get(f"/doctors/{doctor.id}/").get_json()


class TestRecords:
    @pytest.mark.both_databases
    def test_its_doctors_and_admins_see_the_departments_records(
        self, client: FlaskClient, staff: ApiClient, admin: ApiClient, doctor: Doctor, department: Department
    ) -> None:
        colleague, outsider = DoctorFactory(department=department), DoctorFactory()
        first = ClinicalRecordFactory(author=doctor)
        second = ClinicalRecordFactory(author=colleague)
        ClinicalRecordFactory(author=doctor, voided_at=now())
        # A record of a treated patient is not therefore one of the department.
        treated = ClinicalRecordFactory(author=outsider)
        CareTeamMemberFactory(patient=treated.patient, doctor=doctor)
        path = RECORDS.format(department.id)
        for asking in (staff, admin, api(client, colleague.account)):
            for form in (path, f"{path}/"):
                assert ids(asking, path=form) == [second.id, first.id]
        body = staff.get(f"{path}?limits=1").get_json()
        assert (body["count"], set(body["results"][0])) == (2, set(RecordOut().fields))
        assert body["next"] == f"http://localhost{path}?limits=1&page=2"


class TestPatients:
    @pytest.mark.both_databases
    def test_its_doctors_and_admins_see_who_has_a_record_or_an_appointment_there(
        self, client: FlaskClient, staff: ApiClient, admin: ApiClient, doctor: Doctor, department: Department
    ) -> None:
        colleague, outsider = DoctorFactory(department=department), DoctorFactory()
        both, recorded, visiting, missed, alone = (PatientFactory() for _ in range(5))
        nobodys = PatientFactory(manager=None)
        times = iter(coming_weekday() + timedelta(hours=number) for number in range(20))

        def visit(patient: Patient, whose: Doctor, state: VisitState, **values: Any) -> None:
            AppointmentFactory(patient=patient, doctor=whose, state=state, starts_at=next(times), **values)

        ClinicalRecordFactory(patient=both, author=colleague)
        visit(both, doctor, VisitState.CONFIRMED)
        visit(both, doctor, VisitState.COMPLETED)
        ClinicalRecordFactory(patient=recorded, author=doctor)
        visit(visiting, colleague, VisitState.PENDING)
        visit(missed, doctor, VisitState.NO_SHOW)
        ClinicalRecordFactory(patient=nobodys, author=doctor)
        # None of these is one of the department's.
        visit(alone, doctor, VisitState.CANCELLED)
        visit(alone, doctor, VisitState.HELD, hold_expires_at=now() + timedelta(minutes=5))
        visit(alone, outsider, VisitState.CONFIRMED)
        visit(alone, DoctorFactory(department=department, approval=Approval.PENDING), VisitState.PENDING)
        ClinicalRecordFactory(patient=alone, author=doctor, voided_at=now())
        ClinicalRecordFactory(patient=alone, author=outsider)
        ClinicalRecordFactory(patient=PatientFactory(voided_at=now()), author=doctor)
        expected = [both.id, recorded.id, visiting.id, missed.id, nobodys.id]
        path = PATIENTS.format(department.id)
        for asking in (staff, admin, api(client, colleague.account)):
            for form in (path, f"{path}/"):
                assert ids(asking, path=form) == expected
        body = staff.get(f"{path}?limits=2&page=2").get_json()
        assert (body["count"], [entry["id"] for entry in body["results"]]) == (5, expected[2:4])
        assert set(body["results"][0]) == set(PatientOut().fields)


class TestWhoIsRefused:
    @pytest.mark.parametrize("path", PATHS)
    def test_patients_and_applicants_whatever_they_ask_for(
        self, client: FlaskClient, caller: ApiClient, department: Department, path: str
    ) -> None:
        applicant = DoctorFactory(approval=Approval.PENDING, department=department)
        for asking in (caller, api(client, applicant.account)):
            for key in (department.id, 999999, 2**63):
                problem(asking.get(f"{path.format(key)}?page=x"), 403)
        problem(api(client).get(path.format(department.id)), 401)

    @pytest.mark.parametrize("path", [RECORDS, PATIENTS])
    def test_doctors_of_other_departments_or_none(
        self, client: FlaskClient, department: Department, database: Database, path: str
    ) -> None:
        for other in (DoctorFactory(), DoctorFactory(department=None)):
            problem(api(client, other.account).get(path.format(department.id)), 403)
        with database.unit_of_work() as session:
            actions = session.scalars(select(AuditEvent.action)).all()
        assert not {"records.listed", "patients.listed"} & set(actions)

    @pytest.mark.both_databases
    def test_an_unknown_department_is_404(self, client: FlaskClient, staff: ApiClient, admin: ApiClient) -> None:
        for path in PATHS:
            for key in (0, 999999, 2**31, 2**63):
                problem(staff.get(f"{path.format(key)}?page=x"), 404)
            problem(admin.get(path.format(999999)), 404)

    @pytest.mark.parametrize("path", PATHS)
    def test_wrong_pages(self, staff: ApiClient, department: Department, path: str) -> None:
        assert list(problem(staff.get(f"{path.format(department.id)}?limits=x"), 400)["errors"]) == ["limits"]
        assert problem(staff.get(f"{path.format(department.id)}?page=2"), 404)["detail"] == "Invalid page."

    @pytest.mark.parametrize("path", PATHS)
    def test_nothing_is_written_there(self, admin: ApiClient, department: Department, path: str) -> None:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            response = admin.open(method, path.format(department.id), json={})
            assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
            problem(response, 405)


class TestLongLists:
    @pytest.mark.parametrize(
        ("path", "most"),
        # Who is asking, twice the department, the count, and the page, which for doctors takes up to three; what is
        # read of patients is noted in the audit trail, and of records for each of the patients.
        [(RECORDS, 8), (PATIENTS, 6), *((path, 7) for path in DOCTORS)],
    )
    def test_a_page_takes_the_same_statements_however_long_it_is(
        self,
        staff: ApiClient,
        department: Department,
        database: Database,
        count_queries: Callable[[], AbstractContextManager[Queries]],
        path: str,
        most: int,
    ) -> None:
        with database.unit_of_work() as session:
            colleague = {"name": "Dr", "department_id": department.id, "approval": Approval.APPROVED}
            session.execute(insert(Doctor), [colleague] * 999)
            patients = session.scalars(insert(Patient).returning(Patient.id), [{"name": "Pat"}] * 1000).all()
            records = [{"patient_id": key, "department_id": department.id} for key in patients]
            session.execute(insert(ClinicalRecord), records)
        counts = []
        for limits in (10, 1000):
            with count_queries() as statements:
                assert len(ids(staff, f"limits={limits}", path=path.format(department.id))) == limits
            counts.append(len(statements))
        assert counts[0] == counts[1] <= most


def test_reading_patients_and_records_is_audited(staff: ApiClient, department: Department, database: Database) -> None:
    record = ClinicalRecordFactory(author=DoctorFactory(department=department))
    staff.get(RECORDS.format(department.id))
    staff.get(PATIENTS.format(department.id))
    with database.unit_of_work() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action.like("%s.listed")).order_by(AuditEvent.id))
        told = [(event.action, event.details) for event in events]
    assert told == [
        ("records.listed", {"patients": [record.patient_id], "records": [record.id]}),
        ("patients.listed", {"patients": [record.patient_id]}),
    ]


def test_a_department_without_anybody_is_an_empty_page(admin: ApiClient) -> None:
    empty = DepartmentFactory()
    for path in PATHS:
        body = admin.get(path.format(empty.id)).get_json()
        assert body == {"count": 0, "next": None, "previous": None, "results": []}
