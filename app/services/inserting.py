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


def add_rows(model: type[Base], rows: Sequence[Values]) -> list[int]:
    """As `add_row`, many by few statements: the keys are in the order of the rows, which name the same columns."""
    if not rows:
        return []
    table = cast("Table", model.__table__)
    returning = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(db.session.connection().execute(returning, rows).scalars())


def add_links(table: Table, rows: Sequence[Values]) -> None:
    """As `add_rows`, of a table that ties two others together."""
    if rows:
        db.session.connection().execute(insert(table), rows)


@cache
def _insert(model: type[Base]) -> Insert:
    table = cast("Table", model.__table__)
    return insert(table).returning(table.c.id)
