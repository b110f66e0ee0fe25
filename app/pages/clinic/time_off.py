"""The doctor's time off: the list, adding and changing it with the affected visits in view, and taking it back."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, flash, request
from wtforms import HiddenField, TextAreaField

from app.errors import NotFound
from app.identity import actor
from app.models import TimeOff
from app.pages.clinic.entrance import blueprint, own_doctor_id
from app.pages.forms import PortalForm, as_typed
from app.pages.paging import paged
from app.pages.periods import PeriodForm, cancelled, period_asked_for
from app.pages.render import render, see_other
from app.pages.wording import isodate
from app.services import time_off as absences

PAGE_SIZE = 20
_FORM = ["GET", "POST"]


class CheckForm(PortalForm):
    """The last button; `seen` says which visits are above it."""

    reason = TextAreaField(
        "Reason (optional)", filters=[as_typed], description="Only you and the hospital's admins see it."
    )
    seen = HiddenField()


@blueprint.get("/time-off")
def time_off() -> Response:
    """Time off to come; `?show=past` shows what is over."""
    is_over = request.args.get("show") == "past"
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: absences.find(actor(), own_doctor_id(), is_over=is_over, limit=limit, offset=offset),
    )
    return render("clinic/time_off.html", rows=found.rows, paging=paging, is_over=is_over)


@blueprint.route("/time-off/add", methods=_FORM)
def add_time_off() -> Response:
    """Ask when; `?since=` and `?until=` are what was chosen before."""
    form = PeriodForm()
    chosen = period_asked_for()
    if chosen is not None and not form.is_submitted():
        form.show(chosen)
    return _ask(form, None)


@blueprint.route("/time-off/<int:time_off_id>", methods=_FORM)
def change_time_off(time_off_id: int) -> Response:
    """Show time off on GET, to be changed; what is over stays as it is."""
    row, form = absences.get(actor(), own_doctor_id(), time_off_id), PeriodForm()
    if absences.is_over(row):
        return render("clinic/time_off_over.html", HTTPStatus.CONFLICT, row=row)
    if not form.is_submitted():
        form.show(period_asked_for() or row)
    return _ask(form, row)


@blueprint.route("/time-off/check", methods=_FORM)
@blueprint.route("/time-off/<int:time_off_id>/check", methods=_FORM, endpoint="check_changed_time_off")
def check_time_off(time_off_id: int | None = None) -> Response:
    """Show on GET which visits the time off cancels; on POST take it, and cancel these."""
    who, doctor_id = actor(), own_doctor_id()
    row = None if time_off_id is None else absences.get(who, doctor_id, time_off_id)
    period = period_asked_for()
    if period is None:
        raise NotFound
    form = CheckForm(obj=row)
    if form.validate_on_submit():
        with form.refusals():
            reason, seen = form.reason.data or "", form.seen.data or ""
            if row is None:
                affected = absences.add(who, doctor_id, period, reason=reason, seen=seen)
            else:
                affected = absences.change(who, doctor_id, row.id, period, reason=reason, seen=seen)
            flash(f"Your time off is saved.{cancelled(affected)}")
            return see_other("clinic.time_off")
    affected = absences.preview(who, doctor_id, period)
    form.seen.data = affected.seal
    return render("clinic/time_off_check.html", form=form, row=row, period=period, affected=affected)


@blueprint.route("/time-off/<int:time_off_id>/remove", methods=_FORM)
def remove_time_off(time_off_id: int) -> Response:
    """Say on GET what taking it back means; on POST take it back."""
    row, form = absences.get(actor(), own_doctor_id(), time_off_id), PortalForm()
    if absences.is_over(row):
        return render("clinic/time_off_over.html", HTTPStatus.CONFLICT, row=row)
    if form.validate_on_submit():
        with form.refusals():
            absences.remove(actor(), own_doctor_id(), time_off_id)
            flash("The time off is removed. Its times can be booked again.")
            return see_other("clinic.time_off")
    return render("clinic/time_off_remove.html", form=form, row=row)


def _ask(form: PeriodForm, row: TimeOff | None) -> Response:
    if form.validate_on_submit():
        with form.refusals():
            period = form.period()
            absences.preview(actor(), own_doctor_id(), period)
            times = {"since": isodate(period.starts_at), "until": isodate(period.ends_at)}
            if row is None:
                return see_other("clinic.check_time_off", **times)
            return see_other("clinic.check_changed_time_off", time_off_id=row.id, **times)
    return render("clinic/time_off_form.html", form=form, row=row)
