"""A visit as a file for the calendar that somebody keeps elsewhere."""

from __future__ import annotations

from flask import Response

from app.identity import actor
from app.services import appointment_lists
from app.services.calendar_files import MEDIA_TYPE, calendar_file


def download(appointment_id: int) -> Response:
    """One appointment; a later download of the same one changes what the calendar has."""
    visit = appointment_lists.of_managed_patient(actor(), appointment_id)
    response = Response(calendar_file([visit]), content_type=f"{MEDIA_TYPE}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="appointment-{visit.id}.ics"'
    return response
