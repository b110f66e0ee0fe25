"""A forgotten password: a link is mailed, and nobody learns whether there is an account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotFound, TooMany
from app.models import Account, AuditEvent, Message
from app.policy import Actor
from app.services import account_links, accounts
from app.services.account_links import Purpose
from config import Settings
from tests.factories import AccountFactory
from tests.support.databases import Database

SOMEBODY = Actor(origin="192.0.2.7")


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """The unit of work that a request would be."""
    with database.unit_of_work() as opened:
        yield opened


def mailed(session: Session) -> list[tuple[str, int | None, str]]:
    rows = session.scalars(select(Message).order_by(Message.id))
    return [(row.template, row.account_id, row.recipient) for row in rows]


class TestForgotten:
    @pytest.mark.both_databases
    @pytest.mark.parametrize("name", ["ada", " ADA ", "Ada@Example.org"])
    def test_the_account_is_mailed_by_either_name(self, session: Session, name: str) -> None:
        account = AccountFactory(username="ada")

        accounts.forgotten(SOMEBODY, name)

        assert mailed(session) == [("reset_password", account.id, "ada@example.org")]
        event = session.scalars(select(AuditEvent)).one()
        assert (event.action, event.account_id) == ("account.password_forgotten", account.id)

    @pytest.mark.parametrize("name", ["nobody", "closed", "pending@example.org", "", "é💙"])
    def test_nobody_else_is(self, session: Session, name: str) -> None:
        AccountFactory(username="closed", is_active=False)
        AccountFactory(pending_email="pending@example.org")

        accounts.forgotten(SOMEBODY, name)

        assert mailed(session) == [("reset_password", None, "")]

    def test_it_does_the_same_whether_there_is_an_account_or_not(self, session: Session, count_queries) -> None:
        AccountFactory(username="ada")
        done = []
        for name in ("ada", "nobody"):
            with count_queries() as statements:
                accounts.forgotten(SOMEBODY, name)
                session.flush()
            done.append([statement.split(" ")[:3] for statement in map(str, statements)])

        assert done[0] == done[1]

    def test_an_account_is_not_flooded(self, session: Session) -> None:
        account = AccountFactory(username="ada")
        for _ in range(accounts.MOST_LINKS + 2):
            accounts.forgotten(SOMEBODY, "ada")

        assert [key for _, key, _ in mailed(session)] == [account.id] * accounts.MOST_LINKS + [None] * 2


class TestTooOften:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, ratelimit_enabled=True, ratelimit_forgotten="2 per hour")

    @pytest.mark.parametrize("exists", [True, False])
    def test_a_name_is_refused_alike(self, session: Session, *, exists: bool) -> None:
        if exists:
            AccountFactory(username="ada")
        for number in range(2):
            accounts.forgotten(Actor(origin=f"192.0.2.{number}"), "ada")
        with pytest.raises(TooMany):
            accounts.forgotten(Actor(origin="192.0.2.9"), "ADA")

    def test_an_address_is_refused_whatever_the_name(self, session: Session) -> None:
        for name in ("ada", "bob"):
            accounts.forgotten(SOMEBODY, name)
        with pytest.raises(TooMany):
            accounts.forgotten(SOMEBODY, "eve")


class TestLifetime:
    def test_a_link_into_an_account_in_use_ends_sooner(self, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        used, invited = AccountFactory(), AccountFactory(password_hash=None)
        links = {account.id: account_links.token(Purpose.SET_PASSWORD, account) for account in (used, invited)}
        monkeypatch.setattr(account_links, "FORGOTTEN_PASSWORD", timedelta(seconds=-1))

        assert account_links.owner(Purpose.SET_PASSWORD, links[invited.id]) is invited
        with pytest.raises(NotFound):
            account_links.owner(Purpose.SET_PASSWORD, links[used.id])


class TestTold:
    def test_who_had_a_password_is_told_that_it_is_another(self, session: Session) -> None:
        used, invited = AccountFactory(), AccountFactory(password_hash=None)
        for account in (used, invited):
            token = account_links.token(Purpose.SET_PASSWORD, account)
            accounts.set_password(SOMEBODY, token, "three random words")

        assert mailed(session) == [("password_changed", used.id, used.email)]

    def test_the_former_address_is_told_of_another(self, session: Session) -> None:
        account: Account = AccountFactory(email="old@example.org", pending_email="new@example.org")
        accounts.confirm_email(SOMEBODY, account_links.token(Purpose.CONFIRM_EMAIL, account))

        assert mailed(session) == [("email_changed", account.id, "old@example.org")]
