"""Reminders: written with the visit, retimed and dropped with it, and sent as the account wants when they are due."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import unit_of_work
from app.clock import now
from app.errors import Conflict, Unauthorized
from app.extensions import job_queue
from app.models import Account, Appointment, AuditEvent, Message, MessageState, Patient, VisitKind, VisitState
from app.policy import Actor
from app.services import accounts, appointments, cancellations, outbox, reminders, visit_states
from app.services.outbox import Template
from tests.factories import AccountFactory, AppointmentFactory, DoctorFactory, PatientFactory
from tests.services.visits import HALF_HOUR, TEN, as_doctor, book, side_of
from tests.support.databases import Database

DAY, TWO_HOURS = timedelta(hours=24), timedelta(hours=2)
LATER = TEN + timedelta(hours=1)
BOTH = [Template.REMINDER_DAY, Template.REMINDER_HOURS]

pytestmark = pytest.mark.both_databases


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One unit of work around a test, so that services see what it arranged."""
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def doctor(session: Session) -> Any:
    return DoctorFactory(hours=True)


@pytest.fixture
def patient(session: Session) -> Any:
    return PatientFactory()


def planned(session: Session, visit: Appointment) -> list[tuple[str, datetime]]:
    """The reminders of a visit that wait, with the moment when each is due."""
    waiting = (Message.subject_id == visit.id, Message.state == MessageState.WAITING, Message.due_at > now())
    query = select(Message.template, Message.due_at).where(*waiting).order_by(Message.due_at)
    return [(template, due_at) for template, due_at in session.execute(query)]


def both(starts_at: datetime) -> list[tuple[str, datetime]]:
    return [("reminder_day", starts_at - DAY), ("reminder_hours", starts_at - TWO_HOURS)]


def confirmed(patient: Any, doctor: Any) -> Appointment:
    visit = book(side_of(patient), patient, doctor)
    return visit_states.set_state(as_doctor(doctor), visit.id, VisitState.CONFIRMED)


class TestFollow:
    def test_confirming_brings_both_and_hands_out_no_job_for_them(
        self, session: Session, doctor: Any, patient: Any
    ) -> None:
        visit = book(side_of(patient), patient, doctor)
        unit_of_work.commit()
        while not job_queue.embedded.empty():
            job_queue.embedded.get_nowait()

        assert planned(session, visit) == []
        visit_states.set_state(as_doctor(doctor), visit.id, VisitState.CONFIRMED)
        unit_of_work.commit()

        assert planned(session, visit) == both(TEN)
        job_queue.embedded.get_nowait()  # "your appointment is confirmed"
        assert job_queue.embedded.empty()

    @pytest.mark.parametrize(
        ("ahead", "names"),
        [(timedelta(hours=25), ["reminder_day", "reminder_hours"]), (DAY, ["reminder_hours"]), (TWO_HOURS, [])],
    )
    def test_none_is_written_whose_time_has_passed(
        self, session: Session, patient: Any, ahead: timedelta, names: list[str]
    ) -> None:
        visit = AppointmentFactory(patient=patient, starts_at=now() + ahead)

        reminders.follow(visit, patient.manager)

        assert [name for name, _ in planned(session, visit)] == names

    def test_a_rolled_back_confirmation_leaves_none(self, session: Session, doctor: Any, patient: Any) -> None:
        unit_of_work.commit()

        confirmed(patient, doctor)
        unit_of_work.rollback()

        assert session.scalars(select(Message)).all() == []

    def test_a_patient_of_no_account_is_not_reminded(self, session: Session, doctor: Any) -> None:
        visit = book(
            as_doctor(doctor),
            AppointmentFactory(patient=PatientFactory(manager=None), doctor=doctor, starts_at=LATER).patient,
            doctor,
        )

        assert planned(session, visit) == []

    def test_a_move_takes_them_along(self, session: Session, doctor: Any, patient: Any) -> None:
        visit = confirmed(patient, doctor)

        appointments.move(as_doctor(doctor), visit.id, starts_at=LATER)

        assert planned(session, visit) == both(LATER)

    def test_a_move_that_waits_for_confirmation_drops_them_until_then(
        self, session: Session, doctor: Any, patient: Any
    ) -> None:
        visit = confirmed(patient, doctor)

        appointments.move(side_of(patient), visit.id, starts_at=LATER)
        assert planned(session, visit) == []
        visit_states.set_state(as_doctor(doctor), visit.id, VisitState.CONFIRMED)

        assert planned(session, visit) == both(LATER)

    def test_a_move_that_fails_leaves_them(self, session: Session, doctor: Any, patient: Any) -> None:
        AppointmentFactory(doctor=doctor, starts_at=LATER)
        visit = confirmed(patient, doctor)

        with pytest.raises(Conflict):
            appointments.move(side_of(patient), visit.id, starts_at=LATER)

        assert planned(session, visit) == both(TEN)

    def test_who_was_reminded_of_the_old_time_is_reminded_of_the_new_one(
        self, session: Session, doctor: Any, patient: Any
    ) -> None:
        visit = confirmed(patient, doctor)
        for message in session.scalars(select(Message)):
            message.state = MessageState.SENT
        appointments.move(as_doctor(doctor), visit.id, starts_at=LATER)

        assert planned(session, visit) == both(LATER)

    def test_another_way_to_meet_takes_them_along(self, session: Session, doctor: Any, patient: Any) -> None:
        visit = confirmed(patient, doctor)

        appointments.describe(as_doctor(doctor), visit.id, kind=VisitKind.ONLINE)

        assert planned(session, visit) == both(TEN)
        versions = select(Message.subject_version).where(Message.state == MessageState.WAITING)
        assert set(session.scalars(versions.where(Message.due_at > now()))) == {2}

    @pytest.mark.parametrize(
        "call_off",
        [
            lambda visit: appointments.cancel(side_of(visit.patient), visit.id),
            lambda visit: appointments.remove(side_of(visit.patient), visit.id),
            lambda visit: visit_states.set_state(as_doctor(visit.doctor), visit.id, VisitState.CANCELLED),
            lambda visit: cancellations.cancel_coming(Actor(), doctor_id=visit.doctor_id),
        ],
        ids=["cancelled", "removed", "cancelled by the doctor", "the doctor leaves"],
    )
    def test_a_visit_that_is_off_has_none(
        self, session: Session, doctor: Any, patient: Any, call_off: Callable[[Appointment], object]
    ) -> None:
        visit = confirmed(patient, doctor)

        call_off(visit)

        assert planned(session, visit) == []
        dropped = select(Message.template).where(Message.state == MessageState.DROPPED)
        assert sorted(session.scalars(dropped)) == ["reminder_day", "reminder_hours"]


