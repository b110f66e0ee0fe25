"""Steps that staff take with visits: noting who has arrived, and taking a step back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import day_bounds, local_today, now
from app.errors import Conflict, Forbidden, NotFound, Outdated
from app.models import Appointment, Message, MessageState, VisitState, VisitStep
from app.policy import Actor
from app.services import appointments, outbox, visit_states
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory, VisitStepFactory
from tests.services.visits import ADMIN, HALF_HOUR, TEN, actions, as_doctor, book, mails, side_of
from tests.support.databases import Database

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("session")]

PENDING, CONFIRMED = VisitState.PENDING, VisitState.CONFIRMED
STEPS = [
    (PENDING, CONFIRMED),
    (PENDING, VisitState.IN_PROGRESS),
    (CONFIRMED, VisitState.IN_PROGRESS),
    (CONFIRMED, VisitState.COMPLETED),
    (CONFIRMED, VisitState.NO_SHOW),
    (VisitState.IN_PROGRESS, VisitState.COMPLETED),
]


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One unit of work around a test, so that services see what it arranged."""
    with database.unit_of_work() as opened:
        yield opened


def start_of_today() -> datetime:
    return day_bounds(local_today())[0]


def visit_of_today(state: VisitState = CONFIRMED, **values: Any) -> Appointment:
    """A visit that began as the day did: every step can be taken."""
    return AppointmentFactory(starts_at=start_of_today(), state=state, **values)


def last_step(visit: Appointment) -> VisitStep:
    return visit_states.last_steps([visit])[visit.id]


def undo(actor: Actor, visit: Appointment, step: VisitStep | None = None) -> Appointment:
    return visit_states.undo(actor, visit.id, (step or last_step(visit)).id)


def reminders_left(session: Session, visit: Appointment) -> list[str]:
    waiting = (Message.subject_id == visit.id, Message.state == MessageState.WAITING, Message.due_at > now())
    return list(session.scalars(select(Message.template).where(*waiting)))


class TestArrive:
    @pytest.mark.parametrize("state", [PENDING, CONFIRMED])
    def test_it_notes_when_the_patient_came_and_keeps_the_state(self, session: Session, state: VisitState) -> None:
        visit = visit_of_today(state)

        assert visit_states.can_arrive(as_doctor(visit.doctor), visit)
        visit_states.arrive(as_doctor(visit.doctor), visit.id)

        assert visit.arrived_at is not None
        assert now() - visit.arrived_at < timedelta(minutes=1)
        assert visit.state is state
        assert actions(session, visit) == ["appointment.arrived"]
        assert not visit_states.can_arrive(as_doctor(visit.doctor), visit)

    def test_a_second_click_keeps_the_first_moment(self, session: Session) -> None:
        visit = visit_of_today()

        first = visit_states.arrive(ADMIN, visit.id).arrived_at
        assert visit_states.arrive(ADMIN, visit.id).arrived_at == first

        assert actions(session, visit) == ["appointment.arrived"]

    @pytest.mark.parametrize("state", [VisitState.IN_PROGRESS, VisitState.NO_SHOW, VisitState.CANCELLED])
    def test_nobody_arrives_for_a_visit_that_is_not_to_come(self, state: VisitState) -> None:
        visit = visit_of_today(state)

        with pytest.raises(Conflict, match="cannot be marked as arrived"):
            visit_states.arrive(ADMIN, visit.id)
        assert not visit_states.can_arrive(ADMIN, visit)

    def test_nobody_arrives_on_another_day(self) -> None:
        visit = AppointmentFactory()

        with pytest.raises(Conflict, match="only on the day"):
            visit_states.arrive(ADMIN, visit.id)
        assert not visit_states.can_arrive(ADMIN, visit)

    def test_the_patients_side_may_not_and_others_find_nothing(self) -> None:
        visit = visit_of_today()

        with pytest.raises(Forbidden):
            visit_states.arrive(side_of(visit.patient), visit.id)
        with pytest.raises(NotFound):
            visit_states.arrive(as_doctor(DoctorFactory()), visit.id)
        assert not visit_states.can_arrive(side_of(visit.patient), visit)

    def test_who_is_moved_has_not_arrived(self) -> None:
        visit = visit_of_today(doctor=DoctorFactory(hours=True))
        visit_states.arrive(ADMIN, visit.id)

        appointments.move(ADMIN, visit.id, starts_at=TEN)

        assert visit.arrived_at is None


