"""The doctor's week: who comes on which day, and which days are free."""

from __future__ import annotations

from datetime import timedelta

from flask import Response

from app.clock import local_today
from app.identity import actor
from app.pages import live
from app.pages.clinic.day import day_asked_for
from app.pages.clinic.entrance import blueprint
from app.pages.render import render
from app.services import doctor_days


@blueprint.get("/week")
def week() -> Response:
    """Monday to Sunday around today, or around `?day=2027-01-06`."""
    today, days = local_today(), doctor_days.week(actor(), day_asked_for())
    first = days[0].date
    seen = [(visit.id, visit.updated_at, visit.patient.name) for day in days for visit in day.visits]
    fingerprint = live.fingerprint(today, [(day.date, day.has_hours, day.time_off) for day in days], seen)
    return live.unchanged(fingerprint) or render(
        "clinic/week.html",
        days=days,
        today=today,
        fingerprint=fingerprint,
        is_this_week=first <= today <= days[-1].date,
        previous=first - timedelta(weeks=1),
        following=first + timedelta(weeks=1),
    )
