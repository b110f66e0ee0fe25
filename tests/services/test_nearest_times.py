"""What a patient can book instead of a cancelled visit: near it, with the same doctor and with fitting colleagues."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, joinedload

from app.models import Appointment, Doctor, VisitKind, VisitState
from app.policy import Actor
from app.services import nearest_times
from app.services.nearest_times import NearestTimes
from tests.factories import (
    AppointmentFactory,
    DepartmentFactory,
    DoctorFactory,
    SpecialisationFactory,
    TimeOffFactory,
)
from tests.services.visits import HALF_HOUR, TEN
from tests.services.waiting import publish
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases

DAY = timedelta(days=1)


def cancelled(doctor: Doctor, **values: Any) -> Appointment:
    return AppointmentFactory(doctor=doctor, starts_at=TEN, state=VisitState.CANCELLED, **values)


def nearest(database: Database, visit: Appointment) -> NearestTimes:
    with database.unit_of_work() as session:
        return instead_of(session, visit)


def instead_of(session: Session, visit: Appointment) -> NearestTimes:
    with_doctor = joinedload(Appointment.doctor).joinedload(Doctor.department)
    read = session.get_one(Appointment, visit.id, options=[with_doctor], populate_existing=True)
    return nearest_times.instead_of(Actor(account_id=1), read)


def names(found: NearestTimes) -> list[str]:
    return [choice.name for choice in found.colleagues]


class TestTimes:
    def test_they_are_the_nearest_before_and_after(self, database: Database) -> None:
        doctor = DoctorFactory()
        publish(doctor, TEN - 3 * HALF_HOUR, 7)
        TimeOffFactory(doctor_id=doctor.id, starts_at=TEN, ends_at=TEN + HALF_HOUR)

        found = nearest(database, cancelled(doctor))

        assert found.own is not None
        assert (found.own.doctor_id, found.own.name) == (doctor.id, doctor.name)
        assert found.own.times in (
            [TEN - HALF_HOUR, TEN + HALF_HOUR, TEN + 2 * HALF_HOUR],
            [TEN - 2 * HALF_HOUR, TEN - HALF_HOUR, TEN + HALF_HOUR],
        )

    def test_after_a_long_absence_they_are_the_first_ones(self, database: Database) -> None:
        doctor = DoctorFactory(hours=True)
        TimeOffFactory(doctor_id=doctor.id, starts_at=TEN - 7 * DAY, ends_at=TEN + 21 * DAY)

        found = nearest(database, cancelled(doctor))

        assert found.own is not None
        assert found.own.times[0] > TEN + 21 * DAY - HALF_HOUR
        assert len(found.own.times) == nearest_times.TIMES_SHOWN

    def test_a_doctor_without_free_times_has_none(self, database: Database) -> None:
        found = nearest(database, cancelled(DoctorFactory()))
        assert (found.own, found.colleagues) == (None, [])


class TestColleagues:
    def test_they_share_the_speciality_and_who_is_free_sooner_comes_first(self, database: Database) -> None:
        field = SpecialisationFactory()
        doctor = DoctorFactory(specialisations=[field])
        later, sooner = (DoctorFactory(name=name, specialisations=[field]) for name in ("Dr Later", "Dr Sooner"))
        publish(later, TEN + 3 * DAY)
        publish(sooner, TEN)
        for unfit in (
            DoctorFactory(department=doctor.department),
            DoctorFactory(specialisations=[field], accepts_in_person=False),
            DoctorFactory(specialisations=[field], pending=True),
            DoctorFactory(specialisations=[SpecialisationFactory()]),
        ):
            publish(unfit, TEN)
        DoctorFactory(name="Dr Full", specialisations=[field])

        found = nearest(database, cancelled(doctor))

        assert names(found) == ["Dr Sooner", "Dr Later"]
        assert found.colleagues[0].times == [TEN]

    def test_where_nobody_shares_it_they_are_of_the_department(self, database: Database) -> None:
        department = DepartmentFactory(name="Cardiology")
        doctor = DoctorFactory(department=department, specialisations=[SpecialisationFactory()])
        publish(DoctorFactory(name="Dr Next", department=department), TEN)

        (choice,) = nearest(database, cancelled(doctor)).colleagues

        assert (choice.name, choice.department) == ("Dr Next", "Cardiology")

    def test_doctors_of_no_department_are_not_of_one(self, database: Database) -> None:
        publish(DoctorFactory(department=None), TEN)
        assert nearest(database, cancelled(DoctorFactory(department=None))).colleagues == []

    def test_they_meet_the_patient_in_the_same_way(self, database: Database) -> None:
        department = DepartmentFactory()
        publish(DoctorFactory(department=department, accepts_online=False), TEN)
        publish(DoctorFactory(name="Dr Video", department=department, accepts_in_person=False), TEN)

        found = nearest(database, cancelled(DoctorFactory(department=department), kind=VisitKind.ONLINE))

        assert names(found) == ["Dr Video"]

    def test_its_statements_do_not_grow_with_them(self, database: Database, count_queries: Any) -> None:
        doctor = DoctorFactory(hours=True)
        visit = cancelled(doctor)
        counts = []
        for _ in range(2):
            for _ in range(4):
                DoctorFactory(department=doctor.department, hours=True)
            with database.unit_of_work() as session, count_queries() as statements:
                assert len(instead_of(session, visit).colleagues) == nearest_times.COLLEAGUES_SHOWN
            counts.append(len(statements))

        assert counts[0] == counts[1] <= 12
