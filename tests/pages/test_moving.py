"""Changing a visit to come on the pages: moving it, and its reason; every state, and what others do meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.models import Message, VisitState
from app.pages.wording import isodate
from tests.factories import AppointmentFactory, DoctorFactory
from tests.support.booking import token, visits
from tests.support.clients import form_values, submit
from tests.support.databases import Database

SOON = timedelta(hours=1)
"""Less than the cutoff."""


@pytest.fixture
def visit(doctor: Any, patient: Any, free_times: list[datetime]) -> Any:
    """A confirmed visit to the doctor."""
    return AppointmentFactory(doctor=doctor, patient=patient, starts_at=free_times[2])


def check(visitor: FlaskClient, visit: Any, at: datetime) -> TestResponse:
    """Choose a new time."""
    return visitor.get(f"/my/appointments/{visit.id}/move/check", query_string={"at": isodate(at)})


def press(visitor: FlaskClient, visit: Any, checked: TestResponse) -> TestResponse:
    """Press the button that moves."""
    return visitor.post(f"/my/appointments/{visit.id}/move/check", data=form_values(checked.text))


class TestChoose:
    def test_it_offers_the_free_times_and_says_until_when(
        self, visitor: FlaskClient, visit: Any, free_times: list[datetime]
    ) -> None:
        page = visitor.get(f"/my/appointments/{visit.id}/move")

        assert page.status_code == 200
        assert "You can move it until" in page.text
        target = f"/my/appointments/{visit.id}/move/check?at="
        assert f'href="{target}{isodate(free_times[3])}"' in page.text
        assert f'href="{target}{isodate(free_times[2])}"' not in page.text, "the time that it has"

    def test_other_weeks_stay_with_the_visit(self, visitor: FlaskClient, visit: Any) -> None:
        page = visitor.get(f"/my/appointments/{visit.id}/move").text

        assert f'href="/my/appointments/{visit.id}/move?from=' in page

    def test_links_lead_there_from_everywhere(self, visitor: FlaskClient, visit: Any) -> None:
        for path in ("", f"/{visit.id}", f"/{visit.id}/booked"):
            page = visitor.get(f"/my/appointments{path}").text
            assert f'href="/my/appointments/{visit.id}/move"' in page
            assert f'href="/my/appointments/{visit.id}/cancel"' in page

    def test_no_link_leads_where_nothing_can_be_changed(self, visitor: FlaskClient, patient: Any) -> None:
        late = AppointmentFactory(patient=patient, starts_at=datetime.now(UTC) + SOON)

        for path in ("", f"/{late.id}", f"/{late.id}/booked"):
            assert f"/my/appointments/{late.id}/move" not in visitor.get(f"/my/appointments{path}").text


class TestMove:
    def test_both_times_are_shown_and_what_follows(
        self, visitor: FlaskClient, visit: Any, free_times: list[datetime], database: Database
    ) -> None:
        page = check(visitor, visit, free_times[5])

        assert page.status_code == 200
        for text in ("Do you want to move this appointment?", "Time now", "New time", "waits again for confirmation"):
            assert text in page.text
        assert visits(database)[0].starts_at == free_times[2]

    def test_pressing_moves_it_and_it_waits_for_confirmation_again(
        self, visitor: FlaskClient, visit: Any, free_times: list[datetime], database: Database
    ) -> None:
        response = press(visitor, visit, check(visitor, visit, free_times[5]))

        assert (response.status_code, response.location) == (303, f"/my/appointments/{visit.id}")
        page = visitor.get(response.location).text
        assert "Your appointment is moved." in page
        assert "Waiting for confirmation" in page
        [moved] = visits(database)
        assert (moved.starts_at, moved.state) == (free_times[5], VisitState.PENDING)

    @pytest.mark.both_databases
    def test_pressing_twice_moves_once(
        self, visitor: FlaskClient, visit: Any, free_times: list[datetime], database: Database
    ) -> None:
        checked = check(visitor, visit, free_times[5])

        responses = [press(visitor, visit, checked) for _ in range(2)]

        assert [response.location for response in responses] == [f"/my/appointments/{visit.id}"] * 2
        with database.unit_of_work() as session:
            assert session.scalar(select(func.count(Message.id)).where(Message.template == "moved")) == 1

    def test_the_time_that_it_has_is_no_new_one(
        self, visitor: FlaskClient, visit: Any, free_times: list[datetime]
    ) -> None:
        response = check(visitor, visit, free_times[2])

        assert response.location == f"/my/appointments/{visit.id}/move"
        assert "That is the time that you have." in visitor.get(response.location).text

    @pytest.mark.parametrize("at", ["", "tomorrow", "9999-12-31T23:59:59Z"])
    def test_a_time_that_cannot_be_read_leads_to_the_free_ones(self, visitor: FlaskClient, visit: Any, at: str) -> None:
        path = f"/my/appointments/{visit.id}/move"

        asked = visitor.get(f"{path}/check", query_string={"at": at})
        sent = visitor.post(f"{path}/check", data={"csrf_token": token(visitor), "at": at, "version": "1"})

        assert asked.location == sent.location == path


class TestMeanwhile:
    def test_a_time_that_is_taken_offers_the_nearest(
        self, visitor: FlaskClient, doctor: Any, visit: Any, free_times: list[datetime], database: Database
    ) -> None:
        checked = check(visitor, visit, free_times[5])
        AppointmentFactory(doctor=doctor, starts_at=free_times[5])

        for refused in (press(visitor, visit, checked), check(visitor, visit, free_times[5])):
            assert refused.status_code == 409
            assert "That time is not free." in refused.text
            assert "Your appointment stays as it is" in refused.text
            assert f'href="/my/appointments/{visit.id}/move/check?at={isodate(free_times[6])}"' in refused.text
        assert visits(database)[0].starts_at == free_times[2]

    def test_a_past_time_offers_the_next(self, visitor: FlaskClient, visit: Any, free_times: list[datetime]) -> None:
        response = check(visitor, visit, datetime.now(UTC) - timedelta(days=1))

        assert response.status_code == 400
        assert "That time has passed." in response.text
        assert f"/move/check?at={isodate(free_times[0])}" in response.text

    def test_another_visit_of_the_patient_then_is_told(
        self, visitor: FlaskClient, patient: Any, visit: Any, free_times: list[datetime]
    ) -> None:
        AppointmentFactory(patient=patient, starts_at=free_times[5])

        refused = press(visitor, visit, check(visitor, visit, free_times[5]))

        assert refused.status_code == 409
        assert "The patient already has an appointment at that time." in refused.text

    def test_a_visit_that_was_moved_in_another_tab_is_not_overwritten(
        self, visitor: FlaskClient, visit: Any, free_times: list[datetime], database: Database
    ) -> None:
        one, other = (check(visitor, visit, free_times[place]) for place in (5, 6))
        press(visitor, visit, one)

        refused = press(visitor, visit, other)

        assert refused.status_code == 409
        assert "The appointment was changed meanwhile." in refused.text
        assert visits(database)[0].starts_at == free_times[5]
        assert press(visitor, visit, refused).status_code == 303, "it can be confirmed once the change was seen"
        assert visits(database)[0].starts_at == free_times[6]

    def test_a_visit_that_was_cancelled_in_another_tab_stays_so(
        self, visitor: FlaskClient, visit: Any, free_times: list[datetime], database: Database
    ) -> None:
        checked = check(visitor, visit, free_times[5])
        submit(visitor, f"/my/appointments/{visit.id}/cancel")

        refused = press(visitor, visit, checked)

        assert refused.status_code == 409
        assert "The appointment is cancelled: it cannot be moved." in refused.text
        assert visits(database)[0].state is VisitState.CANCELLED


class TestUnchangeable:
    @pytest.mark.parametrize("step", ["/move", "/move/check", "/reason"])
    def test_too_late_says_so_and_what_to_do(
        self, visitor: FlaskClient, doctor: Any, patient: Any, free_times: list[datetime], step: str
    ) -> None:
        late = AppointmentFactory(patient=patient, doctor=doctor, starts_at=datetime.now(UTC) + SOON)
        path = f"/my/appointments/{late.id}{step}"
        sent = {"at": isodate(free_times[6]), "version": "1", "symptoms": "A fever", "csrf_token": token(visitor)}

        asked = visitor.get(path, query_string={"at": isodate(free_times[6])})
        assert asked.status_code == 409
        assert "call the hospital" in asked.text
        if step != "/move":
            pressed = visitor.post(path, data=sent)
            assert pressed.status_code == 409
            assert "It is less than 2 hours before the appointment" in pressed.text

    @pytest.mark.parametrize("step", ["/move", "/reason"])
    @pytest.mark.parametrize("state", [VisitState.COMPLETED, VisitState.CANCELLED, VisitState.IN_PROGRESS])
    def test_a_visit_that_is_not_to_come_says_how_it_stands(
        self, visitor: FlaskClient, patient: Any, state: VisitState, step: str
    ) -> None:
        visit = AppointmentFactory(patient=patient, state=state)

        response = visitor.get(f"/my/appointments/{visit.id}{step}")

        assert response.status_code == 409
        assert "cannot be" in response.text
        assert state.value.replace("_", " ").capitalize() in response.text

    @pytest.mark.parametrize("step", ["/move", "/move/check", "/reason"])
    def test_other_peoples_are_not_there(
        self, visitor: FlaskClient, free_times: list[datetime], database: Database, step: str
    ) -> None:
        visit = AppointmentFactory(doctor=DoctorFactory())

        asked = visitor.get(f"/my/appointments/{visit.id}{step}", query_string={"at": isodate(free_times[0])})

        assert asked.status_code == 404


class TestReason:
    def test_it_is_changed_and_the_visit_stays_confirmed(
        self, visitor: FlaskClient, visit: Any, database: Database
    ) -> None:
        assert f'href="/my/appointments/{visit.id}/reason"' in visitor.get(f"/my/appointments/{visit.id}").text

        response = submit(visitor, f"/my/appointments/{visit.id}/reason", symptoms="A cough\r\nand a fever")

        assert response.location == f"/my/appointments/{visit.id}"
        assert "The reason for your visit is changed." in visitor.get(response.location).text
        [changed] = visits(database)
        assert (changed.symptoms, changed.state) == ("A cough\nand a fever", VisitState.CONFIRMED)

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [(" ", "Enter the reason for the visit."), ("x" * 2001, "Use 2,000 characters or fewer.")],
    )
    def test_what_is_wrong_is_told_and_kept(
        self, visitor: FlaskClient, visit: Any, database: Database, typed: str, sentence: str
    ) -> None:
        response = submit(visitor, f"/my/appointments/{visit.id}/reason", symptoms=typed)

        assert response.status_code == 400
        assert f'<a href="#symptoms">{sentence}</a>' in response.text
        assert typed in response.text
        assert visits(database)[0].symptoms == visit.symptoms
