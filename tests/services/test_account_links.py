"""Links that a mail brings: good for one use, for a while, for one account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.services import account_links
from app.services.account_links import Purpose
from tests.factories import AccountFactory
from tests.support.databases import Database

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """The unit of work that a request would be."""
    with database.unit_of_work() as opened:
        yield opened


class TestOwner:
    @pytest.mark.parametrize("purpose", Purpose)
    def test_it_is_the_account_that_the_link_was_made_for(self, purpose: Purpose) -> None:
        AccountFactory()
        account = AccountFactory(pending_email="new@example.org")

        assert account_links.owner(purpose, account_links.token(purpose, account)) is account

    def test_a_link_is_for_one_purpose(self) -> None:
        account = AccountFactory(pending_email="new@example.org")
        with pytest.raises(NotFound):
            account_links.owner(Purpose.SET_PASSWORD, account_links.token(Purpose.CONFIRM_EMAIL, account))

    @pytest.mark.parametrize("change", ["first", "last", "none", "text"])
    def test_a_forged_link_is_not_found(self, change: str) -> None:
        good = account_links.token(Purpose.SET_PASSWORD, AccountFactory())
        forged = {"first": f"x{good}", "last": good[:-2], "none": "", "text": "é\0💙"}[change]
        with pytest.raises(NotFound):
            account_links.owner(Purpose.SET_PASSWORD, forged)

    @pytest.mark.parametrize("purpose", Purpose)
    def test_it_runs_out(self, purpose: Purpose, monkeypatch: pytest.MonkeyPatch) -> None:
        good = account_links.token(purpose, AccountFactory())
        account_links.owner(purpose, good)

        monkeypatch.setitem(account_links.LIFETIMES, purpose, timedelta(seconds=-1))

        with pytest.raises(NotFound):
            account_links.owner(purpose, good)

    @pytest.mark.parametrize(
        ("purpose", "column"),
        [
            (Purpose.SET_PASSWORD, "password_hash"),
            (Purpose.SET_PASSWORD, "email"),
            (Purpose.SECOND_STEP, "password_hash"),
            (Purpose.CONFIRM_EMAIL, "email"),
            (Purpose.CONFIRM_EMAIL, "pending_email"),
        ],
    )
    def test_it_ends_with_what_it_would_change(self, purpose: Purpose, column: str) -> None:
        account = AccountFactory(pending_email="new@example.org")
        good = account_links.token(purpose, account)

        setattr(account, column, "other@example.org")

        with pytest.raises(NotFound):
            account_links.owner(purpose, good)

    def test_a_closed_account_has_none(self) -> None:
        account = AccountFactory()
        good = account_links.token(Purpose.SET_PASSWORD, account)
        account.is_active = False
        with pytest.raises(NotFound):
            account_links.owner(Purpose.SET_PASSWORD, good)

    def test_it_tells_nothing_of_the_account(self) -> None:
        account = AccountFactory(username="ada", email="ada@example.org")
        for purpose in Purpose:
            good = account_links.token(purpose, account)
            assert "ada" not in good
            assert len(good) < 150
