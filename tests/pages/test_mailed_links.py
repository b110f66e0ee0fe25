"""The pages to which mailed links lead: choosing a password, confirming an e-mail address."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.models import Account
from app.services import account_links
from app.services.account_links import Purpose
from tests.factories import AccountFactory
from tests.support.clients import PASSWORD, sign_in, submit
from tests.support.databases import Database

NEW_PASSWORD = "three random words"
PLACES = {Purpose.SET_PASSWORD: "set-password", Purpose.CONFIRM_EMAIL: "confirm-email"}


def path(database: Database, purpose: Purpose, account: Account) -> str:
    """The address in the mail, without the host."""
    with database.unit_of_work():
        return f"/{PLACES[purpose]}/{account_links.token(purpose, account)}"


def held(database: Database, account: Account) -> Account:
    with database.unit_of_work() as session:
        return session.get_one(Account, account.id)


class TestSetPassword:
    def test_somebody_chooses_a_password_and_signs_in(self, client: FlaskClient, database: Database) -> None:
        account = AccountFactory(username="kim", password_hash=None)
        address = path(database, Purpose.SET_PASSWORD, account)
        assert "<strong>kim</strong>" in client.get(address).text

        response = submit(client, address, password=NEW_PASSWORD)

        assert (response.status_code, response.location) == (303, "/sign-in")
        assert "The password for kim is set." in client.get("/sign-in").text
        sign_in(client, account, NEW_PASSWORD)

    def test_a_password_against_the_rules_is_refused_at_its_field(
        self, client: FlaskClient, database: Database
    ) -> None:
        account = AccountFactory(password_hash=None)
        address = path(database, Purpose.SET_PASSWORD, account)

        for password, sentence in (("", "Choose a password."), ("short", "Use a password of at least 8 characters.")):
            page = submit(client, address, password=password)
            assert page.status_code == 400
            assert f'<a href="#password">{sentence}</a>' in page.text

        assert held(database, account).password_hash is None
        assert client.get(address).status_code == 200

    def test_it_ends_the_sessions_of_the_account_and_no_others(self, client: FlaskClient, database: Database) -> None:
        account, other = AccountFactory(), AccountFactory()
        mine, theirs = (sign_in(client.application.test_client(), who) for who in (account, other))

        assert submit(client, path(database, Purpose.SET_PASSWORD, account), password=NEW_PASSWORD).status_code == 303

        assert mine.get("/my/appointments").status_code == 303
        assert theirs.get("/my/appointments").status_code == 200

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_link_that_was_used_or_forged_says_what_to_do(
        self, client: FlaskClient, database: Database, method: str
    ) -> None:
        client.application.config["WTF_CSRF_ENABLED"] = False
        used = path(database, Purpose.SET_PASSWORD, AccountFactory(password_hash=None))
        assert client.post(used, data={"password": NEW_PASSWORD}).status_code == 303

        for address in (used, "/set-password/forged"):
            page = client.open(address, method=method, data={"password": "another password"})
            assert page.status_code == 410
            assert "This link no longer works" in page.text
            assert 'href="/sign-in"' in page.text


class TestConfirmEmail:
    def test_a_button_confirms_the_address(self, client: FlaskClient, database: Database) -> None:
        account = AccountFactory(username="ada", pending_email="new@example.org")
        address = path(database, Purpose.CONFIRM_EMAIL, account)

        page = client.get(address)
        assert "new@example.org" in page.text
        assert held(database, account).email == account.email  # opening the link is not enough
        response = submit(client, address)

        assert (response.status_code, response.location) == (303, "/")
        assert "The e-mail address for ada is now new@example.org." in client.get("/").text
        assert held(database, account).email == "new@example.org"
        assert client.get(address).status_code == 410

    def test_who_has_no_password_yet_chooses_one_next(self, client: FlaskClient, database: Database) -> None:
        account = AccountFactory(password_hash=None, pending_email="right@example.org")
        former = path(database, Purpose.SET_PASSWORD, account)

        response = submit(client, path(database, Purpose.CONFIRM_EMAIL, account))

        assert submit(client, response.location, password=NEW_PASSWORD).location == "/sign-in"
        assert client.get(former).status_code == 410  # the link that went to the mistyped address

    @pytest.mark.both_databases
    def test_an_address_that_was_taken_meanwhile_is_refused(self, client: FlaskClient, database: Database) -> None:
        account = AccountFactory(email="ada@example.org", pending_email="new@example.org")
        address = path(database, Purpose.CONFIRM_EMAIL, account)
        AccountFactory(email="new@example.org")

        page = submit(client, address)

        assert page.status_code == 409
        assert "Somebody else uses that e-mail address by now. Yours stays as it was." in page.text
        assert held(database, account).email == "ada@example.org"

    def test_a_link_that_is_no_good_says_what_to_do(self, client: FlaskClient) -> None:
        page = client.get("/confirm-email/forged")
        assert page.status_code == 410
        assert "This link no longer works" in page.text


class TestSecrecy:
    def test_the_address_of_a_link_is_passed_on_nowhere(self, client: FlaskClient, database: Database) -> None:
        account = AccountFactory(pending_email="new@example.org")
        for purpose in PLACES:
            page = client.get(path(database, purpose, account))
            assert "next=" not in page.text
            assert page.headers["Referrer-Policy"] == "same-origin"
            assert page.headers["Cache-Control"] == "no-store"

    def test_it_works_whoever_else_is_signed_in(self, client: FlaskClient, database: Database) -> None:
        sign_in(client, AccountFactory())
        account = AccountFactory()
        assert submit(client, path(database, Purpose.SET_PASSWORD, account), password=NEW_PASSWORD).status_code == 303
        other = client.application.test_client()
        assert submit(other, "/sign-in", username=account.username, password=PASSWORD).status_code == 400
