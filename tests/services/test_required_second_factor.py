"""What the hospital asks of its staff: a second factor, before they have more rights than patients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from app import policy
from app.errors import Conflict, Forbidden
from app.models import Account, SessionKind
from app.policy import Actor, Permission
from app.services import own_account, sessions
from config import Settings
from tests.factories import AccountFactory, DoctorFactory, SecondFactorFactory
from tests.support.clients import PASSWORD
from tests.support.databases import Database


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, second_factor_required="staff")


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """The unit of work that a request would be."""
    with database.unit_of_work() as opened:
        yield opened


def signed_in(account: Account | None, kind: SessionKind = SessionKind.BROWSER) -> Actor:
    """The actor of a new session of an account."""
    assert account is not None
    row, secret = sessions.open_session(account, kind, origin="192.0.2.7")
    if kind is SessionKind.BROWSER:
        actor = sessions.actor_by_secret(secret, origin="192.0.2.7")
    else:
        actor = sessions.actor_by_access_token(sessions.issue(row).access, origin="192.0.2.7")
    assert actor is not None
    return actor


@pytest.mark.parametrize("kind", SessionKind)
def test_staff_without_one_may_do_what_patients_may(session: Session, kind: SessionKind) -> None:
    staff = [DoctorFactory().account, AccountFactory(is_admin=True)]
    for account in staff:
        actor = signed_in(account, kind)
        assert actor.owes_second_factor
        assert policy.capacities(actor) == policy.capacities(Actor(account_id=actor.account_id))
        policy.require(actor, Permission.BOOK)
        for permission in (Permission.RUN_CLINIC, Permission.ADMINISTER, Permission.WRITE_RECORD):
            with pytest.raises(Forbidden, match="two-step sign-in"):
                policy.require(actor, permission)


@pytest.mark.parametrize("kind", SessionKind)
def test_it_gives_them_their_rights(session: Session, kind: SessionKind) -> None:
    doctor, admin = DoctorFactory(), AccountFactory(is_admin=True)
    for account in (doctor.account, admin):
        SecondFactorFactory(account=account)
    policy.require(signed_in(doctor.account, kind), Permission.RUN_CLINIC)
    policy.require(signed_in(admin, kind), Permission.ADMINISTER)


def test_patients_owe_nothing(session: Session) -> None:
    actor = signed_in(AccountFactory())
    assert not actor.owes_second_factor
    with pytest.raises(Forbidden, match="not allowed"):
        policy.require(actor, Permission.ADMINISTER)


def test_a_doctor_who_owes_one_is_listed_and_closes_no_account(session: Session) -> None:
    doctor = DoctorFactory()
    with pytest.raises(Conflict):
        own_account.close(signed_in(doctor.account), current_password=PASSWORD)
