"""`python -m tests.bench.imports`: 10,000 rows, checked and imported on both databases, and who waits meanwhile.

Half of the patients, and all of the doctors, get an account and a mail. The longest transaction is that of the import
itself: on SQLite everybody else who writes waits for it.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app import create_app, unit_of_work
from app.extensions import db
from app.jobs import imports as jobs
from app.models import Account, Department, ImportKind, Profile, Specialisation
from app.policy import Actor
from app.services import imports
from tests.support import databases, servers
from tests.support.settings import make_settings

ROWS = 10_000
Times = dict[str, tuple[float, float]]
"""By what was done: seconds, and those in which this process worked, whatever else the machine does."""
_LINES = {
    ImportKind.DOCTORS: (
        "Name;Department;Specialisations;Fee;Username;E-mail",
        "Dr Person {0};Cardiology;Heart;80;doctor{0};doctor{0}@example.org",
    ),
    ImportKind.PATIENTS: (
        "Name;Date of birth;Telephone;Address;Username;E-mail",
        "Person {0};15/3/1980;020 7946 {0:04};1 High Street, London;{1};{2}",
    ),
}


def main() -> None:
    """Measure, and print a line for each database and kind."""
    with tempfile.TemporaryDirectory() as folder:
        servers.open_folder()
        try:
            for make in (databases.sqlite_database, databases.postgresql_database):
                with make(Path(folder)) as url:
                    _measure(Path(folder), url)
        finally:
            servers.close_folder(servers.shared_folder())


def _measure(folder: Path, url: str) -> None:
    app = create_app(make_settings(folder, url))
    gc.freeze()
    with app.app_context():
        admin = _arrange()
        for kind in ImportKind:
            times = _import(admin, kind, _file(kind))
            told = ", ".join(f"{name} {taken:.2f} s ({worked:.2f} s)" for name, (taken, worked) in times.items())
            print(f"{db.engine.name}, {ROWS:,} {kind.value}: {told}")  # noqa: T201 (the command's answer)
        db.session.remove()
        db.engine.dispose()


def _arrange() -> Actor:
    with unit_of_work.transaction():
        account = Account(username="root", email="root@example.org", is_admin=True, profile=Profile())
        db.session.add_all([account, Department(name="Cardiology"), Specialisation(name="Heart", slug="heart")])
        db.session.flush()
        return Actor(account_id=account.id, is_admin=True)


def _file(kind: ImportKind) -> bytes:
    heading, line = _LINES[kind]
    people = ((f"user{number}", f"user{number}@example.org") if number % 2 else ("", "") for number in range(ROWS))
    return "\n".join([heading, *(line.format(number, *names) for number, names in enumerate(people))]).encode()


def _import(admin: Actor, kind: ImportKind, content: bytes) -> Times:
    times: Times = {}
    with _timed(times, "upload"), unit_of_work.transaction():
        batch_id = imports.start(admin, kind, "people.csv", imports.read(kind, content)).id
    with _timed(times, "check"):
        jobs.work(batch_id)
    with unit_of_work.transaction():
        imports.carry_out(admin, batch_id)
    finish = imports.finish_import

    def finish_timed(*arguments: object) -> None:
        with _timed(times, "its transaction"):
            finish(*arguments)  # type: ignore[arg-type]  # what it is given, it hands on

    imports.finish_import = finish_timed  # type: ignore[assignment]
    try:
        with _timed(times, "import"):
            jobs.work(batch_id)
    finally:
        imports.finish_import = finish
    with unit_of_work.transaction():
        assert imports.get(admin, batch_id).state.value == "done"
    return times


@contextmanager
def _timed(times: Times, name: str) -> Iterator[None]:
    started, worked = time.perf_counter(), time.process_time()
    yield
    times[name] = time.perf_counter() - started, time.process_time() - worked


if __name__ == "__main__":
    main()
