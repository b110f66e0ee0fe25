"""The doctor's day: who comes when, and each visit's next step."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Response, flash, request

from app.clock import YEARS, local_today, to_local
from app.errors import NotFound
from app.identity import actor
from app.models import VisitState
from app.pages.clinic.entrance import blueprint
from app.pages.clinic.steps import BY_NAME, rows, say_which
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.services import appointment_lists, visit_states

OVER = (VisitState.COMPLETED, VisitState.NO_SHOW)


@blueprint.get("")
def today() -> Response:
    """The day's visits in time order; `?day=2027-01-06` shows another day than today."""
    return render("clinic/day.html", **_context(_day_asked_for()))


@blueprint.post("/appointments/<int:appointment_id>/<any(confirm, start, complete, missed):step>")
def take_step(appointment_id: int, step: str) -> Response:
    """Take a visit one step on, and show its day again."""
    form = PortalForm()
    if form.validate_on_submit():
        with form.refusals():
            visit = visit_states.set_state(actor(), appointment_id, BY_NAME[step].state)
            on, said = to_local(visit.starts_at).date(), BY_NAME[step].said(visit)
            if "HX-Request" in request.headers:
                return render("clinic/day.html", said=said, **_context(on))
            flash(said)
            return see_other("clinic.today", day=None if on == local_today() else on.isoformat())
    visit = appointment_lists.get(actor(), appointment_id)
    say_which(form, visit)
    return render("clinic/day.html", form=form, **_context(to_local(visit.starts_at).date()))


def _context(on: date) -> dict[str, Any]:
    who = actor()
    visits = appointment_lists.day(who, on)
    return {
        "on": on,
        "is_today": on == local_today(),
        "previous": on - timedelta(days=1),
        "following": on + timedelta(days=1),
        "to_do": rows(who, (visit for visit in visits if visit.state not in OVER)),
        "done": rows(who, (visit for visit in visits if visit.state in OVER)),
        "waiting": appointment_lists.count_requests(who),
    }


def _day_asked_for() -> date:
    """The day in the address. Raises NotFound for what is no day."""
    asked = request.args.get("day", "")
    if not asked:
        return local_today()
    try:
        on = date.fromisoformat(asked)
    except ValueError:
        raise NotFound from None
    if on.year not in YEARS:
        raise NotFound
    return on
