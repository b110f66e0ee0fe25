"""Messages to the hospital: anyone sends one, under a limit; only admins read them; nothing of them is told on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import extensions
from app.api.schemas.contact import ContactOut
from app.models import AuditEvent, ContactMessage
from config import Settings
from tests.api.support import problem
from tests.factories import AccountFactory, ContactMessageFactory
from tests.support.clients import ApiClient, api
from tests.support.databases import Database
from tests.support.queries import Queries

MESSAGE: dict[str, Any] = {"name": "Ruth Baker", "phone": "020 7946 0018", "massage": "When are visiting hours?"}


class TestSending:
    @pytest.mark.both_databases
    def test_anyone_sends_a_message(self, client: FlaskClient, database: Database) -> None:
        created = client.post("/contacts/", json=MESSAGE)
        assert created.status_code == 201
        assert created.get_json() == MESSAGE | {"id": 1}

        with database.unit_of_work() as session:
            row = session.scalars(select(ContactMessage)).one()
            assert (row.name, row.message, row.handled_at) == ("Ruth Baker", "When are visiting hours?", None)

    def test_every_content_type_and_both_forms_of_the_path_are_taken(
        self, client: FlaskClient, database: Database
    ) -> None:
        assert client.post("/contacts", data=MESSAGE).status_code == 201
        multipart = client.post("/contacts/", data=MESSAGE, content_type="multipart/form-data")
        assert multipart.get_json() == MESSAGE | {"id": 2}

    def test_who_is_signed_in_sends_one_too(self, caller: ApiClient) -> None:
        assert caller.post("/contacts/", json=MESSAGE).status_code == 201

    @pytest.mark.parametrize("field", sorted(MESSAGE))
    def test_each_field_is_needed_and_limited(self, client: FlaskClient, database: Database, field: str) -> None:
        others = {name: text for name, text in MESSAGE.items() if name != field}

        for body in (others, *(others | {field: value} for value in (None, "", " \n", 7, "x" * 5001, "a\0b"))):
            assert list(problem(client.post("/contacts/", json=body), 400)["errors"]) == [field], body

    def test_a_phone_number_is_one(self, client: FlaskClient, database: Database) -> None:
        for phone in ("soon", "12", "+99 1", "0207946001800000000000000"):
            refused = problem(client.post("/contacts/", json=MESSAGE | {"phone": phone}), 400)
            assert list(refused["errors"]) == ["phone"]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("id", 77),
            ("created_at", "2020-01-01T00:00:00Z"),
            ("handled_at", "2020-01-01T00:00:00Z"),
            ("message", "Another text"),
        ],
    )
    def test_what_the_server_owns_is_ignored(
        self, client: FlaskClient, admin: ApiClient, database: Database, field: str, value: object
    ) -> None:
        def stored() -> tuple[object, ...]:
            with database.unit_of_work() as session:
                row = session.scalars(select(ContactMessage)).one()
                return row.id, row.message, row.created_at, row.handled_at

        client.post("/contacts/", json=MESSAGE | {field: value})
        first = stored()
        assert first[:2] == (1, MESSAGE["massage"])
        assert first[2].year > 2020  # type: ignore[attr-defined] # a moment
        assert first[3] is None
        for method in ("PUT", "PATCH"):
            admin.open(method, "/contacts/1", json={field: value})
            assert stored() == first


class TestLimit:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, ratelimit_enabled=True, ratelimit_contact="2 per minute")

    def test_messages_of_an_address_are_counted(self, client: FlaskClient, database: Database) -> None:
        extensions.limiter.reset()
        for _ in range(3):
            problem(client.post("/contacts/", json=MESSAGE | {"phone": "soon"}), 400)  # none was sent

        assert [client.post("/contacts/", json=MESSAGE).status_code for _ in range(2)] == [201, 201]
        response = client.post("/contacts", data=MESSAGE)
        assert "Too many messages" in problem(response, 429)["detail"]
        assert 1 <= int(response.headers["Retry-After"]) <= 60
        signed_in = api(client, AccountFactory())
        problem(signed_in.post("/contacts/", json=MESSAGE), 429)  # an account does not get round it
        elsewhere = client.post("/contacts/", json=MESSAGE, environ_base={"REMOTE_ADDR": "198.51.100.7"})
        assert elsewhere.status_code == 201
        with database.unit_of_work() as session:
            assert len(session.scalars(select(ContactMessage)).all()) == 3


class TestReading:
    def test_admins_read_the_newest_first(self, admin: ApiClient, database: Database) -> None:
        for number in range(3):
            ContactMessageFactory(name=f"Visitor {number}")

        listed = admin.get("/contacts/").get_json()

        assert [entry["name"] for entry in listed] == ["Visitor 2", "Visitor 1", "Visitor 0"]
        for form in ("/contacts/1", "/contacts/1/"):
            assert admin.get(form).get_json() == listed[2]
        assert set(listed[0]) == set(ContactOut().fields)
        problem(admin.get("/contacts/4"), 404)

    def test_nobody_else_reads_or_changes_any(
        self, client: FlaskClient, caller: ApiClient, staff: ApiClient, database: Database
    ) -> None:
        ContactMessageFactory(name="Ruth Baker")
        broken: dict[str, Any] = {"data": b"{", "content_type": "application/json"}

        for who, status in ((api(client), 401), (caller, 403), (staff, 403)):
            for path in ("/contacts/1", "/contacts/999"):
                bodies = {
                    problem(who.open(method, path, **broken), status)["detail"]
                    for method in ("GET", "PUT", "PATCH", "DELETE")
                }
                assert len(bodies) == 1
            assert "Ruth" not in who.get("/contacts/").text
            problem(who.get("/contacts/"), status)

    def test_the_list_is_one_statement_whatever_its_size(
        self, admin: ApiClient, database: Database, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        for size in (3, 40):
            with database.unit_of_work():
                for _ in range(size):
                    ContactMessageFactory()
            with count_queries() as statements:
                assert len(admin.get("/contacts/").get_json()) >= size
            assert len(statements) == 2, statements  # and the one that says who is asking


class TestSettling:
    def test_admins_correct_and_delete(self, admin: ApiClient, client: FlaskClient, database: Database) -> None:
        entry = client.post("/contacts/", json=MESSAGE).get_json()

        assert admin.put("/contacts/1/", json=entry).get_json() == entry
        assert admin.put("/contacts/1", data={"name": "Ruth Cook"}).get_json() == entry | {"name": "Ruth Cook"}
        assert admin.patch("/contacts/1", json={"massage": "Thanks"}).get_json()["massage"] == "Thanks"
        for field in MESSAGE:
            for method in ("PUT", "PATCH"):
                refused = problem(admin.open(method, "/contacts/1", json={field: " "}), 400)
                assert list(refused["errors"]) == [field]
        assert admin.delete("/contacts/1").status_code == 204
        problem(admin.delete("/contacts/1"), 404)

    def test_neither_the_audit_trail_nor_the_log_tells_what_was_written(
        self, admin: ApiClient, client: FlaskClient, database: Database, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG, logger="app"):
            client.post("/contacts/", json=MESSAGE)
            admin.patch("/contacts/1", json={"phone": "020 7946 0019"})
            admin.patch("/contacts/1", json={"phone": "020 7946 0019"})
            admin.delete("/contacts/1")

        with database.unit_of_work() as session:
            events = session.scalars(
                select(AuditEvent).where(AuditEvent.object_type == "contact_message").order_by(AuditEvent.id)
            ).all()
        assert [(event.action, event.object_id, event.details) for event in events] == [
            ("contact_message.sent", 1, {}),
            ("contact_message.changed", 1, {"fields": "phone"}),
            ("contact_message.removed", 1, {}),
        ]
        assert "Ruth" not in caplog.text
        assert "7946" not in caplog.text
