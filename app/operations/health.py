"""Whether this process is fit to serve: what a load balancer and whoever is on call ask of it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from alembic.script import ScriptDirectory
from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now
from app.extensions import db, read_only
from app.operations import stopping
from app.services import outbox_figures
from config import ROOT

LATE = timedelta(minutes=15)
"""How long mail may be due before somebody should look: nobody sends any more."""

_KEPT_SECONDS = 1.0
_NECESSARY = frozenset({"database", "migrations", "stopping"})
"""Without these a process cannot serve. Without Redis, limits are counted a process and mail is later."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was checked, `ok` or `failed` each; no more, since anybody may ask."""

    checks: dict[str, str]

    @property
    def is_fit(self) -> bool:
        """Whether to send requests here."""
        return not any(self.checks.get(name) == "failed" for name in _NECESSARY)

    @property
    def word(self) -> str:
        """All of it in a word."""
        if not self.is_fit:
            return "unfit"
        return "degraded" if "failed" in self.checks.values() else "ready"


class Health:
    """The checks of one application. However often somebody asks, they are made once a second."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._last: tuple[float, Readiness] | None = None

    def readiness(self) -> Readiness:
        """How it stands, at most a second ago."""
        if stopping.begun.is_set():
            return Readiness({"stopping": "failed"})
        known = self._last
        if known is not None and time.monotonic() - known[0] <= _KEPT_SECONDS:
            return known[1]
        # While one asks a database that hangs, others are told what was known: they occupy no thread each.
        if not self._lock.acquire(blocking=known is None) and known is not None:
            return known[1]
        try:
            found = Readiness(self._check())
            self._last = time.monotonic(), found
        finally:
            self._lock.release()
        return found

    def _check(self) -> dict[str, str]:
        with self._app.app_context():
            before = read_only.set(True)
            try:
                checks = _of_database()
            finally:
                read_only.reset(before)
        queue = self._app.extensions["rq"]
        if queue is not None:
            try:
                queue.connection.ping()
                checks["redis"] = "ok"
            except RedisError:
                checks["redis"] = "failed"
        return checks


def _of_database() -> dict[str, str]:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return {"database": "failed"}
    try:
        is_current = _is_current(set(db.session.scalars(text("SELECT version_num FROM alembic_version"))))
        is_late = outbox_figures.read(now()).oldest_seconds > LATE.total_seconds()
    except SQLAlchemyError:  # there are no tables
        return {"database": "ok", "migrations": "failed"}
    return {
        "database": "ok",
        "migrations": "ok" if is_current else "failed",
        "outbox": "failed" if is_late else "ok",
    }


def _is_current(versions: set[str]) -> bool:
    """Whether the database is at this code's version, or at one of a later code, as while a new version comes."""
    head, known = _migrations()
    return head in versions or bool(versions - known)


@cache
def _migrations() -> tuple[str | None, frozenset[str]]:
    script = ScriptDirectory(str(ROOT / "migrations"))
    return script.get_current_head(), frozenset(step.revision for step in script.walk_revisions())
