"""The doctor's time off: the list, adding and changing it with the affected visits in view, and taking it back."""

from __future__ import annotations

from datetime import date, datetime, time
from http import HTTPStatus

from flask import Response, flash, request
from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired

from app import clock
from app.errors import Invalid, NotFound
from app.identity import actor
from app.models import TimeOff
from app.pages.clinic.entrance import blueprint, own_doctor_id
from app.pages.clinic.hours_check import cancelled
from app.pages.fields import ClockField, DateInputField
from app.pages.forms import PortalForm, as_typed
from app.pages.free_times import read_moment
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.pages.wording import isodate
from app.services import time_off as absences
from app.services.time_off import Period

PAGE_SIZE = 20
_FORM = ["GET", "POST"]


class PeriodForm(PortalForm):
    """Whole days, or from one time to another."""

    since = DateInputField("First day", [DataRequired("Enter the first day.")])
    since_time = ClockField(
        "Start time (optional)", description="Leave it empty for the whole day. For example, 9am or 13:30"
    )
    until = DateInputField("Last day (optional)", description="Leave it empty if it is the first day, too.")
    until_time = ClockField("End time (optional)", description="Leave it empty for the whole day.")

    def show(self, period: Period | TimeOff) -> None:
        """Fill in a period that was chosen before."""
        first, last = clock.to_local(period.starts_at), clock.to_local(period.ends_at)
        self.since.data, self.since_time.data = first.date(), first.time() if first.time() != time.min else None
        if last.time() == time.min:
            last = clock.to_local(period.ends_at - datetime.resolution)
            self.until_time.data = None
        else:
            self.until_time.data = last.time()
        self.until.data = last.date() if last.date() != first.date() else None

    def period(self) -> Period:
        """What was entered. Raises Invalid for a day or a time that there is not."""
        first = self.since.data or date.min
        last = self.until.data or first
        for field, day in ((self.since, first), (self.until, last)):
            if day.year not in clock.YEARS:
                raise Invalid("Enter a year that is near.", field=field.name)
        starts_at = self._moment(self.since_time, first) or clock.day_bounds(first)[0]
        return Period(starts_at, self._moment(self.until_time, last) or clock.day_bounds(last)[1])

    @staticmethod
    def _moment(field: ClockField, day: date) -> datetime | None:
        if field.data is None:
            return None
        try:
            return clock.from_local(datetime.combine(day, field.data))
        except ValueError as error:
            raise Invalid(str(error), field=field.name) from error


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
    chosen = _period_asked_for()
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
        form.show(_period_asked_for() or row)
    return _ask(form, row)


@blueprint.route("/time-off/check", methods=_FORM)
@blueprint.route("/time-off/<int:time_off_id>/check", methods=_FORM, endpoint="check_changed_time_off")
def check_time_off(time_off_id: int | None = None) -> Response:
    """Show on GET which visits the time off cancels; on POST take it, and cancel these."""
    who, doctor_id = actor(), own_doctor_id()
    row = None if time_off_id is None else absences.get(who, doctor_id, time_off_id)
    period = _period_asked_for()
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


def _period_asked_for() -> Period | None:
    """The period that the address names; None for what names none."""
    since, until = (read_moment(request.args.get(name)) for name in ("since", "until"))
    return Period(since, until) if since is not None and until is not None else None
