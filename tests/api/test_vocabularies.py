"""Designations, specialisations and available times over JSON: read by anyone, written by admins."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.api.schemas.vocabulary import AvailableTimeOut, DesignationOut, SpecialisationOut
from tests.api.support import problem
from tests.factories import (
    AppointmentFactory,
    AvailableTimeFactory,
    DesignationFactory,
    DoctorFactory,
    SpecialisationFactory,
)
from tests.support.clients import ApiClient
from tests.support.databases import Database
from tests.support.queries import Queries

NAMED = pytest.mark.parametrize("path", ["/designations/", "/specialisations/"])
LISTS: dict[str, Any] = {
    "/designations/": DesignationFactory,
    "/specialisations/": SpecialisationFactory,
    "/available-time/": AvailableTimeFactory,
}


class TestReading:
    @NAMED
    def test_anyone_reads_the_list_by_name_and_an_entry(
        self, client: FlaskClient, database: Database, path: str
    ) -> None:
        for name in ("registrar", "Consultant"):
            LISTS[path](name=name, slug=name.lower())

        listed = client.get(path).get_json()

        assert listed == [
            {"id": 2, "name": "Consultant", "slug": "consultant"},
            {"id": 1, "name": "registrar", "slug": "registrar"},
        ]
        assert client.get(path.rstrip("/")).get_json() == listed
        for form in (f"{path}2", f"{path}2/"):
            assert client.get(form).get_json() == listed[0]

    def test_available_times_are_filtered_by_id(self, client: FlaskClient, database: Database) -> None:
        AvailableTimeFactory(label="9 am")
        ten = AvailableTimeFactory(label="10:00 - 10:30")

        assert client.get("/available-time/").get_json() == [
            {"id": 1, "time": "9 am"},
            {"id": ten.id, "time": "10:00 - 10:30"},
        ]
        for key, found in ((ten.id, [ten.id]), (99, []), (-1, [])):
            assert [entry["id"] for entry in client.get(f"/available-time?id={key}").get_json()] == found
        for query in ("x", "1.5", "", str(2**63), "%00"):
            problem(client.get(f"/available-time/?id={query}"), 400)

    @pytest.mark.parametrize("path", LISTS)
    def test_a_list_is_one_statement_whatever_its_size(
        self,
        client: FlaskClient,
        database: Database,
        count_queries: Callable[[], AbstractContextManager[Queries]],
        path: str,
    ) -> None:
        for size in (3, 40):
            with database.unit_of_work():
                for number in range(size):
                    label = {"label": f"{size}.{number}"} if path == "/available-time/" else {}
                    LISTS[path](**label)
            with count_queries() as statements:
                assert len(client.get(path).get_json()) >= size
            assert len(statements) == 1, statements

    def test_the_schemas_document_what_is_sent(self, client: FlaskClient, database: Database) -> None:
        schemas = {"/designations/": DesignationOut, "/specialisations/": SpecialisationOut}
        for path, schema in (schemas | {"/available-time/": AvailableTimeOut}).items():
            LISTS[path]()
            (entry,) = client.get(path).get_json()
            assert set(entry) == set(schema().fields)

    @pytest.mark.parametrize("path", LISTS)
    def test_what_is_not_there_is_404(self, client: FlaskClient, database: Database, path: str) -> None:
        for key in ("9", "0", "-1", "x", str(2**31), str(2**63)):
            problem(client.get(f"{path}{key}"), 404)


class TestWriting:
    @NAMED
    def test_an_entry_is_added_changed_and_deleted(self, admin: ApiClient, path: str) -> None:
        created = admin.post(path, json={"name": " Consultant "})
        assert created.status_code == 201
        entry = created.get_json()
        assert entry == {"id": entry["id"], "name": "Consultant", "slug": "consultant"}

        place = f"{path}{entry['id']}"
        assert admin.put(place, json=entry).get_json() == entry
        assert admin.put(place, data={"name": "Lead"}).get_json() == entry | {"name": "Lead"}
        assert admin.patch(f"{place}/", json={"slug": "lead"}).get_json()["slug"] == "lead"
        assert admin.patch(place).get_json() == entry | {"name": "Lead", "slug": "lead"}
        problem(admin.put(place, json={"slug": "other"}), 400)
        deleted = admin.delete(place)
        assert (deleted.status_code, deleted.data) == (204, b"")
        problem(admin.delete(place), 404)

    @NAMED
    def test_every_content_type_is_taken(self, admin: ApiClient, path: str) -> None:
        for number, sent_as in enumerate(({}, {"content_type": "multipart/form-data"}, None)):
            values = {"name": f"Grade {number}", "slug": f"slug-{number}"}
            options = {"json": values} if sent_as is None else {"data": values, **sent_as}
            created = admin.post(path, **options).get_json()
            assert created == {"id": created["id"], **values}

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "name"),
            ({"name": ""}, "name"),
            ({"name": " \t"}, "name"),
            ({"name": "42"}, "name"),
            ({"name": None}, "name"),
            ({"name": 42}, "name"),
            ({"name": "x" * 201}, "name"),
            ({"name": "a\0b"}, "name"),
            ({"name": "Heart", "slug": "Heart surgery"}, "slug"),
            ({"name": "Heart", "slug": "-heart"}, "slug"),
            ({"name": "Heart", "slug": "x" * 201}, "slug"),
        ],
    )
    def test_a_malformed_entry_is_refused_at_its_field(
        self, admin: ApiClient, body: dict[str, Any], field: str
    ) -> None:
        assert list(problem(admin.post("/designations/", json=body), 400)["errors"]) == [field]

    @NAMED
    def test_what_is_there_already_is_409_at_its_field(self, admin: ApiClient, path: str) -> None:
        admin.post(path, json={"name": "Heart"})
        other = admin.post(path, json={"name": "Lungs"}).get_json()["id"]

        for method, place in (("POST", path), ("PUT", f"{path}{other}"), ("PATCH", f"{path}{other}/")):
            taken = problem(admin.open(method, place, json={"name": " HEART"}), 409)
            assert list(taken["errors"]) == ["name"], method
            taken = problem(admin.open(method, place, json={"name": "Another", "slug": "heart"}), 409)
            assert list(taken["errors"]) == ["slug"], method

    @pytest.mark.both_databases
    def test_what_doctors_have_stays(self, admin: ApiClient, database: Database) -> None:
        DoctorFactory(designations=[DesignationFactory()], specialisations=[SpecialisationFactory()])

        for path in ("/designations/", "/specialisations/"):
            assert "1 doctor has it" in problem(admin.delete(f"{path}1"), 409)["detail"]
            assert admin.get(f"{path}1").status_code == 200

    @NAMED
    @pytest.mark.parametrize("field", ["id", "name_key", "created_by", "created_at"])
    def test_what_the_server_owns_is_ignored(self, admin: ApiClient, path: str, field: str) -> None:
        created = admin.post(path, json={"name": "Heart", field: 77}).get_json()
        assert created["id"] == 1
        for method in ("PUT", "PATCH"):
            changed = admin.open(method, f"{path}1", json={"name": "Heart", field: 77})
            assert changed.get_json() == created, method
        problem(admin.post(path, json={"name": "heart"}), 409)  # the key is still that of the name


class TestAvailableTimes:
    def test_a_time_is_kept_as_typed(self, admin: ApiClient) -> None:
        for text in ("09:00", "9:30 AM", "10:00 AM - 10:30 AM"):
            created = admin.post("/available-time/", json={"time": text})
            assert created.status_code == 201
            assert created.get_json()["time"] == text

    def test_put_and_patch_change_what_is_sent(self, admin: ApiClient) -> None:
        entry = admin.post("/available-time/", data={"time": "9 am"}).get_json()
        place = f"/available-time/{entry['id']}/"

        for method in ("PUT", "PATCH"):
            assert admin.open(method, place).get_json() == entry
            assert admin.open(method, place, json=entry).get_json() == entry
            assert admin.open(method, place, json={"time": method.lower() + "9"}).status_code == 400
            assert admin.open(method, place, json={"time": "9:15"}).get_json() == entry | {"time": "9:15"}
            assert admin.open(method, place, data={"time": "9 am"}).get_json() == entry

    @pytest.mark.parametrize("time", ["", "soon", "25:00", "10:30 - 10:00", "9", 9, None, ["09:00"], "9" * 51])
    def test_what_is_no_time_is_refused_at_time(self, admin: ApiClient, time: Any) -> None:
        assert list(problem(admin.post("/available-time/", json={"time": time}), 400)["errors"]) == ["time"]

    def test_a_new_entry_needs_a_time(self, admin: ApiClient) -> None:
        assert list(problem(admin.post("/available-time/"), 400)["errors"]) == ["time"]

    def test_the_same_text_is_409(self, admin: ApiClient) -> None:
        admin.post("/available-time/", json={"time": "9 am"})
        assert list(problem(admin.post("/available-time/", json={"time": "9 am"}), 409)["errors"]) == ["time"]

    @pytest.mark.both_databases
    def test_one_that_a_visit_was_booked_by_stays_that_time(self, admin: ApiClient, database: Database) -> None:
        nine = AvailableTimeFactory(label="9 am")
        AppointmentFactory(available_time_id=nine.id)
        place = f"/available-time/{nine.id}"

        assert "1 appointment has it" in problem(admin.delete(place), 409)["detail"]
        problem(admin.patch(place, json={"time": "10 am"}), 409)
        assert admin.patch(place, json={"time": "09:00"}).get_json()["time"] == "09:00"

    def test_one_that_only_published_hours_match_goes(self, admin: ApiClient, database: Database) -> None:
        DoctorFactory(hours=True)
        nine = AvailableTimeFactory()

        assert admin.delete(f"/available-time/{nine.id}").status_code == 204

    @pytest.mark.parametrize(("field", "value"), [("id", 77), ("starts", "11:00"), ("ends", "12:00")])
    def test_what_the_server_owns_is_ignored(self, admin: ApiClient, field: str, value: object) -> None:
        ten = admin.post("/available-time/", json={"time": "10 am", field: value}).get_json()
        admin.post("/available-time/", json={"time": "10:30"})
        assert ten["id"] == 1
        assert admin.put("/available-time/1", json={field: value}).get_json() == ten
        assert [entry["time"] for entry in admin.get("/available-time/").get_json()] == ["10 am", "10:30"]
