"""Sessions: opened at sign-in, found by a secret or a token, ended at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import jwt
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession

from app.clock import now
from app.errors import NotFound, Unauthorized
from app.models import Account, AuditEvent, Session, SessionKind
from app.policy import Actor
from app.services import sessions
from config import Settings
from tests.factories import AccountFactory, DoctorFactory
from tests.support.databases import Database

GARBAGE = [
    "",
    "x",
    "a.b.c",
    "a" * 100_000,
    "..",
    "\0",
    "nul\0inside.it.all",
    "ключ",
    "\ud800",
    "eyJhbGciOiJub25lIn0.eyJzaWQiOjEsInVzZSI6ImFjY2VzcyIsImV4cCI6OTk5OTk5OTk5OX0.",
]


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[DatabaseSession]:
    """One unit of work around each test, so that services see what it arranged."""
    with database.unit_of_work() as opened:
        yield opened


def open_browser(account: Account) -> tuple[Session, str]:
    return sessions.open_session(account, SessionKind.BROWSER, origin="192.0.2.7", user_agent="Firefox")


def open_api(account: Account) -> tuple[Session, sessions.Tokens]:
    row, _ = sessions.open_session(account, SessionKind.API, origin="192.0.2.7")
    return row, sessions.issue(row)


def by_secret(secret: str) -> Actor | None:
    return sessions.actor_by_secret(secret, origin="192.0.2.8")


def by_access(token: str) -> Actor | None:
    return sessions.actor_by_access_token(token, origin="192.0.2.8")


class TestOpenSession:
    def test_it_keeps_only_the_hash_of_the_secret(self) -> None:
        row, secret = open_browser(AccountFactory())

        assert len(secret) >= 32
        assert secret not in {row.token_hash, row.user_agent, row.origin}

    def test_it_is_audited(self, session: DatabaseSession) -> None:
        account = AccountFactory()
        row, _ = open_browser(account)

        event = session.scalars(select(AuditEvent)).one()
        assert (event.action, event.object_id, event.account_id) == ("session.opened", row.id, account.id)

    def test_a_browsers_session_ends_sooner_than_a_programs(self) -> None:
        account = AccountFactory()

        assert open_browser(account)[0].expires_at < now() + timedelta(days=1) < open_api(account)[0].expires_at

    def test_it_takes_any_user_agent(self) -> None:
        row, _ = sessions.open_session(AccountFactory(), SessionKind.BROWSER, origin="", user_agent="x" * 5000)

        assert len(row.user_agent) == 300


class TestActorBySecret:
    def test_it_tells_who_is_asking(self) -> None:
        doctor = DoctorFactory()
        row, secret = open_browser(doctor.account)  # type: ignore[arg-type]  # the factory gives one

        assert by_secret(secret) == Actor(
            account_id=doctor.account_id,
            session_id=row.id,
            display_name=doctor.account.display_name,
            doctor_id=doctor.id,
            department_id=doctor.department_id,
            origin="192.0.2.8",
        )

    def test_a_pending_or_deleted_doctor_has_no_doctors_rights(self) -> None:
        for doctor in (DoctorFactory(pending=True), DoctorFactory(deleted_at=now())):
            actor = by_secret(open_browser(doctor.account)[1])  # type: ignore[arg-type]  # the factory gives one

            assert actor is not None
            assert not actor.is_doctor

    def test_garbage_is_nobody(self) -> None:
        open_browser(AccountFactory())

        assert [by_secret(secret) for secret in GARBAGE] == [None] * len(GARBAGE)

    def test_a_programs_secret_opens_no_browser(self) -> None:
        _, secret = sessions.open_session(AccountFactory(), SessionKind.API, origin="")

        assert by_secret(secret) is None

    def test_an_expired_session_is_nobody(self, session: DatabaseSession) -> None:
        row, secret = open_browser(AccountFactory())
        row.expires_at = now() - timedelta(seconds=1)
        session.flush()

        assert by_secret(secret) is None


class TestActorByAccessToken:
    def test_it_tells_who_is_asking(self) -> None:
        account = AccountFactory(is_admin=True)
        row, tokens = open_api(account)

        actor = by_access(tokens.access)

        assert actor is not None
        assert (actor.account_id, actor.session_id, actor.is_admin) == (account.id, row.id, True)

    def test_garbage_is_nobody(self) -> None:
        open_api(AccountFactory())

        assert [by_access(token) for token in GARBAGE] == [None] * len(GARBAGE)

    def test_a_refresh_token_opens_nothing(self) -> None:
        _, tokens = open_api(AccountFactory())

        assert by_access(tokens.refresh) is None

    def test_a_browsers_session_has_no_tokens(self) -> None:
        row, _ = open_browser(AccountFactory())

        assert by_access(sessions.issue(row).access) is None

    def test_an_expired_token_is_nobody(self) -> None:
        _, tokens = open_api(AccountFactory())
        claims = jwt.decode(tokens.access, options={"verify_signature": False}) | {"exp": 1}

        assert by_access(jwt.encode(claims, sessions._key(), algorithm="HS256")) is None

    def test_another_key_or_algorithm_is_nobody(self, settings: Settings) -> None:
        _, tokens = open_api(AccountFactory())
        claims = jwt.decode(tokens.access, options={"verify_signature": False})

        other = "another-portals-secret-0123456789-abcdefghijklmno"
        for key, algorithm in ((settings.secret_key, "HS256"), (other, "HS256"), (other, "HS384"), ("", "none")):
            assert by_access(jwt.encode(claims, key, algorithm=algorithm)) is None


class TestRefresh:
    def test_it_gives_an_access_token_of_the_same_session(self) -> None:
        row, tokens = open_api(AccountFactory())

        actor = by_access(sessions.refresh(tokens.refresh, origin=""))

        assert actor is not None
        assert actor.session_id == row.id

    def test_an_access_token_refreshes_nothing(self) -> None:
        _, tokens = open_api(AccountFactory())

        with pytest.raises(Unauthorized):
            sessions.refresh(tokens.access, origin="")

    def test_garbage_refreshes_nothing(self) -> None:
        for token in GARBAGE:
            with pytest.raises(Unauthorized):
                sessions.refresh(token, origin="")


class TestEnd:
    @pytest.fixture
    def live(self) -> tuple[Account, Session, sessions.Tokens]:
        account = AccountFactory()
        return (account, *open_api(account))

    @staticmethod
    def assert_dead(tokens: sessions.Tokens) -> None:
        assert by_access(tokens.access) is None
        with pytest.raises(Unauthorized):
            sessions.refresh(tokens.refresh, origin="")

    def test_signing_out_ends_both_tokens(
        self, session: DatabaseSession, live: tuple[Account, Session, sessions.Tokens]
    ) -> None:
        _, row, tokens = live
        fresh = sessions.refresh(tokens.refresh, origin="")
        actor = by_access(tokens.access)
        assert actor is not None

        assert sessions.end(actor)
        session.flush()

        self.assert_dead(tokens)
        assert by_access(fresh) is None
        ended = session.scalars(select(AuditEvent).where(AuditEvent.action == "session.ended")).one()
        assert ended.object_id == row.id

    def test_the_refresh_token_alone_ends_both(
        self, session: DatabaseSession, live: tuple[Account, Session, sessions.Tokens]
    ) -> None:
        account, _, tokens = live

        assert sessions.end(Actor(), refresh_token=tokens.refresh)
        session.flush()

        self.assert_dead(tokens)
        ended = session.scalars(select(AuditEvent).where(AuditEvent.action == "session.ended")).one()
        assert ended.account_id == account.id

    def test_it_ends_no_other_session(
        self, session: DatabaseSession, live: tuple[Account, Session, sessions.Tokens]
    ) -> None:
        account, row, tokens = live
        _, other = open_api(account)

        sessions.end(Actor(account_id=account.id, session_id=row.id))
        session.flush()

        self.assert_dead(tokens)
        assert by_access(other.access) is not None

    def test_ending_again_ends_nothing(
        self, session: DatabaseSession, live: tuple[Account, Session, sessions.Tokens]
    ) -> None:
        account, row, _ = live
        actor = Actor(account_id=account.id, session_id=row.id)

        assert sessions.end(actor)
        session.flush()
        assert not sessions.end(actor)

    def test_garbage_ends_nothing(self) -> None:
        assert not any(sessions.end(Actor(), refresh_token=token) for token in GARBAGE)

    def test_an_access_token_in_its_place_ends_nothing(self, live: tuple[Account, Session, sessions.Tokens]) -> None:
        assert not sessions.end(Actor(), refresh_token=live[2].access)

    def test_closing_the_account_ends_both_tokens_and_the_browser(
        self, session: DatabaseSession, live: tuple[Account, Session, sessions.Tokens]
    ) -> None:
        account, _, tokens = live
        _, secret = open_browser(account)

        account.is_active = False
        session.flush()

        self.assert_dead(tokens)
        assert by_secret(secret) is None


class TestEndAll:
    def test_it_ends_every_session_but_the_one_to_keep(self, session: DatabaseSession) -> None:
        account = AccountFactory()
        kept, secret = open_browser(account)
        _, other_secret = open_browser(account)
        _, tokens = open_api(account)
        _, strangers = open_browser(AccountFactory())

        sessions.end_all(account.id, keep=kept.id)

        assert by_secret(secret) is not None
        assert by_secret(strangers) is not None
        assert by_secret(other_secret) is None
        TestEnd.assert_dead(tokens)

    def test_it_ends_all_when_none_is_to_keep(self) -> None:
        account = AccountFactory()
        _, secret = open_browser(account)

        sessions.end_all(account.id)

        assert by_secret(secret) is None


class TestIdle:
    @pytest.mark.both_databases
    @pytest.mark.parametrize(("role", "minutes"), [("patient", 30), ("doctor", 15), ("admin", 15)])
    def test_a_browser_that_is_left_alone_is_nobodys(self, session: DatabaseSession, role: str, minutes: int) -> None:
        account = DoctorFactory().account if role == "doctor" else AccountFactory(is_admin=role == "admin")
        row, secret = open_browser(account)  # type: ignore[arg-type]  # the factory gives one

        row.last_seen_at = now() - timedelta(minutes=minutes, seconds=-5)
        session.flush()
        assert by_secret(secret) is not None
        row.last_seen_at = now() - timedelta(minutes=minutes, seconds=1)
        session.flush()
        assert by_secret(secret) is None
        found = sessions.presence(secret, origin="")
        assert found is not None
        assert found.is_over

    def test_a_program_may_be_silent(self, session: DatabaseSession) -> None:
        row, tokens = open_api(AccountFactory())
        row.last_seen_at = now() - timedelta(days=2)
        session.flush()

        assert by_access(tokens.access) is not None

    def test_use_is_written_down_now_and_then(self, session: DatabaseSession) -> None:
        row, secret = open_browser(AccountFactory())
        found = sessions.presence(secret, origin="")
        assert found is not None
        assert not sessions.is_use_due(found)
        row.last_seen_at = now() - sessions.SEEN_EVERY
        session.flush()
        found = sessions.presence(secret, origin="")
        assert found is not None
        assert sessions.is_use_due(found)

        sessions.note_use(found)

        session.expire_all()
        assert now() - row.last_seen_at < timedelta(seconds=5)


class TestOwn:
    def test_only_the_own_live_ones_are_listed(self, session: DatabaseSession) -> None:
        account = AccountFactory()
        mine, _ = open_browser(account)
        program, _ = open_api(account)
        for change in ({"ended_at": now()}, {"expires_at": now()}, {"last_seen_at": now() - timedelta(hours=1)}):
            row, _ = open_browser(account)
            for name, value in change.items():
                setattr(row, name, value)
        open_browser(AccountFactory())
        session.flush()

        assert {row.id for row in sessions.own(Actor(account_id=account.id))} == {mine.id, program.id}
        assert sessions.own(Actor()) == []

    def test_one_is_ended(self, session: DatabaseSession) -> None:
        account = AccountFactory()
        row, secret = open_browser(account)

        sessions.end_one(Actor(account_id=account.id), row.id)

        assert by_secret(secret) is None
        assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()[-1] == "session.ended"

    @pytest.mark.parametrize("key", [0, 2**63, 999])
    def test_anybody_elses_is_not_found(self, key: int) -> None:
        theirs, secret = open_browser(AccountFactory())
        me = Actor(account_id=AccountFactory().id)

        for session_id in (key, theirs.id):
            with pytest.raises(NotFound):
                sessions.end_one(me, session_id)
        assert by_secret(secret) is not None

    def test_all_but_this_one_are_ended(self) -> None:
        account = AccountFactory()
        here, secret = open_browser(account)
        others = [open_browser(account)[1] for _ in range(2)]
        open_api(account)

        assert sessions.end_others(Actor(account_id=account.id, session_id=here.id)) == 3

        assert by_secret(secret) is not None
        assert [by_secret(other) for other in others] == [None, None]
