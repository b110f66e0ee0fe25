"""Overbooking: a visit beside others, for a reason that its doctor reads, and that ordinary bookings respect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import Appointment, AuditEvent, Message, VisitKind, VisitState
from app.policy import Actor
from app.services import appointments, overbooking
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory, coming_weekday
from tests.support.databases import Database

ADMIN = Actor(account_id=1, is_admin=True)


def asked(patient: Any, doctor: Any, **changes: Any) -> dict[str, Any]:
    return {
        "patient_id": patient.id,
        "doctor_id": doctor.id,
        "starts_at": coming_weekday(hour=10),
        "minutes": 20,
        "kind": VisitKind.IN_PERSON,
        "reason": "Chest pain since this morning",
    } | changes


@pytest.mark.both_databases
class TestBook:
    def test_it_stands_beside_the_doctors_other_visit(self, database: Database) -> None:
        doctor, patient = DoctorFactory(hours=True), PatientFactory()
        present = AppointmentFactory(doctor=doctor, starts_at=coming_weekday(hour=10))

        with database.unit_of_work():
            key = overbooking.book(ADMIN, **asked(patient, doctor)).id

        with database.unit_of_work() as session:
            visit = session.get_one(Appointment, key)
            assert (visit.starts_at, visit.state, visit.overbooked) == (present.starts_at, VisitState.CONFIRMED, True)
            assert visit.ends_at - visit.starts_at == timedelta(minutes=20)
            assert visit.overbooking_reason == "Chest pain since this morning"
            assert not visit.patient_agreed
            (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "appointment.overbooked"))
            assert (event.object_id, event.patient_id, event.account_id) == (key, patient.id, 1)
            mail = session.scalars(select(Message).where(Message.template == "booked")).all()
            assert [message.recipient for message in mail] == [patient.manager.email]

    def test_nobody_is_a_patient_in_two_places(self, database: Database) -> None:
        patient = PatientFactory()
        AppointmentFactory(patient=patient, starts_at=coming_weekday(hour=10))

        with database.unit_of_work(), pytest.raises(Conflict, match="already has an appointment"):
            overbooking.book(ADMIN, **asked(patient, DoctorFactory()))

    def test_an_ordinary_booking_finds_its_time_taken(self, database: Database) -> None:
        doctor, patient = DoctorFactory(hours=True), PatientFactory()
        with database.unit_of_work():
            overbooking.book(ADMIN, **asked(patient, doctor))

        another = PatientFactory()
        with database.unit_of_work(), pytest.raises(Conflict):
            appointments.book(
                Actor(account_id=another.manager_id),
                patient_id=another.id,
                doctor_id=doctor.id,
                starts_at=coming_weekday(hour=10),
                kind=VisitKind.IN_PERSON,
            )

    def test_moved_to_a_free_time_it_is_an_ordinary_visit_again(self, database: Database) -> None:
        doctor, patient = DoctorFactory(hours=True), PatientFactory()
        with database.unit_of_work():
            key = overbooking.book(ADMIN, **asked(patient, doctor)).id
        with database.unit_of_work():
            moved = appointments.move(ADMIN, key, starts_at=coming_weekday(hour=14))
            assert not moved.overbooked


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"reason": "  "}, "reason"),
            ({"reason": "x" * 501}, "reason"),
            ({"minutes": 4}, "minutes"),
            ({"minutes": 481}, "minutes"),
            ({"starts_at": datetime(2020, 1, 6, 9, tzinfo=UTC)}, "starts_at"),
            ({"symptoms": "x" * 2001}, "symptoms"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, database: Database, changes: dict[str, Any], field: str) -> None:
        patient, doctor = PatientFactory(), DoctorFactory()
        with database.unit_of_work(), pytest.raises(Invalid) as refusal:
            overbooking.book(ADMIN, **asked(patient, doctor, **changes))
        assert set(refusal.value.errors) == {field}

    def test_only_admins_overbook(self, database: Database) -> None:
        patient, doctor = PatientFactory(), DoctorFactory()
        own = Actor(account_id=doctor.account_id, doctor_id=doctor.id)
        for who in (own, Actor(account_id=patient.manager_id)):
            with database.unit_of_work(), pytest.raises(Forbidden):
                overbooking.book(who, **asked(patient, doctor))
            with database.unit_of_work(), pytest.raises(Forbidden):
                overbooking.doctors(who)

    def test_who_cannot_be_booked_is_not_found(self, database: Database) -> None:
        patient = PatientFactory()
        with database.unit_of_work(), pytest.raises(NotFound):
            overbooking.book(ADMIN, **asked(patient, DoctorFactory(pending=True)))
