"""What admins do with other people's accounts, and that they never shut themselves, or everybody, out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, NotFound, TooMany, Unauthorized
from app.models import Account, Appointment, AuditEvent, Doctor, Message, SecondFactor, VisitState
from app.models import Session as SignIn
from app.policy import Actor
from app.services import account_administration as administration
from app.services import account_lists, accounts
from app.services.account_lists import Order, Role
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    DoctorFactory,
    PatientFactory,
    SecondFactorFactory,
    SessionFactory,
)
from tests.support.clients import PASSWORD
from tests.support.databases import Database
from tests.support.queries import Queries

ACTS: list[Callable[[Actor, int], object]] = [
    administration.deactivate,
    administration.reactivate,
    administration.send_link,
    administration.sign_out,
    administration.turn_second_factor_off,
    administration.make_admin,
    administration.remove_admin,
    account_lists.get,
]


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """The unit of work that a request would be."""
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def admin(session: Session) -> Actor:
    """The only admin."""
    return Actor(account_id=AccountFactory(username="root", is_admin=True).id, is_admin=True)


def last_event(session: Session) -> tuple[str, int | None, int | None]:
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    return event.action, event.account_id, event.object_id


def usernames(admin: Actor, **asked: object) -> list[str]:
    return [line.username for line in account_lists.find(admin, **asked, limit=20, offset=0).rows]  # type: ignore[arg-type]  # the tests know


@pytest.mark.parametrize("act", ACTS)
class TestEveryAct:
    def test_it_is_for_admins(self, act: Callable[[Actor, int], object], session: Session) -> None:
        account = AccountFactory()

        with pytest.raises(Unauthorized):
            act(Actor(), account.id)
        with pytest.raises(Forbidden):
            act(Actor(account_id=AccountFactory().id), account.id)

    @pytest.mark.parametrize("key", [4711, 2**63])
    def test_it_raises_for_an_account_that_is_none(
        self, act: Callable[[Actor, int], object], key: int, admin: Actor
    ) -> None:
        with pytest.raises(NotFound):
            act(admin, key)


class TestDeactivate:
    @pytest.mark.both_databases
    def test_the_person_is_out_at_once_and_the_doctor_taken_off(self, admin: Actor, session: Session) -> None:
        doctor = DoctorFactory()
        visit = AppointmentFactory(doctor=doctor)
        SessionFactory(account=doctor.account)
        SecondFactorFactory(account=doctor.account)
        key = doctor.account.id
        assert administration.coming_visits(admin, [key]) == 1

        administration.deactivate(admin, key)

        assert not session.get_one(Account, doctor.account_id).is_active
        assert session.scalars(select(SignIn.ended_at)).one() is not None
        assert session.scalars(select(SecondFactor)).all() == []
        assert session.get_one(Doctor, doctor.id).deleted_at is not None
        assert session.get_one(Appointment, visit.id).state is VisitState.CANCELLED
        assert last_event(session) == ("account.closed", admin.account_id, doctor.account_id)

    def test_nobody_deactivates_oneself(self, admin: Actor) -> None:
        AccountFactory(is_admin=True)

        with pytest.raises(Conflict, match="My account"):
            administration.deactivate(admin, admin.account_id or 0)

    def test_the_last_active_admin_stays(self, admin: Actor, session: Session) -> None:
        AccountFactory(is_admin=True, is_active=False)
        nearly = Actor(account_id=AccountFactory().id, is_admin=True)  # was one when the page was opened

        with pytest.raises(Conflict, match="last administrator"):
            administration.deactivate(nearly, admin.account_id or 0)

    def test_twice_is_said(self, admin: Actor) -> None:
        with pytest.raises(Conflict, match="deactivated already"):
            administration.deactivate(admin, AccountFactory(is_active=False).id)

    def test_several_are_deactivated_in_one_go(self, admin: Actor, session: Session) -> None:
        ada, ben = AccountFactory(), AccountFactory()

        administration.deactivate_all(admin, [ben.id, ada.id, ada.id], seen=0)

        assert usernames(admin, is_active=False) == sorted([ada.username, ben.username])

    @pytest.mark.parametrize("chosen", [[], list(range(1, administration.MOST_AT_ONCE + 2))])
    def test_none_and_too_many_are_refused(self, chosen: list[int], admin: Actor) -> None:
        with pytest.raises(Conflict, match="Choose"):
            administration.deactivate_all(admin, chosen, seen=0)


class TestReactivate:
    def test_the_person_can_sign_in_again(self, admin: Actor, session: Session) -> None:
        account = AccountFactory(is_active=False)

        administration.reactivate(admin, account.id)

        assert accounts.authenticate(Actor(), username=account.username, password=PASSWORD).id == account.id
        assert last_event(session) == ("account.reopened", admin.account_id, account.id)

    def test_an_active_account_is_refused(self, admin: Actor) -> None:
        with pytest.raises(Conflict, match="active already"):
            administration.reactivate(admin, AccountFactory().id)


class TestSendLink:
    @pytest.mark.parametrize(
        ("password_hash", "template"), [(None, "set_password"), ("a hash", "reset_password")], ids=["new", "in use"]
    )
    def test_the_mail_fits_the_account(
        self, password_hash: str | None, template: str, admin: Actor, session: Session
    ) -> None:
        account = AccountFactory(password_hash=password_hash)

        administration.send_link(admin, account.id)

        message = session.scalars(select(Message)).one()
        assert (message.template, message.recipient) == (template, account.email)
        assert last_event(session) == ("account.link_sent", admin.account_id, account.id)

    def test_nobody_is_flooded(self, admin: Actor) -> None:
        account = AccountFactory()
        for _ in range(accounts.MOST_LINKS):
            administration.send_link(admin, account.id)

        with pytest.raises(TooMany):
            administration.send_link(admin, account.id)

    def test_a_deactivated_account_is_sent_nothing(self, admin: Actor) -> None:
        with pytest.raises(Conflict, match="Reactivate"):
            administration.send_link(admin, AccountFactory(is_active=False).id)


def test_signing_out_everywhere_ends_all_sessions(admin: Actor, session: Session) -> None:
    account = AccountFactory()
    SessionFactory.create_batch(2, account=account)

    administration.sign_out(admin, account.id)

    assert account_lists.get(admin, account.id).sessions == 0
    assert last_event(session) == ("account.signed_out", admin.account_id, account.id)


class TestSecondFactorOff:
    def test_it_is_taken_away_and_the_person_told(self, admin: Actor, session: Session) -> None:
        account = AccountFactory()
        SecondFactorFactory(account=account)
        assert account_lists.get(admin, account.id).has_second_factor

        administration.turn_second_factor_off(admin, account.id)

        assert not account_lists.get(admin, account.id).has_second_factor
        assert session.scalars(select(Message.template)).one() == "second_factor_off"
        assert last_event(session) == ("second_factor.reset", admin.account_id, account.id)

    def test_the_own_one_needs_its_proof(self, admin: Actor) -> None:
        with pytest.raises(Conflict, match="My account"):
            administration.turn_second_factor_off(admin, admin.account_id or 0)


class TestAdminRole:
    def test_it_is_given_and_taken(self, admin: Actor, session: Session) -> None:
        account = AccountFactory(username="ada")

        administration.make_admin(admin, account.id)
        assert last_event(session) == ("account.made_admin", admin.account_id, account.id)
        assert usernames(admin, role=Role.ADMIN) == ["ada", "root"]
        with pytest.raises(Conflict, match="administrator already"):
            administration.make_admin(admin, account.id)

        administration.remove_admin(admin, account.id)
        assert last_event(session) == ("account.admin_removed", admin.account_id, account.id)
        assert usernames(admin, role=Role.ADMIN) == ["root"]
        with pytest.raises(Conflict, match="no administrator"):
            administration.remove_admin(admin, account.id)

    def test_it_is_not_taken_from_oneself(self, admin: Actor) -> None:
        AccountFactory(is_admin=True)

        with pytest.raises(Conflict, match="from yourself"):
            administration.remove_admin(admin, admin.account_id or 0)

    @pytest.mark.both_databases
    def test_it_is_not_taken_from_the_last(self, admin: Actor) -> None:
        nearly = Actor(account_id=AccountFactory().id, is_admin=True)

        with pytest.raises(Conflict, match="last administrator"):
            administration.remove_admin(nearly, admin.account_id or 0)


class TestFind:
    def test_it_finds_by_username_address_and_name(self, admin: Actor) -> None:
        AccountFactory(username="ada", email="countess@example.org", first_name="Ada", last_name="Lovelace")
        AccountFactory(username="ben", first_name="Ben", last_name="Miller")

        for search in ("ADA", "countess", "love ada"):
            assert usernames(admin, search=search) == ["ada"]
        assert usernames(admin, search="love ben") == []

    @pytest.mark.both_databases
    def test_it_filters_by_role_and_sorts(self, admin: Actor) -> None:
        DoctorFactory(account=AccountFactory(username="doc"))
        DoctorFactory(account=AccountFactory(username="applicant"), pending=True)
        SessionFactory(account=AccountFactory(username="amira"))

        assert usernames(admin, role=Role.DOCTOR) == ["doc"]
        assert usernames(admin, role=Role.PATIENT) == ["amira", "applicant"]
        assert usernames(admin, order=Order.NEWEST) == ["amira", "applicant", "doc", "root"]
        assert usernames(admin, order=Order.LAST_SEEN)[0] == "amira"

    def test_an_account_takes_a_constant_number_of_statements(
        self, admin: Actor, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        account = AccountFactory()
        PatientFactory(manager=account)
        PatientFactory.create_batch(3, manager=account, is_own=False)

        with count_queries() as queries:
            found = account_lists.get(admin, account.id)

        assert len(queries) == 3
        assert found.patients[0].is_own
        assert len(found.patients) == 4

    def test_an_export_is_noted(self, admin: Actor, session: Session) -> None:
        assert [line.username for line in account_lists.export(admin)] == ["root"]
        assert last_event(session) == ("accounts.exported", admin.account_id, None)
