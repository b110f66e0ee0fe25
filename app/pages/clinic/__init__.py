"""Pages for approved doctors: the day, the week, the requests that wait, hours and time off."""

from app.pages.clinic import day, hours, hours_check, requests, time_off, week
from app.pages.clinic.entrance import blueprint

__all__ = ["blueprint", "day", "hours", "hours_check", "requests", "time_off", "week"]
