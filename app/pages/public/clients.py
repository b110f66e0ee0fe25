"""How to write a client of the JSON API: the five documents' first steps, ready to be copied."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from flask import Response, render_template

from app import clock
from app.extensions import settings
from app.pages.render import render

LANGUAGES = {"sh": "curl", "py": "Python"}
"""The languages of the examples, by the ending of their files, and what they are called."""

EXAMPLES = ("start", "000", "001", "002", "003", "004", "errors", "pages")
"""In the order of the page. Each goes on where the ones before it ended."""

_DEMO_DOCTOR = {"username": "doctor", "password": "demo-portal-2026"}
_PLACEHOLDERS = {"username": "your-username", "password": "your-password"}
_LAST_WEEKDAY = 4


def show() -> Response:
    """The page for those who write clients, its examples made for this portal's address."""
    known: dict[str, Any] = {
        "portal": settings.public_url,
        "moment": _moment_of_next_week().strftime("%Y-%m-%dT%H:%M"),
        **(_DEMO_DOCTOR if settings.demo_data else _PLACEHOLDERS),
    }
    examples = {
        name: {ending: render_template(f"public/clients/{name}.{ending}.txt", **known) for ending in LANGUAGES}
        for name in EXAMPLES
    }
    refusal = render_template("public/clients/refusal.json.txt")
    return render("public/clients.html", examples=examples, refusal=refusal, languages=LANGUAGES, **known)


def _moment_of_next_week() -> datetime:
    """Ten o'clock on a weekday at least a week ahead, hospital-local and naive: bookable at most doctors'."""
    day = clock.local_today() + timedelta(days=7)
    while day.weekday() > _LAST_WEEKDAY:
        day += timedelta(days=1)
    return datetime.combine(day, time(10))
