"""The words of clinical records, kept by the database itself so that a search finds them by index (docs/adr/0009).

On SQLite an FTS5 table over the five texts, on PostgreSQL a table of text-search vectors; triggers keep both, whoever
writes. Alembic drops a table's triggers without a word when it recreates the table in batch mode: a migration that
does so to `clinical_record` calls `create` afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

TABLE = "clinical_record_words"
TEXTS = ("diagnostics", "observations", "treatments", "misc", "notes")
ACCENTS = "\u0300-\u036f"
"""Combining accents, which are no part of a word: "fievre" finds "fièvre"."""
SEPARATORS = (
    r"\s!-/:-@\[-`{-~\u0080-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7\u2000-\u206f\u3000-\u303f"
)
"""What stands between words for PostgreSQL, inside the brackets of a regular expression; FTS5 knows it by itself.

PostgreSQL's own parser would take "mg/kg" for the name of a file, and "120/80" for another.
"""


def create(connection: Connection) -> None:
    """Make the index with the words of the records that there are, on either database."""
    drop(connection)
    statements = _postgresql() if connection.dialect.name == "postgresql" else _sqlite()
    for statement in statements:
        connection.exec_driver_sql(statement)


def drop(connection: Connection) -> None:
    """Take the index away."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {TABLE} ON clinical_record")
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {TABLE}_follow()")
    else:
        for event in _SQLITE_TRIGGERS:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {TABLE}_{event}")
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {TABLE}")


def is_compared(name: str | None, _kind: str, _parents: object) -> bool:
    """For Alembic: whether it compares something of this name with the models, which know nothing of the index."""
    return not (name or "").startswith(TABLE)


def _sqlite_follow(row: str, *, forget: bool = False) -> str:
    """Add a row's words to the index; `forget`: take those away that the row had."""
    columns, values = ", ".join(TEXTS), ", ".join(f"{row}.{name}" for name in TEXTS)
    command, value = (f"{TABLE}, ", "'delete', ") if forget else ("", "")
    return f"INSERT INTO {TABLE} ({command}rowid, {columns}) VALUES ({value}{row}.id, {values});"  # noqa: S608 (as below)


_SQLITE_TRIGGERS = {
    "insert": ("INSERT", _sqlite_follow("NEW")),
    "delete": ("DELETE", _sqlite_follow("OLD", forget=True)),
    "update": (f"UPDATE OF {', '.join(TEXTS)}", _sqlite_follow("OLD", forget=True) + _sqlite_follow("NEW")),
}


def _sqlite() -> Iterator[str]:
    yield (
        f"CREATE VIRTUAL TABLE {TABLE} USING fts5({', '.join(TEXTS)}, content='clinical_record', content_rowid='id', "
        'tokenize="unicode61 remove_diacritics 2")'
    )
    yield f"INSERT INTO {TABLE} ({TABLE}) VALUES ('rebuild')"  # noqa: S608 (names of this file only)
    for name, (event, act) in _SQLITE_TRIGGERS.items():
        yield f"CREATE TRIGGER {TABLE}_{name} AFTER {event} ON clinical_record BEGIN {act} END"


def _vector(row: str) -> str:
    """The words of a row's texts as a vector, in the configuration that knows no language: all words count."""
    texts = f"concat_ws(' ', {', '.join(f'{row}.{name}' for name in TEXTS)})"
    plain = f"normalize(regexp_replace(normalize({texts}, NFD), '[{ACCENTS}]', '', 'g'), NFC)"
    return f"to_tsvector('pg_catalog.simple', regexp_replace({plain}, '[{SEPARATORS}]+', ' ', 'g'))"


def _postgresql() -> Iterator[str]:
    yield (
        f"CREATE TABLE {TABLE} (record_id bigint NOT NULL CONSTRAINT pk_{TABLE} PRIMARY KEY "
        f"CONSTRAINT fk_{TABLE}_record_id_clinical_record REFERENCES clinical_record ON DELETE CASCADE, "
        "words tsvector NOT NULL)"
    )
    yield f"INSERT INTO {TABLE} SELECT id, {_vector('clinical_record')} FROM clinical_record"  # noqa: S608 (as above)
    # Without a list of what is still to be put in, every search is as quick as the last.
    yield f"CREATE INDEX ix_{TABLE}_words ON {TABLE} USING gin (words) WITH (fastupdate = off)"
    yield (
        f"CREATE FUNCTION {TABLE}_follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "  # noqa: S608 (as above)
        f"INSERT INTO {TABLE} VALUES (NEW.id, {_vector('NEW')}) "
        "ON CONFLICT (record_id) DO UPDATE SET words = EXCLUDED.words; RETURN NULL; END $$"
    )
    yield (
        f"CREATE TRIGGER {TABLE} AFTER INSERT OR UPDATE OF {', '.join(TEXTS)} ON clinical_record "
        f"FOR EACH ROW EXECUTE FUNCTION {TABLE}_follow()"
    )
