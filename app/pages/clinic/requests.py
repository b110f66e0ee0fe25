"""Requests: visits that wait for the doctor to confirm or decline them."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import Response, flash, request
from wtforms import TextAreaField

from app.clock import to_local
from app.identity import actor
from app.models import VisitState
from app.pages import live
from app.pages.clinic.entrance import blueprint
from app.pages.clinic.steps import BY_NAME, rows, say_which, undo_address
from app.pages.forms import PortalForm
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.pages.wording import when
from app.services import appointment_lists, visit_states

PAGE_SIZE = 20


class DeclineForm(PortalForm):
    """Why the doctor cannot see the patient then."""

    reason = TextAreaField("Reason for declining", description="The patient will read it.")


@blueprint.get("/requests")
def requests() -> Response:
    """The coming visits that wait, soonest first."""
    context = _context()
    return live.unchanged(context["fingerprint"]) or render("clinic/requests.html", **context)


@blueprint.post("/requests/<int:appointment_id>/confirm")
def confirm_request(appointment_id: int) -> Response:
    """Confirm a request, and show those that still wait."""
    form = PortalForm()
    if form.validate_on_submit():
        with form.refusals():
            visit = visit_states.set_state(actor(), appointment_id, VisitState.CONFIRMED)
            said, undo = BY_NAME["confirm"].said(visit), undo_address(actor(), visit, back="requests")
            if "HX-Request" in request.headers:
                return render("clinic/requests.html", said=said, undo=undo, **_context())
            flash(said, undo or "message")
            return see_other("clinic.requests", page=request.args.get("page"))
    say_which(form, appointment_lists.get(actor(), appointment_id))
    return render("clinic/requests.html", form=form, **_context())


@blueprint.route("/requests/<int:appointment_id>/decline", methods=["GET", "POST"])
def decline_request(appointment_id: int) -> Response:
    """Say no to a request, with the reason that the patient is told."""
    form = DeclineForm()
    if form.validate_on_submit():
        with form.refusals():
            visit = visit_states.decline(actor(), appointment_id, reason=form.reason.data or "")
            flash(f"Declined: {visit.patient.name}, {when(visit.starts_at)}.")
            return see_other("clinic.requests")
    visit = appointment_lists.get(actor(), appointment_id)
    (row,) = rows(actor(), [visit])
    return render("clinic/decline.html", form=form, row=row, longest_reason=visit_states.LONGEST_REASON)


def _context() -> dict[str, Any]:
    who = actor()
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: appointment_lists.requests(who, limit=limit, offset=offset),
        endpoint="clinic.requests",
        shrinks=True,
    )
    shown = rows(who, found.rows)
    by_day = groupby(shown, key=lambda row: to_local(row.visit.starts_at).date())
    return {
        "days": [(on, list(of_day)) for on, of_day in by_day],
        "paging": paging,
        "fingerprint": live.fingerprint(paging.page, paging.count, [row.looks for row in shown]),
    }
