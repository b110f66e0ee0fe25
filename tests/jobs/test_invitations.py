"""What mail about bookings brings for calendars: the visit as it is now, which later mail changes or takes away."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from icalendar import Calendar
from sqlalchemy import select

from app.jobs import letters, mail
from app.models import Appointment, Message, VisitState
from app.services import appointment_lists, appointments, visit_states
from app.services.calendar_files import calendar_file
from app.services.outbox import TRUE_WHILE, Template
from config import Settings
from tests.factories import AccountFactory, DepartmentFactory, DoctorFactory, PatientFactory
from tests.services.visits import TEN, as_doctor, book, side_of
from tests.support import calendars, servers
from tests.support.databases import Database

HOSPITAL = 'St "Mary\'s", Leeds; & Sons: the hospital with the name that fits no line of a calendar file'


@pytest.fixture
def received() -> list[bytes]:
    """The mails that the server took, as they came."""
    return []


@pytest.fixture
def settings(settings: Settings, received: list[bytes]) -> Iterator[Settings]:
    class Handler:
        async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
            received.append(envelope.content)
            return "250 OK"

    port = servers.free_port()
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    yield replace(settings, mail_url=f"smtp://127.0.0.1:{port}?security=none", hospital_name=HOSPITAL)
    controller.stop()


@pytest.fixture
def doctor(database: Database) -> Any:
    department = DepartmentFactory(name="Oncology", location="West wing; level 2, left")
    return DoctorFactory(name="Zoë D'Arcy, " + "é" * 60, department=department, hours=True)


@pytest.fixture
def patient(database: Database) -> Any:
    return PatientFactory(name="Amira Hassan", manager=AccountFactory(email="o'brien+mail@example.org"))


class Calendars:
    """Somebody's calendar, which reads the mail after each thing that happens to a visit."""

    def __init__(self, database: Database, received: list[bytes]) -> None:
        self.database = database
        self.received = received
        self._told: set[int] = set()

    def after(self, happened: Any) -> EmailMessage:
        """Have something happen; the mail to the patient's side that it causes."""
        with self.database.unit_of_work() as session:
            happened()
            to_patient = Message.template.not_like("clinic_%") & Message.template.not_like("reminder_%")
            (key,) = set(session.scalars(select(Message.id).where(to_patient))) - self._told
        self._told.add(key)
        with self.database.app.app_context():
            mail.deliver(key)
        return email.message_from_bytes(self.received[-1], policy=email.policy.SMTP)


@pytest.fixture
def calendar(database: Database, received: list[bytes]) -> Calendars:
    return Calendars(database, received)


def parts(letter: EmailMessage) -> tuple[EmailMessage, EmailMessage]:
    """The part that mail programs read, and the file that people open."""
    alternatives, file = letter.iter_parts()
    assert alternatives.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in alternatives.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    return list(alternatives.iter_parts())[-1], file  # type: ignore[return-value]  # parsed by the policy above


def read(letter: EmailMessage) -> dict[str, calendars.Property]:
    """What a mail brings for calendars, which both its parts say, by the rules of the standards."""
    inline, file = parts(letter)
    content: bytes = file.get_content()
    assert calendars.broken_rules(content) == []
    assert inline.get_payload(decode=True) == content
    found = calendars.event_of(content)
    assert (inline.get_param("method"), inline.get_content_charset()) == (found["METHOD"].value, "utf-8")
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "appointment.ics")
    return found


def test_booked_confirmed_moved_and_cancelled_are_one_entry_of_a_calendar(
    calendar: Calendars, doctor: Any, patient: Any, database: Database
) -> None:
    side = side_of(patient)
    booked = read(calendar.after(lambda: book(side, patient, doctor)))
    with database.unit_of_work() as session:
        key = session.scalars(select(Appointment.id)).one()
    confirmed = read(calendar.after(lambda: visit_states.set_state(as_doctor(doctor), key, VisitState.CONFIRMED)))
    moved = read(calendar.after(lambda: appointments.move(side, key, starts_at=TEN + timedelta(hours=1))))
    cancelled = read(calendar.after(lambda: appointments.cancel(side, key)))

    series = (booked, confirmed, moved, cancelled)
    assert {each["UID"].value for each in series} == {f"visit-{key}@localhost"}
    assert [each["METHOD"].value for each in series] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert [each["STATUS"].value for each in series] == ["TENTATIVE", "CONFIRMED", "TENTATIVE", "CANCELLED"]
    assert [each["SEQUENCE"].value for each in series] == ["0", "0", "1", "2"]
    newness = [(int(each["SEQUENCE"].value), each["DTSTAMP"].value) for each in series]
    assert newness == sorted(newness)
    assert moved["DTSTART"].value == f"{(TEN + timedelta(hours=1)).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    with database.unit_of_work():
        feed = calendars.event_of(calendar_file([appointment_lists.get(side, key)]))
    assert (feed["UID"], feed["SEQUENCE"]) == (cancelled["UID"], cancelled["SEQUENCE"])


