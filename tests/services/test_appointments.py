"""Booking a visit: who may, for whom, when, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized
from app.models import Account, Approval, AuditEvent, Message, VisitKind, VisitState
from app.policy import Actor
from app.services import appointments
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    CareTeamMemberFactory,
    DoctorFactory,
    PatientFactory,
    TimeOffFactory,
)
from tests.services.visits import ADMIN, HALF_HOUR, STRANGER, TEN, as_doctor, book, mails, side_of
from tests.support.databases import Database


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    """One unit of work around each test, so that services see what it arranged; the first account is the admin's."""
    with database.unit_of_work() as opened:
        assert AccountFactory(is_admin=True).id == ADMIN.account_id
        yield opened


class TestBook:
    def test_it_takes_a_slot_and_waits_for_confirmation(self, session: Session) -> None:
        patient, doctor = PatientFactory(), DoctorFactory(hours=True)

        booked = book(side_of(patient), patient, doctor, symptoms="  A cough \n")

        assert (booked.starts_at, booked.ends_at) == (TEN, TEN + HALF_HOUR)
        assert (booked.state, booked.patient_agreed) == (VisitState.PENDING, True)
        assert (booked.symptoms, booked.booked_by_id) == ("A cough", patient.manager_id)

    def test_it_leaves_one_audit_row_and_a_mail_to_each_side_to_send_at_once(self, session: Session) -> None:
        patient, doctor = PatientFactory(), DoctorFactory(hours=True)

        booked = book(side_of(patient), patient, doctor)

        event = session.scalars(select(AuditEvent)).one()
        assert (event.action, event.object_id, event.patient_id) == ("appointment.booked", booked.id, patient.id)
        assert event.account_id == patient.manager_id
        message, to_doctor = session.scalars(select(Message).where(Message.due_at <= now()).order_by(Message.id))
        assert (message.template, message.subject_id) == ("booked", booked.id)
        assert message.recipient == session.get_one(Account, patient.manager_id).email
        assert (to_doctor.template, to_doctor.recipient) == ("clinic_booked", doctor.account.email)

    def test_it_books_for_a_dependant(self) -> None:
        parent = PatientFactory()
        child = PatientFactory(manager=parent.manager, is_own=False)

        assert book(side_of(parent), child, DoctorFactory(hours=True)).patient_id == child.id

    def test_it_refuses_a_stranger(self) -> None:
        with pytest.raises(Unauthorized):
            book(STRANGER, PatientFactory(), DoctorFactory())

    def test_it_hides_other_peoples_patients(self) -> None:
        other = PatientFactory()

        with pytest.raises(NotFound):
            book(side_of(PatientFactory()), other, DoctorFactory(hours=True))

    @pytest.mark.parametrize("key", [0, -1, 987654, 2**63, 2**70])
    def test_it_finds_nothing_under_a_wrong_key(self, key: int) -> None:
        patient, doctor = PatientFactory(), DoctorFactory()
        common = {"starts_at": TEN, "kind": VisitKind.IN_PERSON}

        with pytest.raises(NotFound):
            appointments.book(side_of(patient), patient_id=patient.id, doctor_id=key, **common)  # type: ignore[arg-type]  # a dict of options
        with pytest.raises(NotFound):
            appointments.book(side_of(patient), patient_id=key, doctor_id=doctor.id, **common)  # type: ignore[arg-type]  # a dict of options

    @pytest.mark.parametrize(
        "values",
        [{"approval": Approval.PENDING}, {"approval": Approval.REJECTED}, {"deleted_at": now()}],
        ids=["pending", "rejected", "deleted"],
    )
    def test_it_books_only_listed_doctors(self, values: dict[str, Any]) -> None:
        patient, doctor = PatientFactory(), DoctorFactory(**values)

        for actor in (side_of(patient), ADMIN):
            with pytest.raises(NotFound):
                book(actor, patient, doctor)

    def test_it_books_no_pending_doctor_for_that_doctor(self) -> None:
        doctor = DoctorFactory(pending=True)
        patient = PatientFactory(manager=doctor.account)

        with pytest.raises(NotFound):
            book(side_of(patient), patient, doctor)

    def test_a_voided_patient_is_gone(self) -> None:
        patient = PatientFactory(voided_at=now())

        for actor in (side_of(patient), ADMIN):
            with pytest.raises(NotFound):
                book(actor, patient, DoctorFactory())

    @pytest.mark.parametrize("hours", [True, False])
    def test_it_refuses_the_past(self, *, hours: bool) -> None:
        patient, doctor = PatientFactory(), DoctorFactory(hours=hours)

        with pytest.raises(Invalid) as refusal:
            book(side_of(patient), patient, doctor, now() - timedelta(minutes=1))

        assert "starts_at" in refusal.value.errors

    @pytest.mark.parametrize(
        "moment",
        [
            pytest.param(TEN + timedelta(minutes=5), id="between two slots"),
            pytest.param(TEN.replace(hour=3), id="at night"),
            pytest.param(TEN + timedelta(days=(5 - TEN.weekday()) % 7), id="on a Saturday"),
            pytest.param(TEN + timedelta(days=365), id="beyond the horizon"),
            pytest.param(datetime.max.replace(tzinfo=UTC), id="at the end of time"),
        ],
    )
    def test_it_offers_other_times_outside_the_hours(self, moment: datetime) -> None:
        patient, doctor = PatientFactory(), DoctorFactory(hours=True)

        with pytest.raises(Conflict) as refusal:
            book(side_of(patient), patient, doctor, moment)

        assert len(refusal.value.alternatives or []) == 3

    def test_it_offers_the_next_times_where_one_is_taken(self) -> None:
        first, second, doctor = PatientFactory(), PatientFactory(), DoctorFactory(hours=True)
        book(side_of(first), first, doctor)

        with pytest.raises(Conflict) as refusal:
            book(side_of(second), second, doctor)

        assert refusal.value.alternatives == [TEN + HALF_HOUR * steps for steps in (1, 2, 3)]

    def test_a_refusal_leaves_the_unit_of_work_usable(self, session: Session) -> None:
        first, second, doctor = PatientFactory(), PatientFactory(), DoctorFactory()
        book(side_of(first), first, doctor)

        with pytest.raises(Conflict):
            book(side_of(second), second, doctor)

        assert book(side_of(second), second, doctor, TEN + HALF_HOUR).id is not None
        told = select(Message.template).where(Message.due_at <= now())
        assert session.scalars(told).all() == ["booked", "clinic_booked"] * 2

    def test_a_patient_is_in_one_place_at_a_time(self) -> None:
        patient = PatientFactory()
        book(side_of(patient), patient, DoctorFactory(hours=True))

        with pytest.raises(Conflict, match="patient already has") as refusal:
            book(side_of(patient), patient, DoctorFactory(hours=True))

        assert refusal.value.alternatives

    def test_a_patients_side_gives_notice(self) -> None:
        patient, doctor = PatientFactory(), DoctorFactory()
        soon = now() + timedelta(hours=1)

        with pytest.raises(Conflict):
            book(side_of(patient), patient, doctor, soon)

        assert book(ADMIN, patient, doctor, soon).state is VisitState.CONFIRMED

    def test_time_off_is_honoured(self) -> None:
        patient, doctor = PatientFactory(), DoctorFactory(hours=True)
        TimeOffFactory(doctor_id=doctor.id, starts_at=TEN - HALF_HOUR, ends_at=TEN + timedelta(minutes=1))

        with pytest.raises(Conflict):
            book(side_of(patient), patient, doctor)

        book(side_of(patient), patient, doctor, TEN + HALF_HOUR)

    @pytest.mark.parametrize("hours", [True, False])
    def test_a_closed_hospital_is_honoured(self, *, hours: bool) -> None:
        patient, doctor = PatientFactory(), DoctorFactory(hours=hours)
        TimeOffFactory()

        for actor in (side_of(patient), ADMIN):
            with pytest.raises(Conflict):
                book(actor, patient, doctor)

    def test_a_doctor_without_hours_sees_people_at_any_free_time(self) -> None:
        first, second, doctor = PatientFactory(), PatientFactory(), DoctorFactory()
        odd = TEN.replace(hour=3, minute=7)

        booked = book(side_of(first), first, doctor, odd)

        assert booked.ends_at == odd + HALF_HOUR
        with pytest.raises(Conflict):
            book(side_of(second), second, doctor, odd + timedelta(minutes=29))
        book(side_of(second), second, doctor, odd + HALF_HOUR)

    def test_a_doctor_without_hours_has_no_time_after_the_end_of_time(self) -> None:
        patient, doctor = PatientFactory(), DoctorFactory()

        with pytest.raises(Conflict):
            book(side_of(patient), patient, doctor, datetime.max.replace(tzinfo=UTC))

    @pytest.mark.parametrize("hours", [True, False])
    def test_an_overbooking_is_not_booked_over(self, *, hours: bool) -> None:
        patient, doctor = PatientFactory(), DoctorFactory(hours=hours)
        AppointmentFactory(doctor=doctor, starts_at=TEN, overbooked=True)

        with pytest.raises(Conflict):
            book(side_of(patient), patient, doctor)

    @pytest.mark.parametrize("hours", [True, False])
    def test_a_held_time_is_taken_until_it_expires(self, session: Session, *, hours: bool) -> None:
        patient, doctor = PatientFactory(), DoctorFactory(hours=hours)
        held = AppointmentFactory(
            doctor=doctor, starts_at=TEN, state=VisitState.HELD, hold_expires_at=now() + timedelta(minutes=5)
        )
        with pytest.raises(Conflict):
            book(side_of(patient), patient, doctor)

        held.hold_expires_at = now() - timedelta(seconds=1)
        session.flush()
        book(side_of(patient), patient, doctor)

        session.refresh(held)
        assert held.state is VisitState.CANCELLED

    def test_a_hold_of_the_patient_elsewhere_expires_too(self) -> None:
        patient, doctor = PatientFactory(), DoctorFactory(hours=True)
        AppointmentFactory(
            patient=patient, starts_at=TEN, state=VisitState.HELD, hold_expires_at=now() - timedelta(seconds=1)
        )

        assert book(side_of(patient), patient, doctor).state is VisitState.PENDING

    def test_it_refuses_long_symptoms(self) -> None:
        patient, doctor = PatientFactory(), DoctorFactory()
        book(side_of(patient), patient, doctor, symptoms="x" * appointments.LONGEST_TEXT)

        with pytest.raises(Invalid) as refusal:
            book(side_of(patient), patient, doctor, TEN + HALF_HOUR, symptoms="x" * (appointments.LONGEST_TEXT + 1))

        assert "symptoms" in refusal.value.errors

    def test_it_refuses_a_kind_that_the_doctor_does_not_offer(self) -> None:
        patient, doctor = PatientFactory(), DoctorFactory(accepts_online=False)

        with pytest.raises(Invalid) as refusal:
            book(side_of(patient), patient, doctor, kind=VisitKind.ONLINE)

        assert "kind" in refusal.value.errors

    def test_a_doctor_books_for_the_care_teams_patients(self) -> None:
        member = CareTeamMemberFactory(doctor=DoctorFactory(hours=True))

        booked = book(as_doctor(member.doctor), member.patient, member.doctor)

        assert (booked.state, booked.patient_agreed) == (VisitState.CONFIRMED, False)

    def test_a_colleague_is_asked_before_a_visit_is_confirmed(self) -> None:
        member = CareTeamMemberFactory()

        booked = book(as_doctor(member.doctor), member.patient, DoctorFactory(hours=True))

        assert (booked.state, booked.patient_agreed) == (VisitState.PENDING, False)

    def test_a_doctor_books_again_for_a_patient_who_came(self) -> None:
        came = AppointmentFactory(starts_at=now() - timedelta(days=9), state=VisitState.COMPLETED)

        assert book(as_doctor(came.doctor), came.patient, came.doctor).state is VisitState.CONFIRMED

    @pytest.mark.parametrize(
        "values",
        [
            {"state": VisitState.CANCELLED},
            {"patient_agreed": False},
            {"state": VisitState.HELD, "hold_expires_at": now() + timedelta(days=1)},
        ],
        ids=["cancelled", "not agreed", "held"],
    )
    def test_a_doctor_does_not_treat_by_doing_it_alone(self, values: dict[str, Any]) -> None:
        known = AppointmentFactory(**values)

        with pytest.raises(Forbidden):
            book(as_doctor(known.doctor), known.patient, known.doctor, TEN + timedelta(days=1))

    def test_booking_for_a_patient_opens_nothing_further(self) -> None:
        member = CareTeamMemberFactory()
        other = DoctorFactory()
        book(as_doctor(member.doctor), member.patient, other)

        with pytest.raises(Forbidden):
            book(as_doctor(other), member.patient, other, TEN + HALF_HOUR)

    def test_an_admin_books_for_a_patient_without_account(self, session: Session) -> None:
        patient = PatientFactory(manager=None)

        booked = book(ADMIN, patient, DoctorFactory(hours=True))

        assert booked.state is VisitState.CONFIRMED
        assert mails(session, booked) == []


class TestBookableDoctor:
    def test_it_gives_a_listed_doctor_to_anyone(self) -> None:
        doctor = DoctorFactory()

        assert appointments.bookable_doctor(STRANGER, doctor.id).id == doctor.id

    def test_it_hides_the_others_even_from_admins(self) -> None:
        for doctor in (DoctorFactory(pending=True), DoctorFactory(deleted_at=now())):
            for actor in (STRANGER, ADMIN, Actor(account_id=doctor.account_id)):
                with pytest.raises(NotFound):
                    appointments.bookable_doctor(actor, doctor.id)
