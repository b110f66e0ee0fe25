"""Clinical records over JSON, on their three paths (contract, section 8; documents 000, 002 and 004)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from app.api.schemas.record import RecordOut
from app.clock import now
from app.models import AuditEvent, ClinicalRecord, ClinicalRecordVersion, Doctor, Patient, VisitState
from app.services.records import LONGEST_TEXT, TEXTS
from tests.api.support import ids, problem, text
from tests.factories import (
    AccountFactory,
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


@pytest.fixture
def record(patient: Patient, doctor: Doctor) -> ClinicalRecord:
    """The doctor's record of the patient."""
    return ClinicalRecordFactory(patient=patient, author=doctor)


@pytest.fixture
def outsider(client: FlaskClient, database: Database) -> ApiClient:
    """A doctor of another department who does not treat the patient."""
    return api(client, DoctorFactory().account)


def stored(database: Database, record_id: int) -> ClinicalRecord:
    with database.unit_of_work() as session:
        return session.get_one(ClinicalRecord, record_id)


def versions(database: Database, record_id: int) -> list[ClinicalRecordVersion]:
    with database.unit_of_work() as session:
        query = select(ClinicalRecordVersion).where(ClinicalRecordVersion.record_id == record_id)
        return list(session.scalars(query.order_by(ClinicalRecordVersion.version)))


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
        # Who is asking, the count, the page, the audit trail.
        assert counts == [4, 4]


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


