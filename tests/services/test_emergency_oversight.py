"""Emergency accesses as admins look into them: found, and each noted once as looked into, by somebody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import AuditEvent, EmergencyCheck
from app.policy import Actor
from app.services import emergency_oversight as oversight
from tests.factories import (
    AccountFactory,
    DoctorFactory,
    EmergencyAccessFactory,
    EmergencyCheckFactory,
    PatientFactory,
)
from tests.support.databases import Database
from tests.support.queries import Queries

MAY = datetime(2026, 5, 4, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def admin(session: Session) -> Actor:
    return Actor(account_id=AccountFactory(is_admin=True).id, is_admin=True)


def reasons(admin: Actor, **asked: Any) -> list[str]:
    return [access.reason for access in oversight.find(admin, **asked, limit=20, offset=0).rows]


class TestFind:
    def test_it_searches_filters_and_sorts(self, admin: Actor) -> None:
        okafor, amira = DoctorFactory(name="Dr Okafor"), PatientFactory(name="Amira Hassan")
        EmergencyAccessFactory(doctor=okafor, opened_at=MAY, reason="Unconscious")
        first = EmergencyAccessFactory(patient=amira, opened_at=MAY + 3 * DAY, reason="Chest pain")
        EmergencyCheckFactory(access=first)

        assert reasons(admin) == ["Chest pain", "Unconscious"]
        assert reasons(admin, is_oldest_first=True) == ["Unconscious", "Chest pain"]
        assert reasons(admin, search="OKAFOR") == ["Unconscious"]
        assert reasons(admin, search="amira chest") == ["Chest pain"]
        assert reasons(admin, is_checked=True) == ["Chest pain"]
        assert reasons(admin, is_checked=False) == ["Unconscious"]
        assert reasons(admin, since=MAY.date(), until=MAY.date()) == ["Unconscious"]
        assert reasons(admin, since=(MAY + DAY).date()) == ["Chest pain"]
        assert oversight.count_unchecked(admin) == 1

    def test_its_cost_does_not_grow(
        self, admin: Actor, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        EmergencyAccessFactory()
        with count_queries() as few:
            oversight.find(admin, limit=20, offset=0)
        EmergencyCheckFactory.create_batch(6)
        with count_queries() as many:
            oversight.find(admin, limit=20, offset=0)
        assert len(many) == len(few) == 2, many

    def test_nobody_but_admins(self, session: Session) -> None:
        access = EmergencyAccessFactory(opened_at=MAY)
        doctor = Actor(account_id=access.doctor.account_id, doctor_id=access.doctor_id)
        acts: list[Callable[[Actor], object]] = [
            lambda actor: oversight.find(actor, limit=1, offset=0),
            lambda actor: oversight.get(actor, access.id),
            lambda actor: oversight.check(actor, access.id),
        ]
        for act in acts:
            for actor in (doctor, Actor(account_id=access.patient.manager_id)):
                with pytest.raises(Forbidden):
                    act(actor)


@pytest.mark.both_databases
class TestCheck:
    def test_it_is_noted_by_whom_and_what_came_of_it_once(self, admin: Actor, session: Session) -> None:
        access = EmergencyAccessFactory(opened_at=MAY)

        for _ in range(2):
            oversight.check(admin, access.id, note=" Confirmed by the ward. ")

        check = session.scalars(select(EmergencyCheck)).one()
        assert (check.account_id, check.note) == (admin.account_id, "Confirmed by the ward.")
        events = select(AuditEvent.object_id, AuditEvent.patient_id).where(AuditEvent.action == "emergency.checked")
        assert session.execute(events).all() == [(access.id, access.patient_id)]
        with pytest.raises(Conflict, match="already"):
            oversight.check(admin, access.id, note="Something else")

    def test_nobody_looks_into_the_own_one(self, session: Session) -> None:
        access = EmergencyAccessFactory(opened_at=MAY)
        both = Actor(account_id=access.doctor.account_id, doctor_id=access.doctor_id, is_admin=True)

        with pytest.raises(Conflict, match="yourself"):
            oversight.check(both, access.id)

    def test_one_that_is_still_open_waits(self, admin: Actor) -> None:
        with pytest.raises(Conflict, match="still open"):
            oversight.check(admin, EmergencyAccessFactory(opened_at=now()).id)

    def test_what_cannot_be_is_refused(self, admin: Actor) -> None:
        access = EmergencyAccessFactory(opened_at=MAY)

        with pytest.raises(Invalid):
            oversight.check(admin, access.id, note="x" * (oversight.LONGEST_NOTE + 1))
        for key in (4711, 2**63):
            with pytest.raises(NotFound):
                oversight.check(admin, key)
