"""A forgotten password in the browser: asking, the mail, choosing another one."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.jobs import mail
from app.models import Message
from config import Settings
from tests.factories import AccountFactory
from tests.support import letters
from tests.support.clients import sign_in, submit
from tests.support.databases import Database


def deliver_all(database: Database, settings: Settings) -> list[str]:
    """The texts of all mails that are due."""
    with database.unit_of_work() as session:
        keys = session.scalars(select(Message.id).order_by(Message.id)).all()
    with database.app.app_context():
        for key in keys:
            mail.deliver(key)
    return [f"{letter['Subject']}\n{letters.text(letter)}" for letter in letters.written(settings)]


class TestAsk:
    def test_the_way_from_signing_in_to_another_password(
        self, client: FlaskClient, database: Database, settings: Settings
    ) -> None:
        account = AccountFactory(username="ada")
        elsewhere = sign_in(client.application.test_client(), account)
        assert 'href="/forgotten-password"' in client.get("/sign-in").text

        response = submit(client, "/forgotten-password", username="ada@example.org")
        assert (response.status_code, response.location) == (303, "/forgotten-password/sent")
        assert "If nothing comes" in client.get(response.location).text
        (text,) = deliver_all(database, settings)
        assert "Your username is ada." in text
        assert "for 1 day" in text
        (path,) = re.findall(r"^http://localhost(/set-password/\S+)$", text, re.MULTILINE)

        assert submit(client, path, password="three random words").location == "/sign-in"
        assert elsewhere.get("/my/appointments").status_code == 303
        sign_in(client, account, "three random words")
        assert any("was changed" in text for text in deliver_all(database, settings))

    @pytest.mark.parametrize("name", ["nobody", "closed", "💙" * 1000, "\0x"])
    def test_whatever_is_typed_the_answer_is_the_same(
        self, client: FlaskClient, database: Database, settings: Settings, name: str
    ) -> None:
        AccountFactory(username="closed", is_active=False)

        response = submit(client, "/forgotten-password", username=name)

        assert (response.status_code, response.location) == (303, "/forgotten-password/sent")
        assert deliver_all(database, settings) == []

    def test_a_name_must_be_given(self, client: FlaskClient) -> None:
        page = submit(client, "/forgotten-password", username=" ")

        assert page.status_code == 400
        assert '<a href="#username">Enter your username or e-mail address.</a>' in page.text
        assert "<title>Error: Forgotten password" in page.text

    def test_a_link_that_has_ended_leads_to_another(self, client: FlaskClient) -> None:
        assert 'href="/forgotten-password"' in client.get("/set-password/forged").text
