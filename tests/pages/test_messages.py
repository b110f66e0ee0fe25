"""The outbox on the admin's page: what failed and why, found by address, and tried again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import AuditEvent, Message, MessageState
from app.services import messages
from app.services.outbox import MAXIMUM_ATTEMPTS, Template
from tests.factories import AccountFactory, MessageFactory
from tests.support.booking import token
from tests.support.clients import sign_in
from tests.support.databases import Database
from tests.support.queries import Queries


@pytest.fixture
def admins_client(client: FlaskClient, database: Database) -> FlaskClient:
    """An admin, signed in."""
    return sign_in(client, AccountFactory(is_admin=True))


def given_up(**values: object) -> Message:
    failed: Message = MessageFactory(
        state=MessageState.FAILED, attempts=MAXIMUM_ATTEMPTS, error="SMTPRecipientsRefused", **values
    )
    return failed


def test_every_mail_has_a_name_for_people() -> None:
    assert set(messages.WORDS) == set(Template)


def test_it_shows_what_was_given_up_and_why(admins_client: FlaskClient) -> None:
    failed = given_up()
    sent = MessageFactory(state=MessageState.SENT, sent_at=datetime.now(UTC), attempts=1)

    page = admins_client.get("/admin/messages").text

    assert failed.recipient in page
    assert "Password changed" in page
    assert "SMTPRecipientsRefused" in page
    assert sent.recipient not in page
    assert sent.recipient in admins_client.get("/admin/messages?state=all").text


def test_the_file_has_what_the_filters_leave_and_no_formula(admins_client: FlaskClient) -> None:
    given_up(recipient="=amira@example.org")
    given_up(recipient="joe@example.org")
    MessageFactory(recipient="amira@example.org")

    answer = admins_client.get("/admin/messages/messages.csv?search=amira")

    (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert (row["to"], row["state"], row["error"]) == ("'=amira@example.org", "failed", "SMTPRecipientsRefused")
    assert row["about"] == "Password changed"


def test_it_finds_by_address(admins_client: FlaskClient) -> None:
    MessageFactory(recipient="amira@example.org")
    MessageFactory(recipient="yusuf@example.org")

    page = admins_client.get("/admin/messages", query_string={"state": "all", "search": "AMIRA"}).text

    assert "amira@example.org" in page
    assert "yusuf@example.org" not in page


def test_it_is_put_in_order_and_so_is_the_file(admins_client: FlaskClient) -> None:
    first, second, third = (
        given_up(recipient=f"{name}@example.org", due_at=datetime(2030, 1, day, tzinfo=UTC))
        for name, day in (("amira", 3), ("joe", 1), ("yusuf", 2))
    )

    for order, expected in {
        "newest": [third, second, first],
        "oldest": [first, second, third],
        "due": [second, third, first],
        "sideways": [third, second, first],
    }.items():
        for address in ("/admin/messages", "/admin/messages/messages.csv"):
            shown = admins_client.get(address, query_string={"order": order}).text
            assert sorted(expected, key=lambda message: shown.index(message.recipient)) == expected, (address, order)


def test_its_cost_does_not_grow(
    admins_client: FlaskClient, count_queries: Callable[[], AbstractContextManager[Queries]]
) -> None:
    given_up()
    with count_queries() as few:
        admins_client.get("/admin/messages")
    for _ in range(10):
        given_up()
    with count_queries() as many:
        admins_client.get("/admin/messages")
    assert len(many) == len(few), many


def test_one_is_tried_again_once_however_often_it_is_asked(admins_client: FlaskClient, database: Database) -> None:
    failed, other = given_up(), given_up()
    action = f"/admin/messages/{failed.id}/retry"

    first = admins_client.post(action, data={"csrf_token": token(admins_client)}, follow_redirects=True)
    second = admins_client.post(action, data={"csrf_token": token(admins_client)})

    assert f"The message to {failed.recipient} is tried again now." in first.text
    assert second.status_code == 409
    assert "This message was not given up" in second.text
    with database.unit_of_work() as session:
        row = session.get_one(Message, failed.id)
        assert (row.state, row.attempts) == (MessageState.WAITING, 0)
        assert row.due_at <= datetime.now(UTC)
        assert session.get_one(Message, other.id).state is MessageState.FAILED
        assert session.scalars(select(AuditEvent.action)).all().count("message.retried") == 1


def test_all_are_tried_again(admins_client: FlaskClient, database: Database) -> None:
    failed = [given_up() for _ in range(3)]
    waiting = MessageFactory(attempts=2, error="TimeoutError")

    page = admins_client.post(
        "/admin/messages/retry", data={"csrf_token": token(admins_client)}, follow_redirects=True
    ).text

    assert "3 messages are tried again" in page
    with database.unit_of_work() as session:
        assert {session.get_one(Message, row.id).state for row in failed} == {MessageState.WAITING}
        assert session.get_one(Message, waiting.id).attempts == 2
