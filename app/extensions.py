"""Unbound singletons: the libraries that create_app() ties to one application."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextvars import ContextVar
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol, cast

from flask import Flask, current_app, g, has_app_context
from flask_compress import Compress
from flask_limiter import Limiter
from flask_login import LoginManager
from flask_mailman import Mail
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from sqlalchemy import Engine, MetaData, event
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction
from werkzeug.local import LocalProxy

from config import CHANGEABLE

if TYPE_CHECKING:
    from config import Settings


class Base(DeclarativeBase):
    """Base of every model; names every constraint, so that migrations and error messages can tell them apart."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class RateLimits(Protocol):
    """Whom a limit counts, and what the limit is. create_app() tells: who is asking is known above this layer."""

    def key(self) -> str:
        """Whom to count."""
        ...

    def default(self) -> str:
        """How much the one who asks may ask."""
        ...


def _rate_limits() -> RateLimits:
    return cast("RateLimits", current_app.extensions["rate_limits"])


class JobQueue:
    """Where jobs go: to rq when Redis is configured, else to this process. One that is lost, the sweep makes up for."""

    def __init__(self) -> None:
        self.embedded: SimpleQueue[tuple[str, tuple[int | str, ...]]] = SimpleQueue()

    def init_app(self, app: Flask) -> None:
        """Connect to Redis where the settings name one; nothing is sent yet."""
        url = app.extensions["settings"].redis_url
        # A Redis that hangs keeps nobody waiting for long: the sweep does what it is not told.
        patience = {"socket_connect_timeout": 2, "socket_timeout": 2}
        app.extensions["rq"] = Queue(connection=Redis.from_url(url, **patience)) if url else None

    def put(self, jobs: Collection[tuple[str, tuple[int | str, ...]]]) -> None:
        """Hand over jobs by their dotted paths. A Redis that cannot be reached is logged once, and not raised."""
        queue = current_app.extensions["rq"]
        if queue is None:
            for job in jobs:
                self.embedded.put(job)
            return
        known = request_id.get()
        try:
            for path, arguments in jobs:
                queue.enqueue(path, *arguments, meta={"request": known} if known else None)
        except RedisError:
            current_app.logger.warning("Redis cannot be reached: %s wait for the sweep", [path for path, _ in jobs][:3])


db = SQLAlchemy(model_class=Base)
login_manager = LoginManager()
csrf = CSRFProtect()
migrate = Migrate(render_as_batch=True)
limiter = Limiter(
    key_func=lambda: _rate_limits().key(),
    application_limits=[lambda: _rate_limits().default()],
    headers_enabled=False,
    in_memory_fallback_enabled=True,
    swallow_errors=True,
)
mail = Mail()
compress = Compress()
job_queue = JobQueue()


given_settings = cast("Settings", LocalProxy(lambda: current_app.extensions["settings"]))
"""What the environment says; `settings` below is what holds."""


class _SettingsInForce:
    """The settings: what the environment says, and before it what admins have chosen since (docs/adr/0011).

    create_app() tells where their choices are read: that is known above this layer. They are read once a transaction,
    and only where one of them is asked for.
    """

    def __getattr__(self, name: str) -> Any:
        value = _choices().get(name) if name in CHANGEABLE else None
        return getattr(given_settings, name) if value is None else value


_CHOSEN, _KNOWN = "chosen_settings", "known_settings"

settings = cast("Settings", _SettingsInForce())


def _choices() -> Mapping[str, Any]:
    if _CHOSEN not in g:
        read = current_app.extensions.get(_CHOSEN)
        found = read() if read else None
        if found is None:  # there is no database that answers
            use_known_choices()
        else:
            current_app.extensions[_KNOWN] = found
            setattr(g, _CHOSEN, found)
    return cast("Mapping[str, Any]", getattr(g, _CHOSEN))


def use_known_choices() -> None:
    """Make do, in this request, with what this process last read of the admins' choices."""
    setattr(g, _CHOSEN, current_app.extensions.get(_KNOWN, {}))


def forget_choices() -> None:
    """Have the admins' choices read anew, since they were changed."""
    g.pop(_CHOSEN, None)


@event.listens_for(Session, "after_transaction_end")
def _read_choices_anew(_session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None and has_app_context():
        forget_choices()


request_id: ContextVar[str] = ContextVar("request_id", default="")
"""How the logs name what is done now: set for each request, and in a worker for the job that a request caused."""

read_only: ContextVar[bool] = ContextVar("read_only", default=False)
"""Set by the edge for requests that only read: their SQLite transaction begins deferred, all others IMMEDIATE."""


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: object) -> None:
    if type(connection).__module__ != "sqlite3":
        return
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "busy_timeout=15000"):
        connection.execute(f"PRAGMA {pragma}")
    # SQLite's own lower() knows ASCII only: searching for "Zoë" must find "ZOË".
    connection.create_function("lower", 1, lambda text: None if text is None else str(text).lower(), deterministic=True)


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Any) -> None:
    if connection.dialect.name != "sqlite":
        return
    if read_only.get():
        connection.connection.dbapi_connection.execute("BEGIN")  # nothing is locked yet: it cannot fail
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
