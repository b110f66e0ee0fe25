"""What becomes of an account: invited, renamed, given a password and another address, closed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Conflict, Invalid, NotFound
from app.models import Account, AuditEvent, Message, Patient, SessionKind
from app.models import Session as SignIn
from app.policy import Actor
from app.services import account_links, accounts, sessions
from app.services.account_links import Purpose
from tests.factories import AccountFactory, PatientFactory
from tests.support.databases import Database

SOMEBODY = Actor()
NEW_PASSWORD = "three random words"


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """The unit of work that a request would be."""
    with database.unit_of_work() as opened:
        yield opened


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def named(session: Session, account: Account) -> list[str]:
    """The names of the patients whom an account manages, by key."""
    session.expire_all()
    query = select(Patient.name).where(Patient.manager_id == account.id).order_by(Patient.id)
    return list(session.scalars(query))


def link(purpose: Purpose, account: Account) -> str:
    return account_links.token(purpose, account)


class TestInvite:
    def test_it_makes_an_account_without_a_password_and_writes_to_it(self, session: Session) -> None:
        admin = AccountFactory(is_admin=True)

        account = accounts.invite(Actor(account_id=admin.id), username=" kim ", email="kim@example.org")

        assert (account.username, account.password_hash) == ("kim", None)
        patient = session.scalars(select(Patient).where(Patient.manager_id == account.id)).one()
        assert (patient.name, patient.is_own, patient.created_by_id) == ("kim", True, admin.id)
        message = session.scalars(select(Message)).one()
        assert (message.template, message.recipient, message.account_id) == ("set_password", account.email, account.id)
        assert actions(session) == ["account.invited"]

    def test_it_refuses_what_registering_refuses(self, session: Session) -> None:
        AccountFactory(username="kim")
        for username, email in (("KIM", "k@example.org"), ("a b", "k@example.org"), ("tim", "nowhere")):
            with pytest.raises(Invalid):
                accounts.invite(SOMEBODY, username=username, email=email)
        assert session.scalar(select(func.count()).select_from(Message)) == 0


class TestSetPassword:
    @pytest.mark.both_databases
    def test_it_counts_from_now_on_and_ends_every_session(self, session: Session) -> None:
        account = AccountFactory()
        for kind in SessionKind:
            sessions.open_session(account, kind, origin="")

        accounts.set_password(SOMEBODY, link(Purpose.SET_PASSWORD, account), NEW_PASSWORD)

        assert accounts.authenticate(SOMEBODY, username=account.username, password=NEW_PASSWORD) is account
        assert session.scalars(select(SignIn).where(SignIn.ended_at.is_(None))).all() == []
        assert actions(session)[-1] == "account.password_set"

    def test_a_link_works_once(self, session: Session) -> None:
        token = link(Purpose.SET_PASSWORD, AccountFactory(password_hash=None))
        accounts.set_password(SOMEBODY, token, NEW_PASSWORD)
        with pytest.raises(NotFound):
            accounts.set_password(SOMEBODY, token, NEW_PASSWORD)

    @pytest.mark.parametrize("password", ["short", "p" * 201, "adabyron", "ADA.byron@example.org", "aaaaaaaaaa"])
    def test_the_rules_of_registering_hold(self, session: Session, password: str) -> None:
        account = AccountFactory(username="adabyron", email="ada.byron@example.org", password_hash=None)
        token = link(Purpose.SET_PASSWORD, account)
        with pytest.raises(Invalid) as refusal:
            accounts.set_password(SOMEBODY, token, password)
        assert list(refusal.value.errors) == ["password"]
        assert account.password_hash is None


class TestSetPasswordTogether:
    @pytest.mark.both_databases
    def test_of_two_at_once_one_counts(self, database: Database) -> None:
        with database.unit_of_work():
            account = AccountFactory(password_hash=None)
            token = link(Purpose.SET_PASSWORD, account)
        both = Barrier(2)

        def act(number: int) -> str:
            both.wait()
            try:
                with Database(database.app).unit_of_work():
                    accounts.set_password(SOMEBODY, token, f"{NEW_PASSWORD} {number}")
            except NotFound:
                return "late"
            return "set"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(act, range(2))) == ["late", "set"]


class TestRename:
    def test_the_own_patient_goes_along_while_it_has_the_accounts_name(self, session: Session) -> None:
        account = AccountFactory(first_name="Ada", last_name="Byron")
        own = PatientFactory(manager=account, name="Ada Byron")
        PatientFactory(manager=account, name="Ada Byron", is_own=False)  # a daughter of the same name

        assert accounts.rename(SOMEBODY, account, last_name=" Lovelace ") is True
        assert named(session, account) == ["Ada Lovelace", "Ada Byron"]

        own.name = "Augusta Ada King"
        session.flush()
        accounts.rename(SOMEBODY, account, first_name="Augusta")
        assert named(session, account) == ["Augusta Ada King", "Ada Byron"]

    def test_whoever_is_called_by_the_username_is_renamed(self, session: Session) -> None:
        """Reviews show a patient's first name, and a username is not for the public."""
        account = AccountFactory(username="ada", first_name="", last_name="")
        PatientFactory(manager=account, name="ada")
        PatientFactory(manager=account, name="ada", is_own=False)
        PatientFactory(manager=account, name="Kim", is_own=False)

        accounts.rename(SOMEBODY, account, username="byron")
        assert named(session, account) == ["byron", "byron", "Kim"]
        accounts.rename(SOMEBODY, account, first_name="Ada", last_name="Byron")
        assert named(session, account) == ["Ada Byron", "Ada Byron", "Kim"]

        PatientFactory(manager=account, name="byron", is_own=False)
        accounts.rename(SOMEBODY, account, username="ada")
        assert named(session, account) == ["Ada Byron", "Ada Byron", "Kim", "Ada Byron"]

    def test_so_is_one_who_was_voided_and_whose_reviews_stay(self, session: Session) -> None:
        account = AccountFactory(username="ada", first_name="", last_name="")
        PatientFactory(manager=account, name="ada", voided_at=now())

        accounts.rename(SOMEBODY, account, username="byron")

        assert named(session, account) == ["byron"]

    def test_nobody_elses_patient_is_renamed(self, session: Session) -> None:
        account = AccountFactory(first_name="Ada", last_name="Byron")
        other = PatientFactory(name="Ada Byron")
        accounts.rename(SOMEBODY, account, first_name="Augusta")
        session.refresh(other)
        assert other.name == "Ada Byron"

    def test_what_is_as_it_was_is_no_change(self, session: Session) -> None:
        account = AccountFactory(username="ada", first_name="Ada")
        assert accounts.rename(SOMEBODY, account, username="ada", first_name="Ada ") is False
        assert actions(session) == []

    @pytest.mark.both_databases
    def test_a_taken_username_is_refused_without_regard_to_case(self, session: Session) -> None:
        AccountFactory(username="bob")
        account = AccountFactory(username="ada")
        with pytest.raises(Invalid) as refusal:
            accounts.rename(SOMEBODY, account, username="BOB")
        assert list(refusal.value.errors) == ["username"]
        assert account.username == "ada"
        accounts.rename(SOMEBODY, account, username="ADA")
        assert account.username == "ADA"

    def test_every_field_at_fault_is_named(self, session: Session) -> None:
        with pytest.raises(Invalid) as refusal:
            accounts.rename(SOMEBODY, AccountFactory(), username="a b", first_name="x" * 151, last_name="x" * 151)
        assert set(refusal.value.errors) == {"username", "first_name", "last_name"}


