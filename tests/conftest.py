"""Fixtures of every test: an app over a fresh database, clients that cannot leak a signed-in user, real servers."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import argon2
import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import Engine, event

from app import create_app
from app.extensions import db
from app.services import passwords
from config import Settings
from tests.support import databases, live, queries, routes, servers, statements
from tests.support.settings import make_settings
from tests.support.templates import MemoryBytecodeCache

SERVERS = pytest.StashKey[Path]()

hypothesis.settings.register_profile("portal", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("portal")


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a folder for its servers; xdist's worker processes inherit it."""
    if not hasattr(config, "workerinput"):
        config.stash[SERVERS] = servers.open_folder()


def pytest_collection_finish() -> None:
    """Spend less on looking for garbage: what is loaded by now stays, and each test's app is a heap of objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the run's servers."""
    if SERVERS in config.stash:
        servers.close_folder(config.stash[SERVERS])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked `both_databases` on each; one marked `postgresql` itself is for that alone."""
    mark = metafunc.definition.get_closest_marker
    if mark("both_databases") and not mark("postgresql"):
        kinds = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
        metafunc.parametrize("database_kind", kinds, indirect=True)


@event.listens_for(Engine, "connect")
def _wait_for_no_disk(connection: Any, _record: object) -> None:
    """A test's SQLite file need not survive a power cut, as PostgreSQL's here need not."""
    if type(connection).__module__ == "sqlite3":
        connection.execute("PRAGMA synchronous=OFF")


def cannot_run(reason: str) -> NoReturn:
    """Skip a test for what this machine lacks; where everything is required, fail it."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"REQUIRE_ALL=1, but {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Undo pytest-flask's fixture of this name: its request context would carry `g` and the user into every request."""


@pytest.fixture(autouse=True)
def _log_stays_on() -> Iterator[None]:
    """Fail the test that silences the portal's log for all that follow, as `logging.config` does unless told not to."""
    yield
    log = logging.getLogger("app")
    heard, log.disabled, log.propagate = not log.disabled and log.propagate, False, True
    assert heard, "this test switched the portal's log off: what logs is configured in a process of its own"


@pytest.fixture(scope="session", autouse=True)
def _quick_password_hashes() -> Iterator[None]:
    """Hash passwords cheaply: their cost is argon2's concern, and would be most of the time of many tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_apps() -> Iterator[None]:
    """Make each test's app in a tenth of the time, and compile no template twice."""
    with pytest.MonkeyPatch.context() as patch:
        routes.compile_once(patch)
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": MemoryBytecodeCache()})
        yield


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """`postgresql` where the test is marked so, else `sqlite`."""
    default = "postgresql" if request.node.get_closest_marker("postgresql") else "sqlite"
    kind: str = getattr(request, "param", default)
    return kind


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    makers: dict[str, Callable[[Path], AbstractContextManager[str]]] = {
        "sqlite": databases.sqlite_database,
        "postgresql": databases.postgresql_database,
    }
    with ExitStack() as stack:
        try:
            url = stack.enter_context(makers[database_kind](tmp_path))
        except servers.CannotStart as error:
            cannot_run(str(error))
        yield url


@pytest.fixture
def redis_url(worker_id: str) -> str:
    """The address of a real Redis, emptied: each process of the run has a database of its own there."""
    try:
        server = servers.redis()
    except servers.CannotStart as error:
        cannot_run(str(error))
    url = server.redis_url.removesuffix("0") + worker_id.removeprefix("gw").replace("master", "0")
    with Redis.from_url(url) as connection:
        connection.flushdb()
    return url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """The app's settings. A module that needs others overrides this fixture with `dataclasses.replace`."""
    return make_settings(tmp_path, database_url)


@pytest.fixture
def make_app(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Maker of portals whose settings differ from `settings`: `make_app(ratelimit_enabled=True)`."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        portal = create_app(replace(settings, **changes))
        with portal.app_context():
            statements.share(db.engine)
        made.append(portal)
        return portal

    yield make
    for portal in made:
        with portal.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The whole portal."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor whose cookies nobody shares. Make further visitors with `app.test_client()`."""
    return app.test_client()


@pytest.fixture
def database(app: Flask) -> Iterator[databases.Database]:
    """The app's database, ready for factories; read and arrange in `with database.unit_of_work() as session:`."""
    with databases.Database(app) as opened:
        yield opened


@pytest.fixture
def count_queries() -> Callable[[], AbstractContextManager[queries.Queries]]:
    """Counter of SQL statements.

    `with count_queries() as statements: …`, then `assert len(statements) <= 3, statements`.
    """
    return queries.count_queries


@pytest.fixture
def live_server(settings: Settings) -> Iterator[Callable[..., str]]:
    """Starter of real servers over this test's database, stopped at its end.

    `address = live_server(processes=4)`
    """
    with ExitStack() as stack:

        def start(*, processes: int = 1, threads: int = 4, **changes: object) -> str:
            return stack.enter_context(live.serve(settings, processes=processes, threads=threads, **changes))

        yield start
