"""Closures of the whole hospital: the list, closing with the affected visits in view, and opening again."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, flash, request
from wtforms import HiddenField, StringField

from app.errors import NotFound
from app.identity import actor
from app.models import TimeOff
from app.pages.admin.entrance import blueprint
from app.pages.forms import PortalForm
from app.pages.paging import paged
from app.pages.periods import PeriodForm, cancelled, period_asked_for
from app.pages.render import render, see_other
from app.pages.wording import isodate
from app.services import closures as service
from app.services import time_off

PAGE_SIZE = 20
MOST_SHOWN = 20
"""Of the visits that a closure cancels, on the page that asks."""

_FORM = ["GET", "POST"]


class CheckForm(PortalForm):
    """The last button; `seen` says which visits are above it."""

    reason = StringField("Reason", description="Patients read it. For example, Christmas Day")
    seen = HiddenField()


@blueprint.get("/closures")
def closures() -> Response:
    """Closures to come; `?show=past` shows what is over."""
    is_over = request.args.get("show") == "past"
    found, paging = paged(
        PAGE_SIZE, lambda limit, offset: service.find(actor(), is_over=is_over, limit=limit, offset=offset)
    )
    return render("admin/closures.html", rows=found.rows, paging=paging, is_over=is_over)


@blueprint.route("/closures/add", methods=_FORM)
def add_closure() -> Response:
    """Ask when; `?since=` and `?until=` are what was chosen before."""
    form, chosen = PeriodForm(), period_asked_for()
    if chosen is not None and not form.is_submitted():
        form.show(chosen)
    return _ask(form, None)


@blueprint.route("/closures/<int:closure_id>", methods=_FORM)
def change_closure(closure_id: int) -> Response:
    """Show a closure on GET, to be changed; what is over stays as it is."""
    row, form = service.get(actor(), closure_id), PeriodForm()
    if time_off.is_over(row):
        return _over(row)
    if not form.is_submitted():
        form.show(period_asked_for() or row)
    return _ask(form, row)


@blueprint.route("/closures/check", methods=_FORM)
@blueprint.route("/closures/<int:closure_id>/check", methods=_FORM, endpoint="check_changed_closure")
def check_closure(closure_id: int | None = None) -> Response:
    """Show on GET which visits a closure cancels; on POST close, and cancel these."""
    row = None if closure_id is None else service.get(actor(), closure_id)
    period = period_asked_for()
    if period is None:
        raise NotFound
    form = CheckForm(obj=row)
    if form.validate_on_submit():
        with form.refusals():
            said = {"reason": form.reason.data or "", "seen": form.seen.data or ""}
            if row is None:
                affected = service.add(actor(), period, **said)
            else:
                affected = service.change(actor(), row.id, period, **said)
            flash(f"The closure is saved.{cancelled(affected)}")
            return see_other("admin.closures")
    affected = service.preview(actor(), period)
    form.seen.data = affected.seal
    return render(
        "admin/closure_check.html",
        form=form,
        row=row,
        period=period,
        affected=affected,
        shown=affected.visits[:MOST_SHOWN],
        unmailed=[visit for visit in affected.visits if not visit.patient.manager],
        most=service.MOST_VISITS,
    )


@blueprint.route("/closures/<int:closure_id>/remove", methods=_FORM)
def remove_closure(closure_id: int) -> Response:
    """Say on GET what opening again means; on POST open."""
    row, form = service.get(actor(), closure_id), PortalForm()
    if time_off.is_over(row):
        return _over(row)
    if form.validate_on_submit():
        with form.refusals():
            service.remove(actor(), closure_id)
            flash("The closure is removed. Its times can be booked again.")
            return see_other("admin.closures")
    return render("admin/closure_remove.html", form=form, row=row)


def _ask(form: PeriodForm, row: TimeOff | None) -> Response:
    if form.validate_on_submit():
        with form.refusals():
            period = form.period()
            time_off.check(period)
            times = {"since": isodate(period.starts_at), "until": isodate(period.ends_at)}
            if row is None:
                return see_other("admin.check_closure", **times)
            return see_other("admin.check_changed_closure", closure_id=row.id, **times)
    return render("admin/closure_form.html", form=form, row=row)


def _over(row: TimeOff) -> Response:
    return render("admin/closure_over.html", HTTPStatus.CONFLICT, row=row)
