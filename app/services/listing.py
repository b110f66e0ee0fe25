"""A slice of a list, with the size of the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.interfaces import ORMOption

from app.extensions import db

MOST_IN_FILE = 10_000
"""How many rows a file of a list holds at most."""

Item = TypeVar("Item")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """`rows` of one page, and the `count` of all pages."""

    rows: Sequence[Item]
    count: int

    def map(self, change: Callable[[Item], Other]) -> Listing[Other]:
        """The same slice with each row changed."""
        return Listing([change(row) for row in self.rows], self.count)


def listing(query: Select[Item], *options: ORMOption, limit: int, offset: int) -> Listing[Item]:
    """One page of a query, and its count: two statements, and one for each `selectinload` among the options."""
    session: Session = db.session()
    count = session.scalar(select(func.count()).select_from(query.order_by(None).subquery()))
    rows: Sequence[Any] = session.scalars(query.options(*options).limit(limit).offset(offset)).all() if count else []
    return Listing(rows, count or 0)