class TestUndo:
    @pytest.mark.parametrize(("before", "after"), STEPS)
    def test_the_visit_is_as_it_was_before(self, session: Session, before: VisitState, after: VisitState) -> None:
        visit = visit_of_today(before)
        doctor = as_doctor(visit.doctor)
        visit_states.set_state(doctor, visit.id, after)

        assert visit_states.is_undoable(doctor, visit, last_step(visit))
        undo(doctor, visit)

        assert visit.state is before
        assert actions(session, visit) == ["appointment.state_set", "appointment.step_undone"]
        assert visit_states.last_steps([visit]) == {}

    def test_an_arrival_is_taken_back(self) -> None:
        visit = visit_of_today()
        visit_states.arrive(ADMIN, visit.id)

        undo(ADMIN, visit)

        assert visit.arrived_at is None
        assert visit_states.can_arrive(ADMIN, visit)

    def test_steps_are_taken_back_one_after_the_other_and_what_came_before_them_stays(self) -> None:
        visit = visit_of_today()
        arrived_at = visit_states.arrive(ADMIN, visit.id).arrived_at
        visit_states.set_state(ADMIN, visit.id, VisitState.IN_PROGRESS)
        visit_states.set_state(ADMIN, visit.id, VisitState.COMPLETED)

        undo(ADMIN, visit)
        undo(ADMIN, visit)
        assert (visit.state, visit.arrived_at) == (CONFIRMED, arrived_at)

        undo(ADMIN, visit)
        assert visit.arrived_at is None

    def test_a_second_click_changes_nothing(self, session: Session) -> None:
        visit = visit_of_today()
        visit_states.set_state(ADMIN, visit.id, VisitState.COMPLETED)
        step = last_step(visit)

        undo(ADMIN, visit, step)
        undo(ADMIN, visit, step)

        assert visit.state is CONFIRMED
        assert actions(session, visit).count("appointment.step_undone") == 1

    def test_not_once_another_step_was_taken(self) -> None:
        visit = visit_of_today()
        visit_states.set_state(ADMIN, visit.id, VisitState.IN_PROGRESS)
        started = last_step(visit)
        visit_states.set_state(ADMIN, visit.id, VisitState.COMPLETED)

        with pytest.raises(Outdated, match="changed meanwhile"):
            undo(ADMIN, visit, started)
        assert visit.state is VisitState.COMPLETED

    def test_not_a_second_time_once_the_visit_went_on(self) -> None:
        visit = visit_of_today()
        visit_states.set_state(ADMIN, visit.id, VisitState.COMPLETED)
        completed = last_step(visit)
        undo(ADMIN, visit, completed)
        visit_states.set_state(ADMIN, visit.id, VisitState.IN_PROGRESS)

        with pytest.raises(Outdated):
            undo(ADMIN, visit, completed)

    def test_not_once_the_patient_arrived_after_it(self) -> None:
        visit = visit_of_today(PENDING)
        visit_states.set_state(ADMIN, visit.id, CONFIRMED)
        confirmed = last_step(visit)
        visit_states.arrive(ADMIN, visit.id)

        with pytest.raises(Outdated):
            undo(ADMIN, visit, confirmed)

    def test_not_once_the_visit_was_moved_or_cancelled(self) -> None:
        moved, cancelled = (AppointmentFactory(state=PENDING, doctor=DoctorFactory(hours=True)) for _ in range(2))
        for visit in (moved, cancelled):
            visit_states.set_state(ADMIN, visit.id, CONFIRMED)
        appointments.move(ADMIN, moved.id, starts_at=moved.starts_at + HALF_HOUR)
        appointments.cancel(ADMIN, cancelled.id)

        for visit in (moved, cancelled):
            assert not visit_states.is_undoable(ADMIN, visit, last_step(visit))
            with pytest.raises(Outdated):
                undo(ADMIN, visit)

    def test_not_on_another_day_than_the_steps(self) -> None:
        visit = AppointmentFactory()
        step = VisitStepFactory(appointment=visit, at=start_of_today() - timedelta(seconds=1))

        assert not visit_states.is_undoable(ADMIN, visit, step)
        with pytest.raises(Conflict, match="same day only"):
            undo(ADMIN, visit, step)

    def test_not_with_a_visit_of_yesterday(self) -> None:
        visit = AppointmentFactory(starts_at=start_of_today() - timedelta(hours=2))
        visit_states.set_state(ADMIN, visit.id, VisitState.COMPLETED)

        assert not visit_states.is_undoable(ADMIN, visit, last_step(visit))
        with pytest.raises(Conflict, match="same day only"):
            undo(ADMIN, visit)

    def test_who_may_not_take_the_step_may_not_undo_it(self) -> None:
        visit, another = visit_of_today(), AppointmentFactory()
        visit_states.set_state(ADMIN, visit.id, VisitState.COMPLETED)
        step = last_step(visit)

        assert not visit_states.is_undoable(side_of(visit.patient), visit, step)
        with pytest.raises(Forbidden):
            undo(side_of(visit.patient), visit)
        for key, step_id in ((visit.id, step.id + 1), (another.id, step.id), (visit.id, 2**63)):
            with pytest.raises(NotFound):
                visit_states.undo(ADMIN, key, step_id)
        with pytest.raises(NotFound):
            undo(as_doctor(DoctorFactory()), visit, step)

    @pytest.mark.parametrize("whose", ["doctor", "patient"])
    def test_a_missed_visit_whose_time_is_taken_stays_missed(self, session: Session, whose: str) -> None:
        visit = visit_of_today()
        visit_states.set_state(ADMIN, visit.id, VisitState.NO_SHOW)
        AppointmentFactory(starts_at=visit.starts_at + HALF_HOUR / 2, **{whose: getattr(visit, whose)})

        with pytest.raises(Conflict, match="stays marked as missed: agree on a new time"):
            undo(as_doctor(visit.doctor), visit)

        session.refresh(visit)
        assert visit.state is VisitState.NO_SHOW
        assert last_step(visit).undone_at is None
        assert "appointment.step_undone" not in actions(session, visit)


