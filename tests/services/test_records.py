"""Clinical records and care teams as both faces use them: what a service refuses by itself, whoever calls it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized
from app.models import AuditEvent, CareTeamMember, ClinicalRecordVersion
from app.policy import Actor
from app.services import care_team, department_people, records
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    DoctorFactory,
    PatientFactory,
)
from tests.services.visits import ADMIN, STRANGER, as_doctor, side_of
from tests.support.databases import Database

TOO_LONG = "x" * (records.LONGEST_TEXT + 1)
PAGE: dict[str, Any] = {"limit": 10, "offset": 0}


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    """One unit of work around each test; the first account is the admin's."""
    with database.unit_of_work() as opened:
        assert AccountFactory(is_admin=True).id == ADMIN.account_id
        yield opened


class TestWrite:
    def test_only_doctors_do(self) -> None:
        patient = PatientFactory()
        with pytest.raises(Unauthorized):
            records.write(STRANGER, patient_id=patient.id, texts={})
        for actor in (ADMIN, side_of(patient)):
            with pytest.raises(Forbidden):
                records.write(actor, patient_id=patient.id, texts={})

    def test_what_is_wrong_is_named(self) -> None:
        doctor, patient = as_doctor(DoctorFactory()), PatientFactory()
        visit = AppointmentFactory()
        wrong = {
            "notes": {"patient_id": patient.id, "texts": {"notes": TOO_LONG}},
            "patient_id": {"patient_id": 2**70, "texts": {}},
            "appointment_id": {"patient_id": patient.id, "appointment_id": visit.id, "texts": {}},
        }
        for field, values in wrong.items():
            with pytest.raises(Invalid) as refusal:
                records.write(doctor, **values)  # type: ignore[arg-type]  # a dict of options
            assert list(refusal.value.errors) == [field]


class TestChange:
    def test_a_text_that_is_too_long_changes_nothing(self, session: Session) -> None:
        doctor = DoctorFactory()
        record = ClinicalRecordFactory(author=doctor)
        with pytest.raises(Invalid):
            records.change(as_doctor(doctor), record.id, texts={"notes": "ok", "misc": TOO_LONG})
        assert (record.notes, record.version) == ("", 1)

    def test_only_doctors_who_read_it_as_doctors_do(self) -> None:
        record = ClinicalRecordFactory()
        mother = DoctorFactory(account=record.patient.manager)
        refusals = {STRANGER: Unauthorized, ADMIN: Forbidden, as_doctor(mother): Forbidden}
        refusals[as_doctor(DoctorFactory())] = NotFound
        for actor, refusal in refusals.items():
            with pytest.raises(refusal):
                records.change(actor, record.id, texts={"notes": "x"})
            with pytest.raises(refusal):
                records.void(actor, record.id)

    def test_an_outdated_version_is_refused_and_nothing_kept(self, session: Session) -> None:
        doctor = DoctorFactory()
        record = ClinicalRecordFactory(author=doctor, version=4)
        with pytest.raises(Conflict):
            records.change(as_doctor(doctor), record.id, texts={"notes": "x"}, version=3)
        assert session.scalars(select(ClinicalRecordVersion)).all() == []


class TestDepartment:
    def test_only_its_own_doctors_and_admins_see_patients_and_records(self) -> None:
        doctor = DoctorFactory()
        assert doctor.department is not None
        key = doctor.department.id
        for actor in (as_doctor(DoctorFactory()), side_of(PatientFactory())):
            for look in (records.find_of_department, department_people.patients):
                with pytest.raises(Forbidden):
                    look(actor, key, **PAGE)
        for actor in (as_doctor(doctor), ADMIN):
            assert records.find_of_department(actor, key, **PAGE).count == 0
            assert department_people.patients(actor, key, **PAGE).count == 0
        with pytest.raises(Forbidden):
            department_people.doctors(side_of(PatientFactory()), key, **PAGE)


class TestCareTeam:
    def test_the_unknown_are_named_and_others_patients_refused(self, session: Session) -> None:
        patient, doctor = PatientFactory(), DoctorFactory()
        with pytest.raises(Invalid) as refusal:
            care_team.add(side_of(PatientFactory()), patient_id=patient.id, doctor_id=doctor.id)
        assert list(refusal.value.errors) == ["patient_id"]
        with pytest.raises(Invalid) as refusal:
            care_team.add(side_of(patient), patient_id=patient.id, doctor_id=2**70)
        assert list(refusal.value.errors) == ["doctor_id"]
        with pytest.raises(Forbidden):
            care_team.add(as_doctor(doctor), patient_id=patient.id, doctor_id=doctor.id)
        assert session.scalars(select(CareTeamMember)).all() == []
        assert session.scalars(select(AuditEvent.action)).all() == []

    def test_a_second_time_is_a_conflict_that_leaves_the_session_usable(self, session: Session) -> None:
        member = CareTeamMemberFactory()
        with pytest.raises(Conflict):
            care_team.add(ADMIN, patient_id=member.patient_id, doctor_id=member.doctor_id)
        assert session.scalars(select(CareTeamMember.id)).all() == [member.id]

    def test_a_doctor_who_is_patient_and_doctor_sees_both_sides(self) -> None:
        doctor = DoctorFactory()
        as_patient = CareTeamMemberFactory(patient=PatientFactory(manager=doctor.account))
        at_work = CareTeamMemberFactory(doctor=doctor)
        CareTeamMemberFactory()
        found = care_team.find(as_doctor(doctor), **PAGE)
        assert ([row.id for row in found.rows], found.count) == ([as_patient.id, at_work.id], 2)
        assert care_team.find(Actor(), **PAGE).count == 0
