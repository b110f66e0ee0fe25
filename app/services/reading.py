"""Reading plain rows by statements that are made once, without a session: for what programs ask all the time.

A session, and a statement made anew, each cost several times what SQLite takes to answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any, TypeVarTuple, cast

from sqlalchemy import CompoundSelect, Connection, Row, Select, String, event, lambda_stmt
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.extensions import db, read_only

Columns = TypeVarTuple("Columns")

_reader: ContextVar[Connection | None] = ContextVar("reader", default=None)
"""The connection of a request that only reads and has no use for a session so far."""


def fixed(statement: Select[*Columns]) -> Select[*Columns]:
    """A statement that is only read from now on: by what it is kept compiled, is worked out once and not each time."""
    return cast("Select[*Columns]", lambda_stmt(lambda: statement))


def read(
    statement: Select[*Columns] | CompoundSelect[*Columns], parameters: Mapping[str, object]
) -> Sequence[Row[*Columns]]:
    """Run a statement with values for its `bindparam`s; others that come along are ignored.

    Where a session is in use it runs in its transaction, after what the session has still to write.
    """
    if not _needs_session():
        return _connected().execute(statement, parameters).all()
    db.session.flush()
    return db.session.connection().execute(statement, parameters).all()


def release() -> None:
    """Give the connection back: at the end of a request, and before a session takes one of its own."""
    reader = _reader.get()
    if reader is not None:
        _reader.set(None)
        reader.close()


def _needs_session() -> bool:
    return not read_only.get() or (db.session.registry.has() and db.session.registry().in_transaction())


def _connected() -> Connection:
    reader = _reader.get()
    if reader is None:
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
