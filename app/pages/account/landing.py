"""Where somebody lands after signing in or up."""

from __future__ import annotations

from flask import Response, url_for

from app.pages import destination
from app.pages.render import leave_for
from app.policy import Actor
from app.services import doctors


def go_on(actor: Actor) -> Response:
    """Send somebody who has signed in to where they wanted to be, else to their first page."""
    pages = (
        (actor.is_admin, "admin.home"),
        (actor.is_doctor or doctors.is_applicant(actor), "clinic.today"),
        (True, "patient.home"),
    )
    return leave_for(destination.wanted() or url_for(next(endpoint for holds, endpoint in pages if holds)))
