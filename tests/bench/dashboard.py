"""`python -m tests.bench.dashboard`: the admin's pages over a million visits and events, on SQLite and PostgreSQL."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from pathlib import Path
from random import Random
from statistics import median

from sqlalchemy import text

from app import create_app, models, unit_of_work
from app.clock import local_today, now
from app.demo.rows import write
from app.extensions import db
from app.jobs import audit as audit_jobs
from app.models import Approval, VisitState, guards
from app.policy import Actor
from app.services import audit_seals, audit_search, dashboard, hospital_figures
from app.services.audit_search import Filters
from config import ROOT
from tests.support import databases, servers
from tests.support.settings import make_settings

FOLDER = ROOT / "instance" / "bench-dashboard"
VISITS = EVENTS = 1_000_000
DOCTORS, PATIENTS, DEPARTMENTS, ACCOUNTS = 400, 20_000, 20, 5000
YEARS = 3
AT_ONCE = 50_000
RUNS = 7
STATES = (VisitState.COMPLETED,) * 8 + (VisitState.NO_SHOW, VisitState.CANCELLED)
ACTS = ("record.read",) * 6 + ("records.listed",) * 3 + ("session.opened",)
Figures = dict[str, float]


def main() -> None:
    """Fill both databases, ask each, and print a table of milliseconds."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    started = servers.open_folder()
    try:
        with databases.sqlite_database(FOLDER) as sqlite, databases.postgresql_database(FOLDER) as postgresql:
            columns = {name: measure(FOLDER, url) for name, url in (("SQLite", sqlite), ("PostgreSQL", postgresql))}
    finally:
        servers.close_folder(started)
        shutil.rmtree(FOLDER, ignore_errors=True)
    print("| | " + " | ".join(columns) + " |\n|---|" + "---:|" * len(columns))  # noqa: T201 (the command's answer)
    for name in next(iter(columns.values())):
        print(f"| {name} | " + " | ".join(f"{figures[name]:,.0f}" for figures in columns.values()) + " |")  # noqa: T201


def measure(folder: Path, url: str) -> Figures:
    """Milliseconds of each question on one database, the median of RUNS; sealing and verifying once."""
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
        asked["audit, after 500,000 events"] = lambda: audit_search.find(admin, Filters(), before=EVENTS // 2, limit=50)
        asked["audit as CSV, 10,000 lines"] = lambda: audit_search.file_of(admin, Filters())
        figures = {name: median(timed(act) for _ in range(RUNS)) for name, act in asked.items()}
        started = time.perf_counter()
        audit_jobs.seal()
        figures["sealing 1,000,000 events"] = (time.perf_counter() - started) * 1000
        figures["verifying 1,000,000 events"] = timed(audit_seals.verify)
        db.session.remove()
        db.engine.dispose()
    return figures


def timed(act: Callable[[], object]) -> float:
    """Milliseconds of an act in a unit of work of its own."""
    started = time.perf_counter()
    with unit_of_work.transaction():
        act()
    milliseconds = (time.perf_counter() - started) * 1000
    db.session.remove()
    return milliseconds


def fill() -> tuple[Actor, list[int], list[int]]:
    """Visits and events of YEARS, in the order of time; alike each time. The overlap guards are off meanwhile."""
    random = Random("dashboard")
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
        patients = list(write(models.Patient, ({"name": f"Patient {n}"} for n in range(PATIENTS))))
        guards.drop(db.session.connection())
    for _ in _parts(models.Appointment, VISITS, lambda n: _visit(random, n, doctors, patients)):
        pass
    for _ in _parts(models.AuditEvent, EVENTS, lambda n: _event(random, n, accounts, patients)):
        pass
    with unit_of_work.transaction():
        db.session.execute(text("ANALYZE"))
    return Actor(account_id=accounts[0], is_admin=True), patients, accounts


def _parts(model: type, count: int, make: Callable[[int], dict[str, object]]) -> Iterator[int]:
    for start in range(0, count, AT_ONCE):
        with unit_of_work.transaction():
            write(model, (make(number) for number in range(start, start + AT_ONCE)))
        yield start


def _visit(random: Random, number: int, doctors: list[int], patients: list[int]) -> dict[str, object]:
    starts = now().astimezone(UTC).replace(second=0, microsecond=0) - timedelta(
        minutes=(VISITS - number) * (YEARS * 525_600) // VISITS
    )
    return {
        "doctor_id": random.choice(doctors),
        "patient_id": random.choice(patients),
        "starts_at": starts,
        "ends_at": starts + timedelta(minutes=30),
        "created_at": starts - timedelta(days=random.randint(1, 40)),
        "state": random.choice(STATES),
    }


def _event(random: Random, number: int, accounts: list[int], patients: list[int]) -> dict[str, object]:
    return {
        "at": now() - timedelta(seconds=(EVENTS - number) * (YEARS * 31_536_000) // EVENTS),
        "account_id": random.choice(accounts),
        "patient_id": random.choice(patients),
        "action": random.choice(ACTS),
        "object_type": "clinical_record",
        "object_id": number + 1,
        "details": {"entries": [number]},
        "origin": "192.0.2.7",
    }


if __name__ == "__main__":
    main()
