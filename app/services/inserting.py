"""Adding rows that nobody reads again in the same unit of work: the audit trail's, and the outbox's.

Each write adds some of them, and a session would keep, sort and watch them as objects for several times the cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Insert, Table, insert

from app.extensions import Base, db

Values = dict[str, Any]


def add_row(model: type[Base], **values: Any) -> int:
    """Add a row, whose model's defaults fill what is not named, in the session's transaction; its key is returned."""
    key: int = db.session.connection().execute(_insert(model), values).scalar_one()
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


@cache
def _insert(model: type[Base]) -> Insert:
    table = cast("Table", model.__table__)
    return insert(table).returning(table.c.id)
