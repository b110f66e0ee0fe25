"""Patients over JSON: whom one sees, whom one may change, what is told of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import insert, select

from app.api.schemas.patient import PatientOut
from app.models import Account, Appointment, AuditEvent, ClinicalRecord, Doctor, Patient, VisitState
from tests.api.support import ids, problem, text
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    DoctorFactory,
    PatientFactory,
    ReviewFactory,
)
from tests.support.clients import PASSWORD, ApiClient, api
from tests.support.databases import Database
from tests.support.queries import Queries

PATHS = ("/patients/", "/api/patients/")
SERVER_OWNED: dict[str, Any] = {
    "id": 999,
    "user": "somebody",
    "user_id": 1,
    "username": "somebody",
    "manager": 1,
    "manager_id": 1,
    "is_own": True,
    "created_by": 1,
    "created_by_id": 1,
    "created_by_username": "somebody",
    "created_at": "2001-01-01T00:00:00Z",
    "voided_at": "2001-01-01T00:00:00Z",
    "picture_id": 1,
    "is_staff": True,
    "is_active": False,
    "date_joined": "2001-01-01T00:00:00Z",
}


def picture_file(colour: str = "red") -> tuple[BytesIO, str]:
    """A picture as a form sends it."""
    content = BytesIO()
    Image.new("RGB", (4, 4), colour).save(content, "PNG")
    content.seek(0)
    return content, "me.png"


def held(database: Database, patient_id: int) -> Patient:
    """A patient as the database has it."""
    with database.unit_of_work() as session:
        return session.get_one(Patient, patient_id)


def columns(database: Database, patient_id: int) -> dict[str, Any]:
    """All columns of a patient, as the database has them."""
    row = held(database, patient_id)
    return {column.key: getattr(row, column.key) for column in Patient.__table__.columns}


def audited(database: Database, action: str) -> list[AuditEvent]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)))


@pytest.fixture
def outsider(client: FlaskClient, database: Database) -> ApiClient:
    """A doctor who treats nobody."""
    return api(client, DoctorFactory().account)


@pytest.fixture
def treating(client: FlaskClient, patient: Patient, doctor: Doctor) -> ApiClient:
    """A doctor of the patient's care team."""
    CareTeamMemberFactory(patient=patient, doctor=doctor)
    return api(client, doctor.account)


class TestRepresentation:
    @pytest.mark.both_databases
    def test_everything_is_told(self, database: Database, caller: ApiClient, patient: Patient) -> None:
        username = patient.manager.username if patient.manager else ""
        changed = caller.patch(
            f"/patients/{patient.id}/",
            json={"insurance_number": "QQ 123456 C", "date_of_birth": "1988-02-29", "address": "1 Mill Road"},
        )
        expected = {
            "id": patient.id,
            "user": username,
            "name": "Pat Smith",
            "phone": "+442079460018",
            "insurance_number": "QQ 123456 C",
            "date_of_birth": "1988-02-29",
            "address": "1 Mill Road",
            "profile": None,
            "created_by": patient.manager_id,
            "created_by_username": username,
            "created_at": text(patient.created_at),
        }
        assert changed.get_json() == expected
        for path in ("/patients/{}", "/patients/{}/", "/api/patients/{}", "/api/patients/{}/"):
            assert caller.get(path.format(patient.id)).get_json() == expected
        assert caller.get("/patients").get_json()["results"] == [expected]

    def test_a_patient_without_an_account_has_no_user(self, outsider: ApiClient) -> None:
        patient = PatientFactory(manager=None)
        body = outsider.get(f"/patients/{patient.id}").get_json()
        assert (body["user"], body["created_by"], body["created_by_username"]) == (None, None, None)

    def test_the_schema_documents_what_is_sent(self, caller: ApiClient, patient: Patient) -> None:
        assert set(caller.get(f"/patients/{patient.id}/").get_json()) == set(PatientOut().fields)


