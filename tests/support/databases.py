"""Databases for tests: migrated once into a template, copied for each test, on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import flask_migrate
import sqlalchemy
from flask import Flask
from sqlalchemy import NullPool
from sqlalchemy.orm import Session

from app import create_app, unit_of_work
from app.extensions import db
from config import Settings
from tests.support import servers
from tests.support.settings import make_settings

_numbers = itertools.count(1)
_open: list[Database] = []


class Database:
    """The database of one test's app: where data is arranged, and where the outcome is read."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._session: Session | None = None

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """An app context with a session of its own: committed at the end, rolled back when anything is raised.

        What was loaded or made stays readable after it. Inside another one of this database it is that one. No
        request may be sent inside: it would share the app context, and with it the signed-in user.
        """
        if self._session is not None:
            yield self._session
            return
        with self.app.app_context():
            self._session = db.session()
            self._session.expire_on_commit = False
            try:
                with unit_of_work.transaction():
                    yield self._session
            finally:
                self._session = None
                db.session.remove()

    def __enter__(self) -> Self:
        _open.append(self)
        return self

    def __exit__(self, *_exception: object) -> None:
        _open.remove(self)


def arranging() -> Database:
    """The database of the running test. Raises RuntimeError for a test that did not ask for one."""
    if not _open:
        raise RuntimeError("Factories write to the database: the test must use the `database` fixture.")
    return _open[-1]


def migrate(settings: Settings) -> None:
    """Bring an empty database to the newest schema, as an operator would."""
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
        db.engine.dispose()


@contextmanager
def sqlite_database(folder: Path) -> Iterator[str]:
    """The address of a fresh, migrated SQLite database in a folder."""
    template = servers.shared_folder() / "template.sqlite3"
    with servers.locked("sqlite-template"):
        if not template.exists():
            draft = template.with_name("draft.sqlite3")
            migrate(make_settings(folder, f"sqlite:///{draft}"))
            draft.rename(template)
    copy = folder / "portal.sqlite3"
    shutil.copyfile(template, copy)
    yield f"sqlite:///{copy}"


@contextmanager
def postgresql_database(folder: Path) -> Iterator[str]:
    """The address of a fresh, migrated PostgreSQL database, dropped afterwards. Raises CannotStart."""
    with empty_postgresql_database(template=_postgresql_template(folder)) as url:
        yield url


@contextmanager
def empty_postgresql_database(*, template: str = "template0") -> Iterator[str]:
    """The address of a new PostgreSQL database, dropped afterwards. Raises CannotStart."""
    server = servers.postgresql()
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with servers.locked("postgresql-template"):  # a template being copied by another process is "in use"
        # Half the time of the usual way, which writes the whole template into the log.
        _administer(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    try:
        yield _address(server, name)
    finally:
        _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _postgresql_template(folder: Path) -> str:
    server = servers.postgresql()
    name = "portal_template"
    done = servers.shared_folder() / "postgresql-template.done"
    with servers.locked("postgresql-template"):
        if not done.exists():
            _administer(server, f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}" TEMPLATE template0')
            migrate(make_settings(folder, _address(server, name)))
            done.touch()
    return name


def _address(server: servers.Server, name: str) -> str:
    return server.postgresql_url.rpartition("/")[0] + f"/{name}"


def _administer(server: servers.Server, *statements: str) -> None:
    engine = sqlalchemy.create_engine(server.postgresql_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