class TestVisitOf:
    @pytest.fixture
    def visit(self, patient: Any) -> Any:
        return AppointmentFactory(patient=patient, starts_at=now() + timedelta(hours=1))

    @pytest.fixture
    def message(self, session: Session, visit: Appointment, patient: Patient) -> Message:
        """The reminder of a confirmed visit, due now."""
        outbox.schedule_about_visit(Template.REMINDER_HOURS, visit, patient.manager, now())  # type: ignore[arg-type]
        return session.scalars(select(Message)).one()

    def test_it_is_sent_while_the_visit_is_confirmed(self, message: Message, visit: Appointment) -> None:
        assert reminders.visit_of(message) is visit

    @pytest.mark.parametrize(
        "change",
        [
            {"state": VisitState.PENDING},
            {"state": VisitState.IN_PROGRESS},
            {"state": VisitState.CANCELLED},
            {"version": 2},
            {"starts_at": datetime.now(UTC) - HALF_HOUR},
        ],
        ids=["not confirmed yet", "begun early", "cancelled", "moved", "begun"],
    )
    def test_it_is_not_sent_where_the_visit_stands_otherwise(
        self, session: Session, message: Message, visit: Appointment, change: dict[str, Any]
    ) -> None:
        for name, value in change.items():
            setattr(visit, name, value)
        session.flush()

        assert reminders.visit_of(message) is None

    @pytest.mark.parametrize(
        ("wanted", "is_sent"),
        [(BOTH, True), ([Template.REMINDER_HOURS], True), ([Template.REMINDER_DAY], False), ([], False)],
    )
    def test_what_the_account_wants_counts_when_it_is_due(
        self,
        message: Message,
        patient: Patient,
        wanted: list[Template],
        is_sent: bool,  # noqa: FBT001 (pytest passes it by name)
    ) -> None:
        reminders.choose(side_of(patient), wanted)

        assert (reminders.visit_of(message) is not None) is is_sent

    def test_it_goes_to_the_address_of_now(self, message: Message, patient: Any) -> None:
        patient.manager.email = "new@example.org"

        reminders.visit_of(message)

        assert message.recipient == "new@example.org"

    def test_a_closed_account_hears_nothing(self, message: Message, patient: Any) -> None:
        accounts.close(side_of(patient), patient.manager)

        assert reminders.visit_of(message) is None

    def test_an_account_that_no_longer_acts_for_the_patient_hears_nothing(
        self, session: Session, message: Message, patient: Any
    ) -> None:
        patient.manager = AccountFactory()
        session.flush()

        assert reminders.visit_of(message) is None


class TestChoose:
    @pytest.fixture
    def actor(self, session: Session) -> Actor:
        return Actor(account_id=AccountFactory().id)

    def test_both_come_unless_told(self, actor: Actor) -> None:
        assert reminders.chosen(actor) == frozenset(BOTH)

    def test_the_last_choice_counts(self, session: Session, actor: Actor) -> None:
        reminders.choose(actor, [Template.REMINDER_DAY])
        reminders.choose(actor, [])

        assert reminders.chosen(actor) == frozenset()
        acts = list(session.scalars(select(AuditEvent.action)))
        assert acts == ["reminders.chosen"] * 2

    def test_each_account_has_its_own(self, session: Session, actor: Actor) -> None:
        other = session.get_one(Account, AccountFactory().id)

        reminders.choose(actor, [])

        assert reminders.chosen(Actor(account_id=other.id)) == frozenset(BOTH)

    def test_strangers_have_none(self, session: Session) -> None:
        with pytest.raises(Unauthorized):
            reminders.chosen(Actor())
        with pytest.raises(Unauthorized):
            reminders.choose(Actor(), BOTH)
