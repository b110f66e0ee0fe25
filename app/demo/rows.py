"""Writing many rows at once, and the streams of chance that make them the same each time."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

from sqlalchemy import insert

from app.extensions import Base, db

Row = dict[str, Any]


def chance(topic: str) -> Random:
    """A source of chance of a topic's own: what one topic draws never changes another's."""
    return Random(f"demo hospital, {topic}")


def write(model: type[Base], rows: Iterable[Row]) -> list[int]:
    """Insert rows that all name the same columns; their keys, in the rows' order.

    What models compute when they are set, such as `name_key`, the rows must bring along.
    """
    rows = list(rows)
    if not rows:
        return []
    key = model.__mapper__.primary_key[0]
    statement = insert(model).returning(key, sort_by_parameter_order=True)
    return list(db.session.scalars(statement, rows, execution_options={"render_nulls": True}))


class Words:
    """Deals texts out of a stock in random order, none twice to the same holder before all have been dealt."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._left: dict[tuple[int, tuple[str, ...]], list[str]] = {}

    def next(self, holder: int, stock: tuple[str, ...]) -> str:
        """The holder's next text of a stock."""
        left = self._left.get((holder, stock))
        if not left:
            left = self._left[holder, stock] = self._random.sample(stock, len(stock))
        return left.pop()


def some(random: Random, share: float) -> bool:
    """True in a share (0 to 1) of all cases."""
    return random.random() < share
