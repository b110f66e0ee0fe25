"""The migrations make exactly the tables that the models describe, and can be undone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.extensions import Base, db
from app.models import ClinicalRecord, Patient, record_words
from app.services import record_search
from tests.conftest import cannot_run
from tests.support import databases, servers

BOOKKEEPING = {"alembic_version"}


@pytest.fixture
def empty_database_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    with ExitStack() as stack:
        try:
            url = stack.enter_context(databases.empty_postgresql_database())
        except servers.CannotStart as error:
            cannot_run(str(error))
        yield url


def schema(engine: sqlalchemy.Engine) -> set[tuple[str, str]]:
    """Every table, index, constraint and trigger of a database, by kind and name."""
    query = {
        "sqlite": "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
        "postgresql": """
            SELECT 'class', relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
            UNION ALL SELECT 'constraint', conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace
            UNION ALL SELECT 'trigger', tgname FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL SELECT 'function', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace""",
    }[engine.dialect.name]
    with engine.connect() as connection:
        return {(kind, name) for kind, name in connection.exec_driver_sql(query)}


def test_there_is_one_newest_migration(app):
    with app.app_context():
        script = ScriptDirectory.from_config(app.extensions["migrate"].migrate.get_config())

    assert len(script.get_heads()) == 1


@pytest.mark.both_databases
def test_models_and_migrations_agree(app):
    with app.app_context(), db.engine.connect() as connection:
        options = {"compare_type": True, "include_name": record_words.is_compared}
        context = MigrationContext.configure(connection, opts=options)

        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.both_databases
def test_they_can_be_undone_and_done_again(empty_database_url, settings, make_app):
    app = make_app(database_url=empty_database_url)
    with app.app_context():
        flask_migrate.upgrade()
        complete = schema(db.engine)
        flask_migrate.downgrade(revision="base")
        undone = set(sqlalchemy.inspect(db.engine).get_table_names())
        flask_migrate.upgrade()

        assert undone == BOOKKEEPING
        assert schema(db.engine) == complete


@pytest.mark.both_databases
def test_records_written_before_can_be_searched_after(empty_database_url, make_app):
    app = make_app(database_url=empty_database_url)
    with app.app_context():
        script = ScriptDirectory.from_config(app.extensions["migrate"].migrate.get_config())
        flask_migrate.upgrade()
        db.session.add(ClinicalRecord(patient=Patient(name="Pat"), diagnostics="Pneumonia"))
        db.session.commit()
        db.session.remove()
        flask_migrate.downgrade(revision=str(script.get_revision("0015").down_revision))
        assert record_words.TABLE not in sqlalchemy.inspect(db.engine).get_table_names()
        flask_migrate.upgrade()

        found = db.session.scalars(sqlalchemy.select(ClinicalRecord.id).where(*record_search.matching("pneumo"))).all()

        assert len(found) == 1
        db.session.remove()


def test_migrating_leaves_the_log_on(empty_database_url, make_app, caplog):
    app = make_app(database_url=empty_database_url)
    before = app.logger.level, app.logger.handlers, logging.getLogger().handlers
    with app.app_context():
        flask_migrate.upgrade()
    app.logger.warning("the portal still says what is wrong")

    assert "still says" in caplog.text
    assert (app.logger.level, app.logger.handlers, logging.getLogger().handlers) == before
