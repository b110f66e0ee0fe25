"""Backups: taken while visits are booked, put back elsewhere with the same rows and guards, and what is refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from app import create_app, unit_of_work
from app.extensions import Base, db
from app.models import Account, Appointment
from app.operations import backup
from app.policy import Actor
from app.services import audit
from config import Settings
from tests.conftest import cannot_run
from tests.factories import AccountFactory, AppointmentFactory, PatientFactory
from tests.support import databases, servers
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs, of the server's version, are found first."""
    try:
        folder = servers.postgresql_programs()
    except servers.CannotStart as error:
        cannot_run(str(error))
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def elsewhere(settings: Settings, database_kind: str, tmp_path: Path) -> Iterator[Flask]:
    """Another portal, over an empty database without any table."""
    places: dict[str, Callable[[], AbstractContextManager[str]]] = {
        "sqlite": lambda: _empty_file(tmp_path / "elsewhere"),
        "postgresql": databases.empty_postgresql_database,
    }
    with places[database_kind]() as url:
        other = create_app(replace(settings, database_url=url))
        yield other
        with other.app_context():
            db.session.remove()
            db.engine.dispose()


@contextmanager
def _empty_file(folder: Path) -> Iterator[str]:
    folder.mkdir()
    yield f"sqlite:///{folder / 'portal.sqlite3'}"


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    """What a command ends with: its exit status, and what it printed."""
    result = app.test_cli_runner().invoke(args=arguments)
    return result.exit_code, result.output.strip()


def backed_up(app: Flask, folder: Path) -> Path:
    """The file that `flask backup` writes."""
    status, printed = run(app, "backup", str(folder))
    assert status == 0, printed
    return Path(printed)


def rows(app: Flask) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with app.app_context():
        found = {
            table.name: list(db.session.execute(sa.select(table).order_by(*table.primary_key)))
            for table in Base.metadata.sorted_tables
        }
        db.session.remove()
    return found


def book_again(database: Database, visit: Appointment) -> None:
    """Put another patient into a visit's time, past all rules of the portal."""
    with database.unit_of_work() as session:
        twin = {column.name: getattr(visit, column.name) for column in Appointment.__table__.columns}
        session.execute(sa.insert(Appointment).values(**twin | {"id": visit.id + 1, "patient_id": PatientFactory().id}))


class TestRestoredElsewhere:
    def test_every_row_is_there_and_the_guards_still_refuse(
        self, app: Flask, database: Database, elsewhere: Flask, tmp_path: Path
    ) -> None:
        visit = AppointmentFactory()
        with database.unit_of_work():
            audit.record(Actor(), "test.done")
        assert run(app, "audit", "seal")[0] == 0

        status, printed = run(elsewhere, "restore", str(backed_up(app, tmp_path / "backups")))

        assert (status, printed.startswith("Restored.")) == (0, True), printed
        assert rows(elsewhere) == rows(app)
        assert run(elsewhere, "audit", "verify")[0] == 0
        with Database(elsewhere) as restored, pytest.raises(IntegrityError) as refused:
            book_again(restored, visit)
        assert unit_of_work.violated_guard(refused.value) == "appointment_doctor_overlap"
        assert guards_of(elsewhere) == guards_of(app)

    def test_one_taken_while_others_write_is_of_one_moment(
        self, app: Flask, database: Database, elsewhere: Flask, tmp_path: Path
    ) -> None:
        """Each unit of work makes a pair of accounts: a backup with half a pair would not be of one moment."""
        begun, over = Event(), Event()

        def write() -> int:
            pairs = 0
            with app.app_context():
                while not over.is_set():
                    with unit_of_work.transaction():
                        for half in ("a", "b"):
                            account = Account(username=f"{pairs}{half}", email=f"{pairs}{half}@example.org")
                            db.session.add(account)
                            db.session.flush()
                    pairs += 1
                    begun.set()
            return pairs

        with ThreadPoolExecutor() as pool:
            writing = pool.submit(write)
            begun.wait(timeout=30)
            files = [
                backup.back_up(app.extensions["settings"].database_url, tmp_path / str(number)) for number in range(3)
            ]
            over.set()
            written = writing.result()

        assert run(elsewhere, "restore", str(files[-1]))[0] == 0
        names = [row.username for row in rows(elsewhere)["account"]]
        assert 0 < len(names) <= written * 2
        assert {name[:-1] for name in names if name.endswith("a")} == {
            name[:-1] for name in names if name.endswith("b")
        }

    def test_what_it_was_is_lost_only_when_told_so(
        self, app: Flask, database: Database, elsewhere: Flask, tmp_path: Path
    ) -> None:
        AccountFactory(username="before")
        file = str(backed_up(app, tmp_path / "backups"))
        AccountFactory(username="after")

        refused, told = run(app, "restore", file)
        names_then = [row.username for row in rows(app)["account"]]
        forced, _ = run(app, "restore", file, "--force")

        assert (refused, "restore with --force" in told) == (1, True)
        assert names_then == ["before", "after"]
        assert (forced, [row.username for row in rows(app)["account"]]) == (0, ["before"])


class TestFiles:
    def test_only_its_owner_reads_it_and_nothing_else_stays(
        self, app: Flask, database: Database, tmp_path: Path
    ) -> None:
        file = backed_up(app, tmp_path / "new" / "backups")

        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert list(file.parent.iterdir()) == [file]

    @pytest.mark.parametrize("content", [b"", b"no backup", b"SQLite format 3\x00 but broken", b"PGDMP but broken"])
    def test_what_is_no_backup_is_refused_before_anything_is_lost(
        self, app: Flask, database: Database, tmp_path: Path, content: bytes
    ) -> None:
        AccountFactory(username="kept")
        file = tmp_path / "file"
        file.write_bytes(content)

        status, printed = run(app, "restore", str(file), "--force")

        assert (status, printed.startswith("Error: ")) == (1, True)
        assert [row.username for row in rows(app)["account"]] == ["kept"]


@pytest.mark.postgresql
class TestPrograms:
    def test_without_them_it_says_what_to_install(
        self, app: Flask, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))

        status, printed = run(app, "backup", str(tmp_path / "backups"))

        assert (status, "pg_dump is not in PATH: install PostgreSQL's client programs" in printed) == (1, True)
        assert list((tmp_path / "backups").iterdir()) == []

    def test_no_list_of_processes_shows_the_password(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = tmp_path / "seen"
        program = tmp_path / "pg_dump"
        program.write_text(f'#!/bin/sh\necho "$@" > {seen}\necho "$PGPASSWORD" >> {seen}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

        url = "postgresql+psycopg://me:top%20secret@db.example.org:5433/portal?sslmode=require"
        backup.back_up(url, tmp_path / "backups")

        arguments, password = seen.read_text().splitlines()
        assert (password, "secret" in arguments) == ("top secret", False)
        assert "host=db.example.org port=5433 user=me dbname=portal sslmode=require" in arguments.replace("'", "")


def guards_of(app: Flask) -> set[str]:
    """The names of what refuses by itself: triggers, and on PostgreSQL constraints too."""
    names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            names = "SELECT conname FROM pg_constraint UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        found = set(db.session.scalars(sa.text(names)))
        db.session.remove()
    assert found
    return found
