"""The doctor's day and week: who has arrived, who is next, taking a step back, and lists that look again."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.models import Appointment, VisitKind, VisitState
from tests.factories import AppointmentFactory, DoctorFactory, TimeOffFactory, coming_weekday
from tests.pages.test_clinic import HOSPITAL, buttons, doctor, doctors_client, messages, press, send, state_of, today_at
from tests.support.clients import form_values, sign_in
from tests.support.databases import Database
from tests.support.queries import Queries

__all__ = ["doctor", "doctors_client"]

HTMX = {"HX-Request": "true"}
MISSED = VisitState.NO_SHOW


def words(page: str) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def undo_addresses(page: str) -> list[str]:
    return re.findall(r'action="(/clinic/appointments/\d+/steps/\d+/undo[^"]*)"', page)


def take(client: FlaskClient, visit: Any, step: str, page: str = "/clinic") -> TestResponse:
    """Press a step's button, and see the page that follows."""
    return press(client, page, f"/clinic/appointments/{visit.id}/{step}", follow_redirects=True)


def look_again(client: FlaskClient, page: str, part: str) -> TestResponse:
    """Ask as an open page does by itself: with what it shows."""
    shown = client.get(page).text
    address = re.search(rf'id="{part}".*?hx-get="([^"]*)"', shown, re.DOTALL)
    fingerprint = re.search(rf'id="{part}".*?If-None-Match": "([^}}]*)"}}', shown, re.DOTALL)
    assert address is not None
    assert fingerprint is not None
    tag = fingerprint[1].replace("\\", "")
    headers = HTMX | {"HX-Target": f"div#{part}", "If-None-Match": tag, "X-Background": "true"}
    return client.get(unescape(address[1]), headers=headers)


class TestArrived:
    def test_it_shows_since_when_the_patient_waits(
        self, doctors_client: FlaskClient, doctor: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0))

        page = take(doctors_client, visit, "arrived").text

        assert f"Arrived: {visit.patient.name}, 12am, " in page
        assert re.search(r"Arrived \d+(:\d\d)?[ap]m", words(page))
        assert buttons(page) == ["start", "complete", "missed"]
        assert state_of(database, visit) is VisitState.CONFIRMED

    def test_nobody_arrives_before_the_day(self, doctors_client: FlaskClient, doctor: Any) -> None:
        visit = AppointmentFactory(doctor=doctor)

        response = send(doctors_client, f"/clinic/appointments/{visit.id}/arrived")

        assert response.status_code == 409
        assert "only on the day of the appointment" in response.text


class TestNext:
    def test_the_next_visit_stands_out(self, doctors_client: FlaskClient, doctor: Any) -> None:
        AppointmentFactory(doctor=doctor, starts_at=today_at(0))
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(1), arrived_at=today_at(0))

        page = doctors_client.get("/clinic").text

        assert page.count("portal-diary__visit--next") == 1
        assert f"{visit.patient.name} Next" in words(page)

    def test_no_other_day_has_a_next_visit(self, doctors_client: FlaskClient, doctor: Any) -> None:
        visit = AppointmentFactory(doctor=doctor)
        day = visit.starts_at.astimezone(HOSPITAL).date()
        assert "portal-diary__visit--next" not in doctors_client.get(f"/clinic?day={day}").text


