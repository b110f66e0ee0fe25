"""A slice of a list, with the size of the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.interfaces import ORMOption

from app.extensions import db
from app.policy import Actor
from app.services import audit

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


def exporting(find: Callable[..., Listing[Item]], action: str) -> Callable[..., Sequence[Item]]:
    """A function that takes the actor and what a `find` is asked, and returns all that it finds, for a file.

    That it was taken out of the portal is noted in the audit trail, as `action`.
    """

    def export(actor: Actor, **asked: Any) -> Sequence[Item]:
        found = find(actor, **asked, limit=MOST_IN_FILE, offset=0).rows
        audit.record(actor, action, number=len(found))
        return found

    return export


def listing(query: Select[Item], *options: ORMOption, limit: int, offset: int) -> Listing[Item]:
    """One page of a query, and its count: two statements, and one for each `selectinload` among the options."""
    session: Session = db.session()
    count = session.scalar(select(func.count()).select_from(query.order_by(None).subquery()))
    rows: Sequence[Any] = session.scalars(query.options(*options).limit(limit).offset(offset)).all() if count else []
    return Listing(rows, count or 0)