class TestOpening:
    @pytest.mark.parametrize("path", PATHS)
    def test_a_doctor_opens_one_about_any_patient(
        self, staff: ApiClient, doctor: Doctor, database: Database, path: str
    ) -> None:
        patient = PatientFactory(name="Nobody's", manager=None)
        response = staff.post(path, json={"patient": patient.id, **WORDS})
        assert response.status_code == 201, response.text
        body = response.get_json()
        assert staff.get(f"{path}{body['id']}/").get_json() == body
        assert {name: body[name] for name in TEXTS} == WORDS
        assert (body["doctor"], body["department"]["id"]) == (doctor.id, doctor.department_id)
        assert (body["patient_name"], body["version"], body["appointment"]) == ("Nobody's", 1, None)
        assert body["created_at"] == body["updated_at"]
        row = stored(database, body["id"])
        assert (row.written_by_id, row.reported_by_patient) == (doctor.account_id, False)

    @pytest.mark.parametrize("form", ["json", "data", "multipart"])
    def test_three_content_types(self, staff: ApiClient, patient: Patient, form: str) -> None:
        sent = {"patient": patient.id, "notes": "Ça va mieux"}
        options: dict[str, Any] = {"json": sent} if form == "json" else {"data": sent}
        if form == "multipart":
            options["content_type"] = "multipart/form-data"
        response = staff.post("/medical-records/", **options)
        assert (response.status_code, response.get_json()["notes"]) == (201, "Ça va mieux")

    def test_the_texts_may_be_left_out(self, staff: ApiClient, patient: Patient) -> None:
        body = staff.post("/patient_records/", json={"patient": patient.id}).get_json()
        assert [body[name] for name in TEXTS] == [""] * 5

    def test_server_owned_fields_are_ignored(
        self, staff: ApiClient, doctor: Doctor, patient: Patient, database: Database
    ) -> None:
        other = DoctorFactory()
        for field, value in {
            "id": 4711,
            "doctor": other.id,
            "author": other.id,
            "author_id": other.id,
            "department": other.department_id,
            "department_id": other.department_id,
            "version": 9,
            "created_at": "2001-01-01T00:00:00Z",
            "updated_at": "2001-01-01T00:00:00Z",
            "voided_at": "2001-01-01T00:00:00Z",
            "voided_by_id": 1,
            "written_by_id": other.account_id,
            "reported_by_patient": True,
            "patient_name": "X",
            "created_by": 1,
        }.items():
            response = staff.post("/patient_records/", json={"patient": patient.id, field: value})
            assert response.status_code == 201, field
            body = response.get_json()
            row = stored(database, body["id"])
            assert body["id"] != 4711
            assert body["patient_name"] == "Pat Smith"
            assert (row.author_id, row.department_id, row.version) == (doctor.id, doctor.department_id, 1), field
            assert (row.written_by_id, row.voided_at, row.reported_by_patient) == (doctor.account_id, None, False)
            assert row.created_at.year == row.updated_at.year > 2001
            path = f"/patient_records/{row.id}/"
            if field != "version":
                assert staff.put(path, json={field: value}).get_json() == body, field

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({}, "patient"),
            ({"patient": None}, "patient"),
            ({"patient": 999999}, "patient"),
            ({"patient": 2**63 - 1}, "patient"),
            ({"patient": 0}, "patient"),
            ({"patient": "x"}, "patient"),
            ({"patient": 1.5}, "patient"),
            ({"patient": 1, "notes": 7}, "notes"),
            ({"patient": 1, "notes": "x" * (LONGEST_TEXT + 1)}, "notes"),
            ({"patient": 1, "misc": "\0"}, "misc"),
            ({"patient": 1, "appointment": 999999}, "appointment"),
            ({"patient": 1, "appointment": "soon"}, "appointment"),
        ],
    )
    def test_bad_values_are_400(self, staff: ApiClient, patient: Patient, sent: dict[str, Any], field: str) -> None:
        assert patient.id == 1
        assert list(problem(staff.post("/patient_records/", json=sent), 400)["errors"]) == [field]

    def test_a_voided_patient_is_unknown(self, staff: ApiClient) -> None:
        gone = PatientFactory(voided_at=now())
        problem(staff.post("/patient_records/", json={"patient": gone.id}), 400)

    def test_the_longest_text_fits(self, staff: ApiClient, patient: Patient) -> None:
        sent = {"patient": patient.id, "notes": "é" * LONGEST_TEXT}
        assert staff.post("/patient_records/", json=sent).get_json()["notes"] == sent["notes"]

    def test_it_may_be_about_a_visit_of_that_patient_to_the_doctor(
        self, staff: ApiClient, patient: Patient, doctor: Doctor
    ) -> None:
        visit = AppointmentFactory(patient=patient, doctor=doctor)
        others = {
            "another patient's": AppointmentFactory(doctor=doctor, starts_at=now()),
            "another doctor's": AppointmentFactory(patient=patient, starts_at=now()),
            "deleted": AppointmentFactory(
                patient=patient, doctor=doctor, state=VisitState.CANCELLED, removed_at=now(), starts_at=now()
            ),
        }
        sent = {"patient": patient.id, "appointment": visit.id}
        assert staff.post("/medical-records/", json=sent).get_json()["appointment"] == visit.id
        for name, other in others.items():
            sent = {"patient": patient.id, "appointment": other.id}
            assert list(problem(staff.post("/medical-records/", json=sent), 400)["errors"]) == ["appointment"], name

    @pytest.mark.parametrize("path", PATHS)
    def test_patients_applicants_and_admins_never_do(
        self, client: FlaskClient, caller: ApiClient, admin: ApiClient, patient: Patient, path: str
    ) -> None:
        applicant = api(client, DoctorFactory(pending=True).account)
        for asking in (caller, applicant, admin):
            for sent in ({"patient": patient.id, "notes": "x"}, {}):
                problem(asking.post(path, json=sent), 403)


