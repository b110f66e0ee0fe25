"""Hospital-local days, and lengths of time, worked out by the database: for what concerns many rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, case
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.clock import day_bounds
from app.models.types import UtcDateTime

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """Hospital-local days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> Sequence[date]:
        """Each day."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The UTC moments at which it starts and ends."""
        return day_bounds(self.first)[0], day_bounds(self.last)[1]


def day_number(moment: Any, period: Period) -> ColumnElement[int]:
    """The number of the day, from 0, on which a moment lies that is not after the period; NULL for one before it.

    Days that begin at the same hour of UTC are counted from it; the last of them before the clocks change, which is
    longer or shorter than the others, is told by its first moment.
    """
    starts = [day_bounds(day)[0] for day in period.days]
    offsets = [_seconds_ahead(day, start) for day, start in zip(period.days, starts, strict=True)]
    since = (period.first - _EPOCH).days
    ways: list[tuple[ColumnElement[bool], Any]] = []
    for number in reversed(range(len(starts))):
        is_last = number + 1 == len(starts) or offsets[number + 1] != offsets[number]
        is_first = number == 0 or offsets[number - 1] != offsets[number]
        if is_last:
            ways.append((moment >= starts[number], number))
        if is_first:
            ways.append((moment >= starts[number], EpochDay(moment, offsets[number]) - since))
    return case(*ways)


def _seconds_ahead(day: date, start: datetime) -> int:
    return int((datetime.combine(day, time.min, tzinfo=UTC) - start).total_seconds())


class EpochDay(FunctionElement[int]):
    """The days since 1 January 1970 of a moment, where the clocks are so many seconds ahead of UTC."""

    name = "epoch_day"
    type = Integer()
    inherit_cache = True


class Minutes(FunctionElement[int]):
    """The whole minutes from one moment to another."""

    name = "minutes"
    type = Integer()
    inherit_cache = True


class Later(FunctionElement[datetime]):
    """A moment so many hours later, or earlier where they are negative."""

    name = "later"
    type = UtcDateTime()
    inherit_cache = True


@compiles(EpochDay, "postgresql")
def _postgresql_day(element: EpochDay, compiler: SQLCompiler, **options: Any) -> str:
    moment, ahead = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(floor((extract(epoch FROM {moment}) + {ahead}) / 86400) AS INTEGER)"


@compiles(EpochDay, "sqlite")
def _sqlite_day(element: EpochDay, compiler: SQLCompiler, **options: Any) -> str:
    moment, ahead = (compiler.process(clause, **options) for clause in element.clauses)
    return f"((CAST(strftime('%s', {moment}) AS INTEGER) + {ahead}) / 86400)"


@compiles(Minutes, "postgresql")
def _postgresql_minutes(element: Minutes, compiler: SQLCompiler, **options: Any) -> str:
    since, until = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(extract(epoch FROM {until} - {since}) / 60 AS INTEGER)"


@compiles(Minutes, "sqlite")
def _sqlite_minutes(element: Minutes, compiler: SQLCompiler, **options: Any) -> str:
    since, until = (compiler.process(clause, **options) for clause in element.clauses)
    return f"((strftime('%s', {until}) - strftime('%s', {since})) / 60)"


@compiles(Later, "postgresql")
def _postgresql_later(element: Later, compiler: SQLCompiler, **options: Any) -> str:
    moment, hours = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({moment} + {hours} * interval '1 hour')"


@compiles(Later, "sqlite")
def _sqlite_later(element: Later, compiler: SQLCompiler, **options: Any) -> str:
    moment, hours = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(strftime('%Y-%m-%d %H:%M:%S', {moment}, {hours} || ' hours') || substr({moment}, 20))"
