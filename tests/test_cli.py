"""Commands, as an operator types them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import func, select

from app.models import Account, Doctor, Patient, guards
from app.policy import Actor
from app.services import audit
from config import ROOT, Settings
from tests.factories import AccountFactory, SecondFactorFactory
from tests.support.clients import PASSWORD, sign_in
from tests.support.databases import Database
from tests.support.settings import as_environment, make_settings


def run(app: Flask, *arguments: str, typed: str = "") -> tuple[int, str]:
    """What a command ends with: its exit status, and what it printed."""
    result = app.test_cli_runner().invoke(args=arguments, input=typed)
    return result.exit_code, result.output


class TestResetSecondFactor:
    def test_somebody_signs_in_with_the_password_alone_again(self, app: Flask, database: Database) -> None:
        account = AccountFactory(username="ada")
        SecondFactorFactory(account=account)

        status, printed = run(app, "reset-second-factor", "ada")

        assert (status, printed.startswith("ada is signed out everywhere")) == (0, True)
        sign_in(app.test_client(), account)

    @pytest.mark.parametrize(
        ("name", "told"), [("nobody", "no open account called nobody"), ("ada", "ada has no second factor")]
    )
    def test_it_says_what_is_wrong(self, app: Flask, database: Database, name: str, told: str) -> None:
        AccountFactory(username="ada")
        status, printed = run(app, "reset-second-factor", name)
        assert (status, told in printed) == (1, True)


class TestAudit:
    def test_it_seals_and_verifies(self, app: Flask, database: Database) -> None:
        with database.unit_of_work():
            audit.record(Actor(), "test.done")
        assert run(app, "audit", "seal") == (0, "Made 1 seal.\n")

        status, printed = run(app, "audit", "verify")

        assert (status, "1 events under 1 seals" in printed) == (0, True)
        last_hash = printed.split()[-1]
        assert run(app, "audit", "verify", "--known-hash", last_hash)[0] == 0

    def test_it_ends_with_1_and_names_the_bad_place(self, app: Flask, database: Database) -> None:
        with database.unit_of_work() as session:
            audit.record(Actor(), "test.done")
            guards.drop(session.connection())
        run(app, "audit", "seal")
        with database.unit_of_work() as session:
            session.execute(sa.text("DELETE FROM audit_event"))

        status, printed = run(app, "audit", "verify")

        assert status == 1
        assert "Events 1 to 1, sealed at 20" in printed
        assert "there are 0 where 1 were sealed." in printed


class TestCreateAdmin:
    def test_it_takes_options(self, app: Flask, database: Database) -> None:
        status, printed = run(
            app, "create-admin", "--username", "root", "--email", "root@example.org", "--password", PASSWORD
        )

        assert (status, "root can now sign in at http://localhost/sign-in" in printed) == (0, True)
        with database.unit_of_work() as session:
            account = session.scalars(select(Account)).one()
            assert (account.username, account.is_admin, account.is_active) == ("root", True, True)
        assert sign_in(app.test_client(), account).get("/admin").status_code == 200

    def test_it_asks_for_what_is_not_given(self, app: Flask, database: Database) -> None:
        status, printed = run(
            app, "create-admin", "--username", "root", typed=f"root@example.org\n{PASSWORD}\n{PASSWORD}\n"
        )

        assert status == 0
        assert PASSWORD not in printed
        with database.unit_of_work() as session:
            assert session.scalars(select(Account.email)).one() == "root@example.org"

    def test_it_asks_again_where_the_passwords_differ(self, app: Flask, database: Database) -> None:
        typed = f"root\nroot@example.org\n{PASSWORD}\nother\n{PASSWORD}\n{PASSWORD}\n"

        assert run(app, "create-admin", typed=typed)[0] == 0

    @pytest.mark.parametrize(
        ("username", "email", "password", "told"),
        [
            ("taken", "new@example.org", PASSWORD, "username is taken"),
            ("root", "taken@example.org", PASSWORD, "e-mail address exists"),
            ("root", "nowhere", PASSWORD, "e-mail address"),
            ("root", "root@example.org", "short", "password"),
        ],
    )
    def test_it_says_what_is_wrong(
        self, app: Flask, database: Database, username: str, email: str, password: str, told: str
    ) -> None:
        AccountFactory(username="taken")

        status, printed = run(app, "create-admin", "--username", username, "--email", email, "--password", password)

        assert status == 1
        assert printed.startswith("Error: ")
        assert told in printed
        with database.unit_of_work() as session:
            assert session.scalar(select(func.count()).select_from(Account)) == 1


class TestSeedDemo:
    def test_an_empty_hospital_stays_empty_when_told_so(self, app: Flask, database: Database) -> None:
        assert run(app, "seed-demo", "--once") == (0, "")

        with database.unit_of_work() as session:
            assert session.scalar(select(func.count()).select_from(Account)) == 0

    def test_it_does_not_mix_with_what_is_there(self, app: Flask, database: Database) -> None:
        AccountFactory()

        status, printed = run(app, "seed-demo")

        assert (status, printed.startswith("Error: There are accounts already")) == (1, True)
        with database.unit_of_work() as session:
            assert session.scalar(select(func.count()).select_from(Patient)) == 0


class TestSeedDemoWhereItIsWanted:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, demo_data=True)

    def test_the_second_time_it_only_tells_the_accounts(self, app: Flask, database: Database) -> None:
        first, printed = run(app, "seed-demo", "--once")
        with database.unit_of_work() as session:
            doctors = session.scalar(select(func.count()).select_from(Doctor))

        again, printed_again = run(app, "seed-demo", "--once")

        assert (first, again, printed_again) == (0, 0, printed)
        with database.unit_of_work() as session:
            assert session.scalar(select(func.count()).select_from(Doctor)) == doctors
            assert doctors is not None
            assert doctors >= 40


class TestSeedDemoInProduction:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, env="production")

    def test_it_is_refused(self, app: Flask, database: Database) -> None:
        status, printed = run(app, "seed-demo")

        assert (status, "not for production" in printed) == (1, True)


@pytest.mark.slow
class TestUpgrade:
    def test_it_makes_the_tables_and_may_be_run_again(self, tmp_path: Path) -> None:
        settings = make_settings(tmp_path, f"sqlite:///{tmp_path / 'new.sqlite3'}")
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]

        for _ in range(2):
            subprocess.run(command, cwd=ROOT, env=as_environment(settings), check=True, capture_output=True)  # noqa: S603  (our own command)

        engine = sa.create_engine(settings.database_url)
        tables = sa.inspect(engine).get_table_names()
        engine.dispose()
        assert {"account", "appointment", "audit_event", "message"} <= set(tables)

    def test_a_database_that_is_not_there_is_one_sentence(self, tmp_path: Path) -> None:
        settings = make_settings(tmp_path, "postgresql+psycopg://portal:secret@127.0.0.1:1/portal")
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]

        refused = subprocess.run(  # noqa: S603  (our own command)
            command, cwd=ROOT, env=as_environment(settings), check=False, capture_output=True, text=True
        )

        assert refused.returncode == 1
        assert refused.stderr.splitlines()[-1].startswith("The database cannot be reached. Check DATABASE_URL")
        assert "secret" not in refused.stderr


class TestWorker:
    def test_it_says_what_it_needs(self, app: Flask, database: Database) -> None:
        status, printed = run(app, "worker")

        assert (status, "Set REDIS_URL" in printed) == (1, True)
