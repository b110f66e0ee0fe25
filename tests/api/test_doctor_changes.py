"""Doctors changed over JSON: what is written, by whom, and what is not (contract, section 5)."""

from __future__ import annotations

from datetime import UTC, datetime, time
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import (
    Department,
    Doctor,
    Message,
    Patient,
    Picture,
    WeeklyHours,
)
from tests.api.doctor_support import FORMS, LINK, actions, address, patched, picture, read, stored
from tests.api.support import problem
from tests.factories import (
    AvailableTimeFactory,
    DepartmentFactory,
    DesignationFactory,
    DoctorFactory,
    SpecialisationFactory,
    WeeklyHoursFactory,
)
from tests.support.clients import ApiClient, api
from tests.support.databases import Database

REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": ""}, "name"),
    ({"name": "  "}, "name"),
    ({"name": None}, "name"),
    ({"name": "x" * 201}, "name"),
    ({"fee": -1}, "fee"),
    ({"fee": 1.5}, "fee"),
    ({"fee": "free"}, "fee"),
    ({"fee": 2**31}, "fee"),
    ({"meet_link": "javascript:alert(1)"}, "meet_link"),
    ({"meet_link": "ftp://example.org"}, "meet_link"),
    ({"meet_link": "example.org"}, "meet_link"),
    ({"meet_link": "https://"}, "meet_link"),
    ({"meet_link": "https://[::1"}, "meet_link"),
    ({"meet_link": "https://example.org:99999/"}, "meet_link"),
    ({"meet_link": "https://example.org:0/"}, "meet_link"),
    ({"meet_link": "https://hospital@example.org/"}, "meet_link"),
    ({"meet_link": "https://example.org\u2100/"}, "meet_link"),
    ({"meet_link": "https://example.org/a b"}, "meet_link"),
    ({"meet_link": 'https://example.org/"onclick="'}, "meet_link"),
    ({"meet_link": f"https://example.org/{'x' * 500}"}, "meet_link"),
    ({"specialization": "x" * 201}, "specialization"),
    ({"designation": ["No such"]}, "designation"),
    ({"designation": 7}, "designation"),
    ({"designation": [None]}, "designation"),
    ({"designation": [1.5]}, "designation"),
    ({"designation": ["x"] * 101}, "designation"),
    ({"specialisation": [2**63 - 1]}, "specialisation"),
    ({"available_time": [999]}, "available_time"),
    ({"available_time": [2**63 - 1]}, "available_time"),
    ({"available_time": ["nine"]}, "available_time"),
    ({"available_time": list(range(1, 400))}, "available_time"),
    ({"available_from": "25:00"}, "available_from"),
    ({"available_from": "9am"}, "available_from"),
    ({"available_from": "09:00+01:00"}, "available_from"),
    ({"available_from": 9}, "available_from"),
    ({"available_from": None}, "available_from"),
    ({"available_to": None}, "available_to"),
    ({"available_to": "08:00"}, "available_to"),
    ({"available_to": "00:00"}, "available_to"),
    ({"profile": "me.png"}, "profile"),
    ({"status": "listed"}, "status"),
)


