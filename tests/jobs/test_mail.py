"""Sending mail: once, while true, to files and to a real SMTP server, whatever goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from app.clock import now
from app.extensions import job_queue
from app.jobs import mail
from app.models import Account, Appointment, Message, MessageState, VisitState
from app.services import outbox
from app.services.outbox import Template
from config import Settings
from tests.factories import AccountFactory, AppointmentFactory, DoctorFactory, PatientFactory
from tests.support import servers
from tests.support.databases import Database
from tests.support.letters import text, written


def tell(database: Database, template: Template = Template.BOOKED, **values: Any) -> int:
    """A visit and a message about it, as a service writes it, with no job to send it; the message's key."""
    with database.unit_of_work() as session:
        visit = AppointmentFactory(**values)
        outbox.tell_about_visit(template, visit, session.get_one(Account, visit.patient.manager_id))
        key = session.scalars(select(Message.id).order_by(Message.id.desc())).first()
    while not job_queue.embedded.empty():
        job_queue.embedded.get_nowait()
    assert key is not None
    return key


def deliver(database: Database, key: int) -> Message:
    """Run the job, and see how the message stands then."""
    with database.app.app_context():
        mail.deliver(key)
    return look(database, key)


def look(database: Database, key: int) -> Message:
    with database.unit_of_work() as session:
        return session.get_one(Message, key)


class TestDeliver:
    def test_it_sends_what_is_due_and_true(self, database: Database, settings: Settings) -> None:
        key = tell(database, state=VisitState.PENDING)

        message = deliver(database, key)

        assert (message.state, message.attempts) == (MessageState.SENT, 1)
        (sent,) = written(settings)
        assert sent["To"] == message.recipient
        assert sent["Message-ID"] == f"<{message.key}@localhost>"
        assert sent["Subject"] == "Your appointment at Larkfield Hospital"
        assert f"http://localhost/my/appointments/{message.subject_id}" in text(sent)
        assert "A cough" not in text(sent)

    def test_it_sends_once_however_often_it_is_run(self, database: Database, settings: Settings) -> None:
        key = tell(database)

        for _ in range(3):
            deliver(database, key)

        assert len(written(settings)) == 1

    def test_a_visit_cancelled_meanwhile_is_not_confirmed(self, database: Database, settings: Settings) -> None:
        key = tell(database, Template.CONFIRMED)
        with database.unit_of_work() as session:
            session.scalars(select(Appointment)).one().state = VisitState.CANCELLED

        message = deliver(database, key)

        assert message.state is MessageState.DROPPED
        assert written(settings) == []

    def test_a_visit_that_waits_again_is_told_as_such(self, database: Database, settings: Settings) -> None:
        key = tell(database, Template.UNCONFIRMED, state=VisitState.PENDING)

        deliver(database, key)

        (sent,) = written(settings)
        assert sent["Subject"] == "Your appointment at Larkfield Hospital is waiting for confirmation again"
        assert "That was too early" in text(sent)
        assert "A cough" not in text(sent)

    def test_an_unknown_message_is_nothing(self, database: Database) -> None:
        with database.app.app_context():
            mail.deliver(987654)

    @pytest.mark.parametrize("template", [Template.DOCTOR_APPROVED, Template.DOCTOR_REJECTED])
    def test_it_tells_applicants(self, database: Database, settings: Settings, template: Template) -> None:
        with database.unit_of_work() as session:
            doctor = DoctorFactory(decided_at=now())
            outbox.tell_about_application(template, doctor, session.get_one(Account, doctor.account_id))
            key = session.scalars(select(Message.id)).one()

        assert deliver(database, key).state is MessageState.SENT
        assert len(written(settings)) == 1

    @pytest.mark.parametrize("template", outbox.TRUE_WHILE)
    def test_every_template_names_the_visit_in_hospital_time(
        self, database: Database, settings: Settings, template: Template
    ) -> None:
        patient = {"patient": PatientFactory(name="Zoë <b>O'Neill</b>")}
        key = tell(database, template, state=min(outbox.TRUE_WHILE[template], key=lambda state: state.value), **patient)

        assert deliver(database, key).state is MessageState.SENT

        (sent,) = written(settings)
        assert "(hospital time)" in text(sent)
        assert ("Zoë <b>O'Neill</b>" in text(sent)) is not template.value.startswith("clinic_")


