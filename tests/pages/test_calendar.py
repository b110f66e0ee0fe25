"""Visits in calendars elsewhere: the file of one, and the feed of all."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from app.models import Appointment, VisitState
from tests.factories import AppointmentFactory, DoctorFactory
from tests.support.clients import form_values
from tests.support.databases import Database


class TestDownload:
    def test_it_is_a_file_that_calendars_take(self, visitor: FlaskClient, patient: Any) -> None:
        visit = AppointmentFactory(patient=patient, doctor=DoctorFactory(name="Dr Hart"))

        response = visitor.get(f"/my/appointments/{visit.id}/calendar.ics")

        assert response.content_type == "text/calendar; charset=utf-8"
        assert response.headers["Content-Disposition"] == f'attachment; filename="appointment-{visit.id}.ics"'
        assert response.headers["Cache-Control"] == "no-store"
        (event,) = Calendar.from_ical(response.data).events
        assert (event["SUMMARY"], event.start) == ("Appointment with Dr Hart", visit.starts_at)

    @pytest.mark.parametrize("page", ["", "/booked"])
    def test_a_coming_visits_pages_lead_to_it(self, visitor: FlaskClient, patient: Any, page: str) -> None:
        visit = AppointmentFactory(patient=patient)

        assert (
            f'href="/my/appointments/{visit.id}/calendar.ics"' in visitor.get(f"/my/appointments/{visit.id}{page}").text
        )

    @pytest.mark.parametrize("state", [VisitState.CANCELLED, VisitState.COMPLETED])
    def test_what_is_over_is_not_for_a_calendar(self, visitor: FlaskClient, patient: Any, state: VisitState) -> None:
        ago = datetime.now(UTC) - timedelta(days=9)
        visit = AppointmentFactory(patient=patient, state=state, starts_at=ago)

        assert "Add to your calendar" not in visitor.get(f"/my/appointments/{visit.id}").text

    def test_other_peoples_are_not_there(self, visitor: FlaskClient, database: Database) -> None:
        assert visitor.get(f"/my/appointments/{AppointmentFactory().id}/calendar.ics").status_code == 404


class TestFeed:
    PAGE = "/my/account/calendar"

    def press(self, visitor: FlaskClient, act: str) -> str:
        """Press a button of the feed's page, and read the page that follows."""
        token = form_values(visitor.get("/sign-out").text)["csrf_token"]
        response = visitor.post(f"{self.PAGE}/{act}", data={"csrf_token": token})
        assert (response.status_code, response.location) == (303, self.PAGE)
        return visitor.get(self.PAGE).text

    def address(self, page: str) -> str:
        """The path of the feed that the page shows."""
        found = re.search(r">http://localhost(/calendar/[^<]+\.ics)<", page)
        assert found is not None
        return found[1]

    def test_it_is_off_until_it_is_turned_on(self, visitor: FlaskClient, client: FlaskClient) -> None:
        assert "The feed is off." in visitor.get(self.PAGE).text

        page = self.press(visitor, "on")

        assert "Your calendar feed is on." in page
        assert f'href="webcal://localhost{self.address(page)}"' in page

    def test_a_calendar_reads_it_without_signing_in(self, visitor: FlaskClient, app: Flask, patient: Any) -> None:
        visit = AppointmentFactory(patient=patient)
        path = self.address(self.press(visitor, "on"))

        response = app.test_client().get(path)

        assert response.content_type == "text/calendar; charset=utf-8"
        assert response.headers["Cache-Control"] == "private, no-cache"
        assert "Set-Cookie" not in response.headers
        assert [event.start for event in Calendar.from_ical(response.data).events] == [visit.starts_at]

    def test_nothing_is_sent_twice_while_nothing_changes(
        self, visitor: FlaskClient, app: Flask, patient: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(patient=patient)
        path, reader = self.address(self.press(visitor, "on")), app.test_client()
        tag = reader.get(path).headers["ETag"]

        again = reader.get(path, headers={"If-None-Match": tag})
        with database.unit_of_work() as session:
            session.get_one(Appointment, visit.id).state = VisitState.CANCELLED
        changed = reader.get(path, headers={"If-None-Match": tag})

        assert (again.status_code, again.data) == (304, b"")
        assert (changed.status_code, changed.headers["ETag"] == tag) == (200, False)

    @pytest.mark.parametrize("act", ["renew", "off"])
    def test_an_address_dies_at_once(self, visitor: FlaskClient, app: Flask, act: str) -> None:
        path, reader = self.address(self.press(visitor, "on")), app.test_client()
        assert reader.get(path).status_code == 200

        page = self.press(visitor, act)

        assert path not in page
        gone = reader.get(path)
        assert gone.status_code == 404
        assert path.removesuffix(".ics") not in gone.text

    def test_only_reading_is_possible(self, visitor: FlaskClient, app: Flask) -> None:
        path, reader = self.address(self.press(visitor, "on")), app.test_client()

        assert reader.head(path).status_code == 200
        assert [reader.open(path, method=method).status_code for method in ("PUT", "DELETE")] == [405, 405]

    def test_it_is_limited_like_other_pages(self, make_app: Callable[..., Flask], database: Database) -> None:
        reader = make_app(ratelimit_enabled=True, ratelimit_anonymous="2 per minute").test_client()

        assert [reader.get("/calendar/forged.ics").status_code for _ in range(3)] == [404, 404, 429]
