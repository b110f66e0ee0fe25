"""Doing something once, however often the request for it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import unit_of_work
from app.clock import now
from app.errors import Conflict, Invalid
from app.extensions import db
from app.jobs import mail
from app.models import ContactMessage, IdempotencyKey
from app.policy import Actor
from app.services import idempotency
from tests.factories import AccountFactory
from tests.support.databases import Database


class Act:
    """Something whose effect can be counted."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict[str, Any]:
        self.times += 1
        return {"id": self.times, "at": "2026-01-05T09:30:00Z", "nothing": None}


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One unit of work around a test, so that services see what it arranged."""
    with database.unit_of_work() as opened:
        yield opened


class TestOnce:
    def test_the_second_answer_is_the_first(self, session: Session) -> None:
        actor, act = Actor(account_id=AccountFactory().id), Act()

        answers = [idempotency.once(actor, key="k", fingerprint="f", act=act) for _ in range(3)]

        assert act.times == 1
        assert answers == [{"id": 1, "at": "2026-01-05T09:30:00Z", "nothing": None}] * 3

    def test_another_body_under_the_same_key_is_refused(self, session: Session) -> None:
        actor, act = Actor(account_id=AccountFactory().id), Act()
        idempotency.once(actor, key="k", fingerprint="f", act=act)

        with pytest.raises(Conflict):
            idempotency.once(actor, key="k", fingerprint="g", act=act)

        assert act.times == 1

    def test_keys_belong_to_their_account(self, session: Session) -> None:
        actors, act = [Actor(account_id=AccountFactory().id) for _ in range(2)], Act()

        first = [idempotency.once(actor, key="k", fingerprint="f", act=act)["id"] for actor in actors]
        again = [idempotency.once(actor, key="k", fingerprint="f", act=act)["id"] for actor in actors]

        assert first == again == [1, 2]
        assert act.times == 2

    def test_a_refusal_is_not_kept(self, session: Session) -> None:
        actor, act = Actor(account_id=AccountFactory().id), Act()

        def refuse() -> dict[str, Any]:
            raise Invalid("No.")

        unit_of_work.commit()
        with pytest.raises(Invalid):
            idempotency.once(actor, key="k", fingerprint="f", act=refuse)
        unit_of_work.rollback()

        assert idempotency.once(actor, key="k", fingerprint="f", act=act)["id"] == 1

    def test_a_key_is_forgotten_after_a_day(self, session: Session) -> None:
        actor, act = Actor(account_id=AccountFactory().id), Act()
        idempotency.once(actor, key="k", fingerprint="f", act=act)
        row = session.scalars(select(IdempotencyKey)).one()

        row.created_at = now() - timedelta(hours=23, minutes=59)
        session.flush()
        idempotency.once(actor, key="k", fingerprint="f", act=act)
        assert act.times == 1

        row.created_at = now() - timedelta(hours=24, minutes=1)
        session.flush()
        assert idempotency.once(actor, key="k", fingerprint="other", act=act)["id"] == 2

    @pytest.mark.both_databases
    def test_what_else_the_database_refuses_is_no_repeat(self, session: Session) -> None:
        act = Act()

        with pytest.raises(Conflict, match="saved meanwhile"):
            idempotency.once(Actor(account_id=999), key="k", fingerprint="f", act=act)  # there is no such account

        assert act.times == 0

    def test_old_answers_are_forgotten_whoever_asked(self, database: Database) -> None:
        with database.unit_of_work() as session:
            for key, age in (("old", 25), ("new", 23)):
                idempotency.once(Actor(account_id=AccountFactory().id), key=key, fingerprint="f", act=Act())
                kept = session.scalars(select(IdempotencyKey).where(IdempotencyKey.key == key)).one()
                kept.created_at = now() - timedelta(hours=age)

        with database.app.app_context():
            mail.sweep()

        with database.unit_of_work() as session:
            assert session.scalars(select(IdempotencyKey.key)).all() == ["new"]

    @pytest.mark.both_databases
    def test_of_many_at_one_moment_one_acts_and_all_get_its_answer(self, database: Database) -> None:
        actor = Actor(account_id=AccountFactory().id)
        together = Barrier(6)

        def act() -> dict[str, Any]:
            row = ContactMessage(name="Marie", phone="+442079460018", message="When?")
            db.session.add(row)
            db.session.flush()
            return {"id": row.id}

        def send(_number: int) -> dict[str, Any]:
            with database.app.app_context():
                together.wait(timeout=20)
                with unit_of_work.transaction():
                    return idempotency.once(actor, key="k", fingerprint="f", act=act)

        with ThreadPoolExecutor(6) as clients:
            answers = list(clients.map(send, range(6)))

        with database.unit_of_work() as session:
            assert session.scalar(select(func.count()).select_from(ContactMessage)) == 1
        assert answers == [answers[0]] * 6
