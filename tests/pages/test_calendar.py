"""Visits in calendars elsewhere: the file of one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar

from app.models import VisitState
from tests.factories import AppointmentFactory, DoctorFactory
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