class TestUndoneConfirmation:
    @pytest.fixture
    def visit(self, session: Session) -> Appointment:
        """A request of a week from now, confirmed."""
        doctor, patient = DoctorFactory(hours=True), PatientFactory()
        visit = book(side_of(patient), patient, doctor)
        return visit_states.set_state(as_doctor(doctor), visit.id, CONFIRMED)

    def sent(self, session: Session) -> None:
        """Have the mail that tells of the confirmation be out."""
        message = session.scalars(select(Message).where(Message.template == "confirmed")).one()
        claimed = outbox.claim(message.id)
        assert claimed is not None
        outbox.mark_sent(claimed)
        session.flush()

    def test_who_was_told_is_told_that_it_waits_again(self, session: Session, visit: Appointment) -> None:
        self.sent(session)

        undo(as_doctor(visit.doctor), visit)

        assert mails(session, visit) == ["booked", "confirmed", "unconfirmed"]
        message = session.scalars(select(Message).where(Message.template == "unconfirmed")).one()
        assert outbox.visit_of(message) is visit

    def test_what_is_not_out_is_withdrawn_without_a_word(self, session: Session, visit: Appointment) -> None:
        undo(as_doctor(visit.doctor), visit)

        assert mails(session, visit) == ["booked", "confirmed"]
        message = session.scalars(select(Message).where(Message.template == "confirmed")).one()
        session.refresh(message)
        assert message.state is MessageState.DROPPED

    @pytest.mark.parametrize("is_sent", [True, False])
    def test_no_reminder_remains(self, session: Session, visit: Appointment, *, is_sent: bool) -> None:
        if is_sent:
            self.sent(session)
        assert len(reminders_left(session, visit)) == 2

        undo(as_doctor(visit.doctor), visit)

        assert reminders_left(session, visit) == []

    def test_a_new_confirmation_is_told_and_reminded_of(self, session: Session, visit: Appointment) -> None:
        self.sent(session)
        undo(as_doctor(visit.doctor), visit)

        visit_states.set_state(as_doctor(visit.doctor), visit.id, CONFIRMED)

        assert mails(session, visit) == ["booked", "confirmed", "unconfirmed", "confirmed"]
        assert len(reminders_left(session, visit)) == 2

    def test_a_patient_of_no_account_is_told_nothing(self, session: Session) -> None:
        visit = AppointmentFactory(state=PENDING, patient=PatientFactory(manager=None))
        visit_states.set_state(ADMIN, visit.id, CONFIRMED)

        undo(ADMIN, visit)

        assert (visit.state, mails(session, visit)) == (PENDING, [])
