"""Pages for approved doctors: the day, the week, and the requests that wait."""

from app.pages.clinic import day, requests, week
from app.pages.clinic.entrance import blueprint

__all__ = ["blueprint", "day", "requests", "week"]
