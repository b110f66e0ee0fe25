"""Bookings on their way: whatever happens in between, nothing that was typed is lost, and one visit is booked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.models import BookingDraft, Session
from app.pages.wording import isodate
from tests.factories import AppointmentFactory, PatientFactory
from tests.support.booking import begin, confirm, details, send, token, visits
from tests.support.clients import form_values, sign_in
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases


def leave_alone(database: Database) -> None:
    """Let all browsers be unused for too long."""
    with database.unit_of_work() as session:
        session.execute(update(Session).values(last_seen_at=datetime.now(UTC) - timedelta(hours=2)))


class TestOnce:
    def test_the_same_form_sent_twice_books_once(
        self, visitor: FlaskClient, doctor: Any, answers: dict[str, str], database: Database
    ) -> None:
        checked = details(visitor, doctor, answers)

        first, second = (confirm(visitor, doctor, checked) for _ in range(2))

        [visit] = visits(database)
        for response in (first, second):
            assert (response.status_code, response.location) == (303, f"/my/appointments/{visit.id}/booked")

    def test_going_back_leads_to_what_was_booked(
        self, visitor: FlaskClient, doctor: Any, answers: dict[str, str], database: Database
    ) -> None:
        checked = details(visitor, doctor, answers)
        confirm(visitor, doctor, checked)
        path = checked.request.path.removesuffix("/check")

        [visit] = visits(database)
        for step in ("", "/time", "/check"):
            assert visitor.get(path + step).location == f"/my/appointments/{visit.id}/booked"
        assert send(visitor, path, **answers).request.path == f"/my/appointments/{visit.id}/booked"

    def test_two_tabs_are_two_drafts(
        self,
        visitor: FlaskClient,
        doctor: Any,
        answers: dict[str, str],
        free_times: list[datetime],
        database: Database,
    ) -> None:
        one = details(visitor, doctor, answers)
        other = details(visitor, doctor, {**answers, "at": isodate(free_times[5]), "symptoms": "A fever"})

        for checked in (one, other):
            confirm(visitor, doctor, checked)

        booked = {(visit.starts_at, visit.symptoms) for visit in visits(database)}
        assert booked == {(free_times[2], "A cough"), (free_times[5], "A fever")}

    def test_another_tab_with_the_same_time_finds_the_booking(
        self, visitor: FlaskClient, doctor: Any, answers: dict[str, str], database: Database
    ) -> None:
        one, other = (details(visitor, doctor, answers) for _ in range(2))
        confirm(visitor, doctor, one)

        response = confirm(visitor, doctor, other)

        [visit] = visits(database)
        assert (response.status_code, response.location) == (303, f"/my/appointments/{visit.id}")
        assert "You have booked this time already." in visitor.get(response.location).text
        assert visitor.get(f"/book/{doctor.id}?at={answers['at']}").location == f"/my/appointments/{visit.id}"

    def test_what_was_changed_in_another_tab_is_checked_again(
        self, visitor: FlaskClient, doctor: Any, answers: dict[str, str], database: Database
    ) -> None:
        checked = details(visitor, doctor, answers)
        send(visitor, checked.request.path.removesuffix("/check"), **{**answers, "symptoms": "A fever"})

        refused = confirm(visitor, doctor, checked)

        assert refused.status_code == 409
        assert "Your answers were changed meanwhile" in refused.text
        assert "A fever" in refused.text
        assert visits(database) == []
        assert confirm(visitor, doctor, refused).status_code == 303
        assert visits(database)[0].symptoms == "A fever"

    @pytest.mark.parametrize("version", ["", "x", "9" * 5000])
    def test_a_damaged_form_books_nothing(
        self, visitor: FlaskClient, doctor: Any, answers: dict[str, str], database: Database, version: str
    ) -> None:
        assert confirm(visitor, doctor, details(visitor, doctor, answers), version=version).status_code == 409
        assert visits(database) == []


class TestKept:
    def test_refused_answers_are_kept_too(self, visitor: FlaskClient, doctor: Any, answers: dict[str, str]) -> None:
        path = begin(visitor, doctor, answers["at"])
        send(visitor, path, **{**answers, "kind": "", "symptoms": "x" * 2001})

        page = visitor.get(path).text

        assert "x" * 2001 in page
        assert visitor.get(f"{path}/check").location == path

    def test_what_is_being_typed_is_kept(self, visitor: FlaskClient, doctor: Any, answers: dict[str, str]) -> None:
        path = begin(visitor, doctor, answers["at"])

        kept = visitor.post(f"{path}/keep", data={"csrf_token": token(visitor), "symptoms": "A cou"})

        assert kept.status_code == 204
        assert f'data-keep="{path}/keep"' in visitor.get(path).text
        assert "A cou</textarea>" in visitor.get(path).text

    def test_a_browser_that_was_left_alone_keeps_what_it_sends(
        self, visitor: FlaskClient, doctor: Any, patient: Any, answers: dict[str, str], database: Database
    ) -> None:
        path = begin(visitor, doctor, answers["at"])
        form = form_values(visitor.get(path).text)
        leave_alone(database)

        response = visitor.post(path, data={**form, **answers})

        assert response.location == f"/sign-in?next={path}"
        sign_in(visitor, patient.manager)
        assert "A cough</textarea>" in visitor.get(path).text
        assert visits(database) == []

    def test_it_keeps_nothing_in_others_drafts(
        self, app: Any, visitor: FlaskClient, doctor: Any, answers: dict[str, str], database: Database
    ) -> None:
        path = begin(visitor, doctor, answers["at"])
        stranger = sign_in(app.test_client(), PatientFactory().manager)
        form = {**answers, "csrf_token": token(stranger)}
        leave_alone(database)

        stranger.post(path, data=form)

        with database.unit_of_work() as session:
            assert session.scalars(select(BookingDraft.symptoms)).all() == [""]

    def test_signing_out_in_between_leads_back_to_the_answers(
        self, visitor: FlaskClient, doctor: Any, patient: Any, answers: dict[str, str], database: Database
    ) -> None:
        checked = details(visitor, doctor, answers)
        path = checked.request.path
        visitor.post("/sign-out", data={"csrf_token": token(visitor)})

        response = confirm(visitor, doctor, checked)

        assert (response.status_code, response.location) == (303, f"/sign-in?next={path}")
        assert visits(database) == []
        sign_in(visitor, patient.manager)
        assert confirm(visitor, doctor, visitor.get(path)).status_code == 303
        assert visits(database)[0].symptoms == "A cough"

    def test_a_form_from_before_signing_in_again_says_so(
        self, visitor: FlaskClient, doctor: Any, patient: Any, answers: dict[str, str], database: Database
    ) -> None:
        checked = details(visitor, doctor, answers)
        visitor.post("/sign-out", data={"csrf_token": token(visitor)})
        sign_in(visitor, patient.manager)

        response = confirm(visitor, doctor, checked)

        assert response.status_code == 400
        assert "This form is from before you signed in or out." in response.text
        assert visits(database) == []
        assert "A cough" in visitor.get(checked.request.path).text


class TestEnded:
    @pytest.fixture
    def path(self, visitor: FlaskClient, doctor: Any, answers: dict[str, str]) -> str:
        """A draft whose questions are answered."""
        return details(visitor, doctor, answers).request.path.removesuffix("/check")

    @pytest.mark.parametrize("step", ["", "/time", "/check"])
    def test_another_accounts_is_not_there(
        self, app: Any, path: str, database: Database, answers: dict[str, str], step: str
    ) -> None:
        stranger = sign_in(app.test_client(), PatientFactory().manager)

        seen = stranger.get(path + step)
        sent = stranger.post(path + step, data={**answers, "csrf_token": token(stranger), "version": "2"})

        assert seen.status_code == sent.status_code == 404
        assert "A cough" not in seen.text + sent.text
        assert visits(database) == []

    def test_an_expired_one_says_how_to_start_again(
        self, visitor: FlaskClient, doctor: Any, path: str, database: Database
    ) -> None:
        with database.unit_of_work() as session:
            session.execute(update(BookingDraft).values(expires_at=datetime.now(UTC)))

        response = visitor.get(f"{path}/check")

        assert response.status_code == 404
        assert "This booking is no longer kept" in response.text
        assert f'href="/find-a-doctor/{doctor.id}#times"' in response.text

    @pytest.mark.parametrize("doctor_id", [0, 2**63])
    def test_one_that_never_was_is_as_one_that_expired(
        self, visitor: FlaskClient, doctor: Any, path: str, doctor_id: int
    ) -> None:
        draft = path.rpartition("/")[2]

        for address in (f"/book/{doctor.id}/{uuid4()}", f"/book/{doctor_id}/{draft}"):
            response = visitor.get(address)
            assert response.status_code == 404
            assert "This booking is no longer kept" in response.text

    def test_a_time_that_the_patient_has_elsewhere_keeps_the_answers(
        self, visitor: FlaskClient, patient: Any, path: str, free_times: list[datetime]
    ) -> None:
        AppointmentFactory(patient=patient, starts_at=free_times[2])
        checked = visitor.get(f"{path}/check")

        refused = visitor.post(f"{path}/check", data=form_values(checked.text))

        assert refused.status_code == 409
        assert "The patient already has an appointment at that time." in refused.text
        assert "A cough" in visitor.get(f"{path}/check").text