class TestChanging:
    @pytest.mark.both_databases
    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_what_is_sent_is_changed_and_the_rest_is_kept(
        self, staff: ApiClient, doctor: Doctor, database: Database, method: str
    ) -> None:
        grade, surgery = DesignationFactory(name="Consultant"), SpecialisationFactory(name="Surgery")
        cardiology = SpecialisationFactory(name="Cardiology")
        before = read(staff, doctor)
        sent: dict[str, tuple[Any, Any]] = {
            "name": (" Dr Ada King ", "Dr Ada King"),
            "designation": (["consultant"], ["Consultant"]),
            "specialisation": ([surgery.id, "cardiology", str(surgery.id)], ["Cardiology", "Surgery"]),
            "specialization": (" Hearts ", "Hearts"),
            "fee": (0, 0),
            "meet_link": (f" {LINK} ", LINK),
            "available_from": ("08:00", "08:00:00"),
            "available_to": ("12:30:00", "12:30:00"),
        }
        assert cardiology.id
        for path in ("/doctors/{}", "/api/doctors/{}/"):
            for name, (value, told) in sent.items():
                response = staff.open(method, path.format(doctor.id), json={name: value})
                assert response.status_code == 200, response.text
                before[name] = told
                if name == "name":
                    before["user"] = told
                if name == "specialisation" and path == "/doctors/{}":
                    before["specialization"] = "Cardiology"
                assert response.get_json() == before == read(staff, doctor)
        assert grade.id
        assert actions(database, doctor.id) == ["doctor.changed"] * len(sent)

    def test_null_and_empty_clear(self, client: FlaskClient, admin: ApiClient) -> None:
        doctor = DoctorFactory(
            hours=True,
            meet_link=LINK,
            specialization="Hearts",
            designations=[DesignationFactory()],
            specialisations=[SpecialisationFactory(name="Surgery")],
        )
        staff = api(client, doctor.account)
        assert patched(staff, doctor, specialization=None)["specialization"] == "Surgery"
        assert patched(staff, doctor, specialisation=None)["specialisation"] == []
        assert patched(staff, doctor, designation=[])["designation"] == []
        assert patched(staff, doctor, fee=None)["fee"] is None
        assert patched(staff, doctor, meet_link="")["meet_link"] is None
        told = patched(staff, doctor, available_from=None, available_to=None)
        assert (told["available_from"], told["available_to"], told["available_time"]) == (None, None, [])
        assert patched(admin, doctor, department=None)["department"] is None

    @pytest.mark.both_databases
    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_what_was_read_may_be_sent_back_and_changes_nothing(
        self, client: FlaskClient, admin: ApiClient, database: Database, method: str
    ) -> None:
        with database.unit_of_work() as session:
            face = Picture(content_type="image/png", content=picture())
            session.add(face)
        AvailableTimeFactory(starts=time(9))
        doctor = DoctorFactory(
            picture_id=face.id,
            meet_link=LINK,
            designations=[DesignationFactory(name="b"), DesignationFactory(name="A")],
            specialisations=[SpecialisationFactory(name="Surgery"), SpecialisationFactory(name="Cardiology")],
        )
        WeeklyHoursFactory(doctor=doctor, starts=time(8), ends=time(12), slot_minutes=20)
        WeeklyHoursFactory(doctor=doctor, weekday=2, starts=time(9), ends=time(17), slot_minutes=45)
        bare = DoctorFactory(account=None, department=None, fee=None)
        with database.unit_of_work() as session:
            hours = session.scalars(select(WeeklyHours.id).order_by(WeeklyHours.id)).all()
        for caller, row in ((api(client, doctor.account), doctor), (admin, doctor), (admin, bare)):
            body = read(caller, row)
            response = caller.open(method, address(row), json=body)
            assert response.status_code == 200, response.text
            assert response.get_json() == body == read(caller, row)
        with database.unit_of_work() as session:
            assert session.scalars(select(WeeklyHours.id).order_by(WeeklyHours.id)).all() == hours
        kept = stored(database, doctor.id)
        assert (kept.specialization, kept.picture_id) == (None, face.id)
        assert actions(database, doctor.id) == actions(database, bare.id) == []

    def test_the_text_that_follows_the_specialisation_keeps_following_it(
        self, client: FlaskClient, database: Database
    ) -> None:
        doctor = DoctorFactory(specialisations=[SpecialisationFactory(name="Surgery")])
        SpecialisationFactory(name="Cardiology")
        staff = api(client, doctor.account)
        sent = read(staff, doctor) | {"specialisation": ["Cardiology"]}
        assert staff.put(address(doctor), json=sent).get_json()["specialization"] == "Cardiology"

    def test_what_is_wrong_is_named_and_changes_nothing(self, staff: ApiClient, doctor: Doctor) -> None:
        before = read(staff, doctor)
        for number, (sent, field) in enumerate(REFUSED):
            method = ("PUT", "PATCH")[number % 2]
            response = staff.open(method, address(doctor), json={"fee": 1} | sent)
            assert list(problem(response, 400)["errors"]) == [field], sent
        assert read(staff, doctor) == before

    @pytest.mark.parametrize("content_type", FORMS)
    def test_forms_do_as_well(self, staff: ApiClient, doctor: Doctor, content_type: str) -> None:
        grades = [DesignationFactory(name=name) for name in ("Consultant", "Registrar")]
        ten = AvailableTimeFactory(starts=time(10))
        form = {"designation": [str(g.id) for g in grades], "available_time": str(ten.id), "fee": "70", "profile": ""}
        body = staff.put(address(doctor), data=form, content_type=content_type).get_json()
        assert (body["designation"], body["available_time"], body["fee"]) == (["Consultant", "Registrar"], [ten.id], 70)
        form = {"designation": "", "available_time": "", "fee": ""}
        body = staff.patch(address(doctor), data=form, content_type=content_type).get_json()
        assert (body["designation"], body["available_time"], body["fee"]) == ([], [], None)

    def test_a_picture_is_replaced_kept_and_removed(
        self, client: FlaskClient, staff: ApiClient, doctor: Doctor, database: Database
    ) -> None:
        def send(colour: str) -> str:
            form = {"profile": (BytesIO(picture(colour)), "me.png")}
            response = staff.patch(address(doctor), data=form, content_type="multipart/form-data")
            shown: str = response.get_json()["profile"]
            assert client.get(shown.removeprefix("http://localhost")).mimetype == "image/png"
            return shown

        first, second = send("red"), send("blue")
        assert first != second
        assert client.get(first.removeprefix("http://localhost")).status_code == 404
        assert patched(staff, doctor, profile=second)["profile"] == second
        assert patched(staff, doctor, profile=None)["profile"] is None
        with database.unit_of_work() as session:
            assert session.scalars(select(Picture.id)).all() == []
        form = {"profile": (BytesIO(b"<svg/>"), "me.png")}
        refused = staff.patch(address(doctor), data=form, content_type="multipart/form-data")
        assert list(problem(refused, 400)["errors"]) == ["profile"]


