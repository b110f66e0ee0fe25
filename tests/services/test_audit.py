"""The audit trail: one row an act, in the transaction of the act."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app import unit_of_work
from app.models import AuditEvent
from app.policy import Actor
from app.services import audit
from tests.factories import AccountFactory, DepartmentFactory
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases


class TestRecord:
    def test_it_notes_who_did_what_to_which_from_where(self, database: Database) -> None:
        with database.unit_of_work():
            account, department = AccountFactory(), DepartmentFactory()
            actor = Actor(account_id=account.id, origin="192.0.2.7")
            audit.record(actor, "department.changed", department, patient_id=7, ids=[1, 2], state="x")

        with database.unit_of_work() as session:
            event = session.scalars(select(AuditEvent)).one()
            assert (event.account_id, event.action, event.origin) == (account.id, "department.changed", "192.0.2.7")
            assert (event.object_type, event.object_id, event.patient_id) == ("department", department.id, 7)
            assert event.details == {"ids": [1, 2], "state": "x"}

    def test_an_act_without_a_row_is_noted_too(self, database: Database) -> None:
        with database.unit_of_work():
            audit.record(Actor(origin="192.0.2.7"), "session.refused", account_id=5)

        with database.unit_of_work() as session:
            event = session.scalars(select(AuditEvent)).one()
            assert (event.account_id, event.object_type, event.object_id) == (5, "", None)

    def test_it_is_lost_with_the_act(self, database: Database) -> None:
        with database.unit_of_work():
            audit.record(Actor(), "department.changed", DepartmentFactory())
            unit_of_work.mark_rollback_only()

        with database.unit_of_work() as session:
            assert session.scalars(select(AuditEvent)).all() == []
