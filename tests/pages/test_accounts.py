"""Accounts on the admin's pages: found, saved as CSV, made, acted upon, several deactivated at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import Account, Message
from app.pages.admin.account import ACTS
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    DoctorFactory,
    SecondFactorFactory,
    SessionFactory,
    coming_weekday,
)
from tests.support.clients import form_values, sign_in, submit
from tests.support.databases import Database
from tests.support.queries import Queries


@pytest.fixture
def admins_client(client: FlaskClient, database: Database) -> FlaskClient:
    """An admin, signed in."""
    return sign_in(client, AccountFactory(username="root", is_admin=True))


def account_of(database: Database, account: Account) -> Account:
    with database.unit_of_work() as session:
        return session.get_one(Account, account.id)


class TestList:
    def test_it_finds_and_filters(self, admins_client: FlaskClient) -> None:
        AccountFactory(username="ada", last_name="Lovelace")
        AccountFactory(username="ben", last_name="Miller", is_active=False)

        assert "ada" in (page := admins_client.get("/admin/accounts?search=lovelace").text)
        assert ">ben<" not in page
        assert "Deactivated" in (page := admins_client.get("/admin/accounts?state=deactivated").text)
        assert ">ada<" not in page
        assert "No accounts found" in admins_client.get("/admin/accounts?search=nobody").text

    @pytest.mark.parametrize("query", ["role=king", "state=x", "order=DROP", "role=&state=&order="])
    def test_what_is_no_filter_is_left_out(self, query: str, admins_client: FlaskClient) -> None:
        assert admins_client.get(f"/admin/accounts?{query}").status_code == 200

    def test_its_length_costs_no_statements(
        self, admins_client: FlaskClient, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        with count_queries() as short:
            admins_client.get("/admin/accounts")
        DoctorFactory.create_batch(5)
        with count_queries() as long:
            admins_client.get("/admin/accounts")

        assert len(long) == len(short)

    def test_the_file_has_what_the_filters_leave_and_no_formula(self, admins_client: FlaskClient) -> None:
        AccountFactory(username="ada.example", first_name="=1+1", last_name="")
        AccountFactory(username="ben")

        answer = admins_client.get("/admin/accounts/accounts.csv?search=ada.example")

        (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
        assert (row["username"], row["first name"], row["roles"]) == ("ada.example", "'=1+1", "patient")
        assert "password" not in answer.text


class TestOne:
    def test_it_tells_all_but_what_one_signs_in_with(self, admins_client: FlaskClient) -> None:
        account = AccountFactory(pending_email="new@example.org")
        SecondFactorFactory(account=account)
        SessionFactory.create_batch(2, account=account)

        page = admins_client.get(f"/admin/accounts/{account.id}").text

        assert "new@example.org" in page
        assert "2 devices or programs" in page
        assert "Turn two-step sign-in off" in page
        assert account.password_hash is not None
        assert account.password_hash not in page

    def test_ones_own_is_managed_elsewhere(self, admins_client: FlaskClient, database: Database) -> None:
        with database.unit_of_work() as session:
            key = session.scalars(select(Account.id)).one()

        page = admins_client.get(f"/admin/accounts/{key}").text

        assert "This is your own account" in page
        assert "Deactivate" not in page

    @pytest.mark.parametrize("act", ACTS)
    def test_every_act_asks_first_and_its_refusal_is_shown(
        self, act: str, admins_client: FlaskClient, database: Database
    ) -> None:
        account = AccountFactory(is_active=act != "reactivate", is_admin=act == "remove-admin")
        if act == "second-factor-off":
            SecondFactorFactory(account=account)
        address = f"/admin/accounts/{account.id}/{act}"
        asked = admins_client.get(address).text
        assert ACTS[act].asks.format(account.username) in asked

        answer = admins_client.post(address, data=form_values(asked))

        assert answer.status_code == 303
        assert ACTS[act].done.format(account.username) in admins_client.get(answer.location).text
        if act not in ("send-link", "sign-out"):
            assert submit(admins_client, address).status_code == 409

    def test_too_many_links_are_refused_on_the_page(self, admins_client: FlaskClient) -> None:
        address = f"/admin/accounts/{AccountFactory().id}/send-link"

        answers = [submit(admins_client, address).status_code for _ in range(6)]

        assert answers == [303] * 5 + [429]


class TestDeactivateSeveral:
    def test_those_that_were_ticked_are_deactivated(self, admins_client: FlaskClient, database: Database) -> None:
        ada, ben, eve = AccountFactory(), AccountFactory(), AccountFactory()
        address = f"/admin/accounts/deactivate?accounts={ada.id}&accounts={ben.id}"
        page = admins_client.get(address).text
        assert "2 accounts?" in page
        token = form_values(page)["csrf_token"]

        answer = admins_client.post(
            "/admin/accounts/deactivate", data={"accounts": [ada.id, ben.id], "csrf_token": token}
        )

        assert answer.status_code == 303
        assert "2 accounts deactivated" in admins_client.get(answer.location).text
        assert [account_of(database, account).is_active for account in (ada, ben, eve)] == [False, False, True]

    def test_where_one_is_refused_none_is_deactivated(self, admins_client: FlaskClient, database: Database) -> None:
        ada, gone = AccountFactory(), AccountFactory(is_active=False)
        token = form_values(admins_client.get(f"/admin/accounts/deactivate?accounts={ada.id}").text)["csrf_token"]

        answer = admins_client.post(
            "/admin/accounts/deactivate", data={"accounts": [ada.id, gone.id], "csrf_token": token}
        )

        assert answer.status_code == 409
        assert f"{gone.username} is deactivated already" in answer.text
        assert account_of(database, ada).is_active

    def test_it_says_how_many_visits_are_cancelled_and_asks_again_where_more_were_booked(
        self, admins_client: FlaskClient, database: Database
    ) -> None:
        doctor: Any = AppointmentFactory().doctor
        account_id = doctor.account_id
        page = admins_client.get(f"/admin/accounts/deactivate?accounts={account_id}").text
        assert "1 visit to come cancelled" in page
        fields = form_values(page) | {"accounts": [account_id]}
        AppointmentFactory(doctor=doctor, starts_at=coming_weekday(hour=15))

        answer = admins_client.post("/admin/accounts/deactivate", data=fields)

        assert answer.status_code == 409
        assert "More visits have been booked since you looked." in answer.text
        assert "2 visits to come cancelled" in answer.text
        assert account_of(database, doctor.account).is_active
        fields = form_values(answer.text) | {"accounts": [account_id]}
        page = admins_client.post("/admin/accounts/deactivate", data=fields, follow_redirects=True).text
        assert "1 account deactivated. 2 visits cancelled; the patients are told." in page

    @pytest.mark.parametrize("query", ["", "?accounts=none", "?accounts=4711", f"?accounts={2**63}"])
    def test_without_one_it_says_so(self, query: str, admins_client: FlaskClient) -> None:
        assert "No account is chosen" in admins_client.get(f"/admin/accounts/deactivate{query}").text


class TestAdd:
    def test_the_person_is_mailed_a_link_once(self, admins_client: FlaskClient, database: Database) -> None:
        page = admins_client.get("/admin/accounts/add").text
        fields = form_values(page) | {"username": "zoe", "email": "zoe@example.org", "last_name": "Park"}

        answers = [admins_client.post("/admin/accounts/add", data=fields) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [303, 303]
        assert answers[0].location == answers[1].location
        assert "Not set yet" in admins_client.get(answers[0].location).text
        with database.unit_of_work() as session:
            assert session.scalars(select(Message.recipient)).all() == ["zoe@example.org"]

    def test_what_was_typed_stays_after_a_refusal(self, admins_client: FlaskClient) -> None:
        AccountFactory(username="zoe")

        answer = submit(admins_client, "/admin/accounts/add", username="zoe", email="z@example.org", first_name="Zoe")

        assert answer.status_code == 400
        assert 'value="z@example.org"' in answer.text
        assert 'value="Zoe"' in answer.text