class TestVisibility:
    @pytest.mark.parametrize("path", PATHS)
    def test_an_account_sees_whom_it_acts_for_and_staff_see_all(
        self, client: FlaskClient, database: Database, caller: ApiClient, admin: ApiClient, patient: Patient, path: str
    ) -> None:
        child = PatientFactory(manager=patient.manager, is_own=False)
        other = PatientFactory()
        nobodys = PatientFactory(manager=None)
        voided = PatientFactory(manager=patient.manager, is_own=False, voided_at=datetime.now(UTC))
        doctor, pending = DoctorFactory(), DoctorFactory(pending=True)

        assert ids(caller, path=path) == [patient.id, child.id]
        for staff in (admin, api(client, doctor.account)):
            assert ids(staff, path=path) == [patient.id, child.id, other.id, nobodys.id]
            problem(staff.get(f"{path}{voided.id}"), 404)
        assert ids(api(client, pending.account), path=path) == []
        absent = caller.get(f"{path}999999")
        for hidden in (other, nobodys, voided):
            for method in ("GET", "PUT", "PATCH", "DELETE"):
                response = caller.open(method, f"{path}{hidden.id}")
                assert (response.status_code, response.data) == (404, absent.data)

    @pytest.mark.parametrize("path", [*PATHS, "/patients/1", "/api/patients/1/"])
    def test_a_stranger_is_401(self, client: FlaskClient, database: Database, path: str) -> None:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            assert client.open(path, method=method).status_code in (401, 405)
        assert client.get(path).status_code == 401

    @pytest.mark.both_databases
    @pytest.mark.parametrize("patient_id", [0, 2**31, 2**63 - 1, 2**63, 10**40])
    def test_an_id_that_no_row_can_have_is_404(self, admin: ApiClient, patient_id: int) -> None:
        for method in ("GET", "PUT", "DELETE"):
            problem(admin.open(method, f"/patients/{patient_id}"), 404)


