"""Fixed statements give SQLite's driver what SQLAlchemy gives it, and get the same rows back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.exc import OperationalError

from app.clock import now
from app.errors import Conflict
from app.extensions import db, read_only
from app.models import Account, Appointment, AuditEvent, Message, MessageState, SessionKind, VisitState
from app.services import reading, sessions
from app.services.inserting import add_row
from app.services.reading import fixed, read
from app.services.statements import Addition, Plan
from app.unit_of_work import inserting
from tests.factories import AccountFactory, AppointmentFactory, DoctorFactory
from tests.support.databases import Database
from tests.support.queries import count_queries

VISITS = fixed(
    select(Appointment.id, Appointment.state, Appointment.starts_at, Appointment.patient_agreed)
    .where(
        Appointment.doctor_id.in_(bindparam("doctor_ids", expanding=True)),
        Appointment.state.in_([VisitState.PENDING, VisitState.CONFIRMED]),
        Appointment.starts_at < bindparam("end"),
    )
    .order_by(Appointment.id)
)


@pytest.fixture
def only_reading(app: Flask) -> Iterator[None]:
    """As in a request that only reads."""
    with app.app_context():
        mark = read_only.set(True)
        yield
        read_only.reset(mark)
        reading.release()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Plan[*tuple[Any, ...]]]:
    """The plans that the driver has run."""
    seen: list[Plan[*tuple[Any, ...]]] = []
    run = Plan.run

    def noted(self: Plan[*tuple[Any, ...]], *arguments: Any) -> Any:
        seen.append(self)
        return run(self, *arguments)

    monkeypatch.setattr(Plan, "run", noted)
    return seen


@pytest.mark.usefixtures("only_reading")
class TestRead:
    def test_the_driver_gives_the_rows_that_sqlalchemy_does(
        self, database: Database, runs: list[Plan[*tuple[Any, ...]]]
    ) -> None:
        visits = [AppointmentFactory(state=state) for state in (VisitState.PENDING, VisitState.CANCELLED)]
        db.session.remove()
        parameters = {"doctor_ids": [visits[0].doctor_id], "end": visits[0].ends_at, "something": "else"}

        (row,) = read(VISITS, parameters)

        assert len(runs) == 1
        assert tuple(row) == (visits[0].id, VisitState.PENDING, visits[0].starts_at, visits[0].patient_agreed)
        assert (row.id, row.state) == (visits[0].id, VisitState.PENDING)
        with count_queries() as statements:  # whoever listens has them go SQLAlchemy's way
            assert read(VISITS, parameters) == [tuple(row)]
        assert len(statements) == 1
        assert len(runs) == 1

    def test_lists_of_more_than_one_are_left_to_sqlalchemy(
        self, database: Database, runs: list[Plan[*tuple[Any, ...]]]
    ) -> None:
        visits = AppointmentFactory.create_batch(2, state=VisitState.PENDING)
        db.session.remove()

        for keys in ([visit.doctor_id for visit in visits], []):
            found = read(VISITS, {"doctor_ids": keys, "end": max(visit.ends_at for visit in visits)})
            assert len(found) == len(keys)
        assert runs == []

    def test_what_is_worked_out_as_it_runs_is_left_to_sqlalchemy(
        self, database: Database, runs: list[Plan[*tuple[Any, ...]]]
    ) -> None:
        accounts = AccountFactory.create_batch(2)
        db.session.remove()
        names = iter([account.username for account in accounts])
        next_one: BindParameter[str] = bindparam("worked_out", callable_=lambda: next(names))
        statement = fixed(select(Account.id).where(Account.username == next_one))

        assert [read(statement, {}) for _ in accounts] == [[(account.id,)] for account in accounts]
        assert runs == []

    def test_a_busy_database_is_told_of_as_ever(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        account = AccountFactory()
        db.session.remove()
        by_key = fixed(select(Account.username).where(Account.id == bindparam("key")))

        def refuse(*_arguments: object) -> None:
            raise db.engine.dialect.loaded_dbapi.OperationalError

        monkeypatch.setattr(Plan, "run", refuse)
        assert read(by_key, {"key": account.id}) == [(account.username,)]

        missing = fixed(select(Account.username).where(Account.id == bindparam("key")).prefix_with("nonsense"))
        with pytest.raises(OperationalError):
            read(missing, {"key": account.id})


def test_in_a_session_it_runs_in_its_transaction(database: Database, runs: list[Plan[*tuple[Any, ...]]]) -> None:
    by_name = fixed(select(Account.id).where(Account.username == bindparam("name")))
    account = AccountFactory()
    with database.unit_of_work() as session:
        session.get_one(Account, account.id).username = "somebody.else"
        assert read(by_name, {"name": "somebody.else"}) == [(account.id,)]
    assert len(runs) == 1


@pytest.mark.both_databases
def test_sessions_are_found_alike(database: Database) -> None:
    doctor = DoctorFactory()
    assert doctor.account is not None
    with database.unit_of_work():
        session, _ = sessions.open_session(doctor.account, SessionKind.API, origin="192.0.2.7")
        tokens = sessions.issue(session)
        found = sessions.actor_by_access_token(tokens.access, origin="192.0.2.7")
    assert found is not None
    assert (found.account_id, found.doctor_id, found.department_id) == (
        doctor.account_id,
        doctor.id,
        doctor.department_id,
    )


class TestAddRow:
    """Rows of the audit trail and of the outbox, which the driver adds as SQLAlchemy would."""

    VALUES = {"action": "record.read", "details": {"page": 1, "of": [2, 3]}, "origin": "10.0.0.1", "at": now()}

    @pytest.fixture
    def added(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """The keys of the rows that the driver has added."""
        keys: list[int] = []
        run = Addition.run

        def noted(self: Addition, *arguments: Any) -> int:
            keys.append(run(self, *arguments))
            return keys[-1]

        monkeypatch.setattr(Addition, "run", noted)
        return keys

    def test_the_driver_adds_the_row_that_sqlalchemy_does(self, database: Database, added: list[int]) -> None:
        with database.unit_of_work() as session:
            by_driver = add_row(AuditEvent, **self.VALUES)
            assert added == [by_driver]
            with count_queries():  # whoever listens has them go SQLAlchemy's way
                by_sqlalchemy = add_row(AuditEvent, **self.VALUES)
            assert added == [by_driver]
            query = select(*(column for column in AuditEvent.__table__.c if column.key != "id"))
            rows = [session.execute(query.where(AuditEvent.id == key)).one() for key in (by_driver, by_sqlalchemy)]
        assert rows[0] == rows[1]
        assert rows[0].details == {"page": 1, "of": [2, 3]}

    def test_defaults_fill_what_is_not_named(self, database: Database, added: list[int]) -> None:
        before = now()
        with database.unit_of_work() as session:
            key = add_row(Message, key="once", template="booked", recipient="somebody@example.org")
            message = session.get_one(Message, key)
        assert added == [key]
        assert (message.state, message.attempts, message.error) == (MessageState.WAITING, 0, "")
        assert before <= message.created_at <= now()

    def test_a_refusal_is_told_in_the_usual_terms(self, database: Database, added: list[int]) -> None:
        with database.unit_of_work():
            add_row(Message, key="once", template="booked", recipient="somebody@example.org")
            with pytest.raises(Conflict), inserting():
                add_row(Message, key="once", template="booked", recipient="somebody@example.org")
        assert len(added) == 1
