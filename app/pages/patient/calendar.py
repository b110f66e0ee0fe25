"""A visit as a file for the calendar that somebody keeps elsewhere."""

from __future__ import annotations

from flask import Response

from app.identity import actor
from app.pages import downloads
from app.services import appointment_lists
from app.services.calendar_files import MEDIA_TYPE, calendar_file


def download(appointment_id: int) -> Response:
    """One appointment; a later download of the same one changes what the calendar has."""
    visit = appointment_lists.of_managed_patient(actor(), appointment_id)
    return downloads.download(calendar_file([visit]), f"appointment-{visit.id}.ics", f"{MEDIA_TYPE}; charset=utf-8")
