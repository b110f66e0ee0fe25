"""What the hospital offers, over JSON: read by anyone, with pictures; written by admins."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select

from app.api.schemas.vocabulary import ServiceOut
from app.models import Picture
from tests.api.support import problem
from tests.factories import ServiceFactory
from tests.support.clients import ApiClient
from tests.support.databases import Database
from tests.support.queries import Queries


def upload(colour: str = "teal") -> tuple[BytesIO, str, str]:
    """A picture as a browser sends it."""
    content = BytesIO()
    Image.new("RGB", (60, 40), colour).save(content, "PNG")
    content.seek(0)
    return content, "picture.png", "image/png"


def pictures(database: Database) -> int:
    """How many pictures are kept."""
    with database.unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(Picture)) or 0


class TestReading:
    def test_anyone_reads_the_list_by_name_and_an_entry(self, client: FlaskClient, database: Database) -> None:
        ServiceFactory(name="X-ray", description="Walk in.")
        ServiceFactory(name="blood tests", description="")

        listed = client.get("/services/").get_json()

        assert listed == [
            {"id": 2, "image": None, "name": "blood tests", "description": ""},
            {"id": 1, "image": None, "name": "X-ray", "description": "Walk in."},
        ]
        for form in ("/services/1", "/services/1/"):
            assert client.get(form).get_json() == listed[1]
        assert set(listed[0]) == set(ServiceOut().fields)
        problem(client.get("/services/3"), 404)

    def test_the_list_is_one_statement_whatever_its_size(
        self, client: FlaskClient, database: Database, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        for size in (3, 40):
            with database.unit_of_work():
                for _ in range(size):
                    ServiceFactory()
            with count_queries() as statements:
                assert len(client.get("/services/").get_json()) >= size
            assert len(statements) == 1, statements


class TestWriting:
    @pytest.mark.both_databases
    def test_a_picture_comes_with_a_form_and_is_shown_to_anyone(
        self, admin: ApiClient, client: FlaskClient, database: Database
    ) -> None:
        created = admin.post("/services/", data={"name": "X-ray", "description": "Walk in.", "image": upload()})
        assert created.status_code == 201
        entry = created.get_json()
        assert entry == {"id": entry["id"], "image": entry["image"], "name": "X-ray", "description": "Walk in."}

        shown = client.get(entry["image"])
        assert (shown.status_code, shown.mimetype) == (200, "image/png")
        assert Image.open(BytesIO(shown.data)).size == (60, 40)

    def test_a_body_as_it_was_read_keeps_the_picture(
        self, admin: ApiClient, client: FlaskClient, database: Database
    ) -> None:
        entry = admin.post("/services/", data={"name": "X-ray", "image": upload()}).get_json()
        place = f"/services/{entry['id']}/"

        for method in ("PUT", "PATCH"):
            assert admin.open(method, place, json=entry).get_json() == entry
            assert admin.open(method, place, json={"name": "X-ray"}).get_json() == entry
        assert client.get(entry["image"]).status_code == 200

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_another_picture_takes_the_place_of_the_former(
        self, admin: ApiClient, client: FlaskClient, database: Database, method: str
    ) -> None:
        entry = admin.post("/services/", data={"name": "X-ray", "image": upload()}).get_json()
        changed = admin.open(method, f"/services/{entry['id']}", data={"name": "X-ray", "image": upload("red")})

        assert client.get(changed.get_json()["image"]).status_code == 200
        assert admin.get(f"/services/{entry['id']}").get_json() == changed.get_json()
        assert client.get(entry["image"]).status_code == 404
        assert pictures(database) == 1

    @pytest.mark.parametrize(
        "send", [{"json": {"name": "X-ray", "image": None}}, {"data": {"name": "X-ray", "image": ""}}]
    )
    def test_null_or_nothing_removes_the_picture(
        self, admin: ApiClient, database: Database, send: dict[str, Any]
    ) -> None:
        entry = admin.post("/services/", data={"name": "X-ray", "image": upload()}).get_json()

        assert admin.put(f"/services/{entry['id']}", **send).get_json() == entry | {"image": None}
        assert pictures(database) == 0

    def test_a_service_goes_with_its_picture(self, admin: ApiClient, database: Database) -> None:
        entry = admin.post("/services/", data={"name": "X-ray", "image": upload()}).get_json()

        assert admin.delete(f"/services/{entry['id']}/").status_code == 204
        problem(admin.get(f"/services/{entry['id']}"), 404)
        assert pictures(database) == 0

    @pytest.mark.parametrize(
        "options",
        [
            {"data": {"name": "X-ray", "image": (BytesIO(b"<svg/>"), "picture.png", "image/png")}},
            {"data": {"name": "X-ray", "image": "picture.png"}},
            {"json": {"name": "X-ray", "image": "https://example.org/picture.png"}},
            {"json": {"name": "X-ray", "image": 7}},
        ],
    )
    def test_what_is_no_picture_is_refused_at_image(
        self, admin: ApiClient, database: Database, options: dict[str, Any]
    ) -> None:
        assert list(problem(admin.post("/services/", **options), 400)["errors"]) == ["image"]
        assert admin.get("/services/").get_json() == []

    def test_a_service_needs_a_name(self, admin: ApiClient, database: Database) -> None:
        service = ServiceFactory()
        for method, path in (("POST", "/services/"), ("PUT", f"/services/{service.id}")):
            for body in ({}, {"name": " "}, {"description": "Walk in."}):
                assert list(problem(admin.open(method, path, json=body), 400)["errors"]) == ["name"]
        assert admin.patch(f"/services/{service.id}", json={"description": "New."}).get_json()["description"] == "New."

    @pytest.mark.parametrize("field", ["id", "picture_id", "picture"])
    def test_what_the_server_owns_is_ignored(self, admin: ApiClient, database: Database, field: str) -> None:
        admin.post("/services/", data={"name": "X-ray", "image": upload()})
        with database.unit_of_work() as session:
            picture = session.scalars(select(Picture.id)).one()
        value = picture if field == "picture_id" else 777

        created = admin.post("/services/", json={"name": "Other", field: value}).get_json()

        assert created == {"id": 2, "image": None, "name": "Other", "description": ""}
        for method in ("PUT", "PATCH"):
            assert admin.open(method, "/services/2", json={"name": "Other", field: value}).get_json() == created
