"""The contact form: a message that arrives once, and that no refusal loses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import AuditEvent, ContactMessage
from tests.factories import PatientFactory
from tests.support.clients import form_values, sign_in, submit
from tests.support.databases import Database

MESSAGE = {"name": "Ruth O'Neill", "phone": "020 7946 0018", "message": "When are\r\nvisiting hours?"}


def messages(database: Database) -> list[ContactMessage]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(ContactMessage)))


class TestSending:
    @pytest.mark.both_databases
    def test_a_stranger_sends_a_message_and_is_told_so(self, client: FlaskClient, database: Database) -> None:
        answer = submit(client, "/contact", **MESSAGE)

        assert (answer.status_code, answer.location) == (303, "/contact/sent")
        (row,) = messages(database)
        assert (row.name, row.phone, row.message) == ("Ruth O'Neill", "020 7946 0018", "When are\nvisiting hours?")
        assert '<h1 class="nhsuk-panel__heading">Message sent</h1>' in client.get("/contact/sent").text

    def test_it_is_audited_without_what_was_written(self, client: FlaskClient, database: Database) -> None:
        submit(client, "/contact", **MESSAGE)

        with database.unit_of_work() as session:
            (event,) = session.scalars(select(AuditEvent))
            assert (event.action, event.details) == ("contact_message.sent", {})

    def test_who_is_signed_in_sends_one_too(self, client: FlaskClient, database: Database) -> None:
        sign_in(client, PatientFactory().manager)

        assert submit(client, "/contact", **MESSAGE).status_code == 303

    def test_nobody_is_told_of_a_message_that_was_not_sent(self, client: FlaskClient, database: Database) -> None:
        answer = client.get("/contact/sent")

        assert (answer.status_code, answer.location) == (303, "/contact")


class TestOnce:
    @pytest.mark.both_databases
    def test_a_form_that_arrives_twice_is_one_message(self, client: FlaskClient, database: Database) -> None:
        form = form_values(client.get("/contact").text) | MESSAGE

        answers = [client.post("/contact", data=form).location for _ in range(2)]

        assert answers == ["/contact/sent"] * 2
        assert len(messages(database)) == 1

    def test_a_form_that_was_changed_is_another_message(self, client: FlaskClient, database: Database) -> None:
        form = form_values(client.get("/contact").text) | MESSAGE
        client.post("/contact", data=form)
        client.post("/contact", data=form | {"message": "And is there a car park?"})

        assert len(messages(database)) == 2

    def test_the_same_text_from_a_new_form_is_another_message(self, client: FlaskClient, database: Database) -> None:
        submit(client, "/contact", **MESSAGE)
        submit(client, "/contact", **MESSAGE)

        assert len(messages(database)) == 2


class TestRefusals:
    def test_what_is_missing_is_told_and_the_rest_kept(self, client: FlaskClient, database: Database) -> None:
        answer = submit(client, "/contact", **(MESSAGE | {"name": " "}))

        assert answer.status_code == 400
        assert "<title>Error: Contact us" in answer.text
        assert '<a href="#name">Enter your name.</a>' in answer.text
        assert "visiting hours?</textarea>" in answer.text
        assert messages(database) == []

    @pytest.mark.parametrize(("field", "text"), [("phone", "soon"), ("message", "x" * 5001), ("name", "x" * 201)])
    def test_the_rules_are_those_of_the_json_face(
        self, client: FlaskClient, database: Database, field: str, text: str
    ) -> None:
        answer = submit(client, "/contact", **(MESSAGE | {field: text}))

        assert answer.status_code == 400
        assert f'<a href="#{field}">' in answer.text

    def test_a_new_line_counts_as_one_character(self, client: FlaskClient, database: Database) -> None:
        assert submit(client, "/contact", **(MESSAGE | {"message": "a\r\n" * 2499 + "ab"})).status_code == 303

    def test_a_form_from_before_signing_in_is_shown_again(self, client: FlaskClient, database: Database) -> None:
        form = form_values(client.get("/contact").text) | MESSAGE
        sign_in(client, PatientFactory().manager)

        answer = client.post("/contact", data=form)
        again = client.post("/contact", data=form_values(answer.text) | MESSAGE)

        assert answer.status_code == 400
        assert "This form is from before you signed in or out" in answer.text
        assert "visiting hours?</textarea>" in answer.text
        assert again.status_code == 303

    def test_what_no_database_stores_is_dropped(self, client: FlaskClient, database: Database) -> None:
        assert submit(client, "/contact", **(MESSAGE | {"message": "a\0b"})).status_code == 303
        assert messages(database)[0].message == "ab"


class TestLimit:
    @pytest.fixture
    def app(self, make_app: Callable[..., Flask]) -> Flask:
        """A portal that takes one message an hour."""
        return make_app(ratelimit_enabled=True, ratelimit_contact="1 per hour")

    def test_above_the_limit_the_message_stays_in_the_form(self, client: FlaskClient, database: Database) -> None:
        submit(client, "/contact", **MESSAGE)
        answer = submit(client, "/contact", **(MESSAGE | {"message": "And the car park?"}))

        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 3600
        assert "Too many messages came from your address." in answer.text
        assert "<strong>not</strong> sent" in answer.text
        assert "And the car park?</textarea>" in answer.text
        assert len(messages(database)) == 1

    def test_the_second_of_a_double_click_is_no_further_try(self, client: FlaskClient, database: Database) -> None:
        form: dict[str, Any] = form_values(client.get("/contact").text) | MESSAGE

        assert [client.post("/contact", data=form).status_code for _ in range(2)] == [303, 303]

    def test_programs_and_people_share_it(self, client: FlaskClient, database: Database) -> None:
        client.post("/contacts/", json={"name": "A", "phone": "020 7946 0018", "massage": "B"})

        assert submit(client, "/contact", **MESSAGE).status_code == 429
