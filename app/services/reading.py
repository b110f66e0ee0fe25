"""Reading plain rows by statements that are made once, without a session: for what programs ask all the time.

A session, and a statement made anew, each cost several times what SQLite takes to answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any, TypeVarTuple

from sqlalchemy import CompoundSelect, Connection, PoolProxiedConnection, Row, Select, String, event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.extensions import db, read_only
from app.services.statements import Fixed

Columns = TypeVarTuple("Columns")

_reader: ContextVar[Connection | PoolProxiedConnection | None] = ContextVar("reader", default=None)
"""The connection of a request that only reads and has no use for a session so far."""


def fixed(statement: Select[*Columns]) -> Fixed[*Columns]:
    """A statement that is only read from now on: what it is for the database is worked out once and not each time."""
    return Fixed(statement)


def read(
    statement: Fixed[*Columns] | Select[*Columns] | CompoundSelect[*Columns], parameters: Mapping[str, Any]
) -> Sequence[Row[*Columns]]:
    """Run a statement with values for its `bindparam`s; others that come along are ignored.

    Where a session is in use it runs in its transaction, after what the session has still to write.
    """
    in_session = _needs_session()
    if in_session:
        db.session.flush()
    if isinstance(statement, (Select, CompoundSelect)):
        found = _connected(in_session=in_session).execute(statement, parameters)
        return found.all()  # type: ignore[return-value] # mypy loses the columns of a Select that may be a CompoundSelect
    engine = db.engine
    plan = statement.plan(engine.dialect, parameters)
    # Whoever listens to the engine hears every statement: then all of them go its way.
    if plan is not None and not engine.dispatch.before_cursor_execute:
        try:
            return plan.run(_bare(in_session=in_session), parameters)
        except engine.dialect.loaded_dbapi.OperationalError:
            release()  # SQLAlchemy asks again, and says what is wrong in its own terms
    return _connected(in_session=in_session).execute(statement.usual, parameters).all()


def release() -> None:
    """Give the connection back: at the end of a request, and before a session takes one of its own."""
    reader = _reader.get()
    if reader is not None:
        _reader.set(None)
        reader.close()


def _needs_session() -> bool:
    return not read_only.get() or (db.session.registry.has() and db.session.registry().in_transaction())


def _bare(*, in_session: bool) -> PoolProxiedConnection:
    """The driver's connection, in a transaction."""
    if in_session:
        return db.session.connection().connection
    reader = _reader.get()
    if isinstance(reader, Connection):
        return reader.connection
    if reader is None:
        reader = db.engine.raw_connection()
        _reader.set(reader)
        reader.cursor().execute("BEGIN")
    return reader


def _connected(*, in_session: bool) -> Connection:
    if in_session:
        return db.session.connection()
    reader = _reader.get()
    if not isinstance(reader, Connection):
        release()
        reader = db.engine.connect()
        _reader.set(reader)
    return reader


class Joined(FunctionElement[str]):
    """The texts of many rows as one: the text, and a separator that stands in the statement itself.

    SQLAlchemy's own `aggregate_strings` writes its separator into the statement anew each time it runs.
    """

    name = "joined"
    type = String()
    inherit_cache = True


@compiles(Joined)
def _with_string_agg(element: Joined, compiler: SQLCompiler, **options: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **options)})"


@compiles(Joined, "sqlite")
def _with_group_concat(element: Joined, compiler: SQLCompiler, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)})"


@event.listens_for(Session, "after_transaction_create")
def _make_way(_session: Session, _transaction: object) -> None:
    release()
