"""Appointments as one request words them, whichever face it came from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid, NotFound
from app.models import VisitKind, VisitState
from app.services import appointment_requests
from tests.factories import AppointmentFactory, AvailableTimeFactory, DoctorFactory, PatientFactory, coming_weekday
from tests.services.visits import TEN, actions, as_doctor, side_of
from tests.support.databases import Database


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    """The whole test is one unit of work, as a request is."""
    with database.unit_of_work() as opened:
        yield opened


class TestBook:
    def test_for_oneself_in_the_doctors_usual_way_unless_told_otherwise(self) -> None:
        patient, online = PatientFactory(), DoctorFactory(accepts_in_person=False)

        visit = appointment_requests.book(side_of(patient), doctor_id=online.id, starts_at=TEN)

        assert (visit.patient_id, visit.kind, visit.starts_at) == (patient.id, VisitKind.ONLINE, TEN)

    @pytest.mark.parametrize(
        ("wanted", "field"),
        [
            ({"doctor_id": 999}, "doctor_id"),
            ({"patient_id": 999}, "patient_id"),
            ({"starts_at": None}, "starts_at"),
            ({"available_time_id": 999}, "available_time_id"),
        ],
    )
    def test_what_is_wrong_is_named_in_the_hospitals_words(self, wanted: dict[str, Any], field: str) -> None:
        patient = PatientFactory()
        sent: dict[str, Any] = {"doctor_id": DoctorFactory().id, "starts_at": TEN} | wanted

        with pytest.raises(Invalid) as error:
            appointment_requests.book(side_of(patient), **sent)

        assert list(error.value.errors) == [field]

    def test_who_has_no_patient_says_for_whom(self) -> None:
        doctor = DoctorFactory()

        with pytest.raises(Invalid) as error:
            appointment_requests.book(as_doctor(doctor), doctor_id=doctor.id, starts_at=TEN)

        assert list(error.value.errors) == ["patient_id"]


class TestChange:
    def test_words_then_time_then_state(self, session: Session) -> None:
        visit = AppointmentFactory(state=VisitState.PENDING)

        appointment_requests.change(
            as_doctor(visit.doctor),
            visit.id,
            symptoms="Worse",
            starts_at=coming_weekday(hour=14),
            state=VisitState.CONFIRMED,
        )

        assert (visit.symptoms, visit.starts_at.hour, visit.state) == ("Worse", 14, VisitState.CONFIRMED)
        assert actions(session, visit) == ["appointment.described", "appointment.moved", "appointment.state_set"]

    def test_what_is_as_it_was_is_no_change(self, session: Session) -> None:
        entry = AvailableTimeFactory(starts=time(10))
        visit = AppointmentFactory(state=VisitState.COMPLETED, available_time_id=entry.id)

        appointment_requests.change(
            side_of(visit.patient),
            visit.id,
            doctor_id=visit.doctor_id,
            patient_id=visit.patient_id,
            starts_at=visit.starts_at,
            available_time_id=entry.id,
            kind=visit.kind,
            symptoms=visit.symptoms,
        )

        assert actions(session, visit) == []

    def test_what_is_cancelled_is_not_moved_before(self, session: Session) -> None:
        visit = AppointmentFactory()

        appointment_requests.change(
            side_of(visit.patient), visit.id, starts_at=coming_weekday(hour=14), state=VisitState.CANCELLED
        )

        assert actions(session, visit) == ["appointment.cancelled"]

    def test_the_patients_side_sets_no_other_state(self) -> None:
        visit = AppointmentFactory(state=VisitState.PENDING)

        with pytest.raises(Forbidden):
            appointment_requests.change(side_of(visit.patient), visit.id, state=VisitState.CONFIRMED)

    @pytest.mark.parametrize("name", ["doctor_id", "patient_id"])
    def test_another_doctor_or_patient_is_another_appointment(self, name: str) -> None:
        visit = AppointmentFactory()
        sent: dict[str, Any] = {name: 999}

        with pytest.raises(Invalid) as error:
            appointment_requests.change(side_of(visit.patient), visit.id, **sent)

        assert list(error.value.errors) == [name]

    def test_a_strangers_visit_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            appointment_requests.change(side_of(PatientFactory()), AppointmentFactory().id)
