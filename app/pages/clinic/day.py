"""The doctor's day: who comes when, who has arrived, and each visit's next step."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Response, flash, request

from app.clock import YEARS, local_today, to_local
from app.errors import NotFound
from app.identity import actor
from app.models import Appointment, VisitState
from app.pages import live
from app.pages.clinic.entrance import blueprint
from app.pages.clinic.steps import BY_NAME, UNDONE, rows, say_which, undo_address
from app.pages.forms import PortalForm
from app.pages.render import render, see_other
from app.pages.wording import when
from app.services import appointment_lists, doctor_days, emergency_access, visit_states

OVER = (VisitState.COMPLETED, VisitState.NO_SHOW)


@blueprint.get("")
def today() -> Response:
    """The day's visits in time order; `?day=2027-01-06` shows another day than today."""
    context = _context(day_asked_for())
    return live.unchanged(context["fingerprint"]) or render("clinic/day.html", **context)


@blueprint.post("/appointments/<int:appointment_id>/<any(confirm, arrived, start, complete, missed):step>")
def take_step(appointment_id: int, step: str) -> Response:
    """Take a visit one step on, and show its day again."""
    form = PortalForm()
    if form.validate_on_submit():
        with form.refusals():
            visit = BY_NAME[step].take(actor(), appointment_id)
            return _go_on(visit, BY_NAME[step].said(visit), undo_address(actor(), visit))
    return _refuse(form, appointment_id)


@blueprint.post("/appointments/<int:appointment_id>/steps/<int:step_id>/undo")
def undo_step(appointment_id: int, step_id: int) -> Response:
    """Take a visit's last step back, and show its day again, or with `?back=requests` the requests."""
    form = PortalForm()
    if form.validate_on_submit():
        with form.refusals():
            visit = visit_states.undo(actor(), appointment_id, step_id)
            said = UNDONE.format(patient=visit.patient.name, when=when(visit.starts_at))
            if request.args.get("back") == "requests":
                flash(said)
                return see_other("clinic.requests")
            return _go_on(visit, said)
    return _refuse(form, appointment_id)


def day_asked_for() -> date:
    """The day in the address, or today. Raises NotFound for what is no day."""
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


def _go_on(visit: Appointment, said: str, undo: str | None = None) -> Response:
    """Say what was done, and where it is taken back, on the visit's day."""
    on = to_local(visit.starts_at).date()
    if "HX-Request" in request.headers:
        return render("clinic/day.html", said=said, undo=undo, **_context(on))
    flash(said, undo or "message")
    return see_other("clinic.today", day=None if on == local_today() else on.isoformat())


def _refuse(form: PortalForm, appointment_id: int) -> Response:
    visit = appointment_lists.get(actor(), appointment_id)
    say_which(form, visit)
    return render("clinic/day.html", form=form, **_context(to_local(visit.starts_at).date()))


def _context(on: date) -> dict[str, Any]:
    who, is_today = actor(), on == local_today()
    visits = appointment_lists.day(who, on)
    shown = rows(who, visits)
    following = doctor_days.next_up(visits) if is_today else None
    waiting = appointment_lists.count_requests(who)
    return {
        "on": on,
        "is_today": is_today,
        "previous": on - timedelta(days=1),
        "following": on + timedelta(days=1),
        "to_do": [row for row in shown if row.visit.state not in OVER],
        "done": [row for row in shown if row.visit.state in OVER],
        "next_visit": following,
        "waiting": waiting,
        "open_records": emergency_access.open_now(who),
        "fingerprint": live.fingerprint(waiting, [row.looks for row in shown], following and following.id),
    }