def test_a_declined_request_is_taken_out_of_the_calendar(
    calendar: Calendars, doctor: Any, patient: Any, database: Database
) -> None:
    calendar.after(lambda: book(side_of(patient), patient, doctor))
    with database.unit_of_work() as session:
        key = session.scalars(select(Appointment.id)).one()
    declined = read(calendar.after(lambda: visit_states.decline(as_doctor(doctor), key, reason="My own affair")))
    assert (declined["METHOD"].value, declined["SEQUENCE"].value) == ("CANCEL", "1")


def test_the_hospital_invites_and_asks_for_no_answer(
    calendar: Calendars, doctor: Any, patient: Any, settings: Settings
) -> None:
    letter = calendar.after(lambda: book(side_of(patient), patient, doctor))
    found = read(letter)

    assert found["ORGANIZER"].value == f"mailto:{settings.mail_from}"
    assert found["ATTENDEE"].value == f"mailto:{letter['To']}" == "mailto:o'brien+mail@example.org"
    attendee = found["ATTENDEE"].parameters
    assert (attendee["RSVP"], attendee["PARTSTAT"], attendee["ROLE"]) == ("FALSE", "ACCEPTED", "REQ-PARTICIPANT")


def test_other_programs_read_it_back(calendar: Calendars, doctor: Any, patient: Any) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    _, file = parts(calendar.after(lambda: book(side_of(patient), patient, doctor)))

    (event,) = Calendar.from_ical(file.get_content()).events

    assert (event.start, event.end) == (TEN, TEN + timedelta(minutes=30))
    assert event["SUMMARY"] == f"Appointment with {doctor.name}"
    assert event["LOCATION"] == f"{HOSPITAL}, West wing; level 2, left"
    assert event.organizer is not None
    assert event.organizer.params["CN"] == HOSPITAL
    assert before <= event.DTSTAMP <= datetime.now(UTC)


def test_nothing_clinical_and_no_patient_is_in_it(calendar: Calendars, doctor: Any, patient: Any) -> None:
    _, file = parts(calendar.after(lambda: book(side_of(patient), patient, doctor, symptoms="A lump")))
    assert not any(word in file.get_content().decode() for word in ("lump", "Oncology", "Amira", "Hassan"))


def test_doctors_and_reminders_bring_none() -> None:
    others = {Template.REMINDER_DAY, Template.REMINDER_HOURS}
    clinics = {template for template in TRUE_WHILE if template.value.startswith("clinic_")}
    assert TRUE_WHILE.keys() - others - clinics == letters.INVITES


class TestBrokenRules:
    """The checker itself sees what is wrong."""

    @pytest.fixture
    def content(self, calendar: Calendars, doctor: Any, patient: Any) -> bytes:
        content: bytes = parts(calendar.after(lambda: book(side_of(patient), patient, doctor)))[1].get_content()
        return content

    def test_it_finds_each(self, content: bytes) -> None:
        for right, wrong in (
            (b"\r\n", b"\n"),
            (b"METHOD:REQUEST", b"METHOD:REPLY"),
            (b"METHOD:REQUEST", b"METHOD:CANCEL"),
            (b"UID:", b"X-UID:"),
            (b"ORGANIZER;", b"X-ORGANIZER;"),
            (b"SEQUENCE:0", b"SEQUENCE:0\r\nSEQUENCE:1"),
            (b"SUMMARY:", b"SUMMARY:" + b"x" * 70),
            (b"SUMMARY:", b"SUMMARY:a;b"),
        ):
            assert right in content
            assert calendars.broken_rules(content.replace(right, wrong)), wrong
