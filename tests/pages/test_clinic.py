"""The doctor's pages: the day and its steps, the requests, and who may not see them."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.models import Appointment, Approval, Message, VisitKind, VisitState
from tests.factories import AccountFactory, AppointmentFactory, DoctorFactory, coming_weekday
from tests.support.clients import PASSWORD, form_values, sign_in
from tests.support.databases import Database
from tests.support.queries import Queries

HOSPITAL = ZoneInfo("Europe/London")
EFFECTS = {
    "confirm": (VisitState.PENDING, VisitState.CONFIRMED, "Confirmed: "),
    "start": (VisitState.CONFIRMED, VisitState.IN_PROGRESS, "Started: "),
    "complete": (VisitState.IN_PROGRESS, VisitState.COMPLETED, "Completed: "),
    "missed": (VisitState.CONFIRMED, VisitState.NO_SHOW, "Marked as missed: "),
}
CONFLICTS = {
    VisitState.COMPLETED: "The appointment is completed: it cannot be marked as missed now.",
    VisitState.CANCELLED: "The appointment is cancelled: it cannot be marked as missed now.",
}


def today_at(hour: int, minute: int = 0) -> datetime:
    """A moment of today in the hospital."""
    return datetime.combine(datetime.now(HOSPITAL).date(), time(hour, minute), tzinfo=HOSPITAL).astimezone(UTC)


@pytest.fixture
def doctor(database: Database) -> Any:
    """An approved doctor."""
    return DoctorFactory(meet_link="https://meet.example.org/room")


@pytest.fixture
def doctors_client(client: FlaskClient, doctor: Any) -> FlaskClient:
    """The doctor, signed in."""
    return sign_in(client, doctor.account)


def press(client: FlaskClient, page: str, action: str, **options: Any) -> TestResponse:
    """Send one of a page's buttons: the form with that action."""
    opened = client.get(page)
    assert f'action="{action}"' in opened.text, f"{page} offers no {action}"
    return client.post(action, data={"csrf_token": form_values(opened.text)["csrf_token"]}, **options)


def send(client: FlaskClient, action: str, **fields: str) -> TestResponse:
    """Send a form that another tab still shows."""
    token = form_values(client.get("/clinic").text)["csrf_token"]
    return client.post(action, data={"csrf_token": token} | fields)


def buttons(page: str) -> list[str]:
    """The steps that a page of one visit offers."""
    return re.findall(r'action="/clinic/appointments/\d+/(\w+)"', page)


def state_of(database: Database, visit: Any) -> VisitState:
    with database.unit_of_work() as session:
        return session.get_one(Appointment, visit.id).state


def messages(database: Database) -> list[str]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(Message.template)))