class TestDeliverBySmtp:
    @pytest.fixture
    def received(self) -> list[Any]:
        return []

    @pytest.fixture
    def hurdle(self) -> Event:
        """While it is not set, the mail server takes its time."""
        event = Event()
        event.set()
        return event

    @pytest.fixture
    def reached(self) -> Event:
        """Set once a mail is at the server."""
        return Event()

    @pytest.fixture
    def refusal(self) -> list[str]:
        """What the mail server answers instead of taking a mail."""
        return []

    @pytest.fixture
    def settings(
        self, settings: Settings, received: list[Any], hurdle: Event, reached: Event, refusal: list[str]
    ) -> Iterator[Settings]:
        class Handler:
            async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
                reached.set()
                hurdle.wait(timeout=20)
                if refusal:
                    return refusal[0]
                received.append(envelope)
                return "250 OK"

        port = servers.free_port()
        controller = Controller(Handler(), hostname="127.0.0.1", port=port)
        controller.start()
        yield replace(settings, mail_url=f"smtp://127.0.0.1:{port}?security=none")
        hurdle.set()
        controller.stop()

    def test_it_speaks_to_a_real_server(self, database: Database, received: list[Any], settings: Settings) -> None:
        message = deliver(database, tell(database))

        assert message.state is MessageState.SENT
        (envelope,) = received
        assert envelope.rcpt_tos == [message.recipient]
        assert envelope.mail_from == settings.mail_from
        assert f"Message-ID: <{message.key}@localhost>".encode() in envelope.content

    def test_a_refused_mail_is_tried_again(self, database: Database, received: list[Any], refusal: list[str]) -> None:
        refusal.append("451 Come back later")
        key = tell(database)

        message = deliver(database, key)

        assert (message.state, message.attempts) == (MessageState.WAITING, 1)
        assert message.error == "SMTPDataError"
        assert now() < message.due_at <= now() + outbox.FIRST_PAUSE

        refusal.clear()
        with database.unit_of_work() as session:
            session.get_one(Message, key).due_at = now()
        assert deliver(database, key).state is MessageState.SENT

    def test_a_mail_that_is_always_refused_is_given_up(self, database: Database, refusal: list[str]) -> None:
        refusal.append("554 Never")
        key = tell(database)

        for _ in range(outbox.MAXIMUM_ATTEMPTS):
            with database.unit_of_work() as session:
                session.get_one(Message, key).due_at = now()
            deliver(database, key)

        message = look(database, key)
        assert (message.state, message.error) == (MessageState.FAILED, "SMTPDataError")

    def test_who_is_slow_keeps_the_lease(
        self, database: Database, hurdle: Event, reached: Event, received: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=0.3))
        key = tell(database)
        hurdle.clear()
        with ThreadPoolExecutor(1) as jobs:
            sending = jobs.submit(deliver, Database(database.app), key)
            assert reached.wait(timeout=20)
            first = look(database, key).lease_until
            while look(database, key).lease_until == first:
                assert not sending.done()
            hurdle.set()
            assert sending.result(timeout=20).state is MessageState.SENT
        assert len(received) == 1

    def test_a_slow_server_keeps_nobody_from_writing(self, database: Database, hurdle: Event, reached: Event) -> None:
        key = tell(database)
        hurdle.clear()
        with ThreadPoolExecutor(1) as jobs:
            sending = jobs.submit(deliver, Database(database.app), key)
            assert reached.wait(timeout=20)

            with database.unit_of_work():
                AccountFactory()

            assert not sending.done()
            hurdle.set()
            assert sending.result(timeout=20).state is MessageState.SENT


class TestDeliverWithoutAServer:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, mail_url=f"smtp://127.0.0.1:{servers.free_port()}?security=none")

    def test_it_waits_for_one_and_is_never_given_up(self, database: Database) -> None:
        key = tell(database)

        for _ in range(outbox.MAXIMUM_ATTEMPTS + 1):
            with database.unit_of_work() as session:
                session.get_one(Message, key).due_at = now()
            deliver(database, key)

        message = look(database, key)
        assert (message.state, message.error) == (MessageState.WAITING, "ConnectionRefusedError")
        assert now() < message.due_at <= now() + outbox.FIRST_PAUSE
        with database.unit_of_work():
            assert outbox.count_undelivered(now()) == 1

    def test_one_message_a_sweep_finds_that_out(self, database: Database) -> None:
        keys = [tell(database) for _ in range(3)]

        with database.app.app_context():
            mail.sweep()

        assert sorted(look(database, key).error for key in keys) == ["", "", "ConnectionRefusedError"]


class TestSweep:
    def test_it_delivers_what_no_job_has(self, database: Database, settings: Settings) -> None:
        keys = [tell(database) for _ in range(3)]

        with database.app.app_context():
            mail.sweep()

        assert [look(database, key).state for key in keys] == [MessageState.SENT] * 3
        assert len(written(settings)) == 3

    def test_one_bad_message_keeps_no_other_back(self, database: Database, settings: Settings) -> None:
        keys = [tell(database) for _ in range(3)]
        with database.unit_of_work() as session:
            session.get_one(Message, keys[0]).recipient = "two\nlines@example.org"
            session.get_one(Message, keys[1]).template = "no_such_template"

        with database.app.app_context():
            mail.sweep()

        assert [look(database, key).state for key in keys] == [
            MessageState.WAITING,
            MessageState.WAITING,
            MessageState.SENT,
        ]
        assert look(database, keys[0]).error != ""
        assert len(written(settings)) == 1

    def test_it_goes_on_until_nothing_is_due(
        self, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox, "SWEEP_BATCH", 2)
        for _ in range(5):
            tell(database)

        with database.app.app_context():
            mail.sweep()

        assert len(written(settings)) == 5

    def test_it_leaves_what_is_not_due_or_held_by_others(self, database: Database, settings: Settings) -> None:
        keys = [tell(database) for _ in range(2)]
        with database.unit_of_work() as session:
            session.get_one(Message, keys[0]).due_at = now() + timedelta(hours=1)
            session.get_one(Message, keys[1]).lease_until = now() + timedelta(minutes=1)

        with database.app.app_context():
            mail.sweep()

        assert written(settings) == []
