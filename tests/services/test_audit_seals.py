"""The audit trail under seals: whatever is changed, removed or slipped in afterwards is found, on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text

from app.clock import now
from app.errors import Forbidden, Unavailable
from app.extensions import db
from app.jobs import audit as jobs
from app.models import AuditEvent, AuditEventPatient, AuditSeal, guards
from app.policy import Actor
from app.services import audit, audit_seals
from app.services.audit_seals import FIRST_HASH, Verdict
from app.unit_of_work import transaction
from tests.services.visits import ADMIN
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases

SOMEBODY = Actor(account_id=5)


def write(database: Database, count: int = 3, *, read_of: tuple[int, ...] = ()) -> None:
    with database.unit_of_work():
        for number in range(count):
            audit.record(SOMEBODY, "records.listed", read_of=read_of, page=number)


def seal(database: Database) -> int:
    with database.app.app_context():
        return jobs.seal()


def verify(database: Database, **known: str) -> Verdict:
    with database.unit_of_work():
        return audit_seals.verify(**known)


def tamper(database: Database, statement: str) -> None:
    """Change what is insert-only, as whoever owns the database can."""
    with database.unit_of_work() as session:
        guards.drop(session.connection())
        session.execute(text(statement))


def test_what_nobody_touched_is_right(database: Database) -> None:
    assert verify(database) == Verdict(0, 0, FIRST_HASH)
    write(database, read_of=(1, 2))
    assert seal(database) == 1
    assert seal(database) == 0
    write(database)
    assert seal(database) == 1
    write(database)

    verdict = verify(database)

    assert (verdict.seals, verdict.events, verdict.problem) == (2, 6, None)
    with database.unit_of_work() as session:
        first, last = session.scalars(select(AuditSeal).order_by(AuditSeal.id))
        assert (first.previous_hash, last.previous_hash, verdict.hash) == (FIRST_HASH, first.hash, last.hash)
        state = audit_seals.state(ADMIN)
        assert (state.seals, state.events, state.unsealed, state.sealed_at) == (2, 6, 3, last.sealed_at)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE audit_event SET origin = '::2' WHERE id = 5", "something in them, or in the seal, was changed"),
        ("""UPDATE audit_event SET details = '{"page": 2}' WHERE id = 5""", "was changed"),
        ("UPDATE audit_event_patient SET patient_id = 9 WHERE event_id = 5 AND patient_id = 2", "was changed"),
        ("DELETE FROM audit_event_patient WHERE event_id = 5 AND patient_id = 2", "was changed"),
        ("UPDATE audit_seal SET hash = previous_hash WHERE last_id = 6", "was changed"),
        ("UPDATE audit_seal SET sealed_at = '2026-01-02 03:04:05.000006' WHERE last_id = 6", "was changed"),
        ("DELETE FROM audit_event WHERE id = 5", "there are 2 where 3 were sealed"),
        ("DELETE FROM audit_event WHERE id = 6", "there are 2 where 3 were sealed"),
    ],
)
def test_a_changed_byte_and_a_missing_row_are_found_where_they_are(
    database: Database, statement: str, problem: str
) -> None:
    for _ in range(3):
        write(database, read_of=(1, 2))
        seal(database)

    tamper(database, statement)
    verdict = verify(database)

    assert (verdict.seals, verdict.events) == (1, 3)
    assert verdict.problem is not None
    assert verdict.problem.startswith("Events 4 to 6, sealed at 20")
    assert problem in verdict.problem


@pytest.mark.parametrize("key", [-4, 2])
def test_a_row_slipped_in_with_an_old_key_is_found(database: Database, key: int) -> None:
    write(database)
    tamper(
        database, "DELETE FROM audit_event WHERE id = 2"
    )  # a number that was never used, for all that the seal knows
    seal(database)

    with database.unit_of_work() as session:
        session.execute(insert(AuditEvent), {"id": key, "action": "record.read"})

    assert "there are 3 where 2 were sealed" in (verify(database).problem or "")


def test_a_missing_seal_is_found(database: Database) -> None:
    for _ in range(3):
        write(database)
        seal(database)
    last = verify(database).hash
    assert verify(database, known_hash=last).problem is None

    tamper(database, "DELETE FROM audit_seal WHERE last_id = 9")
    assert verify(database).problem is None  # nothing tells that the newest is missing, but who has noted it
    assert "No seal has the hash that was noted" in (verify(database, known_hash=last).problem or "")

    tamper(database, "DELETE FROM audit_seal WHERE last_id = 3")
    assert "does not follow the one before it" in (verify(database).problem or "")


def test_long_trails_are_sealed_in_parts(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_seals, "MOST_IN_SEAL", 4)
    write(database, 10)

    assert seal(database) == 3

    with database.unit_of_work() as session:
        stretches = session.execute(select(AuditSeal.first_id, AuditSeal.last_id, AuditSeal.count)).all()
    assert sorted(map(tuple, stretches)) == [(1, 4, 4), (5, 8, 4), (9, 10, 2)]
    assert verify(database).events == 10


def test_both_databases_seal_the_same_rows_alike(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
    monkeypatch.setattr(audit_seals, "now", lambda: moment)
    with database.unit_of_work() as session:
        event = {"id": 7, "at": moment, "action": "records.listed", "details": {"fields": "naïve, 名前"}}
        session.execute(insert(AuditEvent), event)
        session.execute(insert(AuditEventPatient), {"event_id": 7, "patient_id": 3, "at": moment})
    seal(database)

    assert verify(database).hash == "c930a78d8c42d378186e19196411b1862ec4a581edaa49440001f990f7bc9014"


def test_two_who_seal_at_once_make_one_chain(database: Database) -> None:
    write(database, 40)
    failures: list[BaseException] = []

    def act() -> None:
        try:
            seal(database)
        except BaseException as error:  # noqa: BLE001 (told to the test)
            failures.append(error)
        finally:
            with database.app.app_context():
                db.session.remove()

    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    verdict = verify(database)
    assert (verdict.seals, verdict.events, verdict.problem) == (1, 40, None)


def test_rows_written_meanwhile_are_sealed_once_and_whole(database: Database) -> None:
    def act() -> None:
        for _ in range(20):
            with database.app.app_context(), transaction():
                audit.record(SOMEBODY, "record.read", read_of=(1, 2))
                audit.record(SOMEBODY, "record.read")

    threads = [threading.Thread(target=act) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        seal(database)
    seal(database)

    verdict = verify(database)
    assert (verdict.events, verdict.problem) == (120, None)


@pytest.mark.postgresql
def test_it_waits_for_who_has_a_key_and_no_commit_yet(database: Database) -> None:
    write(database, 1)
    with database.app.app_context(), db.engine.begin() as slow:
        slow.execute(insert(AuditEvent), {"action": "record.read", "details": {}, "origin": "", "at": now()})
        with pytest.raises(Unavailable):
            jobs.seal()
        jobs.sweep()
        db.session.remove()
    assert seal(database) == 1
    assert verify(database).events == 2


def test_the_sweep_seals_every_minute(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = now()
    for module in (audit_seals, jobs):
        monkeypatch.setattr(module, "now", lambda: moment)

    def swept(seconds: int) -> int:
        nonlocal moment
        moment += timedelta(seconds=seconds)
        with database.app.app_context():
            jobs.sweep()
        return verify(database).seals

    assert swept(0) == 0
    write(database)
    assert swept(0) == 1
    write(database)
    assert [swept(15), swept(46), swept(120)] == [1, 2, 2]


def test_only_admins_may_ask(database: Database) -> None:
    with database.unit_of_work():
        assert audit_seals.verify_for(ADMIN).problem is None
        for ask in (audit_seals.verify_for, audit_seals.state):
            with pytest.raises(Forbidden):
                ask(SOMEBODY)
