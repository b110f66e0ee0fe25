"""Booking, its audit row and its mail are one: where one cannot be written, none is, and nobody is told otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.extensions import job_queue
from app.models import Appointment, AuditEvent, BookingDraft, Doctor, IdempotencyKey, Message, Patient
from config import Settings
from tests.factories import DoctorFactory, PatientFactory, coming_weekday
from tests.support.booking import confirm, details
from tests.support.clients import api, sign_in
from tests.support.databases import Database

TEN = coming_weekday(hour=10)
Act = Callable[[], TestResponse]

BREAK = {
    "sqlite": "CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END",
    "postgresql": """
        CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;
        CREATE TRIGGER broken AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION broken()""",
}
BREAK_THE_COMMIT = """
    CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;
    CREATE CONSTRAINT TRIGGER broken AFTER INSERT ON message DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION broken()"""
MEND = {"sqlite": "DROP TRIGGER broken", "postgresql": "DROP FUNCTION broken CASCADE"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """As people meet it: what nobody expected is answered, not raised."""
    return replace(settings, env="development")


@pytest.fixture
def doctor(database: Database) -> Doctor:
    return DoctorFactory(hours=True)


@pytest.fixture
def patient(database: Database) -> Patient:
    return PatientFactory()


def by_program(app: Flask, doctor: Doctor, patient: Patient, at: datetime) -> Act:
    """All but the last request of a booking over JSON."""
    program = api(app.test_client(), patient.manager)
    body = {"doctor": doctor.id, "patient": patient.id, "appointment_time": at.isoformat()}
    return lambda: program.post("/appointments/", json=body, headers={"Idempotency-Key": "once"})


def by_person(app: Flask, doctor: Doctor, patient: Patient, at: datetime) -> Act:
    """All but the last click of a booking in the browser."""
    browser = sign_in(app.test_client(), patient.manager)
    typed = {"at": at.isoformat(), "patient": str(patient.id), "kind": "in_person", "symptoms": "A cough"}
    checked = details(browser, doctor, typed)
    return lambda: confirm(browser, doctor, checked)


@pytest.mark.both_databases
@pytest.mark.parametrize("prepare", [by_program, by_person])
class TestBooking:
    @pytest.mark.parametrize("table", ["appointment", "audit_event", "message"])
    def test_it_is_whole_or_not_at_all(
        self,
        app: Flask,
        database: Database,
        database_kind: str,
        doctor: Doctor,
        patient: Patient,
        prepare: Callable[..., Act],
        table: str,
    ) -> None:
        act = prepare(app, doctor, patient, TEN)
        before = written(database)
        waiting_jobs()  # others of this process may have left some
        run(database, BREAK[database_kind].format(table=table))

        refused = act()

        assert refused.status_code >= 400
        assert "Location" not in refused.headers
        assert written(database) == before
        assert waiting_jobs() == 0

        run(database, MEND[database_kind])
        assert act().status_code in (201, 303)
        assert written(database) == {name: number + (2 if name == "message" else 1) for name, number in before.items()}
        assert waiting_jobs() == 2  # a mail to each side


@pytest.mark.postgresql
@pytest.mark.parametrize("prepare", [by_program, by_person])
class TestCommit:
    def test_nobody_is_told_of_what_the_commit_refused(
        self, app: Flask, database: Database, doctor: Doctor, patient: Patient, prepare: Callable[..., Act]
    ) -> None:
        act = prepare(app, doctor, patient, TEN)
        before = written(database)
        waiting_jobs()  # others of this process may have left some
        run(database, BREAK_THE_COMMIT)

        refused = act()

        assert refused.status_code >= 500
        assert "Location" not in refused.headers
        assert "booked" not in refused.text.lower()
        assert written(database) == before
        assert waiting_jobs() == 0


def run(database: Database, statement: str) -> None:
    """Change the schema under the portal's feet."""
    with database.unit_of_work() as session:
        session.connection().exec_driver_sql(statement)


def written(database: Database) -> dict[str, int]:
    """How many rows a booking has left in each table."""
    with database.unit_of_work() as session:
        counts = {
            model.__tablename__: session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Appointment, Message)
        }
        booked = select(func.count()).where(AuditEvent.action == "appointment.booked")
        # A program's key, or a person's draft, remembers what was booked.
        known = session.scalar(select(func.count(IdempotencyKey.id))) or 0
        known += session.scalar(select(func.count(BookingDraft.appointment_id))) or 0
        return counts | {"audit": session.scalar(booked) or 0, "remembered": known}


def waiting_jobs() -> int:
    """How many jobs were handed over since last asked."""
    number = 0
    while not job_queue.embedded.empty():
        job_queue.embedded.get_nowait()
        number += 1
    return number