class TestDay:
    def test_it_lists_todays_visits_in_time_order(self, doctors_client: FlaskClient, doctor: Any) -> None:
        late = AppointmentFactory(doctor=doctor, starts_at=today_at(15), symptoms="Sore throat")
        early = AppointmentFactory(doctor=doctor, starts_at=today_at(9, 30), kind=VisitKind.ONLINE)
        page = doctors_client.get("/clinic")
        assert page.status_code == 200
        assert page.text.index(early.patient.name) < page.text.index(late.patient.name)
        for text in ("9:30am", "to 10am", "Video call", "3pm", "Sore throat", "Confirmed", "2 visits to do"):
            assert text in page.text

    def test_it_lists_what_is_over_below_what_is_to_do(self, doctors_client: FlaskClient, doctor: Any) -> None:
        over = AppointmentFactory(doctor=doctor, starts_at=today_at(9), state=VisitState.COMPLETED)
        to_do = AppointmentFactory(doctor=doctor, starts_at=today_at(15))
        page = doctors_client.get("/clinic").text
        headings = [page.index(heading) for heading in ("1 visit to do", "1 visit done")]
        assert headings[0] < page.index(to_do.patient.name) < headings[1] < page.index(over.patient.name)

    def test_it_says_when_all_is_done(self, doctors_client: FlaskClient, doctor: Any) -> None:
        AppointmentFactory(doctor=doctor, starts_at=today_at(9), state=VisitState.NO_SHOW)
        assert "Nothing is left to do on this day." in doctors_client.get("/clinic").text

    def test_it_leads_to_declining_what_waits(self, doctors_client: FlaskClient, doctor: Any) -> None:
        waits = AppointmentFactory(doctor=doctor, starts_at=today_at(9), state=VisitState.PENDING)
        confirmed = AppointmentFactory(doctor=doctor, starts_at=today_at(10))
        page = doctors_client.get("/clinic").text
        assert f"/clinic/requests/{waits.id}/decline" in page
        assert f"/clinic/requests/{confirmed.id}/decline" not in page

    def test_it_lists_no_other_doctors_and_no_cancelled_visits(self, doctors_client: FlaskClient, doctor: Any) -> None:
        cancelled = AppointmentFactory(doctor=doctor, starts_at=today_at(9), state=VisitState.CANCELLED)
        others = AppointmentFactory(starts_at=today_at(10))
        page = doctors_client.get("/clinic").text
        assert cancelled.patient.name not in page
        assert others.patient.name not in page
        assert "No visits" in page

    def test_it_shows_another_day_and_its_neighbours(self, doctors_client: FlaskClient, doctor: Any) -> None:
        visit = AppointmentFactory(doctor=doctor)
        on = visit.starts_at.date()
        page = doctors_client.get(f"/clinic?day={on}").text
        assert visit.patient.name in page
        assert f'href="/clinic?day={on - timedelta(days=1)}"' in page
        assert f'href="/clinic?day={on + timedelta(days=1)}"' in page
        assert visit.patient.name not in doctors_client.get("/clinic").text

    @pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "0001-01-01", "9999-12-31", "\0", "20260101T10"])
    def test_it_finds_no_page_for_what_is_no_day(self, doctors_client: FlaskClient, day: str) -> None:
        assert doctors_client.get("/clinic", query_string={"day": day}).status_code == 404

    def test_it_says_how_many_requests_wait(self, doctors_client: FlaskClient, doctor: Any) -> None:
        assert "for you to confirm" not in doctors_client.get("/clinic").text
        AppointmentFactory(doctor=doctor, state=VisitState.PENDING)
        page = " ".join(doctors_client.get("/clinic").text.split())
        assert '<a href="/clinic/requests">1 request</a> waits for you to confirm.' in page

    @pytest.mark.parametrize(
        ("state", "offered"),
        [
            (VisitState.PENDING, ["confirm", "arrived", "start"]),
            (VisitState.CONFIRMED, ["arrived", "start", "complete", "missed"]),
            (VisitState.IN_PROGRESS, ["complete"]),
            (VisitState.COMPLETED, []),
            (VisitState.NO_SHOW, []),
        ],
    )
    def test_it_offers_the_steps_that_work(
        self, doctors_client: FlaskClient, doctor: Any, state: VisitState, offered: list[str]
    ) -> None:
        AppointmentFactory(doctor=doctor, starts_at=today_at(0), state=state)
        assert buttons(doctors_client.get("/clinic").text) == offered

    def test_nobody_misses_a_visit_that_has_yet_to_begin(
        self, doctors_client: FlaskClient, doctor: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.services.visit_states.now", lambda: today_at(11))
        AppointmentFactory(doctor=doctor, starts_at=today_at(12))
        assert buttons(doctors_client.get("/clinic").text) == ["arrived", "start", "complete"]

    def test_it_starts_no_visit_before_its_day(self, doctors_client: FlaskClient, doctor: Any) -> None:
        visit = AppointmentFactory(doctor=doctor, state=VisitState.PENDING)
        assert buttons(doctors_client.get(f"/clinic?day={visit.starts_at.date()}").text) == ["confirm"]

    @pytest.mark.parametrize("state", [VisitState.CONFIRMED, VisitState.IN_PROGRESS])
    def test_it_leads_to_the_video_call(self, doctors_client: FlaskClient, doctor: Any, state: VisitState) -> None:
        AppointmentFactory(doctor=doctor, starts_at=today_at(12), kind=VisitKind.ONLINE, state=state)
        assert f'href="{doctor.meet_link}"' in doctors_client.get("/clinic").text

    @pytest.mark.parametrize(
        ("kind", "state"),
        [
            (VisitKind.ONLINE, VisitState.PENDING),
            (VisitKind.ONLINE, VisitState.COMPLETED),
            (VisitKind.IN_PERSON, VisitState.CONFIRMED),
        ],
    )
    def test_it_leads_to_no_other_video_call(
        self, doctors_client: FlaskClient, doctor: Any, kind: VisitKind, state: VisitState
    ) -> None:
        AppointmentFactory(doctor=doctor, starts_at=today_at(12), kind=kind, state=state)
        assert doctor.meet_link not in doctors_client.get("/clinic").text

    def test_it_escapes_what_patients_write(self, doctors_client: FlaskClient, doctor: Any) -> None:
        AppointmentFactory(doctor=doctor, starts_at=today_at(12), symptoms="<script>alert(1)</script>")
        assert "<script>alert" not in doctors_client.get("/clinic").text

    def test_it_asks_as_many_queries_for_many_visits_as_for_one(
        self,
        doctors_client: FlaskClient,
        doctor: Any,
        count_queries: Callable[[], AbstractContextManager[Queries]],
    ) -> None:
        AppointmentFactory(doctor=doctor, starts_at=today_at(8))
        with count_queries() as for_one:
            doctors_client.get("/clinic")
        for hour in range(9, 18):
            AppointmentFactory(doctor=doctor, starts_at=today_at(hour))
        with count_queries() as for_ten:
            doctors_client.get("/clinic")
        assert len(for_ten) == len(for_one), for_ten


class TestStep:
    @pytest.mark.parametrize("step", EFFECTS)
    def test_it_takes_the_visit_on_and_says_so_once(
        self, doctors_client: FlaskClient, doctor: Any, database: Database, step: str
    ) -> None:
        before, after, said = EFFECTS[step]
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0), state=before)
        response = press(doctors_client, "/clinic", f"/clinic/appointments/{visit.id}/{step}")
        assert (response.status_code, response.location) == (303, "/clinic")
        assert state_of(database, visit) is after
        assert f"{said}{visit.patient.name}, 12am, " in doctors_client.get("/clinic").text
        assert said not in doctors_client.get("/clinic").text

    def test_it_goes_back_to_the_visits_day(self, doctors_client: FlaskClient, doctor: Any) -> None:
        visit = AppointmentFactory(doctor=doctor, state=VisitState.PENDING)
        day = f"/clinic?day={visit.starts_at.date()}"
        assert press(doctors_client, day, f"/clinic/appointments/{visit.id}/confirm").location == day

    def test_it_tells_the_patient_of_the_confirmation(
        self, doctors_client: FlaskClient, doctor: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0), state=VisitState.PENDING)
        press(doctors_client, "/clinic", f"/clinic/appointments/{visit.id}/confirm")
        assert messages(database) == ["confirmed"]

    def test_a_second_click_changes_nothing(self, doctors_client: FlaskClient, doctor: Any, database: Database) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0), state=VisitState.PENDING)
        for _ in range(2):
            assert send(doctors_client, f"/clinic/appointments/{visit.id}/confirm").status_code == 303
        assert messages(database) == ["confirmed"]

    @pytest.mark.parametrize("meanwhile", CONFLICTS)
    def test_it_says_what_has_changed_meanwhile(
        self, doctors_client: FlaskClient, doctor: Any, database: Database, meanwhile: VisitState
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0), state=meanwhile)
        other = AppointmentFactory(doctor=doctor, starts_at=today_at(1))
        response = send(doctors_client, f"/clinic/appointments/{visit.id}/missed")
        assert response.status_code == 409
        assert f"{visit.patient.name}, 12am, " in response.text
        assert CONFLICTS[meanwhile] in response.text
        assert "<title>Error: Today" in response.text
        assert other.patient.name in response.text
        assert state_of(database, visit) is meanwhile

    def test_htmx_gets_the_list_alone(self, doctors_client: FlaskClient, doctor: Any) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0))
        asked_by_htmx = {"headers": {"HX-Request": "true", "HX-Target": "div#visits"}}
        response = press(doctors_client, "/clinic", f"/clinic/appointments/{visit.id}/start", **asked_by_htmx)
        assert response.status_code == 200
        assert response.text.strip().startswith('<div id="visits">')
        assert "Started: " in response.text
        assert "In progress" in response.text
        assert "Started: " not in doctors_client.get("/clinic").text

    def test_it_finds_no_other_doctors_visit(self, doctors_client: FlaskClient, database: Database) -> None:
        visit = AppointmentFactory(starts_at=today_at(0), state=VisitState.PENDING)
        for key in (visit.id, visit.id + 1, 2**63):
            assert send(doctors_client, f"/clinic/appointments/{key}/confirm").status_code == 404
        assert state_of(database, visit) is VisitState.PENDING

    def test_it_refuses_a_form_of_another_site(
        self, doctors_client: FlaskClient, doctor: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0), state=VisitState.PENDING)
        assert doctors_client.post(f"/clinic/appointments/{visit.id}/confirm").status_code == 400
        assert state_of(database, visit) is VisitState.PENDING

    def test_it_is_no_link(self, doctors_client: FlaskClient, doctor: Any, database: Database) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0), state=VisitState.PENDING)
        assert doctors_client.get(f"/clinic/appointments/{visit.id}/confirm").status_code == 405
        assert state_of(database, visit) is VisitState.PENDING


