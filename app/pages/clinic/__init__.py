"""Pages for approved doctors: the day, requests, hours, patients, their records, the department, figures."""

from app.pages import calendars
from app.pages.clinic import (
    day,
    department,
    emergency,
    figures,
    note_form,
    notes,
    patients,
    record,
    requests,
    reviews,
    week,
)
from app.pages.clinic.entrance import blueprint

calendars.add_routes(blueprint)

__all__ = [
    "blueprint",
    "day",
    "department",
    "emergency",
    "figures",
    "note_form",
    "notes",
    "patients",
    "record",
    "requests",
    "reviews",
    "week",
]
