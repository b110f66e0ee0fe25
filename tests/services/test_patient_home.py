"""A patient's first page: the next visit, what waits, the latest entry, in a constant number of statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.models import AuditEvent, VisitState
from app.services import patient_home
from app.services.patient_home import Home
from tests.factories import AppointmentFactory, ClinicalRecordFactory, DoctorFactory, PatientFactory, coming_weekday
from tests.services.visits import as_doctor, side_of
from tests.support.databases import Database


@pytest.fixture
def patient(database: Database) -> Any:
    """Somebody's own patient."""
    return PatientFactory(name="Amira")


def home(database: Database, patient: Any) -> Home:
    with database.unit_of_work():
        return patient_home.get(side_of(patient))


def test_the_next_visit_is_the_soonest_that_is_certain(patient: Any, database: Database) -> None:
    child = PatientFactory(manager=patient.manager, is_own=False)
    AppointmentFactory(patient=patient, starts_at=coming_weekday(days=9))
    soonest = AppointmentFactory(patient=child, starts_at=coming_weekday(days=4))
    for state in (VisitState.PENDING, VisitState.CANCELLED):
        AppointmentFactory(patient=patient, state=state, starts_at=coming_weekday(days=2))
    AppointmentFactory(patient=patient, starts_at=datetime.now(UTC) - timedelta(days=2), state=VisitState.CONFIRMED)
    AppointmentFactory(starts_at=coming_weekday(days=1))

    found = home(database, patient)

    assert found.next_visit is not None
    assert found.next_visit.id == soonest.id
    assert [visit.state for visit in found.requests.rows] == [VisitState.PENDING]


def test_a_visit_that_is_going_on_is_still_the_next(patient: Any, database: Database) -> None:
    visit = AppointmentFactory(
        patient=patient, starts_at=datetime.now(UTC) - timedelta(minutes=5), state=VisitState.IN_PROGRESS
    )
    found = home(database, patient)
    assert found.next_visit is not None
    assert found.next_visit.id == visit.id


def test_of_many_requests_the_first_are_shown_and_all_counted(patient: Any, database: Database) -> None:
    for days in range(5):
        AppointmentFactory(patient=patient, state=VisitState.PENDING, starts_at=coming_weekday(days=3 + 5 * days))

    requests = home(database, patient).requests

    assert (len(requests.rows), requests.count) == (3, 5)
    assert requests.rows[0].starts_at == min(visit.starts_at for visit in requests.rows)


def test_the_latest_entry_is_told_without_its_text_or_an_event(patient: Any, database: Database) -> None:
    doctor = DoctorFactory(name="Dr Hart")
    when = datetime(2026, 3, 4, 9, tzinfo=UTC)
    ClinicalRecordFactory(patient=patient, author=doctor, created_at=when)
    ClinicalRecordFactory(patient=patient, created_at=when - timedelta(days=1))
    ClinicalRecordFactory(patient=patient, created_at=when + timedelta(days=1), voided_at=when)
    ClinicalRecordFactory(created_at=when + timedelta(days=1))

    entry = home(database, patient).latest_entry

    assert entry == ("Amira", "Dr Hart", doctor.department.name, when)
    with database.unit_of_work() as session:
        assert session.scalars(select(AuditEvent.action)).all() == []


def test_a_doctor_sees_the_own_entries_not_the_patients(database: Database) -> None:
    doctor = DoctorFactory()
    ClinicalRecordFactory(author=doctor)
    AppointmentFactory(doctor=doctor)

    with database.unit_of_work():
        found = patient_home.get(as_doctor(doctor))

    assert (found.next_visit, found.latest_entry, found.is_newcomer) == (None, None, True)


def test_a_newcomer_has_never_had_a_visit(patient: Any, database: Database) -> None:
    assert home(database, patient).is_newcomer
    AppointmentFactory(patient=patient, state=VisitState.CANCELLED)
    assert not home(database, patient).is_newcomer


def test_it_takes_six_statements_however_much_there_is(
    patient: Any, database: Database, count_queries: Callable[..., Any]
) -> None:
    with database.unit_of_work():
        for days in range(4):
            for state in (VisitState.PENDING, VisitState.CONFIRMED):
                starts_at = coming_weekday(days=3 + 5 * days, hour=10 if state is VisitState.PENDING else 12)
                AppointmentFactory(patient=patient, state=state, starts_at=starts_at)
        for _ in range(3):
            ClinicalRecordFactory(patient=patient)

    with database.unit_of_work(), count_queries() as statements:
        patient_home.get(side_of(patient))

    assert len(statements) == 6, statements