class TestRequests:
    def test_it_lists_what_waits_soonest_first(self, doctors_client: FlaskClient, doctor: Any) -> None:
        later = AppointmentFactory(doctor=doctor, state=VisitState.PENDING, starts_at=coming_weekday(days=9))
        sooner = AppointmentFactory(doctor=doctor, state=VisitState.PENDING, starts_at=coming_weekday(days=3))
        confirmed = AppointmentFactory(doctor=doctor, starts_at=coming_weekday(days=6))
        others = AppointmentFactory(state=VisitState.PENDING)
        page = doctors_client.get("/clinic/requests").text
        assert page.index(sooner.patient.name) < page.index(later.patient.name)
        assert "2 requests" in page
        assert confirmed.patient.name not in page
        assert others.patient.name not in page

    def test_it_says_when_nothing_waits(self, doctors_client: FlaskClient) -> None:
        assert "No requests are waiting" in doctors_client.get("/clinic/requests").text

    def test_it_confirms_and_stays_on_the_list(
        self, doctors_client: FlaskClient, doctor: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, state=VisitState.PENDING)
        response = press(doctors_client, "/clinic/requests", f"/clinic/requests/{visit.id}/confirm")
        assert (response.status_code, response.location) == (303, "/clinic/requests")
        assert state_of(database, visit) is VisitState.CONFIRMED
        assert f"Confirmed: {visit.patient.name}" in doctors_client.get("/clinic/requests").text
        assert messages(database) == ["confirmed", "reminder_day", "reminder_hours"]

    def test_htmx_gets_the_list_alone(self, doctors_client: FlaskClient, doctor: Any) -> None:
        visit = AppointmentFactory(doctor=doctor, state=VisitState.PENDING)
        asked_by_htmx = {"headers": {"HX-Request": "true", "HX-Target": "div#waiting"}}
        response = press(doctors_client, "/clinic/requests", f"/clinic/requests/{visit.id}/confirm", **asked_by_htmx)
        assert response.text.strip().startswith('<div id="waiting">')
        assert "Confirmed: " in response.text

    def test_it_says_that_the_patient_has_cancelled(self, doctors_client: FlaskClient, doctor: Any) -> None:
        gone = AppointmentFactory(doctor=doctor, state=VisitState.CANCELLED)
        waits = AppointmentFactory(doctor=doctor, state=VisitState.PENDING)
        response = send(doctors_client, f"/clinic/requests/{gone.id}/confirm")
        assert response.status_code == 409
        assert "The appointment is cancelled: it cannot be confirmed now." in response.text
        assert waits.patient.name in response.text

    def test_it_pages(self, doctors_client: FlaskClient, doctor: Any) -> None:
        first = coming_weekday(days=3, hour=0)
        with_times = [first + timedelta(hours=number) for number in range(21)]
        visits = [
            AppointmentFactory(doctor=doctor, state=VisitState.PENDING, starts_at=starts_at) for starts_at in with_times
        ]
        page = doctors_client.get("/clinic/requests").text
        assert "of 21 requests" in page
        assert 'href="/clinic/requests?page=2"' in page
        last = f"/clinic/requests/{visits[-1].id}/confirm?page=2"
        assert press(doctors_client, "/clinic/requests?page=2", last).location == "/clinic/requests?page=2"
        assert "20 requests" in doctors_client.get("/clinic/requests?page=2").text

    def test_a_refused_answer_keeps_the_pages_links(self, doctors_client: FlaskClient, doctor: Any) -> None:
        first = coming_weekday(days=3, hour=0)
        for number in range(21):
            AppointmentFactory(doctor=doctor, state=VisitState.PENDING, starts_at=first + timedelta(hours=number))
        gone = AppointmentFactory(doctor=doctor, state=VisitState.CANCELLED)
        response = send(doctors_client, f"/clinic/requests/{gone.id}/confirm?page=2")
        assert 'href="/clinic/requests"' in response.text
        assert f"{gone.id}/confirm" not in response.text

    def test_it_shows_the_last_page_when_the_list_has_become_shorter(
        self, doctors_client: FlaskClient, doctor: Any
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, state=VisitState.PENDING)
        assert visit.patient.name in doctors_client.get("/clinic/requests?page=2").text

    @pytest.mark.parametrize("page", ["0", "-1", "two", "9" * 20])
    def test_it_finds_nothing_for_what_is_no_page(self, doctors_client: FlaskClient, page: str) -> None:
        assert doctors_client.get(f"/clinic/requests?page={page}").status_code == 404