class TestChanging:
    @pytest.mark.both_databases
    def test_what_is_sent_changes_and_what_was_is_kept(
        self, client: FlaskClient, staff: ApiClient, record: ClinicalRecord, database: Database
    ) -> None:
        before = stored(database, record.id)
        response = staff.put(f"/patient_records/{record.id}/", json={"notes": "Better", "misc": ""})
        assert response.status_code == 200, response.text
        body = response.get_json()
        assert body == staff.get(f"/medical-records/{record.id}").get_json()
        assert (body["notes"], body["diagnostics"], body["version"]) == ("Better", "Acute bronchitis", 2)
        after = stored(database, record.id)
        assert (after.created_at, after.author_id) == (before.created_at, before.author_id)
        assert after.updated_at > before.updated_at
        (kept,) = versions(database, record.id)
        assert (kept.version, kept.notes, kept.diagnostics) == (1, "", "Acute bronchitis")
        assert kept.replaced_at == after.updated_at

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_both_methods_on_every_path(
        self, staff: ApiClient, record: ClinicalRecord, database: Database, method: str, path: str
    ) -> None:
        body = staff.open(method, f"{path}{record.id}", data={"treatments": "Rest"}).get_json()
        assert (body["treatments"], body["observations"], body["version"]) == ("Rest", record.observations, 2)

    def test_each_version_names_who_wrote_it(
        self, client: FlaskClient, patient: Patient, doctor: Doctor, database: Database
    ) -> None:
        colleague = DoctorFactory(department=doctor.department)
        path = "/patient_records/"
        opened = api(client, doctor.account).post(path, json={"patient": patient.id, "notes": "one"}).get_json()
        path += f"{opened['id']}/"
        api(client, colleague.account).put(path, json={"notes": "two"})
        api(client, doctor.account).put(path, json={"notes": "three"})
        kept = [(row.version, row.notes, row.written_by_id) for row in versions(database, opened["id"])]
        assert kept == [(1, "one", doctor.account_id), (2, "two", colleague.account_id)]
        assert stored(database, opened["id"]).written_by_id == doctor.account_id

    def test_the_same_again_changes_nothing(
        self, staff: ApiClient, record: ClinicalRecord, patient: Patient, database: Database
    ) -> None:
        path = f"/api/patient_records/{record.id}/"
        read = staff.get(path).get_json()
        for sent in (read, {}, {"notes": read["notes"]}, {"patient": patient.id}, {"version": 1}):
            for method in ("PUT", "PATCH"):
                response = staff.open(method, path, json=sent)
                assert (response.status_code, response.get_json()) == (200, read)
        assert staff.put(path, data={"notes": read["notes"], "appointment": ""}).get_json() == read
        assert versions(database, record.id) == []

    def test_of_two_who_change_what_they_read_the_second_is_told(
        self, client: FlaskClient, staff: ApiClient, record: ClinicalRecord, doctor: Doctor, database: Database
    ) -> None:
        path = f"/patient_records/{record.id}/"
        colleague = api(client, DoctorFactory(department=doctor.department).account)
        read = staff.get(path).get_json()
        first = staff.put(path, json=read | {"notes": "Mine"})
        assert (first.status_code, first.get_json()["version"]) == (200, 2)
        problem(colleague.put(path, json=read | {"notes": "Yours"}), 409)
        assert stored(database, record.id).notes == "Mine"
        # The answer was lost, and the program asks again: what it wanted is so.
        assert staff.put(path, json=read | {"notes": "Mine"}).get_json() == first.get_json()
        latest = colleague.get(path).get_json()
        assert colleague.put(path, json=latest | {"notes": "Ours"}).status_code == 200
        assert len(versions(database, record.id)) == 2
        # Without a version the last one wins.
        assert staff.put(path, json={"notes": "All mine"}).status_code == 200

    @pytest.mark.parametrize("field", ["patient", "appointment"])
    def test_what_it_is_about_stays(
        self, staff: ApiClient, record: ClinicalRecord, patient: Patient, doctor: Doctor, database: Database, field: str
    ) -> None:
        value = {
            "patient": PatientFactory().id,
            "appointment": AppointmentFactory(patient=patient, doctor=doctor).id,
        }[field]
        response = staff.put(f"/patient_records/{record.id}/", json={field: value, "notes": "x"})
        assert list(problem(response, 400)["errors"]) == [field]
        assert stored(database, record.id).notes == ""

    @pytest.mark.parametrize(
        "sent",
        [
            {"notes": None},
            {"notes": ["x"]},
            {"diagnostics": 1},
            {"observations": "x" * (LONGEST_TEXT + 1)},
            {"patient": "x"},
            {"patient": None},
            {"appointment": "x"},
            {"version": "x"},
            {"version": None},
        ],
    )
    def test_bad_values_are_400(self, staff: ApiClient, record: ClinicalRecord, sent: dict[str, Any]) -> None:
        assert list(problem(staff.put(f"/patient_records/{record.id}/", json=sent), 400)["errors"]) == list(sent)

    def test_a_treating_doctor_may_whoever_wrote_it(self, client: FlaskClient, patient: Patient) -> None:
        doctor = DoctorFactory()
        reported = ClinicalRecordFactory(patient=patient, author=None, reported_by_patient=True)
        path = f"/medical-records/{reported.id}/"
        asking = api(client, doctor.account)
        problem(asking.put(path, json={"notes": "x"}), 404)
        CareTeamMemberFactory(patient=patient, doctor=doctor)
        assert asking.put(path, json={"notes": "x"}).status_code == 200


