"""A doctor's time off: the list, adding and changing it with the affected visits in view, and taking it back."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, request
from wtforms import HiddenField, TextAreaField

from app.errors import NotFound
from app.identity import actor
from app.models import TimeOff
from app.pages.calendars.whose import Calendar, calendar_of
from app.pages.forms import PortalForm, as_typed
from app.pages.paging import paged
from app.pages.periods import PeriodForm, cancelled, period_asked_for
from app.pages.render import render
from app.pages.wording import isodate
from app.services import time_off as absences

PAGE_SIZE = 20


class CheckForm(PortalForm):
    """The last button; `seen` says which visits are above it."""

    reason = TextAreaField("Reason (optional)", filters=[as_typed])
    seen = HiddenField()


def show_all(doctor_id: int | None = None) -> Response:
    """Time off to come; `?show=past` shows what is over."""
    calendar, is_over = calendar_of(doctor_id), request.args.get("show") == "past"
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: absences.find(actor(), calendar.doctor_id, is_over=is_over, limit=limit, offset=offset),
    )
    return render("calendars/time_off.html", calendar=calendar, rows=found.rows, paging=paging, is_over=is_over)


def add(doctor_id: int | None = None) -> Response:
    """Ask when; `?since=` and `?until=` are what was chosen before."""
    form = PeriodForm()
    chosen = period_asked_for()
    if chosen is not None and not form.is_submitted():
        form.show(chosen)
    return _ask(calendar_of(doctor_id), form, None)


def change(time_off_id: int, doctor_id: int | None = None) -> Response:
    """Show time off on GET, to be changed; what is over stays as it is."""
    calendar, form = calendar_of(doctor_id), PeriodForm()
    row = absences.get(actor(), calendar.doctor_id, time_off_id)
    if absences.is_over(row):
        return render("calendars/time_off_over.html", HTTPStatus.CONFLICT, calendar=calendar, row=row)
    if not form.is_submitted():
        form.show(period_asked_for() or row)
    return _ask(calendar, form, row)


def check(time_off_id: int | None = None, doctor_id: int | None = None) -> Response:
    """Show on GET which visits the time off cancels; on POST take it, and cancel these."""
    who, calendar = actor(), calendar_of(doctor_id)
    row = None if time_off_id is None else absences.get(who, calendar.doctor_id, time_off_id)
    period = period_asked_for()
    if period is None:
        raise NotFound
    form = CheckForm(obj=row)
    if form.validate_on_submit():
        with form.refusals():
            reason, seen = form.reason.data or "", form.seen.data or ""
            if row is None:
                affected = absences.add(who, calendar.doctor_id, period, reason=reason, seen=seen)
            else:
                affected = absences.change(who, calendar.doctor_id, row.id, period, reason=reason, seen=seen)
            said = f"{calendar.whose.capitalize()} time off is saved.{cancelled(affected)}"
            return calendar.leave_for("time_off", said)
    affected = absences.preview(who, calendar.doctor_id, period)
    form.seen.data = affected.seal
    return render(
        "calendars/time_off_check.html", calendar=calendar, form=form, row=row, period=period, affected=affected
    )


def remove(time_off_id: int, doctor_id: int | None = None) -> Response:
    """Say on GET what taking it back means; on POST take it back."""
    calendar, form = calendar_of(doctor_id), PortalForm()
    row = absences.get(actor(), calendar.doctor_id, time_off_id)
    if absences.is_over(row):
        return render("calendars/time_off_over.html", HTTPStatus.CONFLICT, calendar=calendar, row=row)
    if form.validate_on_submit():
        with form.refusals():
            absences.remove(actor(), calendar.doctor_id, time_off_id)
            return calendar.leave_for("time_off", "The time off is removed. Its times can be booked again.")
    return render("calendars/time_off_remove.html", calendar=calendar, form=form, row=row)


def _ask(calendar: Calendar, form: PeriodForm, row: TimeOff | None) -> Response:
    if form.validate_on_submit():
        with form.refusals():
            period = form.period()
            absences.preview(actor(), calendar.doctor_id, period)
            times = {"since": isodate(period.starts_at), "until": isodate(period.ends_at)}
            if row is None:
                return calendar.leave_for("check_time_off", **times)
            return calendar.leave_for("check_changed_time_off", time_off_id=row.id, **times)
    return render("calendars/time_off_form.html", calendar=calendar, form=form, row=row)