class TestDecline:
    def test_it_cancels_with_the_reason_and_tells_the_patient(
        self, doctors_client: FlaskClient, doctor: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, state=VisitState.PENDING)
        page = f"/clinic/requests/{visit.id}/decline"
        assert f'href="{page}"' in doctors_client.get("/clinic/requests").text
        shown = doctors_client.get(page)
        assert visit.patient.name in shown.text
        response = doctors_client.post(page, data=form_values(shown.text) | {"reason": "Please see Dr Lee."})
        assert (response.status_code, response.location) == (303, "/clinic/requests")
        with database.unit_of_work() as session:
            saved = session.get_one(Appointment, visit.id)
            assert (saved.state, saved.cancel_reason) == (VisitState.CANCELLED, "Please see Dr Lee.")
        assert messages(database) == ["declined"]
        assert f"Declined: {visit.patient.name}" in doctors_client.get("/clinic/requests").text

    @pytest.mark.parametrize(("reason", "error"), [("  ", "Enter the reason"), ("a" * 501, "500 characters or fewer")])
    def test_it_needs_a_reason_of_some_length(
        self, doctors_client: FlaskClient, doctor: Any, database: Database, reason: str, error: str
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, state=VisitState.PENDING)
        response = send(doctors_client, f"/clinic/requests/{visit.id}/decline", reason=reason)
        assert response.status_code == 400
        assert error in response.text
        assert state_of(database, visit) is VisitState.PENDING

    def test_the_same_answer_again_changes_nothing(
        self, doctors_client: FlaskClient, doctor: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, state=VisitState.PENDING)
        for _ in range(2):
            response = send(doctors_client, f"/clinic/requests/{visit.id}/decline", reason="I am away.")
            assert response.status_code == 303
        assert messages(database) == ["declined"]

    @pytest.mark.parametrize("meanwhile", [VisitState.CONFIRMED, VisitState.CANCELLED])
    def test_it_declines_nothing_that_no_longer_waits(
        self, doctors_client: FlaskClient, doctor: Any, database: Database, meanwhile: VisitState
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, state=meanwhile)
        response = send(doctors_client, f"/clinic/requests/{visit.id}/decline", reason="I am away.")
        assert response.status_code == 409
        assert f"The appointment is {meanwhile.value} already: it cannot be declined." in response.text
        assert state_of(database, visit) is meanwhile
        page = doctors_client.get(f"/clinic/requests/{visit.id}/decline").text
        assert "This request no longer waits" in page
        assert 'name="reason"' not in page

    def test_it_finds_no_other_doctors_request(self, doctors_client: FlaskClient, database: Database) -> None:
        visit = AppointmentFactory(state=VisitState.PENDING)
        assert doctors_client.get(f"/clinic/requests/{visit.id}/decline").status_code == 404
        response = send(doctors_client, f"/clinic/requests/{visit.id}/decline", reason="No.")
        assert response.status_code == 404