class TestDeleting:
    @pytest.mark.parametrize("path", PATHS)
    def test_it_is_hidden_and_kept(
        self, client: FlaskClient, staff: ApiClient, caller: ApiClient, database: Database, patient: Patient, path: str
    ) -> None:
        key = staff.post(path, json={"patient": patient.id, "notes": "Wrong patient"}).get_json()["id"]
        response = staff.delete(f"{path}{key}")
        assert (response.status_code, response.data) == (204, b"")
        for asking in (staff, caller):
            problem(asking.get(f"{path}{key}"), 404)
            assert ids(asking, path="/medical-records/") == []
        for method in ("PUT", "PATCH", "DELETE"):
            problem(staff.open(method, f"{path}{key}", json={"notes": "x"}), 404)
        row = stored(database, key)
        assert row.voided_at is not None
        assert (row.voided_by_id, row.notes) == (row.written_by_id, "Wrong patient")


class TestWhoWrites:
    @pytest.mark.parametrize("path", PATHS)
    def test_only_doctors_who_may_read_it(
        self, client: FlaskClient, caller: ApiClient, outsider: ApiClient, admin: ApiClient, record: Any, path: str
    ) -> None:
        stranger = api(client, PatientFactory().manager)
        answers = {caller: 403, stranger: 403, admin: 403, outsider: 404, api(client): 401}
        for asking, status in answers.items():
            for method in ("PUT", "PATCH", "DELETE"):
                for key in (record.id, 999999):
                    # The body is not looked at before.
                    problem(asking.open(method, f"{path}{key}/", data="{"), status)

    def test_a_doctor_does_not_change_the_records_of_the_own_family(
        self, client: FlaskClient, record: ClinicalRecord, patient: Patient, database: Database
    ) -> None:
        mother = DoctorFactory(account=patient.manager)
        asking, path = api(client, mother.account), f"/patient_records/{record.id}/"
        assert asking.get(path).status_code == 200
        problem(asking.put(path, json={"notes": 7}), 400)
        problem(asking.put(path, json={"notes": "x"}), 403)
        problem(asking.delete(path), 403)
        # An administrator who is a doctor, too, is no other doctor.
        boss = DoctorFactory(account=AccountFactory(is_admin=True))
        assert api(client, boss.account).get(path).status_code == 200
        problem(api(client, boss.account).put(path, json={"notes": "x"}), 403)
        row = stored(database, record.id)
        assert (row.notes, row.voided_at) == ("", None)


def test_moments_go_out_in_utc(staff: ApiClient, record: ClinicalRecord, database: Database) -> None:
    body = staff.get(f"/patient_records/{record.id}/").get_json()
    assert body["created_at"] == text(stored(database, record.id).created_at)
