"""Questions to the hospital, in admins' hands: found, and marked as handled several at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import AuditEvent, ContactMessage
from tests.factories import AccountFactory, ContactMessageFactory
from tests.support.clients import form_values, sign_in
from tests.support.databases import Database
from tests.support.queries import Queries

PATH = "/admin/contacts"


@pytest.fixture
def admins_client(client: FlaskClient, database: Database) -> FlaskClient:
    """An admin, signed in."""
    return sign_in(client, AccountFactory(is_admin=True))


def test_it_finds_by_name_number_and_text(admins_client: FlaskClient) -> None:
    ContactMessageFactory(name="Rosa Lind", message="May I bring my dog?")
    ContactMessageFactory(name="Omar Aziz", message="Where do I park?")

    page = admins_client.get(PATH, query_string={"search": "rosa DOG"}).text

    assert "May I bring my dog?" in page
    assert "Omar Aziz" not in page


def test_several_are_marked_as_handled_and_as_waiting_again(admins_client: FlaskClient, database: Database) -> None:
    first, second, third = ContactMessageFactory.create_batch(3)
    token = form_values(admins_client.get(PATH).text)["csrf_token"]
    sent = {"csrf_token": token, "messages": [first.id, second.id], "handled": "yes"}

    page = admins_client.post(PATH, data=sent, follow_redirects=True).text
    assert "2 messages marked as handled." in page
    assert admins_client.post(PATH, data=sent).status_code == 303  # a double click

    with database.unit_of_work() as session:
        handled = {row.id: row.handled_at is not None for row in session.scalars(select(ContactMessage))}
        assert handled == {first.id: True, second.id: True, third.id: False}
        assert session.scalars(select(AuditEvent.action)).all().count("contact_message.handled") == 2

    again = {"csrf_token": token, "messages": [first.id], "handled": "no"}
    page = admins_client.post(f"{PATH}?show=handled", data=again, follow_redirects=True).text
    assert "1 message marked as waiting." in page
    assert f'value="{second.id}"' in page
    assert f'value="{first.id}"' not in page


@pytest.mark.parametrize("chosen", [[], ["2" * 30]])
def test_nothing_chosen_is_said(admins_client: FlaskClient, chosen: list[str]) -> None:
    ContactMessageFactory()
    token = form_values(admins_client.get(PATH).text)["csrf_token"]

    response = admins_client.post(PATH, data={"csrf_token": token, "messages": chosen, "handled": "yes"})

    assert response.status_code == 400
    assert "Choose at least one message." in response.text


def test_its_cost_does_not_grow(
    admins_client: FlaskClient, count_queries: Callable[[], AbstractContextManager[Queries]]
) -> None:
    ContactMessageFactory()
    with count_queries() as few:
        admins_client.get(PATH)
    ContactMessageFactory.create_batch(15)
    with count_queries() as many:
        admins_client.get(PATH)
    assert len(many) == len(few), many


def test_those_that_were_ticked_are_deleted_after_asking(admins_client: FlaskClient, database: Database) -> None:
    spam, question = ContactMessageFactory(message="Buy now"), ContactMessageFactory(message="When is it open?")
    fields = form_values(admins_client.get(PATH).text) | {"messages": [spam.id], "delete": "yes"}

    asked = admins_client.post(PATH, data=fields)
    assert asked.status_code == 303
    page = admins_client.get(asked.location).text
    assert "Do you want to delete 1 question?" in page
    assert "Buy now" in page
    fields = form_values(page) | {"messages": [spam.id]}
    for said in ("1 message deleted.", "0 messages deleted."):  # a double click
        assert said in admins_client.post(f"{PATH}/delete", data=fields, follow_redirects=True).text

    with database.unit_of_work() as session:
        assert session.scalars(select(ContactMessage.id)).all() == [question.id]
        removed = select(AuditEvent.object_id).where(AuditEvent.action == "contact_message.removed")
        assert session.scalars(removed).all() == [spam.id]


def test_without_one_to_delete_it_says_so(admins_client: FlaskClient) -> None:
    assert "No question is chosen" in admins_client.get(f"{PATH}/delete?messages=4711&messages=x").text


def test_the_oldest_stand_first_where_that_is_asked_for(admins_client: FlaskClient) -> None:
    ContactMessageFactory(message="The first")
    ContactMessageFactory(message="The second")

    page = admins_client.get(f"{PATH}?order=oldest").text

    assert page.index("The first") < page.index("The second")


def test_the_file_has_what_the_filters_leave_and_no_formula(admins_client: FlaskClient) -> None:
    ContactMessageFactory(message="=1+1", name="Rosa Lind")
    ContactMessageFactory(name="Omar Aziz")

    answer = admins_client.get(f"{PATH}/questions.csv?search=rosa")

    (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert (row["name"], row["question"], row["handled"]) == ("Rosa Lind", "'=1+1", "")
