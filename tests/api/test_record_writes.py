"""Clinical records over JSON, written by doctors (contract, section 8; documents 000, 002 and 004)."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.models import ClinicalRecord, ClinicalRecordVersion, Doctor, Patient, VisitState
from app.services.records import LONGEST_TEXT, TEXTS
from tests.api.support import ids, problem
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    DoctorFactory,
    PatientFactory,
)
from tests.support.clients import ApiClient, api
from tests.support.databases import Database

PATHS = ("/patient_records/", "/api/patient_records/", "/medical-records/")
WORDS = {
    "diagnostics": "Migraine",
    "observations": "Light hurts",
    "treatments": "Rest in the dark",
    "misc": "Works nights",
    "notes": "Again in a month",
}


def stored(database: Database, record_id: int) -> ClinicalRecord:
    with database.unit_of_work() as session:
        return session.get_one(ClinicalRecord, record_id)


def versions(database: Database, record_id: int) -> list[ClinicalRecordVersion]:
    with database.unit_of_work() as session:
        query = select(ClinicalRecordVersion).where(ClinicalRecordVersion.record_id == record_id)
        return list(session.scalars(query.order_by(ClinicalRecordVersion.version)))


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
