"""Mail about a visit to both sides: doctors hear of what others do to their calendars, patients of all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Appointment, Doctor, Message, Patient, VisitKind, VisitState
from app.services import appointments, cancellations, outbox, overbooking, visit_states
from tests.factories import AccountFactory, AppointmentFactory, DoctorFactory, PatientFactory
from tests.services.visits import ADMIN, TEN, as_doctor, book, doctors_mails, mails, side_of
from tests.support.databases import Database


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One unit of work around a test, so that services see what it arranged."""
    AccountFactory(is_admin=True)  # ADMIN
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def doctor(session: Session) -> Any:
    return DoctorFactory(hours=True, accepts_online=True)


@pytest.fixture
def patient(session: Session) -> Any:
    return PatientFactory()


class TestDoctors:
    def test_they_hear_of_all_that_the_patients_side_does(
        self, session: Session, doctor: Doctor, patient: Patient
    ) -> None:
        side = side_of(patient)
        visit = book(side, patient, doctor)
        appointments.move(side, visit.id, starts_at=TEN + timedelta(hours=1))
        appointments.describe(side, visit.id, kind=VisitKind.ONLINE)
        appointments.cancel(side, visit.id)

        assert doctors_mails(session, visit) == [
            "clinic_booked",
            "clinic_changed",
            "clinic_changed",
            "clinic_cancelled",
        ]
        assert mails(session, visit) == ["booked", "moved", "changed", "cancelled"]
        (recipient,) = set(session.scalars(select(Message.recipient).where(Message.template.like("clinic_%"))))
        assert recipient == doctor.account.email

    def test_of_what_they_do_themselves_only_the_patient_hears(
        self, session: Session, doctor: Doctor, patient: Patient
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, patient=patient, state=VisitState.PENDING)
        visit_states.set_state(as_doctor(doctor), visit.id, VisitState.CONFIRMED)
        appointments.cancel(as_doctor(doctor), visit.id, reason="I am ill")

        assert doctors_mails(session, visit) == []
        assert mails(session, visit) == ["confirmed", "cancelled"]

    def test_they_hear_of_what_admins_do(self, session: Session, doctor: Doctor, patient: Patient) -> None:
        visit = overbooking.book(
            ADMIN,
            patient_id=patient.id,
            doctor_id=doctor.id,
            starts_at=TEN,
            minutes=30,
            kind=VisitKind.IN_PERSON,
            reason="It cannot wait",
        )
        appointments.cancel(ADMIN, visit.id)

        assert doctors_mails(session, visit) == ["clinic_booked", "clinic_cancelled"]

    def test_who_has_no_account_hears_nothing(self, session: Session, patient: Patient) -> None:
        doctor = DoctorFactory(hours=True, account=None)
        visit = book(side_of(patient), patient, doctor)

        assert session.scalars(select(Message.template).where(Message.subject_id == visit.id)).all() == ["booked"]

    def test_who_leaves_is_not_told_of_each_visit(self, session: Session, doctor: Doctor, patient: Patient) -> None:
        visit = AppointmentFactory(doctor=doctor, patient=patient)
        cancellations.cancel_coming(ADMIN, doctor_id=doctor.id)

        assert (mails(session, visit), doctors_mails(session, visit)) == (["cancelled"], [])

    def test_they_hear_of_visits_of_patients_who_leave(
        self, session: Session, doctor: Doctor, patient: Patient
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, patient=patient)
        cancellations.cancel_coming(ADMIN, patient_id=patient.id)

        assert doctors_mails(session, visit) == ["clinic_cancelled"]

    def test_they_get_one_mail_of_all_that_is_cancelled_together(
        self, session: Session, doctor: Doctor, patient: Patient
    ) -> None:
        visits = [
            AppointmentFactory(doctor=doctor, patient=patient, starts_at=TEN + timedelta(hours=number))
            for number in range(3)
        ]
        alone = AppointmentFactory(patient=patient, starts_at=TEN + timedelta(hours=5))
        before = AppointmentFactory(doctor=doctor, patient=patient, state=VisitState.CANCELLED, cancelled_at=TEN)
        cancellations.cancel_coming(ADMIN, patient_id=patient.id)

        assert [doctors_mails(session, visit) for visit in visits] == [["clinic_called_off"], [], []]
        assert doctors_mails(session, alone) == ["clinic_cancelled"]
        assert cancellations.called_off_with(visits[1]) == [visit.starts_at for visit in visits]
        assert cancellations.called_off_with(before) == [before.starts_at]

    def test_a_request_that_is_gone_is_not_told_any_more(
        self, session: Session, doctor: Doctor, patient: Patient
    ) -> None:
        visit = book(side_of(patient), patient, doctor)
        told = session.scalars(select(Message).where(Message.template == "clinic_booked")).one()
        assert outbox.visit_of(told) is visit

        appointments.cancel(side_of(patient), visit.id)
        assert outbox.visit_of(told) is None


class TestDeclined:
    @pytest.fixture
    def request_(self, doctor: Doctor, patient: Patient) -> Any:
        return AppointmentFactory(doctor=doctor, patient=patient, state=VisitState.PENDING)

    def test_a_request_is_declined_and_not_cancelled(
        self, session: Session, doctor: Doctor, request_: Appointment
    ) -> None:
        visit_states.decline(as_doctor(doctor), request_.id, reason="I am away")
        assert mails(session, request_) == ["declined"]

    def test_so_it_is_over_json(self, session: Session, doctor: Doctor, request_: Appointment) -> None:
        visit_states.set_state(as_doctor(doctor), request_.id, VisitState.CANCELLED)
        assert mails(session, request_) == ["declined"]

    def test_what_was_confirmed_is_cancelled(self, session: Session, doctor: Doctor, patient: Patient) -> None:
        visit = AppointmentFactory(doctor=doctor, patient=patient, state=VisitState.CONFIRMED)
        visit_states.set_state(as_doctor(doctor), visit.id, VisitState.CANCELLED)
        assert mails(session, visit) == ["cancelled"]

    def test_where_an_admin_declines_the_doctor_hears_of_it(self, session: Session, request_: Appointment) -> None:
        visit_states.decline(ADMIN, request_.id, reason="The doctor is away")
        assert (mails(session, request_), doctors_mails(session, request_)) == (["declined"], ["clinic_cancelled"])
