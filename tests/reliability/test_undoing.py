"""Many tabs that take the same step back at once, or a step while another is taken back: one of them does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from app.models import Appointment, AuditEvent, Doctor, Message, VisitState, VisitStep
from tests.factories import AppointmentFactory, DoctorFactory, VisitStepFactory
from tests.pages.test_clinic import today_at
from tests.reliability.people import Answer, Crowd, Person, all_at_once
from tests.support.clients import form_values
from tests.support.databases import Database

pytestmark = [pytest.mark.slow, pytest.mark.both_databases]

PRESSES = 6


@pytest.fixture
def doctor(database: Database) -> Doctor:
    return DoctorFactory()


@pytest.fixture
def tabs(live_server: Callable[..., str], doctor: Doctor) -> Iterator[list[Person]]:
    """The tabs of the doctor's browser, each with a connection of its own to a server of several processes."""
    with Crowd(live_server(processes=3), [doctor.account.username], kinds=(Person,)) as (first,):
        assert isinstance(first, Person)
        others = [first.tab() for _ in range(PRESSES - 1)]
        yield [first, *others]
        for other in others:
            other.client.connection.close()


def press(tab: Person, action: str) -> Callable[[], Answer]:
    """Open the day in a tab; what is returned sends one of its forms."""
    token = form_values(tab.client.send("GET", "/clinic").body)["csrf_token"]
    body = urlencode({"csrf_token": token})
    return partial(tab.client.send, "POST", action, body, Content_Type="application/x-www-form-urlencoded")


def count(database: Database, *where: object) -> int:
    with database.unit_of_work() as session:
        return session.scalar(select(func.count()).where(*where)) or 0  # type: ignore[arg-type]  # conditions


def test_a_confirmation_that_is_undone_many_times_at_once_is_undone_once(
    database: Database, doctor: Doctor, tabs: list[Person]
) -> None:
    visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0))
    step = VisitStepFactory(appointment=visit)
    address = f"/clinic/appointments/{visit.id}/steps/{step.id}/undo"

    answers = all_at_once([press(tab, address) for tab in tabs])

    assert {(answer.status, answer.location) for answer in answers} == {(303, "/clinic")}
    assert count(database, AuditEvent.action == "appointment.step_undone") == 1
    assert count(database, Message.template == "unconfirmed") == 1
    with database.unit_of_work() as session:
        undone = session.get_one(Appointment, visit.id)
        assert (undone.state, undone.version) == (VisitState.PENDING, visit.version + 1)


def test_of_undoing_a_start_and_completing_the_visit_one_wins(
    database: Database, doctor: Doctor, tabs: list[Person]
) -> None:
    visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0), state=VisitState.IN_PROGRESS)
    step = VisitStepFactory(appointment=visit, state_before=VisitState.CONFIRMED)
    undo, complete = f"/clinic/appointments/{visit.id}/steps/{step.id}/undo", f"/clinic/appointments/{visit.id}/missed"

    answers = all_at_once([press(tab, undo if number % 2 else complete) for number, tab in enumerate(tabs)])

    # Who is marked as missed must not be in progress any more: so the start was undone first, or the mark refused.
    assert {answer.status for answer in answers} <= {303, 409}
    with database.unit_of_work() as session:
        state = session.get_one(Appointment, visit.id).state
        steps = session.scalars(select(VisitStep).where(VisitStep.undone_at.is_(None))).all()
    assert [(step.state_before, step.state_after) for step in steps] in (
        [],
        [(VisitState.CONFIRMED, VisitState.NO_SHOW)],
    )
    assert state is (steps[0].state_after if steps else VisitState.CONFIRMED)
