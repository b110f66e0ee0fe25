"""Statements that are made once and run often, as SQLite's driver wants them.

To find what it has compiled, SQLAlchemy goes over every part of a statement each time it runs, and then binds, runs
and fetches in general terms: of a row by its key that is most of the time. A plan does that once. PostgreSQL, where
the way to the database takes longer than all of it, is left to SQLAlchemy.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Generic, TypeVarTuple, cast

from sqlalchemy import Dialect, PoolProxiedConnection, Row, Select, Table, insert, lambda_stmt
from sqlalchemy.sql.compiler import SQLCompiler

Columns = TypeVarTuple("Columns")


class Fixed(Generic[*Columns]):
    """A statement that is only read from now on; `usual` is the same for SQLAlchemy, which keeps it compiled."""

    def __init__(self, statement: Select[*Columns]) -> None:
        self.usual = cast("Select[*Columns]", lambda_stmt(lambda: statement))
        self._statement = statement
        self._plan: Plan[*Columns] | None = None

    def plan(self, dialect: Dialect, parameters: Mapping[str, Any]) -> Plan[*Columns] | None:
        """How SQLite's driver runs it with parameters like these; None where that is left to SQLAlchemy."""
        if dialect.name != "sqlite":
            return None
        if self._plan is None:
            compiled = self._statement.compile(dialect=dialect)
            if any(bind.callable for bind in compiled.binds.values()):
                return None  # a value is worked out as the statement runs
            self._plan = Plan(self._statement, compiled, dialect)
        return self._plan if self._plan.fits(parameters) else None


class Plan(Generic[*Columns]):
    """The text of a statement, what its parameters become on the way in, and its columns on the way out.

    The text hangs on how many values there are for an `IN`: this one is for one value each, such as one doctor.
    """

    def __init__(self, statement: Select[*Columns], compiled: SQLCompiler, dialect: Dialect) -> None:
        asked = [bind for bind in compiled.binds.values() if bind.required]
        self._lists = tuple(bind.key for bind in asked if bind.expanding)
        plain = compiled.construct_expanded_state({bind.key: [None] if bind.expanding else None for bind in asked})
        self._text = plain.statement
        lists = {plain.parameter_expansion[name][0]: name for name in self._lists}
        incoming = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()
        }
        incoming |= plain.processors
        self._binds = [
            (lists.get(name, name), name in lists, plain.parameters.get(name), incoming.get(name))
            for name in plain.positiontup or ()
        ]
        columns = statement.selected_columns
        outgoing = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns)
        self._outgoing = [(place, processor) for place, processor in enumerate(outgoing) if processor is not None]
        row: Any = namedtuple("Row", columns.keys(), rename=True)  # type: ignore[misc] # noqa: PYI024 (known only now)
        self._row = row._make

    def fits(self, parameters: Mapping[str, Any]) -> bool:
        """Whether each list among the parameters has one value."""
        return all(len(parameters[name]) == 1 for name in self._lists)

    def run(self, connection: PoolProxiedConnection, parameters: Mapping[str, Any]) -> Sequence[Row[*Columns]]:
        """All rows, as SQLAlchemy would give them. Raises what the driver does."""
        values = []
        for name, is_list, usual, processor in self._binds:
            value = parameters.get(name, usual)
            if is_list:
                (value,) = value
            values.append(value if processor is None else processor(value))
        cursor = connection.cursor()
        try:
            cursor.execute(self._text, values)
            found = cursor.fetchall()
        finally:
            cursor.close()
        rows: list[Any] = []
        for given in found:
            row = list(given)
            for place, processor in self._outgoing:
                row[place] = processor(row[place])
            rows.append(self._row(row))
        return rows


class Addition:
    """The text that adds a row to a table and tells its key, and what values become on the way in.

    The row has the columns `names`; all others have their defaults.
    """

    def __init__(self, table: Table, names: Collection[str], dialect: Dialect) -> None:
        statement = insert(table).returning(table.c.id)
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
        self._text: str = compiled.string
        defaults = {column.key: column.default for column in compiled.insert_prefetch}
        self._binds = [
            (name, defaults.get(name), compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup
        ]

    def run(self, connection: PoolProxiedConnection, values: Mapping[str, Any]) -> int:
        """The key of the new row. Raises what the driver does."""
        row = []
        for name, default, processor in self._binds:
            value = values[name] if default is None else default.arg(None) if default.is_callable else default.arg
            row.append(value if processor is None else processor(value))
        cursor = connection.cursor()
        try:
            cursor.execute(self._text, row)
            ((key,),) = cursor.fetchall()
        finally:
            cursor.close()
        return int(key)
