"""Where somebody lands after signing in or up."""

from __future__ import annotations

from flask import Response, url_for

from app.pages import destination
from app.pages.render import leave_for, see_other
from app.policy import Actor
from app.services import doctors


def go_on(actor: Actor) -> Response:
    """Send somebody who has signed in to where they wanted to be, else to their first page.

    Staff who owe a second factor turn it on first.
    """
    if actor.owes_second_factor:
        first = "clinic.today" if doctors.own_application(actor) else "admin.home"
        return see_other("own_account.second_factor", next=destination.wanted() or url_for(first))
    pages = (
        (actor.is_admin, "admin.home"),
        (actor.is_doctor or doctors.is_applicant(actor), "clinic.today"),
        (True, "patient.home"),
    )
    return leave_for(destination.wanted() or url_for(next(endpoint for holds, endpoint in pages if holds)))
