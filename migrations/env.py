"""How Alembic meets the database: the application's engine, one transaction, foreign keys off on SQLite."""

from __future__ import annotations

import sys
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from app.extensions import Base
from app.models import record_words
from app.models.types import UtcDateTime

engine: Engine = current_app.extensions["migrate"].db.engine


def render_item(kind: str, item: object, autogen_context: Any) -> str | bool:
    """Our own column types are written into migrations by their import."""
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen_context.imports.add("from app.models.types import UtcDateTime")
        return "UtcDateTime()"
    return False


def connect() -> Connection:
    """A connection, or one sentence instead of a traceback: whoever migrates mostly has an address wrong."""
    try:
        return engine.connect()
    except OperationalError:
        sys.exit("The database cannot be reached. Check DATABASE_URL, and that the server runs.")


def run() -> None:
    """Run the migrations in one transaction.

    A batch migration recreates its table: with foreign keys on, SQLite would delete the children of what it drops.
    """
    if context.is_offline_mode():
        context.configure(url=engine.url, target_metadata=Base.metadata, literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    with connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr] # it is connected
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=render_item,
            include_name=record_words.is_compared,
        )
        try:
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
        finally:
            if sqlite:
                connection.rollback()
                connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr] # it is connected


run()
