"""The hospital that the documents' clients find, built once a run and put back before each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from app import create_app
from app.extensions import db
from app.models import Account, Department, Doctor, Patient
from tests.factories import AccountFactory, DepartmentFactory, DoctorFactory, PatientFactory
from tests.support import databases
from tests.support.clients import api
from tests.support.databases import Database
from tests.support.settings import make_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Hospital:
    """One of each, and another one of each to whom the first mean nothing. Both doctors have hours."""

    department: Department
    other_department: Department
    doctor: Doctor
    other_doctor: Doctor
    patient: Patient
    other_patient: Patient
    admin: Account

    def people(self) -> dict[str, Account]:
        """Who can sign in, by what the fixtures call them."""
        accounts = {
            "doctor": self.doctor.account,
            "other_doctor": self.other_doctor.account,
            "patient": self.patient.manager,
            "other_patient": self.other_patient.manager,
            "admin": self.admin,
        }
        return {name: account for name, account in accounts.items() if account is not None}


def build() -> Hospital:
    """Write the hospital into the running test's database."""
    with databases.arranging().unit_of_work():
        cardiology, dermatology = DepartmentFactory(name="Cardiology"), DepartmentFactory(name="Dermatology")
        return Hospital(
            department=cardiology,
            other_department=dermatology,
            doctor=DoctorFactory(name="Dr Ada Byron", department=cardiology, hours=True),
            other_doctor=DoctorFactory(name="Dr Otto Other", department=dermatology, hours=True),
            patient=PatientFactory(name="Pat Smith"),
            other_patient=PatientFactory(name="Olu Other"),
            admin=AccountFactory(is_admin=True),
        )


class Stage:
    """One portal over the hospital, its people signed in: both would be most of the time of each test."""

    def __init__(self, app: Flask, file: Path) -> None:
        self.app = app
        self._file = file
        with Database(app):
            self.hospital = build()
        self.tokens = {name: api(app.test_client(), person).token for name, person in self.hospital.people().items()}
        self._untouched = self.snapshot("untouched")

    def snapshot(self, name: str = "snapshot") -> Path:
        """Keep the database as it is now."""
        self.close()
        return Path(shutil.copyfile(self._file, self._file.with_name(f"{name}.sqlite3")))

    def restore(self, snapshot: Path | None = None) -> None:
        """Put the database back as a snapshot has it, or as the hospital was built."""
        self.close()
        for suffix in ("-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(snapshot or self._untouched, self._file)

    def close(self) -> None:
        """Let go of the database."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """A stage whose database is in a folder."""
    with databases.sqlite_database(folder) as url:
        stage = Stage(create_app(make_settings(folder, url)), folder / "portal.sqlite3")
        yield stage
        stage.close()
