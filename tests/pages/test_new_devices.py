"""Sign-ins from devices that the portal does not know: the account is told, once, and not of its first."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import Account, Message, Session
from app.services import devices
from tests.factories import AccountFactory
from tests.support.clients import PASSWORD, form_values, sign_in, submit
from tests.support.databases import Database

COOKIE = "portal-device"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def account(database: Database) -> Any:
    return AccountFactory()


def told(database: Database) -> list[int]:
    """The sign-ins of which mail tells, in order."""
    with database.unit_of_work() as session:
        query = select(Message.subject_id).where(Message.template == "new_device").order_by(Message.id)
        return [key for key in session.scalars(query) if key is not None]


def sign_out(client: FlaskClient) -> None:
    client.post("/sign-out", data={"csrf_token": form_values(client.get("/sign-out").text)["csrf_token"]})


def sign_in_over_json(app: Flask, account: Account, program: str) -> None:
    answer = app.test_client().post(
        "/api/user/login/",
        json={"username": account.username, "password": PASSWORD},
        headers={"User-Agent": program},
    )
    assert answer.status_code == 200


class TestBrowsers:
    def test_the_first_sign_in_tells_nobody(self, client: FlaskClient, database: Database, account: Account) -> None:
        sign_in(client, account)
        assert told(database) == []

    def test_who_signs_up_is_not_told(self, client: FlaskClient, database: Database) -> None:
        person = {"first_name": "Kim", "last_name": "Lee", "email": "kim@example.org", "username": "kim"}
        assert submit(client, "/sign-up", **person, password="three random words").status_code == 303
        sign_out(client)
        with database.unit_of_work() as session:
            account = session.scalars(select(Account).where(Account.username == "kim")).one()
        sign_in(client, account, "three random words")
        assert told(database) == []

    def test_another_browser_is_told_of_once(self, app: Flask, database: Database, account: Account) -> None:
        sign_in(app.test_client(), account)
        other = app.test_client()
        sign_in(other, account)
        sign_out(other)
        sign_in(other, account)

        with database.unit_of_work() as session:
            _, second, _ = session.scalars(select(Session.id).order_by(Session.id))
        assert told(database) == [second]

    def test_a_browser_knows_all_who_share_it(self, app: Flask, database: Database, account: Account) -> None:
        relative, client = AccountFactory(), app.test_client()
        for who in (account, relative, account, relative):
            sign_in(client, who)
            sign_out(client)
        assert told(database) == []

    def test_what_a_browser_keeps_outlives_the_sign_out_and_names_nobody(
        self, client: FlaskClient, database: Database, account: Account
    ) -> None:
        response = submit(client, "/sign-in", username=account.username, password=PASSWORD)
        (header,) = (value for value in response.headers.getlist("Set-Cookie") if value.startswith(COOKIE))
        for part in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=34560000"):
            assert part in header
        sign_out(client)
        kept = client.get_cookie(COOKIE)
        assert kept is not None
        assert account.username not in kept.value

    @pytest.mark.parametrize("forged", ["", "x", "é", "....", "A" * 3000])
    def test_what_was_not_made_here_counts_for_nothing(
        self, app: Flask, database: Database, account: Account, forged: str
    ) -> None:
        sign_in(app.test_client(), account)
        other = app.test_client()
        other.set_cookie(COOKIE, forged)
        sign_in(other, account)
        assert len(told(database)) == 1

    def test_a_wrong_password_tells_nobody(self, app: Flask, database: Database, account: Account) -> None:
        sign_in(app.test_client(), account)
        assert submit(app.test_client(), "/sign-in", username=account.username, password="wrong").status_code == 400
        assert told(database) == []


class TestPrograms:
    def test_a_program_is_known_by_its_name_whatever_its_version(
        self, app: Flask, database: Database, account: Account
    ) -> None:
        for program in ("clinic-app/1.0 (Linux)", "clinic-app/1.1"):
            sign_in_over_json(app, account, program)
        assert told(database) == []
        sign_in_over_json(app, account, "curl/8.5")
        assert len(told(database)) == 1

    def test_one_that_does_not_say_its_name_is_known_by_that(
        self, app: Flask, database: Database, account: Account
    ) -> None:
        sign_in_over_json(app, account, "clinic-app/1.0")
        for _ in range(2):
            sign_in_over_json(app, account, "")
        assert len(told(database)) == 1

    def test_a_browser_does_not_make_a_program_known(self, app: Flask, database: Database, account: Account) -> None:
        browser = app.test_client()
        browser.environ_base["HTTP_USER_AGENT"] = FIREFOX
        sign_in(browser, account)
        sign_in_over_json(app, account, FIREFOX)
        assert len(told(database)) == 1


def test_a_browser_keeps_the_latest_accounts_only(app: Flask) -> None:
    with app.app_context():
        marks: list[str] = []
        for key in range(devices.MOST_ACCOUNTS + 3):
            marks = devices.marks_with(Account(id=key), marks)
        assert marks == [devices.mark(Account(id=key)) for key in range(devices.MOST_ACCOUNTS + 2, 2, -1)]
