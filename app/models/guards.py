"""What the database refuses by itself beyond keys and checks: overlapping visits, and changes to what is insert-only.

PostgreSQL keeps it by exclusion constraints, SQLite by triggers. Alembic compares neither, and drops a table's
triggers without a word when it recreates the table in batch mode: a migration that does so to one of these tables
calls `create` afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, inspect

INSERT_ONLY = {
    "audit_event": ("id",),
    "audit_event_patient": ("event_id", "patient_id"),
    "audit_seal": ("id",),
    "clinical_record_version": ("id",),
}
"""By table, its primary key."""
LONGEST_VISIT_HOURS = 8
_BLOCKING = "('held', 'pending', 'confirmed', 'in_progress', 'completed')"
_OVERLAPS = {
    # An overbooking stands beside the doctor's other visits, but nobody can be a patient in two places.
    "appointment_doctor_overlap": ("doctor_id", "AND NOT {row}.overbooked"),
    "appointment_patient_overlap": ("patient_id", ""),
}


def create(connection: Connection) -> None:
    """Put all guards in place, on either database; a table that a later migration makes is left to it."""
    drop(connection)
    statements = _postgresql() if connection.dialect.name == "postgresql" else _sqlite_overlaps().values()
    for statement in statements:
        connection.exec_driver_sql(statement)
    present = set(inspect(connection).get_table_names())
    for table in INSERT_ONLY:
        if table in present:
            make_insert_only(connection, table)


def make_insert_only(connection: Connection, table: str) -> None:
    """Let the database refuse changes to the rows of one table; `create` has run before."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for statement in _sqlite_insert_only(table).values():
        connection.exec_driver_sql(statement)


def make_changeable(connection: Connection, table: str) -> None:
    """Undo `make_insert_only`."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_is_insert_only ON {table}")
        return
    for name in _sqlite_insert_only(table):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")


def drop(connection: Connection) -> None:
    """Take all guards away."""
    for table in INSERT_ONLY:
        make_changeable(connection, table)
    if connection.dialect.name == "postgresql":
        for name in (*_OVERLAPS, "ck_appointment_length"):
            connection.exec_driver_sql(f"ALTER TABLE appointment DROP CONSTRAINT IF EXISTS {name}")
        connection.exec_driver_sql("DROP FUNCTION IF EXISTS refuse_change()")
        return
    for name in _sqlite_overlaps():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")


def _postgresql() -> Iterator[str]:
    for name, (column, unless) in _OVERLAPS.items():
        yield (
            f"ALTER TABLE appointment ADD CONSTRAINT {name} EXCLUDE USING gist "
            f"(int8range({column}, {column}, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&) "
            f"WHERE (state IN {_BLOCKING} {unless.format(row='appointment')})"
        )
    yield (
        "ALTER TABLE appointment ADD CONSTRAINT ck_appointment_length "
        f"CHECK (ends_at - starts_at <= interval '{LONGEST_VISIT_HOURS} hours')"
    )
    yield (
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'insert-only' USING DETAIL = TG_TABLE_NAME; END $$"
    )


def _sqlite_overlaps() -> dict[str, str]:
    """The triggers on appointments, by name."""
    triggers: dict[str, str] = {}
    for event in ("INSERT", "UPDATE OF doctor_id, patient_id, starts_at, ends_at, state, overbooked"):
        suffix = event.split()[0].lower()
        for name, (column, unless) in _OVERLAPS.items():
            # The lower bound, sound because no visit is longer, lets the index on (column, starts_at) serve.
            triggers[f"{name}_{suffix}"] = (
                f"CREATE TRIGGER {name}_{suffix} BEFORE {event} ON appointment "  # noqa: S608 (names of this file only)
                f"WHEN NEW.state IN {_BLOCKING} {unless.format(row='NEW')} "
                f"BEGIN SELECT RAISE(ABORT, '{name}') WHERE EXISTS ("
                f"SELECT 1 FROM appointment AS other WHERE other.{column} = NEW.{column} AND other.id IS NOT NEW.id "
                f"AND other.state IN {_BLOCKING} {unless.format(row='other')} "
                f"AND other.starts_at > datetime(NEW.starts_at, '-{LONGEST_VISIT_HOURS + 1} hours') "
                "AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at); END"
            )
        triggers[f"appointment_length_{suffix}"] = (
            f"CREATE TRIGGER appointment_length_{suffix} BEFORE {event} ON appointment "
            f"WHEN julianday(NEW.ends_at) - julianday(NEW.starts_at) > ({LONGEST_VISIT_HOURS} + 0.001) / 24 "
            "BEGIN SELECT RAISE(ABORT, 'ck_appointment_length'); END"
        )
    return triggers


def _sqlite_insert_only(table: str) -> dict[str, str]:
    """The triggers on a table that is insert-only, by name."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
    key = INSERT_ONLY[table]
    new = ", ".join(f"NEW.{column}" for column in key)
    return {
        f"{table}_refuses_update": f"CREATE TRIGGER {table}_refuses_update BEFORE UPDATE ON {table} {refuse}",
        f"{table}_refuses_delete": f"CREATE TRIGGER {table}_refuses_delete BEFORE DELETE ON {table} {refuse}",
        # REPLACE deletes the former row without asking the triggers for DELETE.
        f"{table}_refuses_replace": (
            f"CREATE TRIGGER {table}_refuses_replace BEFORE INSERT ON {table} "  # noqa: S608  (our own names)
            f"WHEN ({new}) IN (SELECT {', '.join(key)} FROM {table}) {refuse}"
        ),
    }
