"""Departments over JSON, under both of their names: read by who is signed in, added by doctors, kept by admins."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient

from app.api.schemas.vocabulary import DepartmentOut
from app.models import Doctor
from tests.api.support import problem
from tests.factories import AccountFactory, ClinicalRecordFactory, DepartmentFactory, DoctorFactory
from tests.support.clients import ApiClient, api
from tests.support.databases import Database
from tests.support.queries import Queries

PATHS = pytest.mark.parametrize("path", ["/departments/", "/api/department/"])


@pytest.fixture
def member(client: FlaskClient, database: Database) -> ApiClient:
    """Somebody who is signed in."""
    return api(client, AccountFactory())


class TestReading:
    @PATHS
    def test_whoever_is_signed_in_reads_them_by_name(
        self, client: FlaskClient, member: ApiClient, database: Database, path: str
    ) -> None:
        DepartmentFactory(name="Radiology", location="Basement", description="X-rays.")
        DepartmentFactory(name="cardiology", location="", description="")

        listed = member.get(path).get_json()

        assert listed == [
            {"id": 2, "name": "cardiology", "location": "", "description": ""},
            {"id": 1, "name": "Radiology", "location": "Basement", "description": "X-rays."},
        ]
        assert member.get(path.rstrip("/")).get_json() == listed
        for form in (f"{path}1", f"{path}1/"):
            assert member.get(form).get_json() == listed[1]
            problem(client.get(form), 401)
        problem(client.get(path), 401)
        problem(member.get(f"{path}3"), 404)

    def test_the_schema_documents_what_is_sent(self, member: ApiClient, database: Database) -> None:
        DepartmentFactory()
        assert set(member.get("/departments/1").get_json()) == set(DepartmentOut().fields)

    def test_the_list_is_one_statement_whatever_its_size(
        self, member: ApiClient, database: Database, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        for size in (3, 40):
            with database.unit_of_work():
                for _ in range(size):
                    DepartmentFactory()
            with count_queries() as statements:
                assert len(member.get("/departments/").get_json()) >= size
            assert sum("FROM department" in statement for statement in statements) == 1, statements
            assert len(statements) == 2, statements  # and the one that says who is asking


class TestWriting:
    @PATHS
    def test_approved_doctors_and_admins_add_one(
        self, client: FlaskClient, admin: ApiClient, staff: ApiClient, member: ApiClient, path: str
    ) -> None:
        pending = api(client, DoctorFactory(pending=True).account)

        for number, caller in enumerate((admin, staff)):
            values = {"name": f"Ward {number}", "location": "First floor", "description": "Ten beds."}
            created = caller.post(path, data=values)
            assert created.status_code == 201
            assert created.get_json() == {"id": created.get_json()["id"], **values}
        for caller in (member, pending):
            problem(caller.post(path, json={"name": "Ward 3"}), 403)

    @PATHS
    def test_admins_change_and_delete_one(
        self, admin: ApiClient, staff: ApiClient, doctor: Doctor, database: Database, path: str
    ) -> None:
        place = f"{path}{DepartmentFactory(name='Heart').id}"
        entry = admin.get(place).get_json()

        assert admin.put(place, json=entry).get_json() == entry
        assert admin.put(place, json={"name": "Lungs"}).get_json() == entry | {"name": "Lungs"}
        assert admin.patch(f"{place}/", data={"location": ""}).get_json() == entry | {"name": "Lungs", "location": ""}
        problem(admin.put(place, json={"location": "Attic"}), 400)
        for caller in (staff,):
            problem(caller.put(place, json={"name": "Mine"}), 403)
            problem(caller.delete(place), 403)
        assert admin.delete(place).status_code == 204
        problem(admin.get(place), 404)

    def test_the_role_is_asked_before_the_row_and_the_row_before_the_body(
        self, admin: ApiClient, staff: ApiClient, member: ApiClient
    ) -> None:
        broken = {"data": b"{", "content_type": "application/json"}
        problem(staff.put("/departments/999", **broken), 403)
        problem(member.post("/departments/", **broken), 403)
        problem(admin.put("/departments/999", **broken), 404)
        problem(admin.put("/departments/1", **broken), 400)

    def test_a_name_is_there_once(self, staff: ApiClient, database: Database) -> None:
        DepartmentFactory(name="Heart and lungs")
        taken = problem(staff.post("/api/department/", json={"name": "HEART  and lungs"}), 409)
        assert list(taken["errors"]) == ["name"]

    @pytest.mark.parametrize(
        ("field", "value"), [("name", "7"), ("location", "x" * 201), ("description", "x" * 5001), ("location", None)]
    )
    def test_a_malformed_one_is_refused_at_its_field(self, admin: ApiClient, field: str, value: object) -> None:
        refused = problem(admin.post("/departments/", json={"name": "Heart", field: value}), 400)
        assert list(refused["errors"]) == [field]

    @pytest.mark.both_databases
    def test_one_that_is_in_use_stays(self, admin: ApiClient, database: Database) -> None:
        doctor = DoctorFactory()
        ClinicalRecordFactory(author=doctor)

        refused = problem(admin.delete(f"/departments/{doctor.department_id}"), 409)

        assert "1 doctor and 1 clinical record have it" in refused["detail"]
        assert admin.get(f"/departments/{doctor.department_id}").status_code == 200

    @pytest.mark.parametrize("field", ["id", "name_key", "created_by"])
    def test_what_the_server_owns_is_ignored(self, staff: ApiClient, admin: ApiClient, field: str) -> None:
        created = staff.post("/departments/", json={"name": "Heart", field: 777}).get_json()
        assert created["id"] != 777
        place = f"/departments/{created['id']}"
        for method in ("PUT", "PATCH"):
            assert admin.open(method, place, json={"name": "Heart", field: 777}).get_json() == created
        problem(staff.post("/departments/", json={"name": "heart"}), 409)
