"""Pages for approved doctors: the day, the requests that wait, emergency access, reviews and figures."""

from app.pages.clinic import day, emergency, figures, requests, reviews
from app.pages.clinic.entrance import blueprint

__all__ = ["blueprint", "day", "emergency", "figures", "requests", "reviews"]
