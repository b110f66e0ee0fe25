"""The outbox: saved or lost with its event, claimed by one worker at a time, sent only while true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import unit_of_work
from app.clock import now
from app.extensions import db, job_queue
from app.models import Account, Appointment, Message, MessageState, VisitState
from app.services import outbox
from app.services.outbox import Template
from tests.factories import AppointmentFactory, DoctorFactory
from tests.support.databases import Database


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One unit of work around a test, so that services see what it arranged."""
    with database.unit_of_work() as opened:
        yield opened


def tell(visit: Appointment, template: Template = Template.BOOKED) -> Message:
    """A message about a visit, as a service writes it."""
    account = db.session.get_one(Account, visit.patient.manager_id)
    outbox.tell_about_visit(template, visit, account)
    return db.session.scalars(select(Message).order_by(Message.id.desc())).first()  # type: ignore[return-value]  # just written


class TestTellAboutVisit:
    def test_it_writes_what_will_be_sent_to_whom(self, session: Session) -> None:
        visit = AppointmentFactory()

        message = tell(visit)

        assert (message.template, message.subject_id, message.subject_version) == ("booked", visit.id, 1)
        assert message.recipient == visit.patient.manager.email
        assert message.state is MessageState.WAITING

    def test_one_event_tells_one_reader_once(self, session: Session) -> None:
        visit = AppointmentFactory()
        tell(visit)

        with pytest.raises(IntegrityError), session.begin_nested():
            tell(visit)

        visit.version += 1
        tell(visit)
        assert session.scalar(select(func.count()).select_from(Message)) == 2

    def test_the_job_goes_out_only_after_the_commit(self, session: Session) -> None:
        while not job_queue.embedded.empty():
            job_queue.embedded.get_nowait()

        message = tell(AppointmentFactory())
        assert job_queue.embedded.empty()

        unit_of_work.commit()
        assert job_queue.embedded.get_nowait() == ("app.jobs.mail.deliver", (message.id,))

    def test_a_rollback_loses_message_and_job(self, session: Session) -> None:
        visit = AppointmentFactory()
        unit_of_work.commit()
        while not job_queue.embedded.empty():
            job_queue.embedded.get_nowait()

        tell(visit)
        unit_of_work.rollback()
        unit_of_work.commit()

        assert job_queue.embedded.empty()
        assert session.scalars(select(Message)).all() == []


class TestTellAboutApplication:
    def test_each_decision_is_told_once(self, session: Session) -> None:
        doctor = DoctorFactory(decided_at=now())
        account = session.get_one(Account, doctor.account_id)
        outbox.tell_about_application(Template.DOCTOR_APPROVED, doctor, account)

        with pytest.raises(IntegrityError), session.begin_nested():
            outbox.tell_about_application(Template.DOCTOR_APPROVED, doctor, account)

        doctor.decided_at = now() + timedelta(seconds=1)
        outbox.tell_about_application(Template.DOCTOR_APPROVED, doctor, account)


class TestDue:
    def test_it_lists_what_waits_oldest_first(self, session: Session) -> None:
        moment = now()
        first, second, later, held, abandoned, sent = (tell(AppointmentFactory()) for _ in range(6))
        first.due_at = moment - timedelta(minutes=3)
        second.due_at = moment - timedelta(minutes=2)
        abandoned.due_at, abandoned.lease_until = moment - timedelta(minutes=1), moment - timedelta(seconds=1)
        later.due_at = moment + timedelta(seconds=1)
        held.due_at, held.lease_until = moment, moment + timedelta(seconds=1)
        sent.state = MessageState.SENT
        session.flush()

        assert outbox.due(moment) == [first.id, second.id, abandoned.id]