@pytest.mark.parametrize("path", ["/clinic", "/clinic/requests", "/clinic/requests/1/decline"])
class TestEntrance:
    def test_a_stranger_is_led_to_sign_in(self, client: FlaskClient, database: Database, path: str) -> None:
        response = client.get(path)
        assert response.status_code == 303
        assert response.location.startswith("/sign-in?next=/clinic")

    @pytest.mark.parametrize("capacity", [{}, {"is_admin": True}])
    def test_it_is_for_doctors_alone(
        self, client: FlaskClient, database: Database, path: str, capacity: dict[str, bool]
    ) -> None:
        response = sign_in(client, AccountFactory(**capacity)).get(path)
        assert response.status_code == 403
        assert "You cannot see this page" in response.text

    def test_an_applicant_reads_that_the_application_waits(
        self, client: FlaskClient, database: Database, path: str
    ) -> None:
        response = sign_in(client, DoctorFactory(pending=True).account).get(path)
        assert response.status_code == 403
        assert "Your application is waiting for approval" in response.text

    def test_a_rejected_applicant_reads_why(self, client: FlaskClient, database: Database, path: str) -> None:
        rejected = DoctorFactory(
            approval=Approval.REJECTED, decision_reason="We could not find your licence.", decided_at=datetime.now(UTC)
        )
        response = sign_in(client, rejected.account).get(path)
        assert response.status_code == 403
        assert "Your application was not approved" in response.text
        assert "We could not find your licence." in response.text


def test_an_applicant_lands_where_the_application_stands(client: FlaskClient, database: Database) -> None:
    page = client.get("/sign-in")
    sent = {"username": DoctorFactory(pending=True).account.username, "password": PASSWORD}
    assert client.post("/sign-in", data=form_values(page.text) | sent).location == "/clinic"


def test_an_admin_or_a_patient_presses_no_doctors_button(client: FlaskClient, database: Database) -> None:
    visit = AppointmentFactory(starts_at=today_at(12), state=VisitState.PENDING)
    for account in (AccountFactory(is_admin=True), visit.patient.manager):
        signed_in = sign_in(client.application.test_client(), account)
        token = form_values(signed_in.get("/clinic").text)["csrf_token"]
        response = signed_in.post(f"/clinic/appointments/{visit.id}/confirm", data={"csrf_token": token})
        assert response.status_code == 403
    assert state_of(database, visit) is VisitState.PENDING