class TestAudit:
    def test_what_staff_read_of_the_directory_is_noted_once(
        self, database: Database, caller: ApiClient, outsider: ApiClient, admin: ApiClient, patient: Patient
    ) -> None:
        other = PatientFactory()
        for reader in (caller, outsider, admin):
            assert reader.get("/patients/").status_code == 200

        events = audited(database, "patients.listed")
        assert [event.details for event in events] == [{"patients": [patient.id, other.id]}] * 2

    def test_what_staff_look_up_is_noted_with_the_patient(
        self, database: Database, caller: ApiClient, outsider: ApiClient, patient: Patient
    ) -> None:
        for reader in (caller, outsider):
            assert reader.get(f"/patients/{patient.id}").status_code == 200

        assert [event.patient_id for event in audited(database, "patient.read")] == [patient.id]

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_a_change_that_changes_nothing_is_a_reading(
        self, database: Database, treating: ApiClient, caller: ApiClient, patient: Patient, method: str
    ) -> None:
        for writer in (treating, caller):
            assert writer.open(method, f"/patients/{patient.id}", json={}).get_json()["name"] == patient.name
        (event,) = audited(database, "patient.read")
        assert event.patient_id == patient.id

    def test_a_doctor_looks_at_the_own_child_unnoted(self, client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory()
        child = PatientFactory(manager=doctor.account, is_own=False)

        assert api(client, doctor.account).get(f"/patients/{child.id}").status_code == 200

        assert audited(database, "patient.read") == []


class TestFilters:
    @pytest.mark.both_databases
    def test_each_narrows_the_list(self, database: Database, admin: ApiClient) -> None:
        zoe = PatientFactory(name="Zoë O'Neill", phone="+44 20 7946-0018", manager=AccountFactory(username="zo.neill"))
        bob = PatientFactory(name="Bob Stone", phone="020 7946 0999", manager=AccountFactory(username="rocky"))
        for query in (
            "search=ZOË",
            "search=zo.ne",
            "search=442079460018",
            "search=%2B44+20+7946+0018",
            "search=neill+zo",
            "search=7946-0018",
            "phone=%2B44+20+7946-0018",
            "phone=+44+20+7946-0018",
        ):
            assert ids(admin, query, "/patients/") == [zoe.id], query
        for query in ("search=nobody", "search=%25", "search=_", "phone=%2B442079460018", "phone=020+7946+0018"):
            assert ids(admin, query, "/api/patients/") == [], query
        for query in ("search=", "phone=", "search=7946", "unknown=1"):
            assert ids(admin, query, "/patients/") == [zoe.id, bob.id], query

    def test_digits_find_the_id(self, database: Database, admin: ApiClient) -> None:
        for _ in range(12):
            PatientFactory(phone="", manager=None)

        assert ids(admin, "search=11", "/patients/") == [11]

    def test_they_never_widen_what_one_sees(self, caller: ApiClient, patient: Patient) -> None:
        other = PatientFactory(name="Other Person", phone="+442079460999")

        for query in ("search=other", f"search={other.phone[-4:]}", "phone=%2B442079460999"):
            assert ids(caller, query, "/patients/") == []

    @pytest.mark.parametrize("query", [f"search={'x' * 201}", f"phone={'1' * 41}", "search=%00", "page=0", "limits=x"])
    def test_what_cannot_be_is_400(self, admin: ApiClient, query: str) -> None:
        problem(admin.get(f"/patients/?{query}"), 400)

    def test_pages_are_in_the_order_of_ids(self, database: Database, admin: ApiClient) -> None:
        with database.unit_of_work():
            patients = [PatientFactory(manager=None) for _ in range(5)]
        seen, address = [], "/patients/?limits=2"
        while address:
            body = admin.get(address.removeprefix("http://localhost")).get_json()
            seen += [entry["id"] for entry in body["results"]]
            address = body["next"]
        assert seen == [patient.id for patient in patients]
        assert problem(admin.get("/patients/?limits=2&page=4"), 404)["detail"] == "Invalid page."


class TestAdd:
    @pytest.mark.parametrize("path", PATHS)
    def test_an_account_adds_whom_it_acts_for(
        self, database: Database, caller: ApiClient, patient: Patient, path: str
    ) -> None:
        response = caller.post(path, json={"name": " Kim Smith ", "phone": "020 7946 0001", "date_of_birth": None})
        body = response.get_json()
        assert response.status_code == 201, response.text
        assert (body["name"], body["phone"], body["created_by"]) == ("Kim Smith", "020 7946 0001", patient.manager_id)
        assert ids(caller, path=path) == [patient.id, body["id"]]
        row = held(database, body["id"])
        assert (row.manager_id, row.is_own) == (patient.manager_id, False)

    def test_a_form_with_a_picture_is_enough(self, database: Database, client: FlaskClient, caller: ApiClient) -> None:
        """Document 001 sends these two, and nothing else."""
        sent = {"profile": picture_file(), "phone": "020 7946 0001"}
        response = caller.post("/patients/", data=sent, content_type="multipart/form-data")
        body = response.get_json()
        assert response.status_code == 201, response.text
        assert body["name"] != ""
        shown = client.get(body["profile"].removeprefix("http://localhost"))
        assert (shown.status_code, shown.content_type) == (200, "image/png")
        assert shown.headers["Cache-Control"].startswith("private")

    def test_a_pending_doctor_adds_a_dependant_as_well(self, client: FlaskClient, database: Database) -> None:
        pending = DoctorFactory(pending=True)
        body = api(client, pending.account).post("/patients/", json={"name": "Kim"}).get_json()
        assert held(database, body["id"]).manager_id == pending.account_id

    def test_staff_add_a_patient_who_has_no_account(
        self, database: Database, outsider: ApiClient, admin: ApiClient
    ) -> None:
        for staff in (outsider, admin):
            body = staff.post("/patients/", data={"name": "Walk In", "phone": ""}).get_json()
            assert (body["user"], body["name"]) == (None, "Walk In")
            assert held(database, body["id"]).manager_id is None
        assert outsider.post("/patients/", json={}).get_json()["name"] == "Unnamed patient"

    @pytest.mark.both_databases
    def test_staff_make_an_account_and_its_patient(
        self, client: FlaskClient, database: Database, outsider: ApiClient
    ) -> None:
        sent = {"username": "kim", "email": "kim@example.org", "password": PASSWORD, "name": "Kim Smith"}
        response = outsider.post("/patients/", data={**sent, "insurance_number": "QQ 1"})
        body = response.get_json()
        assert response.status_code == 201, response.text
        assert (body["user"], body["name"], body["insurance_number"]) == ("kim", "Kim Smith", "QQ 1")
        assert body["created_by"] == outsider.get("/api/user/profiles/me/").get_json()["user"]["id"]
        with database.unit_of_work() as session:
            account = session.scalars(select(Account).where(Account.username == "kim")).one()
        assert ids(api(client, account), path="/patients/") == [body["id"]]
        assert held(database, body["id"]).is_own

    @pytest.mark.parametrize(
        ("sent", "at_fault"),
        [
            ({"username": "kim"}, {"email", "password"}),
            ({"email": "kim@example.org", "password": PASSWORD}, {"username"}),
            ({"username": "k@m", "email": "none", "password": "short"}, {"username", "email", "password"}),
        ],
    )
    def test_half_an_account_is_400(
        self, database: Database, admin: ApiClient, sent: dict[str, str], at_fault: set[str]
    ) -> None:
        assert set(problem(admin.post("/patients/", json=sent), 400)["errors"]) == at_fault
        assert ids(admin, path="/patients/") == []

    def test_a_taken_name_is_400_and_leaves_nothing(self, database: Database, admin: ApiClient) -> None:
        AccountFactory(username="kim")
        sent = {"username": "KIM", "email": "other@example.org", "password": PASSWORD}
        assert list(problem(admin.post("/patients/", json=sent), 400)["errors"]) == ["username"]
        assert ids(admin, path="/patients/") == []

    def test_a_patients_account_makes_no_account(self, database: Database, caller: ApiClient) -> None:
        sent = {"username": "kim", "email": "kim@example.org", "password": PASSWORD}
        assert caller.post("/patients/", json=sent).status_code == 201
        with database.unit_of_work() as session:
            assert session.scalars(select(Account).where(Account.username == "kim")).first() is None


class TestChange:
    @pytest.mark.both_databases
    @pytest.mark.parametrize("who", ["caller", "treating", "admin"])
    def test_the_patients_side_treating_doctors_and_admins_may(
        self, request: pytest.FixtureRequest, database: Database, patient: Patient, who: str
    ) -> None:
        writer: ApiClient = request.getfixturevalue(who)
        changed = writer.put(f"/api/patients/{patient.id}", json={"phone": "020 7946 0001"})
        assert changed.status_code == 200, changed.text
        assert (changed.get_json()["phone"], changed.get_json()["name"]) == ("020 7946 0001", "Pat Smith")
        changed = writer.patch(f"/patients/{patient.id}/", data={"name": "Patricia Smith", "address": "2 Mill Road"})
        assert changed.get_json()["name"] == "Patricia Smith"
        row = held(database, patient.id)
        assert (row.phone, row.name, row.address) == ("020 7946 0001", "Patricia Smith", "2 Mill Road")
        assert [event.patient_id for event in audited(database, "patient.changed")] == [patient.id] * 2

    def test_a_doctor_who_only_sees_the_directory_may_not(
        self, database: Database, outsider: ApiClient, patient: Patient
    ) -> None:
        for method, sent in (("PUT", {"phone": "020 7946 0001"}), ("PATCH", {}), ("DELETE", None)):
            problem(outsider.open(method, f"/patients/{patient.id}", json=sent), 403)
        problem(outsider.patch(f"/patients/{patient.id}", json={"phone": "no"}), 400)  # the body comes first
        assert held(database, patient.id).phone == patient.phone

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({"phone": "not a number"}, "phone"),
            ({"phone": "7"}, "phone"),
            ({"phone": 442079460018}, "phone"),
            ({"phone": None}, "phone"),
            ({"date_of_birth": (datetime.now(UTC) + timedelta(days=2)).date().isoformat()}, "date_of_birth"),
            ({"date_of_birth": "1899-12-31"}, "date_of_birth"),
            ({"date_of_birth": "0000-00-00"}, "date_of_birth"),
            ({"date_of_birth": "2001-02-29"}, "date_of_birth"),
            ({"date_of_birth": "20010203"}, "date_of_birth"),
            ({"date_of_birth": 2001}, "date_of_birth"),
            ({"name": " "}, "name"),
            ({"name": "x" * 302}, "name"),
            ({"insurance_number": "1" * 101}, "insurance_number"),
            ({"address": "x" * 501}, "address"),
            ({"profile": "https://example.org/me.png"}, "profile"),
            ({"profile": 7}, "profile"),
        ],
    )
    def test_what_is_wrong_is_named(
        self, database: Database, caller: ApiClient, patient: Patient, sent: dict[str, Any], field: str
    ) -> None:
        assert list(problem(caller.patch(f"/patients/{patient.id}", json=sent), 400)["errors"]) == [field]
        assert list(problem(caller.post("/patients/", json=sent), 400)["errors"]) == [field]
        assert ids(caller, path="/patients/") == [patient.id]

    def test_every_field_at_fault_is_named_at_once(self, caller: ApiClient, patient: Patient) -> None:
        sent = {"phone": "no", "date_of_birth": "1800-01-01"}
        assert set(problem(caller.patch(f"/patients/{patient.id}", json=sent), 400)["errors"]) == set(sent)

    def test_what_the_server_owns_cannot_be_written(
        self, database: Database, caller: ApiClient, admin: ApiClient, patient: Patient
    ) -> None:
        AccountFactory(username="somebody")
        before = columns(database, patient.id)
        for name, value in SERVER_OWNED.items():
            for writer, method in ((caller, "PUT"), (admin, "PATCH")):
                answer = writer.open(method, f"/patients/{patient.id}", json={name: value})
                assert answer.status_code == 200, answer.text
            assert columns(database, patient.id) == before, name

    def test_what_the_server_owns_cannot_be_added(self, database: Database, caller: ApiClient) -> None:
        AccountFactory(username="somebody")
        plain = columns(database, caller.post("/patients/", json={"name": "Kim"}).get_json()["id"])
        for number, (name, value) in enumerate(SERVER_OWNED.items(), 1):
            sent = {"name": "Kim", name: value}
            tried = columns(database, caller.post("/patients/", json=sent).get_json()["id"])
            assert tried.pop("created_at") >= plain["created_at"], name
            assert tried.pop("id") == plain["id"] + number, name
            assert tried.items() <= plain.items(), name

    def test_what_was_read_can_be_sent_back(self, database: Database, caller: ApiClient, patient: Patient) -> None:
        sent = {"profile": picture_file(), "date_of_birth": "1988-02-29"}
        caller.patch(f"/patients/{patient.id}", data=sent, content_type="multipart/form-data")
        read = caller.get(f"/patients/{patient.id}").get_json()
        before, noted = held(database, patient.id), len(audited(database, "patient.changed"))

        for method in ("PUT", "PATCH"):
            answer = caller.open(method, f"/patients/{patient.id}/", json=read)
            assert (answer.status_code, answer.get_json()) == (200, read)

        after = held(database, patient.id)
        assert (before.picture_id, before.date_of_birth) == (after.picture_id, after.date_of_birth)
        assert len(audited(database, "patient.changed")) == noted

    def test_the_longest_name_that_one_registers_with_can_be_sent_back(self, client: FlaskClient) -> None:
        account = {"username": "longest", "email": "longest@example.org", "password": PASSWORD}
        names = {"first_name": "A" * 150, "last_name": "B" * 150}
        token = client.post("/registrations/", json=account | names).get_json()["token"]
        longest = ApiClient(client, token)
        (read,) = longest.get("/patients/").get_json()["results"]

        answer = longest.put(f"/patients/{read['id']}/", json=read)

        assert (answer.status_code, answer.get_json()) == (200, read)

    def test_a_number_from_before_the_check_can_be_sent_back(self, database: Database, caller: ApiClient) -> None:
        old = PatientFactory(phone="ext. 7")
        admin = api(caller.client, AccountFactory(is_admin=True))
        assert admin.patch(f"/patients/{old.id}", json={"phone": "ext. 7", "name": "Old"}).status_code == 200

    @pytest.mark.both_databases
    def test_a_picture_is_replaced_and_removed(self, database: Database, caller: ApiClient, patient: Patient) -> None:
        addresses = []
        for colour in ("red", "blue"):
            data = {"profile": picture_file(colour)}
            body = caller.put(f"/patients/{patient.id}", data=data, content_type="multipart/form-data").get_json()
            addresses.append(body["profile"].removeprefix("http://localhost"))
        assert [caller.get(address).status_code for address in addresses] == [404, 200]
        assert caller.patch(f"/patients/{patient.id}", json={"profile": None}).get_json()["profile"] is None
        assert caller.get(addresses[1]).status_code == 404


