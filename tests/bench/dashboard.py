"""`python -m tests.bench.dashboard`: the admin's pages over a million visits and events, on SQLite and PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import text

from app import create_app, models, unit_of_work
from app.clock import day_bounds, local_today
from app.demo.rows import write
from app.extensions import db
from app.jobs import audit as audit_jobs
from app.models import Approval, guards
from app.policy import Actor
from app.services import audit_seals, audit_search, dashboard, hospital_figures
from app.services.audit_search import Filters
from config import ROOT
from tests.support import databases, servers
from tests.support.settings import make_settings

FOLDER = ROOT / "instance" / "bench-dashboard"
PLACES = 6
"""10 ** PLACES visits and as many events."""
DOCTORS, PATIENTS, DEPARTMENTS, ACCOUNTS = 400, 20_000, 20, 5000
YEARS = 3
RUNS = 7
Figures = dict[str, tuple[float, float]]
"""Milliseconds: the fastest run, and the median of all."""


def main() -> None:
    """Fill both databases, ask each, and print a table of milliseconds: the fastest run, and the median in brackets."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    started = servers.open_folder()
    try:
        with databases.sqlite_database(FOLDER) as sqlite, databases.postgresql_database(FOLDER) as postgresql:
            columns = {name: measure(FOLDER, url) for name, url in (("SQLite", sqlite), ("PostgreSQL", postgresql))}
    finally:
        servers.close_folder(started)
        shutil.rmtree(FOLDER, ignore_errors=True)
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    for name in next(iter(columns.values())):
        cells = (f"{fastest:,.0f} ({usual:,.0f})" for fastest, usual in (of[name] for of in columns.values()))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    print("\n".join(lines))  # noqa: T201 (the command's answer)


def measure(folder: Path, url: str) -> Figures:
    """How long each question takes on one database, of RUNS; sealing and verifying once."""
    app = create_app(make_settings(folder, url))
    with app.app_context():
        admin, patients, accounts = fill()
        today = local_today()
        asked: dict[str, Callable[[], object]] = {
            f"figures of {days} days": lambda days=days: hospital_figures.find(admin, hospital_figures.last_days(days))  # type: ignore[misc]
            for days in (*hospital_figures.PERIODS, hospital_figures.LONGEST_PERIOD)
        }
        asked["what waits"] = lambda: dashboard.overview(admin)
        searches = {
            "audit, newest": Filters(),
            "audit of a patient": Filters(patient=str(patients[7])),
            "audit of a username": Filters(username=f"user{accounts[7]}"),
            "audit of an act": Filters(action="session.opened"),
            "audit of a username and an act": Filters(username=f"user{accounts[7]}", action="session.opened"),
            "audit of a day": Filters(since=today - timedelta(days=300), until=today - timedelta(days=300)),
        }
        for name, filters in searches.items():
            asked[name] = lambda filters=filters: audit_search.find(admin, filters, limit=50)  # type: ignore[misc]
        half = 10**PLACES // 2
        asked["audit, after 500,000 events"] = lambda: audit_search.find(admin, Filters(), before=half, limit=50)
        asked["audit as CSV, 10,000 lines"] = lambda: audit_search.file_of(admin, Filters())
        figures: Figures = {}
        for name, act in asked.items():
            runs = [timed(act) for _ in range(RUNS)]
            figures[name] = min(runs), median(runs)
        started = perf_counter()
        audit_jobs.seal()
        sealing = (perf_counter() - started) * 1000
        verifying = timed(audit_seals.verify)
        figures["sealing 1,000,000 events"], figures["verifying 1,000,000 events"] = (sealing,) * 2, (verifying,) * 2
        db.session.remove()
        db.engine.dispose()
    return figures


def timed(act: Callable[[], object]) -> float:
    """Milliseconds of an act in a unit of work of its own."""
    started = perf_counter()
    with unit_of_work.transaction():
        act()
    milliseconds = (perf_counter() - started) * 1000
    db.session.remove()
    return milliseconds


def fill() -> tuple[Actor, list[int], list[int]]:
    """Visits and events of YEARS, in the order of time; alike each time. The overlap guards are off meanwhile."""
    with unit_of_work.transaction():
        accounts = list(
            write(
                models.Account,
                (
                    {"username": name, "username_key": name, "email": f"{name}@x", "email_key": f"{name}@x"}
                    for name in (f"user{n + 1}" for n in range(ACCOUNTS))
                ),
            )
        )
        departments = write(
            models.Department, ({"name": f"Department {n}", "name_key": f"d{n}"} for n in range(DEPARTMENTS))
        )
        approved = {"approval": Approval.APPROVED}
        doctors = write(
            models.Doctor,
            ({"name": f"Dr {n}", "department_id": departments[n % DEPARTMENTS], **approved} for n in range(DOCTORS)),
        )
        _publish_hours(doctors)
        patients = list(write(models.Patient, ({"name": f"Patient {n}"} for n in range(PATIENTS))))
        guards.drop(db.session.connection())
        _write_many()
    if db.engine.dialect.name == "postgresql":  # as it does by itself after a while
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    else:
        with unit_of_work.transaction():
            db.session.execute(text("ANALYZE"))
    return Actor(account_id=accounts[0], is_admin=True), patients, accounts


