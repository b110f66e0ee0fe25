"""Reading without a session: on one connection a request, which makes way for a session and is given back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import bindparam, event, select

from app.extensions import db, read_only
from app.models import Account
from app.services import reading
from app.services.reading import read
from tests.factories import AccountFactory, AppointmentFactory
from tests.support.clients import api
from tests.support.databases import Database
from tests.support.queries import Queries

NAME = select(Account.username).where(Account.id == bindparam("account_id"))


@pytest.fixture
def connections(app: Flask) -> Callable[[], int]:
    """How many connections of the app's pool are in use."""
    taken: list[object] = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "checkout", lambda *arguments: taken.append(arguments))
    event.listen(engine, "checkin", lambda *_arguments: taken.pop())
    return lambda: len(taken)


@pytest.fixture
def only_reading(app: Flask) -> Iterator[None]:
    """As in a request that only reads."""
    with app.app_context():
        mark = read_only.set(True)
        yield
        read_only.reset(mark)
        reading.release()


class TestRead:
    def test_it_needs_no_session(self, database: Database, only_reading: None, connections: Callable[[], int]) -> None:
        account = AccountFactory()
        db.session.remove()

        rows = [read(NAME, {"account_id": key, "something": "else"}) for key in (account.id, account.id + 1)]

        assert [list(found) for found in rows] == [[(account.username,)], []]
        assert not db.session.registry.has()
        assert connections() == 1
        reading.release()
        assert connections() == 0

    def test_its_connection_makes_way_for_a_session(
        self, database: Database, only_reading: None, connections: Callable[[], int]
    ) -> None:
        account = AccountFactory()
        db.session.remove()
        read(NAME, {"account_id": account.id})

        assert db.session.get_one(Account, account.id).username == account.username
        assert connections() == 1
        assert read(NAME, {"account_id": account.id})
        assert connections() == 1

    def test_where_a_session_writes_it_sees_what_is_flushed(self, database: Database) -> None:
        account = AccountFactory()
        with database.unit_of_work() as session:
            session.get_one(Account, account.id).username = "somebody.else"
            session.flush()
            assert read(NAME, {"account_id": account.id}) == [("somebody.else",)]


@pytest.mark.both_databases
def test_requests_give_their_connections_back(
    client: FlaskClient,
    database: Database,
    connections: Callable[[], int],
    count_queries: Callable[[], AbstractContextManager[Queries]],
) -> None:
    visit = AppointmentFactory()
    program = api(client, visit.patient.manager)
    with count_queries() as statements:
        program.get("/appointments/")
    assert len(statements) == 3, statements

    for path, status in (
        ("/doctors/", 200),
        ("/appointments/", 200),
        (f"/appointments/{visit.id}/", 200),
        ("/doctors/999999/", 404),
        ("/appointments/?page=0", 400),
        ("/nowhere", 404),
    ):
        assert program.get(path).status_code == status, path
        assert connections() == 0, path
