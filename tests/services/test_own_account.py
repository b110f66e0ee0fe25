"""What somebody changes about the own account, proven by the password."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound, TooMany, Unauthorized
from app.models import Account, AuditEvent, Message, SessionKind
from app.models import Session as SignIn
from app.policy import Actor
from app.services import account_links, accounts, own_account, sessions
from app.services.account_links import Purpose
from config import Settings
from tests.factories import AccountFactory, DoctorFactory
from tests.support.clients import PASSWORD
from tests.support.databases import Database

NEW_PASSWORD = "three random words"


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """The unit of work that a request would be."""
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def account(database: Database) -> Account:
    """Somebody, saved before the unit of work: a refused proof rolls back."""
    return AccountFactory(username="ada", email="ada@example.org")


def signed_in(account: Account) -> Actor:
    """The actor of a new browser session of an account."""
    _, secret = sessions.open_session(account, SessionKind.BROWSER, origin="192.0.2.7")
    actor = sessions.actor_by_secret(secret, origin="192.0.2.7")
    assert actor is not None
    return actor


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def mailed(session: Session) -> list[tuple[str, str]]:
    return [(row.template, row.recipient) for row in session.scalars(select(Message).order_by(Message.id))]


class TestChangePassword:
    @pytest.mark.both_databases
    def test_it_counts_and_ends_every_session_but_this_one(self, account: Account, session: Session) -> None:
        me, other = signed_in(account), signed_in(account)

        own_account.change_password(me, current_password=PASSWORD, password=NEW_PASSWORD)

        assert accounts.authenticate(me, username="ada", password=NEW_PASSWORD).id == account.id
        live = session.scalars(select(SignIn.id).where(SignIn.ended_at.is_(None))).all()
        assert (live, other.session_id in live) == ([me.session_id], False)
        assert actions(session)[-1] == "account.password_set"
        assert mailed(session) == [("password_changed", "ada@example.org")]

    def test_a_wrong_present_password_is_refused_and_noted(self, account: Account, session: Session) -> None:
        me = Actor(account_id=account.id)
        with pytest.raises(Invalid) as refusal:
            own_account.change_password(me, current_password="wrong password", password=NEW_PASSWORD)

        assert list(refusal.value.errors) == ["current_password"]
        assert actions(session) == ["account.proof_refused"]
        accounts.authenticate(me, username="ada", password=PASSWORD)

    @pytest.mark.parametrize("password", ["short", PASSWORD, "ada@example.org", "p" * 201])
    def test_the_rules_hold_for_the_new_one(self, account: Account, session: Session, password: str) -> None:
        with pytest.raises(Invalid) as refusal:
            own_account.change_password(Actor(account_id=account.id), current_password=PASSWORD, password=password)
        assert list(refusal.value.errors) == ["password"]

    def test_all_that_is_wrong_is_told_at_once(self, account: Account, session: Session) -> None:
        with pytest.raises(Invalid) as refusal:
            own_account.change_password(Actor(account_id=account.id), current_password="wrong", password="short")
        assert set(refusal.value.errors) == {"current_password", "password"}

    def test_an_account_without_a_password_proves_nothing(self, database: Database) -> None:
        account = AccountFactory(password_hash=None)
        with database.unit_of_work(), pytest.raises(Invalid):
            own_account.change_password(
                Actor(account_id=account.id), current_password="nobody's password", password=NEW_PASSWORD
            )

    def test_a_stranger_has_no_account(self, session: Session) -> None:
        with pytest.raises(Unauthorized):
            own_account.change_password(Actor(), current_password=PASSWORD, password=NEW_PASSWORD)

    def test_links_to_another_password_end(self, account: Account, session: Session) -> None:
        token = account_links.token(Purpose.SET_PASSWORD, account)
        own_account.change_password(Actor(account_id=account.id), current_password=PASSWORD, password=NEW_PASSWORD)
        with pytest.raises(NotFound):
            account_links.owner(Purpose.SET_PASSWORD, token)


class TestTooManyTries:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, ratelimit_enabled=True, ratelimit_sign_in="2 per minute")

    def test_they_count_together_with_those_to_sign_in(self, account: Account, session: Session) -> None:
        me = Actor(account_id=account.id)
        accounts.authenticate(me, username="ada", password=PASSWORD)
        with pytest.raises(Invalid):
            own_account.close(me, current_password="wrong password")
        with pytest.raises(TooMany):
            own_account.close(me, current_password=PASSWORD)


class TestChangeEmail:
    def test_the_new_address_is_asked_to_confirm(self, account: Account, session: Session) -> None:
        own_account.change_email(Actor(account_id=account.id), current_password=PASSWORD, email="new@example.org")

        held = session.get_one(Account, account.id)
        assert (held.email, held.pending_email) == ("ada@example.org", "new@example.org")
        assert mailed(session) == [("confirm_email", "new@example.org")]

    @pytest.mark.parametrize(
        ("email", "password", "field"),
        [
            ("ADA@example.org", PASSWORD, "email"),
            ("nowhere", PASSWORD, "email"),
            ("bob@example.org", PASSWORD, "email"),
            ("new@example.org", "wrong password", "current_password"),
        ],
    )
    def test_it_is_refused_at_the_field(self, account: Account, database: Database, email, password, field) -> None:
        AccountFactory(username="bob")
        with database.unit_of_work() as session:
            with pytest.raises(Invalid) as refusal:
                own_account.change_email(Actor(account_id=account.id), current_password=password, email=email)
            assert list(refusal.value.errors) == [field]
            assert mailed(session) == []

    def test_the_link_is_sent_again_and_ended(self, account: Account, session: Session) -> None:
        me = Actor(account_id=account.id)
        assert own_account.send_email_again(me) is False
        own_account.change_email(me, current_password=PASSWORD, email="new@example.org")
        assert own_account.send_email_again(me) is True
        assert mailed(session) == [("confirm_email", "new@example.org")] * 2
        token = account_links.token(Purpose.CONFIRM_EMAIL, session.get_one(Account, account.id))

        own_account.keep_email(me)
        own_account.keep_email(me)

        assert actions(session).count("account.email_kept") == 1
        with pytest.raises(NotFound):
            account_links.owner(Purpose.CONFIRM_EMAIL, token)


class TestClose:
    def test_nobody_signs_in_any_more(self, account: Account, session: Session) -> None:
        me = signed_in(account)

        own_account.close(me, current_password=PASSWORD)

        with pytest.raises(Unauthorized):
            accounts.authenticate(me, username="ada", password=PASSWORD)
        assert sessions.own(me) == []
        assert actions(session)[-1] == "account.closed"

    def test_the_last_admin_stays(self, database: Database) -> None:
        admin = AccountFactory(is_admin=True)
        with database.unit_of_work(), pytest.raises(Conflict):
            own_account.close(Actor(account_id=admin.id, is_admin=True), current_password=PASSWORD)

    def test_a_doctor_with_whom_patients_can_book_stays(self, database: Database) -> None:
        doctor = DoctorFactory()
        with database.unit_of_work(), pytest.raises(Conflict):
            own_account.close(Actor(account_id=doctor.account_id, doctor_id=doctor.id), current_password=PASSWORD)
