"""Pages for approved doctors: the day, and the requests that wait."""

from app.pages.clinic import day, department, requests
from app.pages.clinic.entrance import blueprint

__all__ = ["blueprint", "day", "department", "requests"]
