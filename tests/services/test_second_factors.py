"""Second factors: codes of an app and recovery codes, each good once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.errors import TooMany
from app.models import Account, AuditEvent, Message, RecoveryCode, SecondFactor
from app.policy import Actor
from app.services import accounts, second_factors
from app.services.second_factors import CodeRefused
from config import Settings
from tests.factories import AccountFactory, SecondFactorFactory
from tests.support.codes import app_code
from tests.support.databases import Database

STRANGER = Actor(origin="192.0.2.7")
NOON = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)
AtTime = Callable[[int], None]


@pytest.fixture
def account(database: Database) -> Account:
    return AccountFactory(username="ada", email="ada@example.org")


@pytest.fixture
def factor(account: Account) -> SecondFactor:
    return SecondFactorFactory(account=account)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """The unit of work that a request would be."""
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> AtTime:
    """Sets the portal's clock so many seconds after noon."""

    def set_clock(seconds: int) -> None:
        moment: datetime = NOON + timedelta(seconds=seconds)
        monkeypatch.setattr(second_factors, "now", lambda: moment)
        monkeypatch.setattr("tests.support.codes.now", lambda: moment)

    set_clock(0)
    return set_clock


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def refused(account: Account, code: str) -> bool:
    """Whether the code is refused."""
    try:
        second_factors.check(STRANGER, account, code)
    except CodeRefused:
        return True
    return False


class TestAppCodes:
    @pytest.mark.both_databases
    def test_one_is_good_once(self, account: Account, factor: SecondFactor, session: Session) -> None:
        code = app_code(factor)

        assert second_factors.check(STRANGER, account, code) is None
        assert refused(account, code)
        event = session.scalars(select(AuditEvent)).one()
        assert (event.action, event.account_id, event.origin) == ("second_factor.refused", account.id, "192.0.2.7")

    @pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
    def test_a_clock_may_be_one_step_off(
        self, account: Account, factor: SecondFactor, session: Session, at: AtTime, steps: int, *, good: bool
    ) -> None:
        assert refused(account, app_code(factor, steps)) is not good

    def test_what_was_shown_before_a_code_that_was_taken_is_used_up(
        self, account: Account, factor: SecondFactor, session: Session, at: AtTime
    ) -> None:
        earlier = app_code(factor, -1)
        assert not refused(account, app_code(factor))
        assert refused(account, earlier)
        assert not refused(account, app_code(factor, 1))

    def test_people_read_it_in_groups(self, account: Account, factor: SecondFactor, session: Session) -> None:
        first, second = app_code(factor), app_code(factor, 1)
        assert not refused(account, f" {first[:3]} {first[3:]} ")
        assert not refused(account, f"{second[:3]}-{second[3:]}")

    @pytest.mark.parametrize("code", ["", " ", "000", "x" * 10_000, "\0", "\ud800", "١٢٣٤٥٦", "None"])
    def test_nothing_else_is_one(self, account: Account, factor: SecondFactor, session: Session, code: str) -> None:
        assert refused(account, code)

    def test_another_accounts_is_none(self, account: Account, factor: SecondFactor, session: Session) -> None:
        assert refused(account, app_code(SecondFactorFactory()))

    def test_one_that_is_not_confirmed_does_not_count(self, account: Account, session: Session) -> None:
        waiting = SecondFactorFactory(account=account, confirmed_at=None)
        assert not second_factors.is_on(account.id)
        assert second_factors.state(account.id) is None
        assert refused(account, app_code(waiting))


class TestSecret:
    def test_the_database_alone_does_not_give_it(self, factor: SecondFactor, session: Session, app) -> None:
        secret = second_factors.secret(factor)
        assert len(secret) == 32

        app.extensions["settings"] = replace(app.extensions["settings"], secret_key="another key")

        assert second_factors.secret(factor) != secret

    def test_an_app_reads_whose_it_is(self, account: Account, factor: SecondFactor, session: Session) -> None:
        address = second_factors.app_address(factor, account)
        assert address.startswith("otpauth://totp/Larkfield%20Hospital:ada?")
        assert f"secret={second_factors.secret(factor)}" in address


class TestRecoveryCodes:
    @pytest.mark.both_databases
    def test_each_is_good_once_and_is_told(self, account: Account, factor: SecondFactor, session: Session) -> None:
        codes = second_factors.new_recovery_codes(factor)
        assert len(set(codes)) == 10

        assert second_factors.check(STRANGER, account, codes[0]) == 9
        session.commit()
        assert refused(account, codes[0])
        assert second_factors.check(STRANGER, account, codes[1].upper().replace("-", " ")) == 8
        assert actions(session) == [
            "second_factor.recovery_code_used",
            "second_factor.refused",
            "second_factor.recovery_code_used",
        ]
        mails = session.scalars(select(Message)).all()
        assert {(mail.template, mail.recipient) for mail in mails} == {("recovery_code_used", "ada@example.org")}
        state = second_factors.state(account.id)
        assert state is not None
        assert state.codes_left == 8

    def test_letters_that_look_like_digits_are_taken_for_them(
        self, account: Account, factor: SecondFactor, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("secrets.choice", lambda _alphabet: "0")
        monkeypatch.setattr(second_factors, "RECOVERY_CODES", 1)
        (code,) = second_factors.new_recovery_codes(factor)
        assert not refused(account, code.replace("0", "O"))

    def test_only_their_hashes_are_kept(self, factor: SecondFactor, session: Session) -> None:
        codes = second_factors.new_recovery_codes(factor)
        kept = session.scalars(select(RecoveryCode.code_hash)).all()
        assert not any(code in text or code.replace("-", "") in text for code in codes for text in kept)

    def test_new_ones_end_the_former(self, account: Account, factor: SecondFactor, session: Session) -> None:
        former, present = (second_factors.new_recovery_codes(factor) for _ in range(2))
        session.commit()
        assert refused(account, former[0])
        assert not refused(account, present[0])


class TestTooManyTries:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, ratelimit_enabled=True, ratelimit_sign_in="30 per minute")

    def test_codes_have_a_limit_of_their_own(self, account: Account, factor: SecondFactor, session: Session) -> None:
        assert all(refused(account, "wrong") for _ in range(20))
        with pytest.raises(TooMany):
            second_factors.check(STRANGER, account, app_code(factor))

    def test_they_count_among_the_tries_to_sign_in(
        self, account: Account, factor: SecondFactor, session: Session, app
    ) -> None:
        app.extensions["settings"] = replace(app.extensions["settings"], ratelimit_sign_in="2 per minute")
        assert refused(account, "wrong")
        assert refused(account, "wrong")
        with pytest.raises(TooMany):
            accounts.authenticate(STRANGER, username="ada", password="whatever")


class TestClosing:
    def test_a_closed_account_has_none(self, account: Account, factor: SecondFactor, session: Session) -> None:
        second_factors.new_recovery_codes(factor)

        accounts.close(Actor(account_id=account.id), account)

        assert session.scalars(select(SecondFactor)).all() == []
        assert session.scalars(select(RecoveryCode)).all() == []