class TestClaim:
    def test_it_takes_a_lease(self, session: Session) -> None:
        message = tell(AppointmentFactory())

        claimed = outbox.claim(message.id)

        assert claimed is message
        assert claimed.attempts == 1
        assert claimed.lease_until is not None
        assert now() < claimed.lease_until <= now() + outbox.LEASE

    def test_a_claimed_message_is_not_claimed_again(self, session: Session) -> None:
        message = tell(AppointmentFactory())
        outbox.claim(message.id)

        assert outbox.claim(message.id) is None
        assert message.attempts == 1

    def test_a_lease_that_ran_out_is_taken_over(self, session: Session) -> None:
        message = tell(AppointmentFactory())
        outbox.claim(message.id)
        message.lease_until = now() - timedelta(seconds=1)
        session.flush()

        claimed = outbox.claim(message.id)

        assert claimed is not None
        assert claimed.attempts == 2

    @pytest.mark.parametrize("state", [MessageState.SENT, MessageState.DROPPED, MessageState.FAILED])
    def test_what_is_done_is_not_claimed(self, session: Session, state: MessageState) -> None:
        message = tell(AppointmentFactory())
        message.state = state
        session.flush()

        assert outbox.claim(message.id) is None

    def test_what_is_not_due_is_not_claimed(self, session: Session) -> None:
        message = tell(AppointmentFactory())
        message.due_at = now() + timedelta(minutes=1)
        session.flush()

        assert outbox.claim(message.id) is None
        assert outbox.claim(987654) is None

    @pytest.mark.both_databases
    def test_of_two_workers_at_one_moment_one_gets_it(self, database: Database) -> None:
        with database.unit_of_work():
            messages = [tell(AppointmentFactory()).id for _ in range(5)]
        together = Barrier(4)

        def work(_number: int) -> list[int]:
            got = []
            for message_id in messages:
                together.wait(timeout=20)
                with database.app.app_context(), unit_of_work.transaction():
                    if outbox.claim(message_id):
                        got.append(message_id)
            return got

        with ThreadPoolExecutor(4) as workers:
            claimed = [message_id for got in workers.map(work, range(4)) for message_id in got]

        assert sorted(claimed) == messages


class TestVisitOf:
    @pytest.mark.parametrize("template", outbox.TRUE_WHILE)
    def test_a_mail_holds_while_the_visit_is_so(self, session: Session, template: Template) -> None:
        for state in VisitState:
            expires = {"hold_expires_at": now()} if state is VisitState.HELD else {}
            visit = AppointmentFactory(state=state, **expires)

            found = outbox.visit_of(tell(visit, template))

            assert (found is visit) is (state in outbox.TRUE_WHILE[template])

    def test_a_mail_about_an_older_version_never_holds(self, session: Session) -> None:
        visit = AppointmentFactory()
        message = tell(visit)

        visit.version += 1
        session.flush()

        assert outbox.visit_of(message) is None


class TestMarks:
    def test_what_is_sent_is_done(self, session: Session) -> None:
        message = tell(AppointmentFactory())
        outbox.claim(message.id)

        outbox.mark_sent(message)

        assert (message.state, message.lease_until) == (MessageState.SENT, None)
        assert message.sent_at is not None

    def test_what_no_longer_holds_is_dropped(self, session: Session) -> None:
        message = tell(AppointmentFactory())
        outbox.claim(message.id)

        outbox.mark_dropped(message)

        assert (message.state, message.sent_at, message.lease_until) == (MessageState.DROPPED, None, None)

    def test_failures_are_tried_again_each_time_later_until_given_up(self, session: Session) -> None:
        message = tell(AppointmentFactory())
        pauses = []
        for _ in range(outbox.MAXIMUM_ATTEMPTS):
            message.due_at = now()
            session.flush()
            assert outbox.claim(message.id) is message
            outbox.mark_failed(message, "x" * 1000)
            pauses.append(round((message.due_at - now()).total_seconds()))
            session.flush()

        assert pauses[:4] == [15, 30, 60, 120]
        assert (message.state, len(message.error)) == (MessageState.FAILED, 500)
        assert outbox.due(now() + timedelta(days=30)) == []


class TestCountUndelivered:
    @pytest.mark.parametrize(
        ("change", "counted"),
        [
            (lambda message: setattr(message, "state", MessageState.FAILED), 1),
            (lambda message: outbox.mark_failed(message, "OSError"), 1),
            (lambda message: setattr(message, "due_at", now() - timedelta(hours=1)), 1),
            (lambda _message: None, 0),
            (outbox.mark_sent, 0),
            (outbox.mark_dropped, 0),
        ],
        ids=["given up", "tried again", "overdue", "new", "sent", "dropped"],
    )
    def test_it_counts_what_should_be_out(
        self, session: Session, change: Callable[[Message], None], counted: int
    ) -> None:
        message = tell(AppointmentFactory())
        outbox.claim(message.id)
        change(message)
        session.flush()

        assert outbox.count_undelivered(now()) == counted
