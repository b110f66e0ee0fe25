"""Patients and their records as a doctor finds them: the own ones first, each reading noted, in few statements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import local_today, now
from app.errors import Forbidden, NotFound
from app.models import AuditEvent, VisitState
from app.policy import Actor
from app.services import doctor_patients, doctor_record
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    DoctorFactory,
    PatientFactory,
)
from tests.services.visits import ADMIN, as_doctor, side_of
from tests.support.databases import Database
from tests.support.queries import count_queries

PAGE: dict[str, Any] = {"limit": 20, "offset": 0}
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    """One unit of work around each test; the first account is the admin's."""
    with database.unit_of_work() as opened:
        assert AccountFactory(is_admin=True).id == ADMIN.account_id
        yield opened


@pytest.fixture
def doctor(session: Session) -> Any:
    return DoctorFactory()


@pytest.fixture
def me(doctor: Any) -> Actor:
    return as_doctor(doctor)


def names(actor: Actor, search: str = "") -> list[str]:
    return [line.patient.name for line in doctor_patients.find(actor, search=search, **PAGE).rows]


class TestFind:
    @pytest.mark.both_databases
    def test_those_whom_the_doctor_treats_and_with_a_search_all_those_first(self, me: Actor, doctor: Any) -> None:
        visiting, mapped = PatientFactory(name="Ruth Baker"), PatientFactory(name="Ada Baker")
        last = AppointmentFactory(
            doctor=doctor, patient=visiting, starts_at=now() - 7 * DAY, state=VisitState.COMPLETED
        )
        AppointmentFactory(doctor=doctor, patient=visiting, starts_at=now() - DAY, state=VisitState.NO_SHOW)
        following = AppointmentFactory(doctor=doctor, patient=visiting)
        CareTeamMemberFactory(doctor=doctor, patient=mapped)
        PatientFactory(name="Aaron Baker")
        AppointmentFactory(doctor=doctor, patient__name="Booked Blind", patient_agreed=False, starts_at=now() + DAY)
        PatientFactory(name="Voided Baker", voided_at=now())

        assert names(me) == ["Ada Baker", "Ruth Baker"]
        found = doctor_patients.find(me, search="baker", **PAGE)
        assert [(line.patient.name, line.is_treated) for line in found.rows] == [
            ("Ada Baker", True),
            ("Ruth Baker", True),
            ("Aaron Baker", False),
        ]
        assert [line.seen for line in found.rows[:2]] == [(None, None), (last.starts_at, following.starts_at)]

    def test_it_is_noted_and_for_doctors_alone(self, me: Actor, session: Session) -> None:
        patient = PatientFactory(name="Ada")
        names(me, "ada")
        noted = session.scalars(select(AuditEvent)).one()
        assert (noted.action, noted.details) == ("patients.listed", {"patients": [patient.id]})
        for actor in (ADMIN, side_of(patient)):
            with pytest.raises(Forbidden):
                names(actor)
            with pytest.raises(Forbidden):
                doctor_patients.get(actor, patient.id)

    def test_a_long_list_takes_no_more_statements(self, me: Actor, doctor: Any) -> None:
        def statements() -> int:
            with count_queries() as counted:
                names(me)
            return len(counted)

        AppointmentFactory(doctor=doctor)
        few = statements()
        for number in range(1, 6):
            AppointmentFactory(doctor=doctor, starts_at=now() + number * DAY)
        assert statements() == few == 5


class TestGet:
    def test_it_tells_who_it_is_and_the_visits_to_this_doctor(self, me: Actor, doctor: Any) -> None:
        mother = AccountFactory(first_name="Amira", last_name="Hassan")
        child = PatientFactory(manager=mother, is_own=False)
        past = AppointmentFactory(doctor=doctor, patient=child, starts_at=now() - DAY, state=VisitState.COMPLETED)
        coming = AppointmentFactory(doctor=doctor, patient=child)
        AppointmentFactory(doctor=doctor, patient=child, starts_at=now() + DAY, state=VisitState.CANCELLED)
        AppointmentFactory(patient=child, starts_at=now() + 2 * DAY)
        note = ClinicalRecordFactory(patient=child, author=doctor, appointment_id=past.id)

        sheet = doctor_patients.get(me, child.id)

        assert (sheet.manager, sheet.is_own, sheet.is_treated) == ("Amira Hassan", False, True)
        assert [visit.id for visit in sheet.past.rows] == [past.id]
        assert [visit.id for visit in sheet.coming.rows] == [coming.id]
        assert sheet.notes == {past.id: note.id}

    def test_of_a_stranger_only_the_directory(self, me: Actor, session: Session) -> None:
        stranger = PatientFactory(manager=None)
        sheet = doctor_patients.get(me, stranger.id)
        assert (sheet.manager, sheet.is_treated, sheet.coming.count, sheet.notes) == (None, False, 0, {})
        assert session.scalars(select(AuditEvent.action)).all() == ["patient.read"]

    def test_nobody_who_is_not_there(self, me: Actor) -> None:
        for key in (987_654, 2**63, PatientFactory(voided_at=now()).id):
            with pytest.raises(NotFound):
                doctor_patients.get(me, key)


class TestRecord:
    @pytest.mark.both_databases
    def test_entries_of_the_department_and_of_those_treated(self, me: Actor, doctor: Any, session: Session) -> None:
        patient = PatientFactory()
        ours = ClinicalRecordFactory(
            patient=patient, author=DoctorFactory(department=doctor.department), diagnostics="Eczema"
        )
        theirs = ClinicalRecordFactory(patient=patient, created_at=now() - 10 * DAY)
        ClinicalRecordFactory(author=doctor)

        def found(**filters: Any) -> list[int]:
            return [line.id for line in doctor_record.find(me, patient.id, **filters, **PAGE).rows]

        assert found() == [ours.id]
        with pytest.raises(NotFound):
            doctor_record.get(me, theirs.id)
        CareTeamMemberFactory(patient=patient, doctor=doctor)
        assert found() == [ours.id, theirs.id]
        assert found(search="eczema") == found(since=local_today()) == [ours.id]
        assert found(until=local_today() - DAY) == [theirs.id]
        assert doctor_record.get(me, theirs.id).id == theirs.id
        noted = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(2)).all()
        assert [(event.action, event.patient_id) for event in noted] == [
            ("record.read", patient.id),
            ("records.listed", patient.id),
        ]

    def test_a_long_record_and_many_visits_take_no_more_statements(self, me: Actor, doctor: Any) -> None:
        patient = PatientFactory()

        def statements() -> tuple[int, int]:
            with count_queries() as sheet:
                doctor_patients.get(me, patient.id)
            with count_queries() as entries:
                doctor_record.find(me, patient.id, **PAGE)
            return len(sheet), len(entries)

        def add(number: int) -> None:
            visit = AppointmentFactory(
                doctor=doctor, patient=patient, starts_at=now() - number * DAY, state=VisitState.COMPLETED
            )
            ClinicalRecordFactory(patient=patient, author=doctor, appointment_id=visit.id)

        add(1)
        few = statements()
        for number in range(2, 7):
            add(number)
        assert statements() == few == (8, 4)
