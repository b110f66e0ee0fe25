"""`python -m tests.bench.search`: how quickly words are found in 100,000 records, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from sqlalchemy import text

from app import create_app, models, unit_of_work
from app.clock import now
from app.demo.rows import write
from app.extensions import db
from app.models import Approval, record_words
from app.policy import Actor
from app.services import department_records, own_record, records
from config import ROOT
from tests.support import databases, servers
from tests.support.settings import make_settings

FOLDER = ROOT / "instance" / "bench-search"
RECORDS, PATIENTS, DOCTORS, DEPARTMENTS = 100_000, 5000, 200, 20
VOCABULARY, WORDS = 20_000, 60
RUNS = 20
PAGE: dict[str, Any] = {"limit": 20, "offset": 0}
KNOWN = {"blood": 0.5, "migraine": 0.02, "brucellosis": 0.0002}
"""Words that are looked for, and in which share of the records they stand."""
SEARCHES = {
    "a rare word": "brucellosis",
    "a word of one record in fifty": "migraine",
    "a word of every other record": "blood",
    "two words": "migraine blood",
    "the first two letters": "mi",
    "nothing like it": "xylophone",
}


@dataclass(frozen=True, slots=True)
class Hospital:
    """Who asks, and the doctor's department."""

    admin: Actor
    doctor: Actor
    patient: Actor
    department: models.Department


def main() -> None:
    """Fill both databases, search them in turns, and print a table of milliseconds."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    started = servers.open_folder()
    try:
        with databases.sqlite_database(FOLDER) as sqlite, databases.postgresql_database(FOLDER) as postgresql:
            columns = {name: measure(FOLDER, url) for name, url in (("SQLite", sqlite), ("PostgreSQL", postgresql))}
        print(as_table(columns))  # noqa: T201 (the command's answer)
    finally:
        servers.close_folder(started)
        shutil.rmtree(FOLDER, ignore_errors=True)


Figures = dict[tuple[str, str], list[float]]


def measure(folder: Path, url: str) -> Figures:
    """Seconds of each search by each actor on one database."""
    app = create_app(make_settings(folder, url))
    with app.app_context():
        with unit_of_work.transaction():
            record_words.drop(db.session.connection())
            hospital = fill()
            # Made at once, as a migration does, the index takes a fraction of the time that it takes record by record.
            record_words.create(db.session.connection())
        with unit_of_work.transaction():
            db.session.execute(text("ANALYZE"))
        asked: dict[str, Callable[[str], object]] = {
            "admin": lambda words: records.find(hospital.admin, search=words, **PAGE),
            "doctor": lambda words: records.find(hospital.doctor, search=words, **PAGE),
            "department": lambda words: department_records.find(
                hospital.doctor, hospital.department, search=words, **PAGE
            ),
            "patient": lambda words: own_record.find(hospital.patient, search=words, **PAGE),
        }
        figures: Figures = {
            (name, who): [timed(act, words) for _ in range(RUNS)]
            for name, words in SEARCHES.items()
            for who, act in asked.items()
        }
        db.session.remove()
        db.engine.dispose()
    return figures


def timed(act: Callable[[str], object], words: str) -> float:
    """Seconds of one search in a unit of work of its own."""
    started = time.perf_counter()
    with unit_of_work.transaction():
        act(words)
    seconds = time.perf_counter() - started
    db.session.remove()
    return seconds


def fill() -> Hospital:
    """Departments with doctors, and their records of patients; alike each time."""
    random = Random("search")
    moment = now()
    accounts = write(models.Account, (_account(name) for name in ("admin", "doctor", "patient")))
    departments = write(
        models.Department, ({"name": f"Department {n}", "name_key": f"department {n}"} for n in range(DEPARTMENTS))
    )
    doctors = write(
        models.Doctor,
        (
            {"name": f"Dr {n}", "department_id": departments[n % DEPARTMENTS], "approval": Approval.APPROVED}
            for n in range(DOCTORS)
        ),
    )
    patients = write(
        models.Patient,
        ({"name": f"Patient {n}", "manager_id": None if n else accounts[2]} for n in range(PATIENTS)),
    )
    write(
        models.CareTeamMember,
        ({"patient_id": key, "doctor_id": doctors[0], "created_by_id": accounts[2]} for key in patients[:50]),
    )
    texts = _texts(random)
    write(
        models.ClinicalRecord,
        (
            {
                "patient_id": random.choice(patients),
                "author_id": doctors[n % DOCTORS],
                "department_id": departments[n % DEPARTMENTS],
                "diagnostics": next(texts),
                "observations": next(texts),
                "notes": next(texts),
                "created_at": moment - timedelta(minutes=7 * n),
                "updated_at": moment,
            }
            for n in range(RECORDS)
        ),
    )
    doctor = Actor(account_id=accounts[1], doctor_id=doctors[0], department_id=departments[0])
    admin, patient = Actor(account_id=accounts[0], is_admin=True), Actor(account_id=accounts[2])
    return Hospital(admin, doctor, patient, models.Department(id=departments[0]))


def _account(name: str) -> dict[str, object]:
    return {"username": name, "username_key": name, "email": f"{name}@example.org", "email_key": f"{name}@example.org"}


def _texts(random: Random) -> Iterator[str]:
    """Texts of WORDS / 3 words, of which few are frequent and most are rare, as in any language."""
    syllables = [one + other for one in "bcdfghklmnprstvz" for other in "aeiou"]
    vocabulary = ["".join(random.choices(syllables, k=random.randint(2, 4))) for _ in range(VOCABULARY)]
    weights = list(accumulate(1 / (rank + 10) for rank in range(VOCABULARY)))
    while True:
        for part in range(3):
            words = random.choices(vocabulary, cum_weights=weights, k=WORDS // 3)
            if part == 0:
                words += [word for word, share in KNOWN.items() if random.random() < share]
            yield " ".join(words).capitalize()


def as_table(columns: dict[str, Figures]) -> str:
    """A Markdown table: the fastest of RUNS and, in brackets, their median."""
    whos = list(dict.fromkeys(who for _, who in next(iter(columns.values()))))
    lines = ["| search | database |" + "".join(f" {who} |" for who in whos), "|---|---|" + "---:|" * len(whos)]
    for name in SEARCHES:
        for database, figures in columns.items():
            cells = " | ".join(_cell(figures[name, who]) for who in whos)
            lines.append(f"| {name} | {database} | {cells} |")
    return "\n".join(lines)


def _cell(seconds: Sequence[float]) -> str:
    return f"{min(seconds) * 1000:.1f} ({median(seconds) * 1000:.1f})"


if __name__ == "__main__":
    main()