class TestWhoMayChange:
    def test_the_doctor_and_admins_and_nobody_else(
        self, client: FlaskClient, caller: ApiClient, admin: ApiClient, doctor: Doctor, database: Database
    ) -> None:
        colleague = api(client, DoctorFactory().account)
        for other in (caller, colleague):
            for response in (
                other.put(address(doctor), json={"fee": 1}),
                other.patch(address(doctor), json={}),
                other.delete(address(doctor)),
            ):
                problem(response, 403)
            problem(other.patch(address(doctor), json={"fee": "x"}), 400)
        assert patched(admin, doctor, fee=1)["fee"] == 1
        assert actions(database, doctor.id) == ["doctor.changed"]

    def test_a_hidden_doctor_is_404_before_the_body_is_read(
        self, client: FlaskClient, caller: ApiClient, staff: ApiClient, database: Database
    ) -> None:
        absent = caller.patch("/doctors/999999/", data="{", content_type="application/json")
        for hidden in (DoctorFactory(pending=True), DoctorFactory(deleted_at=datetime.now(UTC))):
            for other in (caller, staff):
                for method in ("PUT", "PATCH", "DELETE"):
                    response = other.open(method, address(hidden), data="{", content_type="application/json")
                    assert (response.status_code, response.data) == (404, absent.data)

    def test_an_applicant_changes_the_own_entry(self, client: FlaskClient, database: Database) -> None:
        pending = DoctorFactory(pending=True)
        assert patched(api(client, pending.account), pending, fee=9)["fee"] == 9

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_what_is_the_servers_is_ignored(
        self, client: FlaskClient, staff: ApiClient, doctor: Doctor, patient: Patient, database: Database, method: str
    ) -> None:
        other = DepartmentFactory(name="Elsewhere")
        before, row = read(staff, doctor), stored(database, doctor.id)
        sent: dict[str, Any] = {
            "id": 999,
            "status": "rejected",
            "approval": "rejected",
            "department": other.id,
            "department_id": other.id,
            "user": "Somebody",
            "username": "somebody",
            "email": "somebody@example.org",
            "password": "another password",
            "account": patient.manager_id,
            "account_id": patient.manager_id,
            "rating": 5,
            "reviews": 100,
            "created_by": patient.manager_id,
            "created_by_id": patient.manager_id,
            "created_at": "2020-01-01T00:00:00Z",
            "decided_by": patient.manager_id,
            "decided_by_id": patient.manager_id,
            "decision_reason": "Because",
            "deleted_at": "2020-01-01T00:00:00Z",
            "picture_id": 1,
            "accepts_online": False,
            "about": "Words",
            "is_admin": True,
        }
        for name, value in sent.items():
            response = staff.open(method, address(doctor), json={name: value})
            assert (response.status_code, response.get_json()) == (200, before), name
            columns = [column.key for column in Doctor.__table__.columns]
            after = stored(database, doctor.id)
            assert {key: getattr(after, key) for key in columns} == {key: getattr(row, key) for key in columns}, name
        assert actions(database, doctor.id) == []
        account: Any = doctor.account
        assert api(client, account)

    def test_an_admin_places_a_doctor_by_id_name_or_as_read(self, admin: ApiClient, doctor: Doctor) -> None:
        heart, bones = DepartmentFactory(name="Heart centre"), DepartmentFactory(name="Bones")

        def told(department: Department) -> dict[str, Any]:
            return {"id": department.id, "name": department.name}

        assert patched(admin, doctor, department=heart.id)["department"] == told(heart)
        assert patched(admin, doctor, department="bones")["department"] == told(bones)
        assert patched(admin, doctor, department=told(heart))["department"] == told(heart)
        refused = admin.patch(address(doctor), json={"department": "No such"})
        assert list(problem(refused, 400)["errors"]) == ["department"]

    @pytest.mark.both_databases
    def test_an_admin_decides_by_status(
        self, client: FlaskClient, admin: ApiClient, staff: ApiClient, database: Database
    ) -> None:
        heart = DepartmentFactory()
        good, bad = DoctorFactory(pending=True), DoctorFactory(pending=True)
        assert patched(admin, good, status="pending")["status"] == "pending"
        body = patched(admin, good, status="approved", department=heart.id)
        assert (body["status"], body["department"]["id"]) == ("approved", heart.id)
        assert patched(admin, bad, status="rejected")["status"] == "rejected"
        assert stored(database, bad.id).decision_reason
        with database.unit_of_work() as session:
            mails = session.scalars(select(Message.template).order_by(Message.id)).all()
        assert mails == ["doctor_approved", "doctor_rejected"]
        for doctor, decisions in ((good, ("rejected", "pending")), (bad, ("approved", "pending"))):
            for status in decisions:
                problem(admin.patch(address(doctor), json={"status": status, "fee": 77}), 409)
                assert read(admin, doctor)["fee"] != 77
            assert patched(admin, doctor, status=read(admin, doctor)["status"], fee=78)["fee"] == 78
