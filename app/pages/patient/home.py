"""The first page of whoever has patients to care for: oneself, mostly."""

from __future__ import annotations

from flask import Response

from app.identity import actor
from app.pages.render import render
from app.services import appointments, patient_home, video_calls


def show() -> Response:
    """What comes next, what waits, what is new, and the ways from here."""
    home = patient_home.get(actor())
    visit = home.next_visit
    return render(
        "patient/home.html",
        home=home,
        visit=visit,
        is_changeable=visit is not None and appointments.is_changeable(actor(), visit),
        changeable_until=visit and appointments.changeable_until(visit),
        join_link=visit and video_calls.join_link(visit),
        opens_at=video_calls.opens_at(visit) if visit and video_calls.will_open(visit) else None,
    )
