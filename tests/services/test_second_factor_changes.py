"""Turning the own second factor on and off, other recovery codes, and an operator who takes one away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Conflict, Invalid, NotFound
from app.models import Account, AuditEvent, Message, SecondFactor, SessionKind
from app.models import Session as SignIn
from app.policy import Actor
from app.services import second_factor_changes, second_factors, sessions
from tests.factories import AccountFactory, SecondFactorFactory
from tests.support.clients import PASSWORD
from tests.support.codes import app_code
from tests.support.databases import Database


@pytest.fixture
def account(database: Database) -> Account:
    """Somebody, saved before the unit of work: a refused proof rolls back."""
    return AccountFactory(username="ada", email="ada@example.org")


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """The unit of work that a request would be."""
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def me(account: Account, session: Session) -> Actor:
    return signed_in(account)


def signed_in(account: Account | None) -> Actor:
    """The actor of a new browser session of an account."""
    assert account is not None
    _, secret = sessions.open_session(account, SessionKind.BROWSER, origin="192.0.2.7")
    actor = sessions.actor_by_secret(secret, origin="192.0.2.7")
    assert actor is not None
    return actor


def begin(actor: Actor) -> SecondFactor:
    second_factor_changes.begin(actor, current_password=PASSWORD)
    factor = second_factor_changes.pending(actor)
    assert factor is not None
    return factor


def mailed(session: Session) -> list[tuple[str, str]]:
    return [(row.template, row.recipient) for row in session.scalars(select(Message).order_by(Message.id))]


def last_action(session: Session) -> str | None:
    return session.scalars(select(AuditEvent.action).order_by(AuditEvent.id.desc())).first()


class TestTurningOn:
    @pytest.mark.both_databases
    def test_it_counts_once_a_code_confirms_it(self, account: Account, me: Actor, session: Session) -> None:
        other = signed_in(account)
        factor = begin(me)
        assert not second_factors.is_on(account.id)
        code = app_code(factor)

        codes = second_factor_changes.confirm(me, code)

        assert len(codes) == 10
        assert second_factors.is_on(account.id)
        assert session.scalars(select(SignIn.id).where(SignIn.ended_at.is_(None))).all() == [me.session_id]
        assert other.session_id != me.session_id
        assert last_action(session) == "second_factor.turned_on"
        assert mailed(session) == [("second_factor_on", "ada@example.org")]
        with pytest.raises(second_factors.CodeRefused):
            second_factors.check(me, account, code)

    def test_it_wants_the_password(self, account: Account, me: Actor, session: Session) -> None:
        with pytest.raises(Invalid) as refusal:
            second_factor_changes.begin(me, current_password="wrong")
        assert list(refusal.value.errors) == ["current_password"]
        assert second_factor_changes.pending(me) is None

    def test_two_tabs_show_the_same(self, me: Actor, session: Session) -> None:
        assert begin(me).seed == begin(me).seed

    def test_another_browser_sees_nothing_of_it_and_begins_anew(
        self, account: Account, me: Actor, session: Session
    ) -> None:
        seed = begin(me).seed
        other = signed_in(account)
        assert second_factor_changes.pending(other) is None
        assert begin(other).seed != seed
        assert second_factor_changes.pending(me) is None

    def test_a_wrong_code_confirms_nothing(self, me: Actor, account: Account, session: Session) -> None:
        begin(me)
        with pytest.raises(Invalid) as refusal:
            second_factor_changes.confirm(me, "12345")
        assert list(refusal.value.errors) == ["code"]
        assert not second_factors.is_on(account.id)

    def test_it_takes_no_longer_than_half_an_hour(self, me: Actor, session: Session) -> None:
        factor = begin(me)
        seed, code = factor.seed, app_code(factor)
        factor.created_at = now() - timedelta(minutes=31)
        session.flush()

        with pytest.raises(Conflict):
            second_factor_changes.confirm(me, code)
        assert begin(me).seed != seed

    def test_it_is_turned_on_once(self, me: Actor, session: Session) -> None:
        code = app_code(begin(me))
        second_factor_changes.confirm(me, code)
        with pytest.raises(Conflict):
            second_factor_changes.confirm(me, code)
        with pytest.raises(Conflict):
            second_factor_changes.begin(me, current_password=PASSWORD)


class TestProvenChanges:
    @pytest.fixture
    def factor(self, account: Account) -> SecondFactor:
        return SecondFactorFactory(account=account)

    def test_it_is_turned_off(self, factor: SecondFactor, account: Account, me: Actor, session: Session) -> None:
        second_factor_changes.turn_off(me, current_password=PASSWORD, code=app_code(factor))

        assert not second_factors.is_on(account.id)
        assert last_action(session) == "second_factor.turned_off"
        assert mailed(session) == [("second_factor_off", "ada@example.org")]
        with pytest.raises(Conflict):
            second_factor_changes.turn_off(me, current_password=PASSWORD, code="123456")

    def test_recovery_codes_are_made_anew_with_one_of_them(
        self, factor: SecondFactor, account: Account, me: Actor, session: Session
    ) -> None:
        former = second_factors.new_recovery_codes(factor)

        codes = second_factor_changes.renew_recovery_codes(me, current_password=PASSWORD, code=former[0])

        assert not set(codes) & set(former)
        assert last_action(session) == "second_factor.codes_renewed"
        assert second_factors.check(me, account, codes[0]) == 9

    @pytest.mark.parametrize(
        ("password", "code", "field"), [("wrong", None, "current_password"), (PASSWORD, "wrong", "code")]
    )
    def test_both_factors_must_be_right(
        self, factor: SecondFactor, account: Account, me: Actor, session: Session, password: str, code: str, field: str
    ) -> None:
        for change in (second_factor_changes.turn_off, second_factor_changes.renew_recovery_codes):
            with pytest.raises(Invalid) as refusal:
                change(me, current_password=password, code=code or app_code(factor))
            assert list(refusal.value.errors) == [field]
        assert second_factors.is_on(account.id)


class TestReset:
    @pytest.mark.parametrize("name", ["ada", "ADA@example.org"])
    def test_an_operator_takes_it_away(self, account: Account, session: Session, name: str) -> None:
        SecondFactorFactory(account=account)
        signed_in(account)

        assert second_factor_changes.reset(name).id == account.id

        assert not second_factors.is_on(account.id)
        assert session.scalars(select(SignIn).where(SignIn.ended_at.is_(None))).all() == []
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert (event.action, event.account_id) == ("second_factor.reset", account.id)
        assert mailed(session) == [("second_factor_off", "ada@example.org")]

    def test_there_must_be_one(self, account: Account, session: Session) -> None:
        with pytest.raises(NotFound):
            second_factor_changes.reset("nobody")
        with pytest.raises(Conflict):
            second_factor_changes.reset("ada")
