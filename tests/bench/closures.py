"""`python -m tests.bench.closures`: seconds that closing the hospital takes, with thousands of visits to cancel."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from sqlalchemy import func, select, text

from app import create_app, models, unit_of_work
from app.clock import now
from app.demo.rows import write
from app.extensions import db, job_queue
from app.models import Approval, MessageState, VisitState
from app.policy import Actor
from app.services import closures
from app.services.time_off import Period
from config import ROOT
from tests.support import databases, servers
from tests.support.settings import make_settings

FOLDER = ROOT / "instance" / "bench-closures"
DOCTORS, PATIENTS = 400, 20_000
PER_DAY = 25
"""Visits of each doctor on each of the coming days."""
DAYS = 3
NUMBERS = (200, 1000, 5000)


def main() -> None:
    """Fill both databases, close one day after the other for ever more visits, and print a table of seconds."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    started = servers.open_folder()
    columns = {}
    try:
        with databases.sqlite_database(FOLDER) as sqlite, databases.postgresql_database(FOLDER) as postgresql:
            for name, url in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
                columns[name] = measure(url)
    finally:
        servers.close_folder(started)
        shutil.rmtree(FOLDER, ignore_errors=True)
    print("| visits | " + " | ".join(columns) + " |\n|---:|" + "---:|" * len(columns))  # noqa: T201 (the command's answer)
    for row in zip(*columns.values(), strict=True):
        print(f"| {row[0][0]:,} | " + " | ".join(f"{preview:.1f}, {act:.1f}" for _, preview, act in row) + " |")  # noqa: T201


def measure(url: str) -> list[tuple[int, float, float]]:
    """How many visits, seconds until they are shown, and seconds from the locks to the end of the commit."""
    app = create_app(make_settings(FOLDER, url))
    figures = []
    with app.app_context():
        first = datetime.combine(now().date() + timedelta(days=3), datetime.min.time(), tzinfo=UTC)
        admin = fill(first)
        for day, wanted in enumerate(NUMBERS):
            start = first + timedelta(days=day)
            period = Period(start, start + timedelta(minutes=20) * (wanted // DOCTORS or 1))
            begun = perf_counter()
            with unit_of_work.transaction():
                seen = closures.preview(admin, period)
                number, seal = len(seen.visits), seen.seal
            shown = perf_counter()
            with unit_of_work.transaction():
                closures.add(admin, period, reason="Flood", seen=seal)
            figures.append((number, shown - begun, perf_counter() - shown))
            db.session.remove()
        while not job_queue.embedded.empty():
            job_queue.embedded.get_nowait()
        db.engine.dispose()
    return figures


def fill(first: datetime) -> Actor:
    """Confirmed visits of all doctors, every twenty minutes from each midnight (UTC) on, with both reminders."""
    with unit_of_work.transaction():
        names = [f"user{n}" for n in range(PATIENTS)]
        accounts = write(
            models.Account,
            (
                {"username": name, "username_key": name, "email": f"{name}@x", "email_key": f"{name}@x"}
                for name in names
            ),
        )
        doctors = write(models.Doctor, ({"name": f"Dr {n}", "approval": Approval.APPROVED} for n in range(DOCTORS)))
        patients = write(models.Patient, ({"name": "A Patient", "manager_id": key} for key in accounts))
        holders = dict(zip(patients, accounts, strict=True))
        times = [first + timedelta(days=day, minutes=20 * n) for day in range(DAYS) for n in range(PER_DAY)]
        visits: list[dict[str, Any]] = [
            {
                "doctor_id": doctor,
                "patient_id": patients[(number * DOCTORS + at) % PATIENTS],
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(minutes=20),
                "state": VisitState.CONFIRMED,
            }
            for number, starts_at in enumerate(times)
            for at, doctor in enumerate(doctors)
        ]
        keys = write(models.Appointment, visits)
        write(
            models.Message,
            (
                {
                    "key": f"{template}.{key}",
                    "template": template,
                    "account_id": holders[visit["patient_id"]],
                    "recipient": "x@example.org",
                    "subject_id": key,
                    "subject_version": 1,
                    "due_at": visit["starts_at"] - timedelta(hours=hours),
                    "state": MessageState.WAITING,
                }
                for key, visit in zip(keys, visits, strict=True)
                for template, hours in (("reminder_day", 24), ("reminder_hours", 2))
            ),
        )
    with unit_of_work.transaction():
        db.session.execute(text("ANALYZE"))
        assert db.session.scalar(select(func.count()).select_from(models.Message)) == 2 * len(keys)
    return Actor(account_id=accounts[0], is_admin=True)


if __name__ == "__main__":
    main()