class TestVoid:
    @pytest.mark.both_databases
    @pytest.mark.parametrize("who", ["caller", "treating", "admin"])
    def test_the_patient_is_gone_for_everybody(
        self,
        request: pytest.FixtureRequest,
        database: Database,
        caller: ApiClient,
        admin: ApiClient,
        patient: Patient,
        who: str,
    ) -> None:
        writer: ApiClient = request.getfixturevalue(who)

        response = writer.delete(f"/patients/{patient.id}/")

        assert (response.status_code, response.data) == (204, b"")
        for reader in (writer, caller, admin):
            for path in PATHS:
                problem(reader.get(f"{path}{patient.id}"), 404)
                assert ids(reader, path=path) == []
        problem(writer.delete(f"/patients/{patient.id}"), 404)
        assert held(database, patient.id).voided_at is not None

    def test_what_was_to_come_is_cancelled_and_records_stay(
        self, database: Database, caller: ApiClient, patient: Patient, doctor: Doctor
    ) -> None:
        soon = datetime.now(UTC) + timedelta(minutes=20)  # after the cutoff
        coming = AppointmentFactory(patient=patient, doctor=doctor, starts_at=soon)
        done = AppointmentFactory(
            patient=patient,
            doctor=doctor,
            starts_at=datetime(2026, 1, 5, 10, tzinfo=UTC),
            state=VisitState.COMPLETED,
        )
        record = ClinicalRecordFactory(patient=patient, author=doctor)

        assert caller.delete(f"/patients/{patient.id}").status_code == 204

        with database.unit_of_work() as session:
            states = {key: session.get_one(Appointment, key).state for key in (coming.id, done.id)}
            assert states == {coming.id: VisitState.CANCELLED, done.id: VisitState.COMPLETED}
            assert session.get_one(ClinicalRecord, record.id).voided_at is None
        problem(caller.get(f"/appointments/{coming.id}"), 404)

    def test_the_reviews_are_hidden(self, caller: ApiClient, patient: Patient, doctor: Doctor) -> None:
        review = ReviewFactory(patient=patient, doctor=doctor)
        assert ids(caller, path="/reviews/") == [review.id]

        assert caller.delete(f"/patients/{patient.id}").status_code == 204

        assert ids(caller, path="/reviews/") == []
        assert caller.get(f"/doctors/{doctor.id}/").get_json()["reviews"] == 0

    def test_an_account_goes_on_without_its_own_patient(
        self, caller: ApiClient, patient: Patient, doctor: Doctor
    ) -> None:
        assert caller.delete(f"/patients/{patient.id}").status_code == 204

        wanted = {"doctor": doctor.id, "appointment_time": "2030-01-07T10:00:00Z"}
        assert list(problem(caller.post("/appointments/", json=wanted), 400)["errors"]) == ["patient"]
        child = caller.post("/patients/", json={"name": "Kim"}).get_json()
        assert ids(caller, path="/patients/") == [child["id"]]


class TestSpeed:
    def test_a_page_takes_the_same_statements_however_long_it_is(
        self,
        database: Database,
        caller: ApiClient,
        admin: ApiClient,
        patient: Patient,
        count_queries: Callable[[], AbstractContextManager[Queries]],
    ) -> None:
        def cost(reader: ApiClient, path: str) -> int:
            with count_queries() as statements:
                assert reader.get(path).status_code == 200
            return len(statements)

        people = ((caller, 2), (admin, 3))  # for staff the audit's, too; both beside the look-up of the session
        short = [cost(reader, "/patients/?limits=1000") for reader, _ in people]
        with database.unit_of_work() as session:
            rows = [{"name": f"Patient {number}", "manager_id": patient.manager_id} for number in range(1000)]
            session.execute(insert(Patient), rows)
        long = [cost(reader, "/patients/?limits=1000&search=patient") for reader, _ in people]

        assert short == long == [most + 1 for _, most in people]
