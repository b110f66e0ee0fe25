"""Cancelling all that is still to come for a patient or of a doctor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.models import Appointment, VisitState
from app.services import cancellations
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory
from tests.services.visits import ADMIN, TEN, actions, mails
from tests.support.databases import Database

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.both_databases


def states(database: Database, *visits: Appointment) -> list[VisitState]:
    with database.unit_of_work() as session:
        return [session.get_one(Appointment, visit.id).state for visit in visits]


class TestCancelComing:
    def test_it_cancels_what_is_open_and_not_over(self, database: Database) -> None:
        patient, doctor = PatientFactory(), DoctorFactory()
        moments = {"running late": NOW - timedelta(minutes=10), "soon": NOW + HOUR, "later": TEN}
        open_visits = [
            AppointmentFactory(patient=patient, doctor=doctor, starts_at=at, state=state)
            for at, state in zip(
                moments.values(), (VisitState.CONFIRMED, VisitState.PENDING, VisitState.PENDING), strict=True
            )
        ]
        kept = [
            AppointmentFactory(patient=patient, doctor=doctor, starts_at=NOW - days * timedelta(days=1), state=state)
            for days, state in enumerate((VisitState.CONFIRMED, VisitState.COMPLETED, VisitState.NO_SHOW), 1)
        ]
        others = AppointmentFactory(doctor=doctor, starts_at=TEN + HOUR)

        with database.unit_of_work() as session:
            cancelled = cancellations.cancel_coming(ADMIN, patient_id=patient.id, reason="Moved away")
            assert [visit.id for visit in cancelled] == [visit.id for visit in open_visits]
            for visit in open_visits:
                assert actions(session, visit) == ["appointment.cancelled"]
                assert mails(session, visit) == ["cancelled"]
                assert session.get_one(Appointment, visit.id).cancel_reason == "Moved away"

        assert states(database, *open_visits) == [VisitState.CANCELLED] * 3
        assert states(database, *kept, others) == [visit.state for visit in (*kept, others)]

    def test_a_doctors_visits_are_told_to_each_patient(self, database: Database) -> None:
        doctor = DoctorFactory()
        visits = [AppointmentFactory(doctor=doctor, starts_at=TEN + number * HOUR) for number in range(3)]
        elsewhere = AppointmentFactory(patient=visits[0].patient, starts_at=TEN + 5 * HOUR)

        with database.unit_of_work() as session:
            cancellations.cancel_coming(ADMIN, doctor_id=doctor.id)
            assert [mails(session, visit) for visit in visits] == [["cancelled"]] * 3

        assert states(database, *visits, elsewhere) == [VisitState.CANCELLED] * 3 + [VisitState.CONFIRMED]

    def test_held_times_are_released_and_nobody_is_told(self, database: Database) -> None:
        held = AppointmentFactory(state=VisitState.HELD, hold_expires_at=NOW + HOUR)

        with database.unit_of_work() as session:
            assert cancellations.cancel_coming(ADMIN, patient_id=held.patient_id) == []
            assert mails(session, held) == []

        assert states(database, held) == [VisitState.CANCELLED]

    def test_nothing_to_come_is_fine(self, database: Database) -> None:
        with database.unit_of_work():
            assert cancellations.cancel_coming(ADMIN, doctor_id=DoctorFactory().id) == []
