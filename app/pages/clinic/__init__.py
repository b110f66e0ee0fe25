"""Pages for approved doctors: the day, requests, hours, patients, their records, the department, figures."""

from app.pages.clinic import (
    day,
    department,
    emergency,
    figures,
    hours,
    hours_check,
    note_form,
    notes,
    patients,
    record,
    requests,
    reviews,
    time_off,
    week,
)
from app.pages.clinic.entrance import blueprint

__all__ = [
    "blueprint",
    "day",
    "department",
    "emergency",
    "figures",
    "hours",
    "hours_check",
    "note_form",
    "notes",
    "patients",
    "record",
    "requests",
    "reviews",
    "time_off",
    "week",
]
