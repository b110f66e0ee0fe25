"""Visits as iCalendar files: what other calendars read of them, and how they know a change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from icalendar import Calendar, Event
from sqlalchemy.orm import Session

from app.models import Appointment, VisitKind, VisitState
from app.services import appointment_lists, appointments, visit_states
from app.services.calendar_files import calendar_file
from tests.factories import AppointmentFactory, DepartmentFactory, DoctorFactory, PatientFactory
from tests.services.visits import TEN, as_doctor, book, side_of
from tests.support.databases import Database

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One unit of work around a test, so that services see what it arranged."""
    with database.unit_of_work() as opened:
        yield opened


def read(content: bytes) -> list[Event]:
    """The events of a file, as another calendar reads them."""
    return list(Calendar.from_ical(content).events)


def event_of(visit: Appointment) -> Event:
    (event,) = read(calendar_file([visit]))
    return event


class TestCalendarFile:
    def test_it_tells_when_with_whom_where_and_the_page(self, session: Session) -> None:
        doctor = DoctorFactory(
            name="Dr Hart, MD", department=DepartmentFactory(name="Oncology", location="West wing, level 2")
        )
        visit = AppointmentFactory(doctor=doctor, starts_at=NOON, ends_at=NOON + timedelta(minutes=30))

        event = event_of(visit)

        assert (event.start, event.end) == (NOON, NOON + timedelta(minutes=30))
        assert event["SUMMARY"] == "Appointment with Dr Hart, MD"
        assert event["LOCATION"] == "Larkfield Hospital, West wing, level 2"
        assert event["URL"] == f"http://localhost/my/appointments/{visit.id}"
        assert event["UID"] == f"visit-{visit.id}@localhost"
        assert visit.updated_at.replace(microsecond=0) == event.DTSTAMP

    def test_it_tells_neither_the_reason_nor_the_department_nor_the_patient(self, session: Session) -> None:
        department = DepartmentFactory(name="Oncology")
        visit = AppointmentFactory(
            symptoms="A lump", patient=PatientFactory(name="Amira Hassan"), doctor=DoctorFactory(department=department)
        )

        content = calendar_file([visit]).decode()

        assert [text for text in ("lump", "Oncology", "Amira", "Hassan") if text in content] == []

    def test_a_video_call_has_no_place_and_no_link_that_others_could_join(self, session: Session) -> None:
        doctor = DoctorFactory(meet_link="https://meet.example.org/room")

        visit = AppointmentFactory(kind=VisitKind.ONLINE, doctor=doctor)

        assert event_of(visit)["LOCATION"] == "Video call"
        assert b"meet.example.org" not in calendar_file([visit])

    @pytest.mark.parametrize(
        ("state", "status", "transparency"),
        [
            (VisitState.PENDING, "TENTATIVE", "OPAQUE"),
            (VisitState.CONFIRMED, "CONFIRMED", "OPAQUE"),
            (VisitState.COMPLETED, "CONFIRMED", "OPAQUE"),
            (VisitState.CANCELLED, "CANCELLED", "TRANSPARENT"),
        ],
    )
    def test_it_says_how_the_visit_stands(
        self, session: Session, state: VisitState, status: str, transparency: str
    ) -> None:
        event = event_of(AppointmentFactory(state=state))

        assert (event["STATUS"], event["TRANSP"]) == (status, transparency)

    def test_many_visits_are_one_file(self, session: Session) -> None:
        visits = [AppointmentFactory(), AppointmentFactory()]

        assert [event["UID"] for event in read(calendar_file(visits))] == [f"visit-{v.id}@localhost" for v in visits]
        assert read(calendar_file([])) == []

    def test_it_is_the_same_while_nothing_changes(self, session: Session) -> None:
        visit = AppointmentFactory()

        assert calendar_file([visit]) == calendar_file([visit])

    @pytest.mark.parametrize("name", ["Dr\rX-EVIL:1", "Dr\nX-EVIL:1", "Dr\x0bX-EVIL:1", "Dr \x07X-EVIL:1\u2028"])
    def test_a_name_cannot_add_lines(self, session: Session, name: str) -> None:
        event = event_of(AppointmentFactory(doctor=DoctorFactory(name=name)))

        assert event["SUMMARY"] == "Appointment with Dr X-EVIL:1"
        assert "X-EVIL" not in event

    def test_lines_are_as_short_as_the_standard_says(self, session: Session) -> None:
        content = calendar_file([AppointmentFactory(doctor=DoctorFactory(name="Dr " + "Zoë " * 60))])

        assert max(len(line) for line in content.split(b"\r\n")) <= 75
        assert content.endswith(b"END:VCALENDAR\r\n")


@pytest.mark.both_databases
def test_what_happens_to_a_visit_makes_its_sequence_rise(session: Session) -> None:
    doctor, patient = DoctorFactory(hours=True), PatientFactory()
    side: Any = side_of(patient)
    visit = book(side, patient, doctor)
    events = [_fresh(visit)]

    visit_states.set_state(as_doctor(doctor), visit.id, VisitState.CONFIRMED)
    events.append(_fresh(visit))
    appointments.move(side, visit.id, starts_at=TEN + timedelta(hours=1))
    events.append(_fresh(visit))
    appointments.cancel(side, visit.id)
    events.append(_fresh(visit))

    assert [event["SEQUENCE"] for event in events] == [0, 0, 1, 2]
    assert [event["STATUS"] for event in events] == ["TENTATIVE", "CONFIRMED", "TENTATIVE", "CANCELLED"]
    assert len({event["UID"] for event in events}) == 1
    assert events[2].start == TEN + timedelta(hours=1)
    assert all(one.DTSTAMP <= other.DTSTAMP for one, other in pairwise(events))


def _fresh(visit: Appointment) -> Event:
    return event_of(appointment_lists.get(side_of(visit.patient), visit.id))