class TestUndo:
    @pytest.mark.parametrize(
        ("step", "before"),
        [
            ("confirm", VisitState.PENDING),
            ("arrived", VisitState.CONFIRMED),
            ("start", VisitState.CONFIRMED),
            ("complete", VisitState.IN_PROGRESS),
            ("missed", VisitState.CONFIRMED),
        ],
    )
    def test_the_banner_offers_it_right_after_the_step(
        self, doctors_client: FlaskClient, doctor: Any, database: Database, step: str, before: VisitState
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0), state=before)

        in_banner, in_list = undo_addresses(take(doctors_client, visit, step).text)
        assert in_banner == in_list
        page = send(doctors_client, in_banner)

        assert (page.status_code, page.location) == (303, "/clinic")
        assert state_of(database, visit) is before
        with database.unit_of_work() as session:
            assert session.get_one(Appointment, visit.id).arrived_at is None
        after = doctors_client.get("/clinic").text
        assert f"Undone: {visit.patient.name}, 12am, " in after
        assert undo_addresses(after) == []

    def test_the_list_of_what_is_done_offers_it_later(self, doctors_client: FlaskClient, doctor: Any) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0))
        take(doctors_client, visit, "complete")

        assert len(undo_addresses(doctors_client.get("/clinic").text)) == 1

    def test_htmx_gets_the_list_with_both(self, doctors_client: FlaskClient, doctor: Any) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0))
        headers = {"headers": HTMX | {"HX-Target": "div#visits"}}

        done = press(doctors_client, "/clinic", f"/clinic/appointments/{visit.id}/start", **headers)
        assert done.text.strip().startswith('<div id="visits">')
        address, _ = undo_addresses(done.text)
        token = form_values(doctors_client.get("/clinic").text)["csrf_token"]
        undone = doctors_client.post(address, data={"csrf_token": token}, **headers)

        assert undone.status_code == 200
        assert "Undone: " in undone.text
        assert buttons(undone.text) == ["arrived", "start", "complete", "missed"]

    def test_a_second_press_of_another_tab_changes_nothing(
        self, doctors_client: FlaskClient, doctor: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0))
        address, _ = undo_addresses(take(doctors_client, visit, "complete").text)

        assert [send(doctors_client, address).status_code for _ in range(2)] == [303, 303]
        assert state_of(database, visit) is VisitState.CONFIRMED

    def test_it_says_what_to_do_when_the_time_is_gone(
        self, doctors_client: FlaskClient, doctor: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0))
        address, _ = undo_addresses(take(doctors_client, visit, "missed").text)
        AppointmentFactory(doctor=doctor, starts_at=today_at(0))

        response = send(doctors_client, address)

        assert response.status_code == 409
        assert "<title>Error: Today" in response.text
        assert f"{visit.patient.name}, 12am, " in response.text
        assert "stays marked as missed: agree on a new time with the patient." in response.text
        assert state_of(database, visit) is MISSED

    def test_it_says_that_the_visit_went_on(self, doctors_client: FlaskClient, doctor: Any, database: Database) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0))
        address, _ = undo_addresses(take(doctors_client, visit, "start").text)
        take(doctors_client, visit, "complete")

        response = send(doctors_client, address)

        assert response.status_code == 409
        assert "that step cannot be undone any more" in response.text
        assert state_of(database, visit) is VisitState.COMPLETED

    def test_a_confirmation_among_the_requests_is_undone_there(
        self, doctors_client: FlaskClient, doctor: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, state=VisitState.PENDING)
        confirm = f"/clinic/requests/{visit.id}/confirm"
        (address,) = undo_addresses(press(doctors_client, "/clinic/requests", confirm, follow_redirects=True).text)

        response = send(doctors_client, unescape(address))

        assert (response.status_code, response.location) == (303, "/clinic/requests")
        page = doctors_client.get("/clinic/requests").text
        assert "Undone: " in page
        assert confirm in page
        assert state_of(database, visit) is VisitState.PENDING
        assert "confirmed" in messages(database)

    def test_it_finds_no_other_doctors_visit(self, doctors_client: FlaskClient, doctor: Any) -> None:
        visit, others = AppointmentFactory(doctor=doctor, starts_at=today_at(0)), AppointmentFactory()
        address, _ = undo_addresses(take(doctors_client, visit, "start").text)
        step = address.split("/")[-2]

        for key in (others.id, 2**63):
            assert send(doctors_client, f"/clinic/appointments/{key}/steps/{step}/undo").status_code == 404
        assert send(doctors_client, f"/clinic/appointments/{visit.id}/steps/{2**63}/undo").status_code == 404

    def test_it_is_no_link_and_no_form_of_another_site(
        self, doctors_client: FlaskClient, doctor: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0))
        address, _ = undo_addresses(take(doctors_client, visit, "start").text)

        assert doctors_client.get(address).status_code == 405
        assert doctors_client.post(address).status_code == 400
        assert state_of(database, visit) is VisitState.IN_PROGRESS


