"""Clinical records over JSON, read on their three paths (contract, section 8; documents 000, 002 and 004)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from app.api.schemas.record import RecordOut
from app.clock import now
from app.models import AuditEvent, ClinicalRecord, Doctor, Patient, VisitState
from tests.api.support import ids, problem
from tests.factories import (
    AppointmentFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    DepartmentFactory,
    DoctorFactory,
    PatientFactory,
)
from tests.support.clients import ApiClient, api
from tests.support.databases import Database
from tests.support.queries import Queries

STAFF_PATHS = ("/patient_records/", "/api/patient_records/")
PATHS = (*STAFF_PATHS, "/medical-records/")
WORDS = {
    "diagnostics": "Migraine",
    "observations": "Light hurts",
    "treatments": "Rest in the dark",
    "misc": "Works nights",
    "notes": "Again in a month",
}


def audited(database: Database) -> list[AuditEvent]:
    with database.unit_of_work() as session:
        query = select(AuditEvent).where(AuditEvent.action.like("record%")).order_by(AuditEvent.id)
        return list(session.scalars(query))


class TestShape:
    def test_every_path_tells_the_same(self, staff: ApiClient, patient: Patient, doctor: Doctor) -> None:
        visit = AppointmentFactory(patient=patient, doctor=doctor)
        moment = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
        row = ClinicalRecordFactory(
            patient=patient,
            author=doctor,
            appointment_id=visit.id,
            created_at=moment,
            updated_at=moment + timedelta(hours=1),
            version=3,
            **WORDS,
        )
        expected = {
            "id": row.id,
            "patient": patient.id,
            "patient_name": "Pat Smith",
            "doctor": doctor.id,
            "department": {"id": doctor.department_id, "name": doctor.department.name},
            "appointment": visit.id,
            **WORDS,
            "created_at": "2026-03-01T09:30:00Z",
            "updated_at": "2026-03-01T10:30:00Z",
            "version": 3,
        }
        assert set(expected) == set(RecordOut().fields)
        for path in PATHS:
            assert staff.get(path).get_json()["results"] == [expected]
            assert staff.get(path.rstrip("/")).get_json()["results"] == [expected]
            for one in (f"{path}{row.id}/", f"{path}{row.id}"):
                assert staff.get(one).get_json() == expected

    def test_what_a_patient_reported_has_no_doctor(self, caller: ApiClient, patient: Patient) -> None:
        row = ClinicalRecordFactory(patient=patient, author=None, reported_by_patient=True)
        body = caller.get(f"/medical-records/{row.id}/").get_json()
        assert (body["doctor"], body["department"], body["appointment"]) == (None, None, None)


class TestWhoReads:
    @pytest.fixture
    def rows(self, patient: Patient, doctor: Doctor) -> dict[str, int]:
        """Records by whose they are and why the doctor reads them, or does not."""
        mapped, visiting, stranger = PatientFactory(), PatientFactory(), PatientFactory()
        elsewhere, colleague = DoctorFactory(), DoctorFactory(department=doctor.department)
        CareTeamMemberFactory(patient=mapped, doctor=doctor)
        AppointmentFactory(patient=visiting, doctor=doctor)
        AppointmentFactory(patient=stranger, doctor=doctor, state=VisitState.CANCELLED, starts_at=now())
        AppointmentFactory(patient=stranger, doctor=elsewhere, starts_at=now())
        child = PatientFactory(manager=patient.manager, is_own=False)
        made = {
            "own department": ClinicalRecordFactory(patient=stranger, author=colleague),
            "mapped": ClinicalRecordFactory(patient=mapped, author=elsewhere),
            "visiting": ClinicalRecordFactory(patient=visiting, author=None),
            "not treated": ClinicalRecordFactory(patient=stranger, author=elsewhere),
            "the patient's": ClinicalRecordFactory(patient=patient, author=elsewhere),
            "the child's": ClinicalRecordFactory(patient=child, author=elsewhere),
            "voided": ClinicalRecordFactory(patient=patient, author=doctor, voided_at=now()),
        }
        return {name: row.id for name, row in made.items()}

    @pytest.mark.both_databases
    def test_each_sees_what_the_policy_says_in_lists_and_one_by_one(
        self, client: FlaskClient, caller: ApiClient, staff: ApiClient, admin: ApiClient, rows: dict[str, int]
    ) -> None:
        mother = api(client, DoctorFactory().account)
        with_child = {
            "admin": (admin, set(rows) - {"voided"}),
            "staff": (staff, {"own department", "mapped", "visiting"}),
            "caller": (caller, {"the patient's", "the child's"}),
            "mother": (mother, set[str]()),
        }
        absent = admin.get("/medical-records/999999/")
        for who, (asking, names) in with_child.items():
            seen = [rows[name] for name in rows if name in names]
            for path in PATHS if who != "caller" else ("/medical-records/",):
                assert sorted(ids(asking, path=path)) == seen, who
            for name, key in rows.items():
                response = asking.get(f"/patient_records/{key}/")
                assert response.status_code == (200 if name in names else 404), (who, name)
                assert name in names or response.data == absent.data

    def test_a_doctor_who_is_also_a_patient_reads_as_both(self, client: FlaskClient, doctor: Doctor) -> None:
        own = PatientFactory(manager=doctor.account)
        about_self = ClinicalRecordFactory(patient=own, author=DoctorFactory())
        at_work = ClinicalRecordFactory(author=doctor)
        for path in PATHS:
            assert ids(api(client, doctor.account), path=path) == [at_work.id, about_self.id]

    @pytest.mark.parametrize("path", STAFF_PATHS)
    def test_the_staffs_lists_are_no_patients(self, client: FlaskClient, caller: ApiClient, path: str) -> None:
        applicant = api(client, DoctorFactory(pending=True).account)
        for asking in (caller, applicant):
            for query in ("", "?patient=x", "?page=0"):
                problem(asking.get(path + query), 403)

    def test_opening_a_record_lets_nobody_read_more(self, client: FlaskClient, patient: Patient) -> None:
        doctor, homeless = DoctorFactory(), DoctorFactory(department=None)
        other = ClinicalRecordFactory(patient=patient, author=DoctorFactory())
        for author, reads_own in ((doctor, True), (homeless, False)):
            asking = api(client, author.account)
            opened = asking.post("/patient_records/", json={"patient": patient.id, "notes": "x"})
            assert opened.status_code == 201
            key = opened.get_json()["id"]
            assert asking.get(f"/patient_records/{key}/").status_code == (200 if reads_own else 404)
            assert ids(asking, path="/patient_records/") == ([key] if reads_own else [])
            problem(asking.get(f"/patient_records/{other.id}/"), 404)

    def test_records_of_no_department_are_not_those_of_doctors_of_none(
        self, client: FlaskClient, patient: Patient
    ) -> None:
        ClinicalRecordFactory(patient=patient, author=None)
        assert ids(api(client, DoctorFactory(department=None).account), path="/patient_records/") == []

    @pytest.mark.both_databases
    def test_a_key_that_no_row_can_have_is_404(self, client: FlaskClient, staff: ApiClient) -> None:
        for key in (0, 2**31, 2**63, 10**40):
            for method in ("GET", "PUT", "PATCH", "DELETE"):
                problem(staff.open(method, f"/patient_records/{key}/", json={}), 404)


class TestLists:
    def test_the_newest_is_first(self, staff: ApiClient, doctor: Doctor) -> None:
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        days = (2, 3, 1, 3)
        made = [ClinicalRecordFactory(author=doctor, created_at=moment + timedelta(days=day)).id for day in days]
        expected = [made[3], made[1], made[0], made[2]]
        assert ids(staff, path="/patient_records/") == expected
        pages = [ids(staff, f"limits=2&page={page}", path="/patient_records/") for page in (1, 2)]
        assert pages == [expected[:2], expected[2:]]
        assert problem(staff.get("/patient_records/?limits=2&page=3"), 404)["detail"] == "Invalid page."

    @pytest.mark.both_databases
    def test_filters_narrow(self, staff: ApiClient, doctor: Doctor, patient: Patient) -> None:
        elsewhere = DoctorFactory(department=DepartmentFactory(name="Eye clinic"))
        CareTeamMemberFactory(patient=patient, doctor=doctor)
        one = ClinicalRecordFactory(author=doctor, diagnostics="Migraine", misc="50% better")
        two = ClinicalRecordFactory(patient=patient, author=elsewhere, notes="No migraine. Glasses")
        hidden = ClinicalRecordFactory(author=elsewhere, diagnostics="Migraine")
        expected = {
            "": [two, one],
            f"patient={patient.id}": [two],
            f"patient={hidden.patient_id}": [],
            "patient=-1": [],
            "patient=9223372036854775807": [],
            f"department={doctor.department_id}": [one],
            "department=EYE+CLINIC": [two],
            "search=MIGRAINE": [two, one],
            "search=glasses+migraine": [two],
            "search=migr": [two, one],
            "search=graine": [],
            "search=50%25": [one],
            "search=nothing": [],
            f"search=migraine&patient={one.patient_id}": [one],
            "search=": [two, one],
        }
        for query, rows in expected.items():
            assert ids(staff, query, path="/patient_records/") == [row.id for row in rows], query
        assert ids(staff, f"patient={patient.id}", path="/medical-records/") == [two.id]

    @pytest.mark.parametrize(
        "query", ["patient=x", "patient=", "patient=1.5", "department=None+such", "department=0", f"search={'x' * 201}"]
    )
    @pytest.mark.parametrize("path", PATHS)
    def test_a_value_of_the_wrong_type_is_400(self, staff: ApiClient, path: str, query: str) -> None:
        body = problem(staff.get(f"{path}?{query}"), 400)
        assert list(body["errors"]) == [query.partition("=")[0]]

    @pytest.mark.parametrize("who", ["caller", "staff", "admin"])
    def test_a_page_takes_the_same_statements_however_long_it_is(
        self,
        request: pytest.FixtureRequest,
        patient: Patient,
        doctor: Doctor,
        database: Database,
        count_queries: Callable[[], AbstractContextManager[Queries]],
        who: str,
    ) -> None:
        asking: ApiClient = request.getfixturevalue(who)
        row = {"patient_id": patient.id, "author_id": doctor.id, "department_id": doctor.department_id}
        with database.unit_of_work() as session:
            session.execute(insert(ClinicalRecord), [row] * 1000)
        counts = []
        for limits in (10, 1000):
            with count_queries() as statements:
                assert len(ids(asking, f"limits={limits}", path="/medical-records/")) == limits
            counts.append(len(statements))
        # Who is asking, the count, the page, the audit trail; of a doctor also what is open in an emergency.
        assert counts == ([5, 5] if who == "staff" else [4, 4])


class TestAudit:
    def test_opening_one_record_is_noted(self, staff: ApiClient, record: ClinicalRecord, database: Database) -> None:
        for path in PATHS:
            staff.get(f"{path}{record.id}/")
        events = audited(database)
        assert [event.action for event in events] == ["record.read"] * 3
        for event in events:
            assert (event.object_type, event.object_id, event.patient_id) == (
                "clinical_record",
                record.id,
                record.patient_id,
            )
            assert event.account_id is not None
            assert event.origin

    @pytest.mark.parametrize("who", ["caller", "staff", "admin"])
    def test_a_page_of_a_list_is_noted_once_with_its_records(
        self, request: pytest.FixtureRequest, database: Database, patient: Patient, doctor: Doctor, who: str
    ) -> None:
        asking: ApiClient = request.getfixturevalue(who)
        rows = [ClinicalRecordFactory(patient=patient, author=doctor) for _ in range(3)]
        ids(asking, "limits=2", path="/medical-records/")
        (event,) = audited(database)
        assert (event.action, event.patient_id) == ("records.listed", patient.id)
        assert event.details == {"patients": [patient.id], "records": [rows[2].id, rows[1].id]}

    def test_a_page_about_several_patients_names_them_all(
        self, admin: ApiClient, database: Database, record: ClinicalRecord
    ) -> None:
        other = ClinicalRecordFactory()
        ids(admin, path="/patient_records/")
        (event,) = audited(database)
        assert event.patient_id is None
        assert event.details["patients"] == sorted([record.patient_id, other.patient_id])

    def test_a_refused_reading_is_none(
        self, caller: ApiClient, outsider: ApiClient, record: ClinicalRecord, database: Database
    ) -> None:
        problem(outsider.get(f"/patient_records/{record.id}/"), 404)
        problem(outsider.put(f"/patient_records/{record.id}/", json={}), 404)
        problem(caller.get("/patient_records/"), 403)
        problem(caller.put(f"/patient_records/{record.id}/", json={}), 403)
        assert audited(database) == []

    @pytest.mark.both_databases
    def test_what_doctors_do_is_noted(
        self, client: FlaskClient, staff: ApiClient, patient: Patient, database: Database
    ) -> None:
        key = staff.post("/patient_records/", json={"patient": patient.id}).get_json()["id"]
        path = f"/patient_records/{key}/"
        staff.put(path, json={"notes": "Better"})
        staff.put(path, json={"notes": "Better"})
        staff.delete(path)
        events = audited(database)
        assert [event.action for event in events] == [
            "record.opened",
            "record.changed",
            "record.read",
            "record.voided",
        ]
        assert {(event.object_id, event.patient_id) for event in events} == {(key, patient.id)}
        assert all("Better" not in str(event.details) for event in events)
