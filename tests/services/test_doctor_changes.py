"""Writing doctors while others do: applications that come twice, and bookings with a doctor who leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select

from app import unit_of_work
from app.errors import Conflict, NotFound
from app.extensions import db
from app.models import BLOCKING, Account, Appointment, Doctor, Patient, VisitKind
from app.policy import Actor
from app.services import appointments, doctor_changes
from app.services.doctor_changes import Person
from tests.factories import AccountFactory, DoctorFactory, PatientFactory, coming_weekday
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases


def together(app: Flask, acts: Iterable[Callable[[], object]]) -> list[str]:
    """Do several things in the same moment, each in its own unit of work: `done`, or `refused`, of each."""
    acts = list(acts)
    ready = Barrier(len(acts))

    def do(act: Callable[[], object]) -> str:
        with app.app_context():
            try:
                ready.wait(10)
                with unit_of_work.transaction():
                    act()
            except (Conflict, NotFound):
                return "refused"
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


@pytest.mark.parametrize("was_deleted", [False, True])
def test_of_two_applications_at_once_one_counts(app: Flask, database: Database, *, was_deleted: bool) -> None:
    account: Account = AccountFactory()
    if was_deleted:
        DoctorFactory(account=account, deleted_at=coming_weekday())
    applicant = Actor(account_id=account.id)

    answers = together(app, [lambda: doctor_changes.add(applicant, Person())] * 2)

    assert sorted(answers) == ["done", "refused"]
    with database.unit_of_work() as session:
        (entry,) = session.scalars(select(Doctor)).all()
        assert (entry.account_id, entry.deleted_at) == (account.id, None)


def test_nobody_is_left_with_a_visit_to_a_doctor_who_leaves_meanwhile(app: Flask, database: Database) -> None:
    doctor: Doctor = DoctorFactory(hours=True)
    patients: list[Patient] = [PatientFactory() for _ in range(3)]
    leaver = Actor(account_id=doctor.account_id, doctor_id=doctor.id)

    def book(patient: Patient, hour: int) -> Callable[[], object]:
        return lambda: appointments.book(
            Actor(account_id=patient.manager_id),
            patient_id=patient.id,
            doctor_id=doctor.id,
            starts_at=coming_weekday(hour=hour),
            kind=VisitKind.IN_PERSON,
        )

    bookings = [book(patient, hour) for hour, patient in enumerate(patients, 10)]
    *_, left = together(app, [*bookings, lambda: doctor_changes.remove(leaver, doctor.id, cancel_appointments=True)])

    assert left == "done"
    with database.unit_of_work() as session:
        assert session.scalars(select(Appointment).where(Appointment.state.in_(BLOCKING))).all() == []
        assert session.get_one(Doctor, doctor.id).deleted_at
