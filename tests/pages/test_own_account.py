"""What somebody sees and changes of the own account in the browser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import Account, AuditEvent, Message
from config import Settings
from tests.factories import AccountFactory, AppointmentFactory, DoctorFactory, PatientFactory, SessionFactory
from tests.support.clients import PASSWORD, form_values, sign_in, submit
from tests.support.databases import Database

NEW_PASSWORD = "three random words"
ACCOUNT = "/my/account"
CHROME = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36"


@pytest.fixture
def account(database: Database) -> Account:
    """Somebody with an account."""
    return AccountFactory(username="ada", email="ada@example.org", first_name="Ada", last_name="Byron")


@pytest.fixture
def visitor(client: FlaskClient, account: Account) -> FlaskClient:
    """The same person, signed in."""
    return sign_in(client, account)


def press(client: FlaskClient, page: str, action: str) -> Any:
    """Send the form that is only a button."""
    return client.post(action, data={"csrf_token": form_values(client.get(page).text)["csrf_token"]})


def held(database: Database, account: Account) -> Account:
    with database.unit_of_work() as session:
        return session.get_one(Account, account.id)


class TestOverview:
    def test_it_tells_who_one_is_and_where_to_go(self, visitor: FlaskClient) -> None:
        assert f'href="{ACCOUNT}"' in visitor.get("/").text  # from the header
        page = visitor.get(ACCOUNT).text

        for text in ("Ada Byron", "ada@example.org", "signed in on 1 device"):
            assert text in page
        for path in ("password", "email", "devices", "close"):
            assert f'href="{ACCOUNT}/{path}"' in page
            assert visitor.get(f"{ACCOUNT}/{path}").status_code == 200
        assert "not confirmed yet" not in page

    def test_a_stranger_signs_in_first(self, client: FlaskClient) -> None:
        assert client.get(ACCOUNT).location == "/sign-in?next=/my/account"


class TestPassword:
    def test_it_is_changed_and_only_this_device_stays(
        self, visitor: FlaskClient, account: Account, database: Database
    ) -> None:
        elsewhere = sign_in(visitor.application.test_client(), account)

        answer = submit(visitor, f"{ACCOUNT}/password", current_password=PASSWORD, password=NEW_PASSWORD)

        assert (answer.status_code, answer.location) == (303, ACCOUNT)
        assert "Your password is changed." in visitor.get(ACCOUNT).text
        assert elsewhere.get(ACCOUNT).status_code == 303
        sign_in(elsewhere, account, NEW_PASSWORD)

    def test_what_is_wrong_is_told_at_the_fields(self, visitor: FlaskClient, database: Database) -> None:
        for fields, links in (
            ({}, {"current_password": "Enter your present password.", "password": "Choose a password."}),
            (
                {"current_password": "wrong", "password": "short"},
                {
                    "current_password": "This is not your present password. Enter it again.",
                    "password": "Use a password of at least 8 characters.",
                },
            ),
        ):
            page = submit(visitor, f"{ACCOUNT}/password", **fields)
            assert page.status_code == 400
            assert "<title>Error: Change my password" in page.text
            for field, sentence in links.items():
                assert f'<a href="#{field}">{sentence}</a>' in page.text
        with database.unit_of_work() as session:
            assert "account.proof_refused" in session.scalars(select(AuditEvent.action)).all()


class TestEmail:
    def test_it_waits_to_be_confirmed_can_be_sent_again_and_dropped(
        self, visitor: FlaskClient, account: Account, database: Database
    ) -> None:
        answer = submit(visitor, f"{ACCOUNT}/email", email="new@example.org", current_password=PASSWORD)
        assert answer.location == ACCOUNT
        page = visitor.get(ACCOUNT).text
        assert "<strong>new@example.org</strong> is not confirmed yet" in page
        assert held(database, account).email == "ada@example.org"

        assert press(visitor, ACCOUNT, f"{ACCOUNT}/email/again").location == ACCOUNT
        assert "We have sent the link again." in visitor.get(ACCOUNT).text
        with database.unit_of_work() as session:
            assert session.scalars(select(Message.recipient)).all() == ["new@example.org"] * 2

        assert press(visitor, ACCOUNT, f"{ACCOUNT}/email/keep").location == ACCOUNT
        assert "not confirmed yet" not in visitor.get(ACCOUNT).text
        assert held(database, account).pending_email is None

    def test_a_wrong_password_keeps_what_was_typed(self, visitor: FlaskClient) -> None:
        page = submit(visitor, f"{ACCOUNT}/email", email="new@example.org", current_password="wrong")

        assert page.status_code == 400
        assert 'href="#current_password"' in page.text
        assert form_values(page.text)["email"] == "new@example.org"

    def test_too_many_mails_are_told(self, visitor: FlaskClient) -> None:
        submit(visitor, f"{ACCOUNT}/email", email="new@example.org", current_password=PASSWORD)
        answers = [press(visitor, ACCOUNT, f"{ACCOUNT}/email/again").status_code for _ in range(5)]
        assert answers == [303, 303, 303, 303, 429]


class TestDevices:
    def test_they_are_named_in_plain_words(self, client: FlaskClient, account: Account) -> None:
        client.environ_base["HTTP_USER_AGENT"] = CHROME
        sign_in(client, account)
        SessionFactory(account=account)
        client.application.test_client().post("/api/token/", json={"username": "ada", "password": PASSWORD})

        page = client.get(f"{ACCOUNT}/devices").text

        for text in ("Chrome on Android", "This device", "Firefox on Windows", "192.0.2.7", "A program"):
            assert text in page

    def test_one_is_signed_out(self, visitor: FlaskClient, account: Account) -> None:
        elsewhere = sign_in(visitor.application.test_client(), account)
        page = visitor.get(f"{ACCOUNT}/devices").text
        (action,) = {
            part.split('"')[0] for part in page.split('action="') if part.startswith(f"{ACCOUNT}/devices/")
        } - {f"{ACCOUNT}/devices/sign-out-others"}

        assert press(visitor, f"{ACCOUNT}/devices", action).location == f"{ACCOUNT}/devices"

        assert elsewhere.get(ACCOUNT).status_code == 303
        assert "is signed out." in visitor.get(f"{ACCOUNT}/devices").text
        assert press(visitor, f"{ACCOUNT}/devices", action).status_code == 404

    def test_all_others_are_signed_out(self, visitor: FlaskClient, account: Account) -> None:
        others = [sign_in(visitor.application.test_client(), account) for _ in range(2)]

        press(visitor, f"{ACCOUNT}/devices", f"{ACCOUNT}/devices/sign-out-others")

        assert [other.get(ACCOUNT).status_code for other in others] == [303, 303]
        assert "sign-out-others" not in visitor.get(f"{ACCOUNT}/devices").text

    def test_this_one_is_signed_out_too(self, visitor: FlaskClient, account: Account, database: Database) -> None:
        with database.unit_of_work() as session:
            key = session.scalars(select(AuditEvent.object_id).where(AuditEvent.action == "session.opened")).one()

        assert press(visitor, f"{ACCOUNT}/devices", f"{ACCOUNT}/devices/{key}/sign-out").location == "/"
        assert visitor.get(ACCOUNT).status_code == 303

    def test_anybody_elses_is_not_there(self, visitor: FlaskClient) -> None:
        theirs = SessionFactory()
        answer = press(visitor, f"{ACCOUNT}/devices", f"{ACCOUNT}/devices/{theirs.id}/sign-out")
        assert answer.status_code == 404


class TestClose:
    def test_it_says_what_will_happen_and_does_it(
        self, visitor: FlaskClient, account: Account, database: Database
    ) -> None:
        AppointmentFactory(patient=PatientFactory(manager=account))
        assert "You have 1 coming appointment" in visitor.get(f"{ACCOUNT}/close").text

        answer = submit(visitor, f"{ACCOUNT}/close", current_password=PASSWORD)

        assert (answer.status_code, answer.location) == (303, "/account-closed")
        assert "Your account is closed" in visitor.get("/account-closed").text
        assert visitor.get(ACCOUNT).status_code == 303
        assert submit(visitor, "/sign-in", username="ada", password=PASSWORD).status_code == 400
        assert not held(database, account).is_active

    def test_a_wrong_password_closes_nothing(self, visitor: FlaskClient, account: Account, database: Database) -> None:
        assert submit(visitor, f"{ACCOUNT}/close", current_password="wrong").status_code == 400
        assert held(database, account).is_active

    def test_the_last_admin_reads_why_not(self, client: FlaskClient, database: Database) -> None:
        admin = AccountFactory(is_admin=True)
        page = submit(sign_in(client, admin), f"{ACCOUNT}/close", current_password=PASSWORD)

        assert page.status_code == 409
        assert "This is the hospital&#39;s last administrator." in page.text
        assert held(database, admin).is_active

    def test_a_doctor_reads_whom_to_ask(self, client: FlaskClient, database: Database) -> None:
        page = sign_in(client, DoctorFactory().account).get(f"{ACCOUNT}/close").text
        assert "Ask an administrator" in page
        assert "current_password" not in page


class TestTooManyTries:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, ratelimit_enabled=True, ratelimit_sign_in="3 per minute")

    def test_guessing_the_password_is_limited(self, visitor: FlaskClient) -> None:
        answers = [submit(visitor, f"{ACCOUNT}/close", current_password="wrong").status_code for _ in range(3)]
        assert answers == [400, 400, 429]
