"""Counts the SQL statements of a block, so that a list that loads rows one by one fails a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

_NOT_QUERIES = ("BEGIN", "PRAGMA", "RELEASE", "ROLLBACK", "SAVEPOINT", "SET ", "SHOW ")


class Queries(list[str]):
    """The statements that ran, in order; its length is their number."""

    def __str__(self) -> str:
        return f"{len(self)} statements:\n" + "\n".join(f"  {' '.join(statement.split())}" for statement in self)


@contextmanager
def count_queries() -> Iterator[Queries]:
    """Collect every statement of this process, without those that only frame transactions."""
    queries = Queries()

    def collect(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.lstrip().upper().startswith(_NOT_QUERIES):
            queries.append(statement)

    event.listen(Engine, "before_cursor_execute", collect)
    try:
        yield queries
    finally:
        event.remove(Engine, "before_cursor_execute", collect)
