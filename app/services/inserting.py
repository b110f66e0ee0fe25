"""Adding rows that nobody reads again in the same unit of work: the audit trail's, and the outbox's.

Each write adds some of them, and a session would keep, sort and watch them as objects for several times the cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Dialect, Insert, Table, insert

from app.extensions import Base, db
from app.services.statements import Addition

Values = dict[str, Any]

_additions: dict[tuple[type[Base], tuple[str, ...]], Addition] = {}


def add_row(model: type[Base], **values: Any) -> int:
    """Add a row, whose model's defaults fill what is not named, in the session's transaction; its key is returned."""
    connection = db.session.connection()
    # Whoever listens to the engine hears every statement: then all of them go its way (`reading.read`).
    if connection.dialect.name == "sqlite" and not connection.engine.dispatch.before_cursor_execute:
        try:
            return _addition(model, tuple(values), connection.dialect).run(connection.connection, values)
        except connection.dialect.loaded_dbapi.Error:
            pass  # SQLAlchemy tries again, and says what is wrong in its own terms
    key: int = connection.execute(_insert(model), values).scalar_one()
    return key


def add_rows(table: type[Base] | Table, rows: Sequence[Values]) -> None:
    """As `add_row`, many by few statements; they name the same columns."""
    if rows:
        db.session.connection().execute(insert(table), rows)


def add_keyed_rows(model: type[Base], rows: Sequence[Values], by: Sequence[str]) -> dict[tuple[Any, ...], int]:
    """As `add_rows`; the key of each row, by its values in the columns `by`, in which no two rows are alike.

    Databases promise no order in what an INSERT returns.
    """
    if not rows:
        return {}
    table = cast("Table", model.__table__)
    returned = insert(table).returning(table.c.id, *(table.c[name] for name in by))
    return {tuple(values): key for key, *values in db.session.connection().execute(returned, rows)}


def _addition(model: type[Base], names: tuple[str, ...], dialect: Dialect) -> Addition:
    if (model, names) not in _additions:
        _additions[model, names] = Addition(cast("Table", model.__table__), names, dialect)
    return _additions[model, names]


@cache
def _insert(model: type[Base]) -> Insert:
    table = cast("Table", model.__table__)
    return insert(table).returning(table.c.id)
