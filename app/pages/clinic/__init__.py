"""Pages for approved doctors: the day, the requests that wait, patients and their records, writing notes."""

from app.pages.clinic import day, notes, patients, record, requests
from app.pages.clinic.entrance import blueprint

__all__ = ["blueprint", "day", "notes", "patients", "record", "requests"]
