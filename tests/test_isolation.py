"""The fixtures themselves: nobody's sign-in, data or time leaks into another request or test."""

from __future__ import annotations

import contextlib
import socket

import pytest
import sqlalchemy
from flask import has_app_context, has_request_context

from app import models
from tests import factories
from tests.support.clients import PASSWORD, api, sign_in

PRIVATE_PAGE = "/my/appointments"
PRIVATE_LIST = "/appointments/"


def test_no_context_is_open_around_a_test(client, database):
    assert not has_app_context()
    assert not has_request_context()


def test_a_signed_in_visitor_leaves_others_strangers(app, client, database):
    sign_in(client, factories.PatientFactory().manager)

    assert client.get(PRIVATE_PAGE).status_code == 200
    assert app.test_client().get(PRIVATE_PAGE).status_code == 303


def test_a_token_counts_for_its_own_request_only(app, client, database):
    known = api(client, factories.PatientFactory().manager)

    assert known.get(PRIVATE_LIST).status_code == 200
    assert client.get(PRIVATE_LIST).status_code == 401


def test_arranging_data_signs_nobody_in(client, database):
    account = factories.PatientFactory().manager
    with database.unit_of_work():
        factories.DoctorFactory()

    assert client.get(PRIVATE_LIST).status_code == 401
    assert api(client, account).get(PRIVATE_LIST).status_code == 200


@pytest.mark.both_databases
@pytest.mark.parametrize("time", ["first", "second"])
def test_each_test_begins_with_an_empty_hospital(time, database):
    with database.unit_of_work() as session:
        assert session.scalar(sqlalchemy.select(sqlalchemy.func.count()).select_from(models.Account)) == 0
    factories.AccountFactory(username="the-same-each-time")


@pytest.mark.both_databases
def test_every_factory_makes_a_valid_row(database):
    makers = [maker for name, maker in vars(factories).items() if name.endswith("Factory") and name[0] != "_"]

    assert all(maker().id for maker in makers)


def test_what_was_made_together_is_undone_together(database):
    with contextlib.suppress(ZeroDivisionError), database.unit_of_work():
        factories.AccountFactory()
        1 / 0  # noqa: B018  (anything that raises)

    with database.unit_of_work() as session:
        assert session.scalar(sqlalchemy.select(models.Account)) is None


def test_factories_write_only_where_a_test_asked_for_the_database():
    with pytest.raises(RuntimeError, match="`database` fixture"):
        factories.AccountFactory()


def test_test_accounts_sign_in_with_the_known_password(client, database):
    account = factories.AccountFactory()

    assert client.post("/api/token/", json={"username": account.email, "password": PASSWORD}).status_code == 200


def test_the_counter_sees_queries_and_not_their_frame(database, count_queries):
    with database.unit_of_work() as session, count_queries() as statements:
        session.execute(sqlalchemy.text("SELECT 1"))
        session.begin_nested().rollback()

    assert list(statements) == ["SELECT 1"]


def test_no_test_reaches_the_network():
    with pytest.raises(Exception, match="socket"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