class TestLooksAgain:
    @pytest.mark.parametrize(
        ("page", "part"), [("/clinic", "diary"), ("/clinic/week", "diary"), ("/clinic/requests", "requests")]
    )
    def test_nothing_is_sent_where_nothing_has_changed(
        self, doctors_client: FlaskClient, doctor: Any, page: str, part: str
    ) -> None:
        AppointmentFactory(doctor=doctor, starts_at=today_at(0))
        AppointmentFactory(doctor=doctor, state=VisitState.PENDING)

        answer = look_again(doctors_client, page, part)

        assert (answer.status_code, answer.text) == (304, "")

    def test_what_the_front_desk_did_appears(
        self, doctors_client: FlaskClient, doctor: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=today_at(0))
        before = doctors_client.get("/clinic").text
        tag = unescape(before).split('If-None-Match": "')[1].split('"}')[0].replace("\\", "")
        with database.unit_of_work() as session:
            session.get_one(Appointment, visit.id).arrived_at = today_at(0, 5)

        headers = HTMX | {"HX-Target": "div#diary", "If-None-Match": tag}
        answer = doctors_client.get("/clinic", headers=headers)

        assert answer.status_code == 200
        assert answer.text.strip().startswith('<div id="diary"')
        assert "Arrived 12:05am" in words(answer.text)

    def test_a_whole_page_is_never_left_out(self, doctors_client: FlaskClient) -> None:
        tag = unescape(doctors_client.get("/clinic").text).split('If-None-Match": "')[1].split('"}')[0]

        assert doctors_client.get("/clinic", headers={"If-None-Match": tag.replace("\\", "")}).status_code == 200


class TestWeek:
    def test_it_shows_visits_and_empty_days(self, doctors_client: FlaskClient, doctor: Any) -> None:
        at = coming_weekday()
        visit = AppointmentFactory(doctor=doctor, starts_at=at, kind=VisitKind.ONLINE)
        other = AppointmentFactory(starts_at=at)

        page = doctors_client.get(f"/clinic/week?day={at.date()}")

        assert page.status_code == 200
        assert f"{visit.patient.name} Video call Confirmed" in words(page.text)
        assert other.patient.name not in page.text
        assert f'href="/clinic?day={at.date()}"' in page.text
        assert words(page.text).count("No clinic hours") == 6

    def test_it_says_which_days_are_free_and_which_are_off(self, client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory(hours=True)
        monday = next_monday()
        starts = [datetime.combine(monday + timedelta(days=count), time(), tzinfo=HOSPITAL) for count in range(3)]
        TimeOffFactory(doctor_id=doctor.id, starts_at=starts[1], ends_at=starts[2] + timedelta(hours=12))

        page = words(sign_in(client, doctor.account).get(f"/clinic/week?day={monday}").text)

        assert page.count("Free") == 4
        assert page.count("No clinic hours") == 2
        assert "No visits Time off all day" in page
        assert "Free Time off until 12pm" in page

    def test_it_leads_to_other_weeks(self, doctors_client: FlaskClient) -> None:
        monday = next_monday()
        page = doctors_client.get(f"/clinic/week?day={monday + timedelta(days=3)}").text

        for start in (monday - timedelta(weeks=1), monday + timedelta(weeks=1)):
            assert f'href="/clinic/week?day={start}"' in page
        assert 'href="/clinic/week">This week' in page
        assert "This week</a>" not in doctors_client.get("/clinic/week").text
        assert "<strong>Today:</strong>" in doctors_client.get("/clinic/week").text

    @pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "9999-12-31"])
    def test_it_finds_no_page_for_what_is_no_day(self, doctors_client: FlaskClient, day: str) -> None:
        assert doctors_client.get("/clinic/week", query_string={"day": day}).status_code == 404

    def test_it_asks_as_many_queries_for_many_visits_as_for_one(
        self,
        doctors_client: FlaskClient,
        doctor: Any,
        count_queries: Callable[[], AbstractContextManager[Queries]],
    ) -> None:
        at = coming_weekday(hour=8)
        AppointmentFactory(doctor=doctor, starts_at=at)
        with count_queries() as for_one:
            doctors_client.get(f"/clinic/week?day={at.date()}")
        for hour in range(1, 9):
            AppointmentFactory(doctor=doctor, starts_at=at + timedelta(hours=hour))
        with count_queries() as for_nine:
            doctors_client.get(f"/clinic/week?day={at.date()}")
        assert len(for_nine) == len(for_one), for_nine


def next_monday() -> date:
    """The Monday of a week that is all to come."""
    on = coming_weekday(days=7).date()
    return on + timedelta(days=7 - on.weekday())


@pytest.mark.parametrize("page", ["/clinic", "/clinic/week"])
def test_paper_says_whose_visits_they_are(doctors_client: FlaskClient, doctor: Any, page: str) -> None:
    account = doctor.account
    assert f"Larkfield Hospital: visits of {account.first_name} {account.last_name}" in doctors_client.get(page).text
