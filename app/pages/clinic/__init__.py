"""Pages for approved doctors: the day, the requests that wait and emergency access."""

from app.pages.clinic import day, emergency, requests
from app.pages.clinic.entrance import blueprint

__all__ = ["blueprint", "day", "emergency", "requests"]