class TestConfirmEmail:
    @pytest.mark.both_databases
    def test_the_new_address_counts(self, session: Session) -> None:
        account = AccountFactory(email="ada@example.org", pending_email="new@example.org")

        accounts.confirm_email(SOMEBODY, link(Purpose.CONFIRM_EMAIL, account))

        assert (account.email, account.pending_email) == ("new@example.org", None)
        found = session.scalars(select(Account).where(Account.email_key == "new@example.org")).one()
        assert found is account
        assert actions(session) == ["account.email_confirmed"]

    @pytest.mark.both_databases
    def test_an_address_that_was_taken_meanwhile_is_refused(self, session: Session) -> None:
        account = AccountFactory(email="ada@example.org", pending_email="new@example.org")
        token = link(Purpose.CONFIRM_EMAIL, account)
        AccountFactory(email="New@example.org")

        with pytest.raises(Conflict):
            accounts.confirm_email(SOMEBODY, token)

        assert (account.email, account.pending_email) == ("ada@example.org", "new@example.org")

    def test_a_link_ends_when_another_address_is_asked_for(self, session: Session) -> None:
        account = AccountFactory()
        accounts.change_email(SOMEBODY, account, "typo@example.org")
        token = link(Purpose.CONFIRM_EMAIL, account)
        accounts.change_email(SOMEBODY, account, "right@example.org")
        with pytest.raises(NotFound):
            accounts.confirm_email(SOMEBODY, token)


class TestClose:
    @pytest.mark.both_databases
    def test_of_two_admins_who_close_each_other_one_stays(self, database: Database) -> None:
        with database.unit_of_work():
            admins = [AccountFactory(is_admin=True).id for _ in range(2)]
        both = Barrier(2)

        def close(key: int) -> str:
            both.wait()
            try:
                with Database(database.app).unit_of_work() as session:
                    accounts.close(SOMEBODY, session.get_one(Account, key))
            except Conflict:
                return "stays"
            return "closed"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(close, admins)) == ["closed", "stays"]

    def test_others_do_not_need_an_admin(self, session: Session) -> None:
        account: Any = AccountFactory()
        accounts.close(SOMEBODY, account)
        assert account.is_active is False
        assert actions(session) == ["account.closed"]
