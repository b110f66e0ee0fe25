"""A hospital with several of everything, so that generated requests meet rows and do not use them up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta

from app import models
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    AvailableTimeFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    ContactMessageFactory,
    DepartmentFactory,
    DesignationFactory,
    DoctorFactory,
    PatientFactory,
    ReviewFactory,
    ServiceFactory,
    SpecialisationFactory,
    coming_weekday,
)
from tests.support.databases import Database

SEVERAL = 6
STATES = (
    models.VisitState.CONFIRMED,
    models.VisitState.PENDING,
    models.VisitState.IN_PROGRESS,
    models.VisitState.COMPLETED,
    models.VisitState.CANCELLED,
    models.VisitState.NO_SHOW,
)


@dataclass(frozen=True)
class Hospital:
    """The accounts that ask, and how many rows there are of what a path names: their ids count from 1."""

    accounts: Mapping[str, models.Account | None]
    doctor: models.Doctor
    patient: models.Patient
    rows: Mapping[str, int]


def build(database: Database) -> Hospital:
    """Write the hospital: a patient with children, the doctor who treats them, colleagues, strangers, an admin."""
    with database.unit_of_work():
        departments = [DepartmentFactory() for _ in range(SEVERAL)]
        times = [AvailableTimeFactory(starts=time(9 + hour)) for hour in range(SEVERAL)]
        for factory in (DesignationFactory, SpecialisationFactory, ServiceFactory, ContactMessageFactory):
            for _ in range(SEVERAL):
                factory()
        doctor = DoctorFactory(department=departments[0], hours=True, meet_link="https://meet.example.org/ward")
        patient = PatientFactory()
        children = [PatientFactory(manager=patient.manager, is_own=False) for _ in range(SEVERAL - 1)]
        for number, member in enumerate((patient, *children)):
            colleague = DoctorFactory(department=departments[1 + number % 2], hours=True)
            _visits(member, doctor if number % 2 == 0 else colleague, number)
            CareTeamMemberFactory(patient=member, doctor=colleague)
            for author in (doctor, colleague):
                ClinicalRecordFactory(patient=member, author=author)
            ReviewFactory(patient=member, doctor=colleague)
        for _ in range(2):
            stranger = PatientFactory()
            ClinicalRecordFactory(patient=stranger, author=doctor)
            AppointmentFactory(patient=stranger, doctor=DoctorFactory(pending=True))
        admin = AccountFactory(is_admin=True)
    accounts = {"anonymous": None, "patient": patient.manager, "doctor": doctor.account, "admin": admin}
    rows = {
        "appointment": SEVERAL + 2,
        "available_time": len(times),
        "contact": SEVERAL,
        "department": SEVERAL,
        "designation": SEVERAL,
        "doctor": SEVERAL + 3,
        "mapping": SEVERAL,
        "patient": SEVERAL + 2,
        "profile": SEVERAL + 6,
        "record": 2 * SEVERAL + 2,
        "review": SEVERAL,
        "service": SEVERAL,
        "specialisation": SEVERAL,
    }
    return Hospital(accounts, doctor, patient, rows)


def _visits(patient: models.Patient, doctor: models.Doctor, number: int) -> None:
    """A visit in one of the states; what is over lies in the past."""
    is_over = STATES[number] in (models.VisitState.COMPLETED, models.VisitState.NO_SHOW)
    moment = coming_weekday(days=8, hour=9 + number)
    AppointmentFactory(
        patient=patient,
        doctor=doctor,
        state=STATES[number],
        starts_at=moment - timedelta(days=70) if is_over else moment,
    )