def _publish_hours(doctors: list[int]) -> None:
    """Mornings and afternoons of five days a week, other ones since a year ago; leave, and a closure a month."""
    since = local_today() - timedelta(days=365)
    spans = ((time(8), time(12)), (time(13), time(16)), (time(9), time(13)), (time(14), time(18)))
    validity = ({"valid_from": None, "valid_to": since}, {"valid_from": since + timedelta(days=1), "valid_to": None})
    write(
        models.WeeklyHours,
        (
            {"doctor_id": key, "weekday": weekday, "starts": starts, "ends": ends, "slot_minutes": 30}
            | validity[number // 2]
            for key in doctors
            for weekday in range(5)
            for number, (starts, ends) in enumerate(spans)
        ),
    )
    today = day_bounds(local_today())[0]
    write(
        models.TimeOff,
        (
            {"doctor_id": key, "starts_at": start, "ends_at": start + timedelta(days=days)}
            for key, every, days in [*((key, 61, 6) for key in doctors), (None, 30, 1)]
            for start in (today - timedelta(days=ago + (key or 0) % 50) for ago in range(0, YEARS * 365, every))
        ),
    )


def _write_many() -> None:
    """Visits and events, a million each, made by the database itself; what each is like follows from its number."""
    is_sqlite = db.session.connection().dialect.name == "sqlite"
    if is_sqlite:  # else its indexes, each far larger than its memory, are written again and again
        db.session.connection().exec_driver_sql("PRAGMA cache_size = -1000000")
    digits = ", ".join(f"digit AS d{place}" for place in range(PLACES))
    number = " + ".join(f"d{place}.n * {10**place}" for place in range(PLACES))
    numbers = (
        "WITH digit(n) AS (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)), "  # noqa: S608 (our own names)
        f"numbers AS (SELECT CAST({number} AS BIGINT) AS n FROM {digits} ORDER BY 1)"
    )
    minutes = f"({60 + YEARS * 525_600} - n * CAST({YEARS * 525_600} AS BIGINT) / {10**PLACES})"

    def ago(minutes: str) -> str:
        if is_sqlite:
            return f"strftime('%Y-%m-%d %H:%M:00.000000', 'now', '-' || ({minutes}) || ' minutes')"
        return f"date_trunc('minute', now()) - ({minutes}) * interval '1 minute'"

    state = "CASE n * 7 % 11 WHEN 0 THEN 'no_show' WHEN 1 THEN 'cancelled' ELSE 'completed' END"
    no, yes = ("0", "1") if is_sqlite else ("false", "true")
    visits = {
        "doctor_id": f"1 + n * 131 % {DOCTORS}",
        "patient_id": f"1 + n * 7919 % {PATIENTS}",
        "starts_at": ago(minutes),
        "ends_at": ago(f"{minutes} - 30"),
        "created_at": ago(f"{minutes} + 1440 * (1 + n * 17 % 40)"),
        "updated_at": ago(minutes),
        "state": state,
        "kind": "'in_person'",
        "symptoms": "''",
        "cancel_reason": "''",
        "version": "1",
        "patient_agreed": yes,
        "overbooked": no,
    }
    events = {
        "at": ago(minutes),
        "account_id": f"1 + n * 131 % {ACCOUNTS}",
        "patient_id": f"1 + n * 7919 % {PATIENTS}",
        "action": "CASE n % 10 WHEN 0 THEN 'session.opened' WHEN 1 THEN 'records.listed' ELSE 'record.read' END",
        "object_type": "'clinical_record'",
        "object_id": "n + 1",
        "details": """'{"page": 1}'""",
        "origin": "'192.0.2.7'",
    }
    for table, columns in (("appointment", visits), ("audit_event", events)):
        names, values = ", ".join(columns), ", ".join(columns.values())
        insert = f"INSERT INTO {table} ({names}) {numbers} SELECT {values} FROM numbers ORDER BY n"  # noqa: S608 (our own names)
        db.session.connection().exec_driver_sql(insert if is_sqlite else insert.replace("%", "%%"))


if __name__ == "__main__":
    main()
