"""Mappings over JSON: the care team, and what it lets a doctor read (contract, section 11; document 003)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from app.api.schemas.mapping import MappingOut
from app.clock import now
from app.models import Approval, AuditEvent, CareTeamMember, Doctor, Patient, VisitState
from tests.api.support import ids, problem, text
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
from tests.support.queries import Queries

PATH = "/api/mappings/"


@pytest.fixture
def sent(patient: Patient, doctor: Doctor) -> dict[str, int]:
    """The doctor shall treat the patient."""
    return {"patient": patient.id, "doctor": doctor.id}


class TestAdding:
    def test_the_answer_reads_back(
        self, caller: ApiClient, patient: Patient, sent: dict[str, int], database: Database
    ) -> None:
        response = caller.post(PATH, json=sent)
        assert response.status_code == 201, response.text
        body = response.get_json()
        assert set(body) == set(MappingOut().fields)
        assert {name: body[name] for name in sent} == sent
        assert (body["patient_name"], body["doctor_name"]) == ("Pat Smith", "Dr Ada Byron")
        for path in (f"{PATH}{body['id']}/", f"{PATH}{body['id']}"):
            assert caller.get(path).get_json() == body
        assert caller.get("/api/mappings").get_json()["results"] == [body]
        with database.unit_of_work() as session:
            row = session.get_one(CareTeamMember, body["id"])
            assert (row.created_by_id, text(row.created_at)) == (patient.manager_id, body["created_at"])

    @pytest.mark.parametrize("form", ["data", "multipart"])
    def test_forms_will_do(self, caller: ApiClient, sent: dict[str, int], form: str) -> None:
        options = {"content_type": "multipart/form-data"} if form == "multipart" else {}
        assert caller.post("/api/mappings", data=sent, **options).status_code == 201

    def test_an_admin_does_it_for_anybody(self, admin: ApiClient, doctor: Doctor) -> None:
        nobodys = PatientFactory(manager=None)
        assert admin.post(PATH, json={"patient": nobodys.id, "doctor": doctor.id}).status_code == 201

    def test_a_parent_does_it_for_a_child(self, caller: ApiClient, patient: Patient, doctor: Doctor) -> None:
        child = PatientFactory(manager=patient.manager, is_own=False)
        assert caller.post(PATH, json={"patient": child.id, "doctor": doctor.id}).status_code == 201

    def test_a_doctor_not_for_patients_of_others(
        self, staff: ApiClient, sent: dict[str, int], patient: Patient, doctor: Doctor
    ) -> None:
        problem(staff.post(PATH, json=sent), 403)
        # Being in the care team already is no right to bring colleagues in.
        CareTeamMemberFactory(patient=patient, doctor=doctor)
        problem(staff.post(PATH, json=sent | {"doctor": DoctorFactory().id}), 403)

    def test_a_doctor_for_the_own_family(self, staff: ApiClient, doctor: Doctor) -> None:
        child = PatientFactory(manager=doctor.account, is_own=False)
        assert staff.post(PATH, json={"patient": child.id, "doctor": doctor.id}).status_code == 201

    @pytest.mark.both_databases
    def test_twice_is_409(self, client: FlaskClient, caller: ApiClient, admin: ApiClient, sent: dict[str, int]) -> None:
        assert caller.post(PATH, json=sent).status_code == 201
        for asking in (caller, admin):
            assert "already" in problem(asking.post(PATH, json=sent), 409)["detail"]
        assert len(ids(caller, path=PATH)) == 1

    @pytest.mark.parametrize("who", ["another's patient", "no patient", "voided"])
    def test_a_patient_who_is_hidden_is_as_unknown_as_none(self, caller: ApiClient, doctor: Doctor, who: str) -> None:
        key = {
            "another's patient": PatientFactory().id,
            "no patient": 999999,
            "voided": PatientFactory(voided_at=now()).id,
        }[who]
        body = problem(caller.post(PATH, json={"patient": key, "doctor": doctor.id}), 400)
        assert body["errors"] == {"patient": ["There is no such patient."]}

    @pytest.mark.parametrize(
        "values",
        [{"pending": True}, {"approval": Approval.REJECTED}, {"deleted_at": now()}],
        ids=lambda v: next(iter(v)),
    )
    def test_a_doctor_who_is_not_listed_is_unknown(
        self, caller: ApiClient, patient: Patient, values: dict[str, Any]
    ) -> None:
        body = problem(caller.post(PATH, json={"patient": patient.id, "doctor": DoctorFactory(**values).id}), 400)
        assert body["errors"] == {"doctor": ["There is no such doctor."]}

    @pytest.mark.parametrize(
        ("approval", "status"), [(Approval.PENDING, 201), (Approval.APPROVED, 201), (Approval.REJECTED, 400)]
    )
    def test_the_own_application_may_be_mapped(
        self, client: FlaskClient, database: Database, approval: Approval, status: int
    ) -> None:
        applicant = DoctorFactory(approval=approval)
        own = PatientFactory(manager=applicant.account)
        response = api(client, applicant.account).post(PATH, json={"patient": own.id, "doctor": applicant.id})
        assert response.status_code == status

    @pytest.mark.parametrize("field", ["patient", "doctor"])
    @pytest.mark.parametrize("value", ["missing", None, "x", 1.5, True, 0, -1, 2**63 - 1, 2**63, [1]])
    def test_bad_values_are_400(self, admin: ApiClient, sent: dict[str, int], field: str, value: Any) -> None:
        body: dict[str, Any] = sent | {field: value}
        if value == "missing":
            del body[field]
        assert list(problem(admin.post(PATH, json=body), 400)["errors"]) == [field]

    def test_server_owned_fields_are_ignored(
        self, caller: ApiClient, patient: Patient, sent: dict[str, int], database: Database
    ) -> None:
        extra = {"id": 4711, "created_by": 99, "created_by_id": 99, "created_at": "2001-01-01T00:00:00Z"}
        body = caller.post(PATH, json=sent | extra | {"patient_name": "X", "doctor_name": "X"}).get_json()
        assert body["id"] != 4711
        assert not body["created_at"].startswith("2001")
        assert (body["patient_name"], body["doctor_name"]) == ("Pat Smith", "Dr Ada Byron")
        with database.unit_of_work() as session:
            assert session.get_one(CareTeamMember, body["id"]).created_by_id == patient.manager_id


class TestWhoSeesThem:
    def test_both_sides_and_admins(
        self,
        client: FlaskClient,
        caller: ApiClient,
        staff: ApiClient,
        admin: ApiClient,
        patient: Patient,
        doctor: Doctor,
    ) -> None:
        member = CareTeamMemberFactory(patient=patient, doctor=doctor)
        other = CareTeamMemberFactory()
        strangers = [api(client, DoctorFactory().account), api(client, PatientFactory().manager)]
        assert ids(caller, path=PATH) == ids(staff, path=PATH) == [member.id]
        assert ids(admin, path=PATH) == [member.id, other.id]
        absent = admin.get(f"{PATH}999999/")
        for asking in strangers:
            assert ids(asking, path=PATH) == []
            for method in ("GET", "DELETE"):
                response = asking.open(method, f"{PATH}{member.id}/")
                assert (response.status_code, response.data) == (404, absent.data)
        for asking in (caller, staff, admin):
            assert asking.get(f"{PATH}{member.id}/").status_code == 200
        problem(api(client).get(PATH), 401)

    def test_a_voided_patients_are_gone_for_everybody(
        self, caller: ApiClient, staff: ApiClient, admin: ApiClient, patient: Patient, doctor: Doctor
    ) -> None:
        path = f"{PATH}{CareTeamMemberFactory(patient=patient, doctor=doctor).id}/"
        assert caller.delete(f"/patients/{patient.id}/").status_code == 204
        for asking in (caller, staff, admin):
            assert ids(asking, path=PATH) == []
            problem(asking.get(path), 404)
            problem(asking.delete(path), 404)

    def test_pages(self, admin: ApiClient, database: Database) -> None:
        with database.unit_of_work():
            rows = [CareTeamMemberFactory().id for _ in range(3)]
        body = admin.get(f"{PATH}?limits=2&page=2").get_json()
        assert (body["count"], [entry["id"] for entry in body["results"]]) == (3, rows[2:])
        problem(admin.get(f"{PATH}?page=2"), 404)
        assert list(problem(admin.get(f"{PATH}?page=x"), 400)["errors"]) == ["page"]

    def test_a_page_takes_the_same_statements_however_long_it_is(
        self, admin: ApiClient, database: Database, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        who = {"created_by_id": AccountFactory().id}
        with database.unit_of_work() as session:
            doctors = session.scalars(insert(Doctor).returning(Doctor.id), [{"name": "Dr"}] * 40).all()
            patients = session.scalars(insert(Patient).returning(Patient.id), [{"name": "Pat"}] * 25).all()
            pairs = [{"doctor_id": one, "patient_id": other, **who} for one in doctors for other in patients]
            session.execute(insert(CareTeamMember), pairs)
        counts = []
        for limits in (10, 1000):
            with count_queries() as statements:
                assert len(ids(admin, f"limits={limits}", path=PATH)) == limits
            counts.append(len(statements))
        # Who is asking, the count, the page.
        assert counts == [3, 3]


class TestEnding:
    @pytest.mark.parametrize("who", ["caller", "admin"])
    def test_the_patients_side_and_admins_end_it(
        self, request: pytest.FixtureRequest, patient: Patient, doctor: Doctor, who: str
    ) -> None:
        asking: ApiClient = request.getfixturevalue(who)
        path = f"{PATH}{CareTeamMemberFactory(patient=patient, doctor=doctor).id}"
        response = asking.delete(path)
        assert (response.status_code, response.data) == (204, b"")
        problem(asking.get(path), 404)
        problem(asking.delete(path), 404)
        assert ids(asking, path=PATH) == []

    def test_the_doctor_does_not(self, staff: ApiClient, patient: Patient, doctor: Doctor) -> None:
        member = CareTeamMemberFactory(patient=patient, doctor=doctor)
        problem(staff.delete(f"{PATH}{member.id}/"), 403)
        assert ids(staff, path=PATH) == [member.id]

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_it_is_never_changed(self, caller: ApiClient, patient: Patient, doctor: Doctor, method: str) -> None:
        member = CareTeamMemberFactory(patient=patient, doctor=doctor)
        response = caller.open(method, f"{PATH}{member.id}/", json={})
        problem(response, 405)
        assert response.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS"


class TestAccess:
    @pytest.mark.both_databases
    def test_a_mapping_opens_the_record_at_once_and_its_end_closes_it(
        self, client: FlaskClient, caller: ApiClient, staff: ApiClient, patient: Patient, sent: dict[str, int]
    ) -> None:
        record = ClinicalRecordFactory(patient=patient, author=DoctorFactory())
        path = f"/patient_records/{record.id}/"
        problem(staff.get(path), 404)
        mapping = caller.post(PATH, json=sent).get_json()
        assert staff.get(path).status_code == 200
        assert ids(staff, path="/patient_records/") == [record.id]
        assert staff.put(path, json={"notes": "Seen"}).status_code == 200
        caller.delete(f"{PATH}{mapping['id']}/")
        problem(staff.get(path), 404)
        problem(staff.put(path, json={"notes": "Again"}), 404)
        assert ids(staff, path="/patient_records/") == []

    def test_a_visit_that_opened_the_record_still_does(
        self, caller: ApiClient, staff: ApiClient, patient: Patient, doctor: Doctor, sent: dict[str, int]
    ) -> None:
        record = ClinicalRecordFactory(patient=patient, author=DoctorFactory())
        AppointmentFactory(patient=patient, doctor=doctor, state=VisitState.COMPLETED)
        caller.delete(f"{PATH}{caller.post(PATH, json=sent).get_json()['id']}/")
        assert staff.get(f"/patient_records/{record.id}/").status_code == 200

    def test_an_applicant_has_access_from_approval_on(
        self, client: FlaskClient, admin: ApiClient, database: Database
    ) -> None:
        applicant = DoctorFactory(pending=True)
        child = PatientFactory(manager=applicant.account, is_own=False)
        ClinicalRecordFactory(patient=child, author=None)
        asking = api(client, applicant.account)
        assert asking.post(PATH, json={"patient": child.id, "doctor": applicant.id}).status_code == 201
        problem(asking.get("/patient_records/"), 403)
        with database.unit_of_work() as session:
            session.get_one(Doctor, applicant.id).approval = Approval.APPROVED
        assert len(ids(asking, path="/patient_records/")) == 1


def test_both_acts_are_audited(
    caller: ApiClient, sent: dict[str, int], patient: Patient, doctor: Doctor, database: Database
) -> None:
    key = caller.post(PATH, json=sent).get_json()["id"]
    caller.delete(f"{PATH}{key}/")
    with database.unit_of_work() as session:
        events = session.scalars(
            select(AuditEvent).where(AuditEvent.action.like("care_team%")).order_by(AuditEvent.id)
        ).all()
        told = [(event.action, event.object_id, event.patient_id, event.details) for event in events]
    details = {"doctor": doctor.id}
    assert told == [("care_team.joined", key, patient.id, details), ("care_team.left", key, patient.id, details)]
