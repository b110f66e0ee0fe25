"""Backups of the database, which holds all that the portal keeps: taken while it runs, put back where nothing is.

SQLite copies itself; PostgreSQL has `pg_dump` and `pg_restore`, which must be of the server's version or newer.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy import URL, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now
from app.extensions import db

_SQLITE_HEAD = b"SQLite format 3\x00"
_POSTGRESQL_HEAD = b"PGDMP"
_PRIVATE = 0o600


class BackupError(Exception):
    """A backup cannot be made or put back; the text says why, and what to do."""


def back_up(database_url: str, folder: Path) -> Path:
    """Write the whole database into a new file of a folder, as it is at one moment; nobody has to wait for it.

    The file is readable by its owner only, and has its name once it is whole. Raises BackupError.
    """
    url = make_url(database_url)
    ending = "sqlite3" if url.get_backend_name() == "sqlite" else "dump"
    target = folder / f"portal-{now():%Y%m%dT%H%M%SZ}.{ending}"
    draft = target.with_name(f"{target.name}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, _PRIVATE))
    except OSError as error:
        raise BackupError(f"{folder} cannot be written to: {error.strerror}.") from error
    try:
        if url.get_backend_name() == "sqlite":
            _copy_sqlite(_file_of(url), draft)
            with closing(sqlite3.connect(draft)) as copy:
                copy.execute("PRAGMA journal_mode=DELETE")  # one plain file, readable from where nobody may write
            _refuse_broken(draft)
        else:
            _run(url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={draft}")
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def restore(database_url: str, source: Path, *, force: bool = False) -> None:
    """Put a backup back into an empty database, or with `force` in place of all that the database holds.

    The portal must not run meanwhile. Raises BackupError, and has then changed nothing unless it says so.
    """
    url = make_url(database_url)
    is_sqlite = url.get_backend_name() == "sqlite"
    _refuse_other_kind(source, _SQLITE_HEAD if is_sqlite else _POSTGRESQL_HEAD)
    if is_sqlite:
        _refuse_broken(source)
    else:
        _run(
            url, "pg_restore", "--file=/dev/null", str(source), connect=False
        )  # reads all of it, and says if it is broken
    if not force and _has_people():
        raise BackupError("This database has accounts. To lose all that is in it, restore with --force.")
    db.session.remove()
    if is_sqlite:
        db.engine.dispose()
        _copy_sqlite(source, _file_of(url))
        return
    with db.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    db.engine.dispose()
    try:
        _run(url, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(source))
    except BackupError as error:
        raise BackupError(f"{error} The database is empty now: restore again.") from error


def _has_people() -> bool:
    """Whether somebody's data would be lost; a database that was only migrated holds nothing yet."""
    try:
        has_tables = inspect(db.engine).has_table("account")
        return has_tables and db.session.execute(text("SELECT 1 FROM account LIMIT 1")).first() is not None
    except SQLAlchemyError as error:
        raise BackupError("The database cannot be reached. Check DATABASE_URL, and that the server runs.") from error


def _file_of(url: URL) -> Path:
    return Path(url.database or "")


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's online backup: all pages as of one moment, whoever writes meanwhile."""
    if not source.is_file():
        raise BackupError(f"There is no database at {source}.")
    try:
        with (
            closing(sqlite3.connect(source, timeout=15)) as origin,
            closing(sqlite3.connect(target, timeout=15)) as copy,
        ):
            origin.backup(copy)
    except sqlite3.Error as error:
        raise BackupError(f"{source} could not be copied to {target}: {error}.") from error


def _refuse_broken(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise BackupError(f"{file} cannot be read: {error}.") from error
    if found != "ok":
        raise BackupError(f"{file} is damaged: {found}.")


def _refuse_other_kind(source: Path, head: bytes) -> None:
    try:
        with source.open("rb") as file:
            found = file.read(len(head))
    except OSError as error:
        raise BackupError(f"{source} cannot be read: {error.strerror}.") from error
    if found != head:
        raise BackupError(f"{source} is no backup of the kind of database that DATABASE_URL names.")


def _run(url: URL, program: str, *arguments: str, connect: bool = True) -> None:
    """Run a program of PostgreSQL; the password goes through its environment, where no list of processes shows it."""
    found = shutil.which(program)
    if found is None:
        raise BackupError(f"{program} is not in PATH: install PostgreSQL's client programs, of the server's version.")
    environment = dict(os.environ)
    command = [found, *arguments]
    if connect:
        environment |= {"PGPASSWORD": str(url.password)} if url.password else {}
        command.insert(1, f"--dbname={_without_password(url)}")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 (found in PATH)
    if done.returncode:
        raise BackupError(f"{program} failed: {_last_line(done.stderr)}")


def _without_password(url: URL) -> str:
    """The address as libpq's programs read it."""
    asked = {name: value for name, value in url.query.items() if isinstance(value, str)}
    return psycopg.conninfo.make_conninfo(host=url.host, port=url.port, user=url.username, dbname=url.database, **asked)


def _last_line(printed: str) -> str:
    return (printed.strip().splitlines() or ["it said nothing"])[-1]
