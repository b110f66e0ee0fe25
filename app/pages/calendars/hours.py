"""A doctor's hours: the week as rows, each added, changed and removed on a page of its own, and days copied."""

from __future__ import annotations

from flask import Response, request
from wtforms import IntegerField, SelectField, SelectMultipleField
from wtforms.validators import DataRequired, InputRequired

from app.errors import NotFound
from app.extensions import settings
from app.identity import actor
from app.models import WeeklyHours
from app.pages.calendars.hours_check import save
from app.pages.calendars.whose import Calendar, calendar_of
from app.pages.fields import ClockField, DateInputField
from app.pages.forms import PortalForm
from app.pages.render import render
from app.services import weekly_hours
from app.services.timetable import Hours, WeekdayHours
from app.services.weekly_hours import DAYS, Change
from config import LONGEST_SLOT_MINUTES as LONGEST
from config import SHORTEST_SLOT_MINUTES as SHORTEST

_NAMES = {str(number): name for number, name in enumerate(DAYS)}


class HoursForm(PortalForm):
    """Hours of one day of the week, cut into visits of one length."""

    weekday = SelectField("Day", choices=_NAMES)
    starts = ClockField("Start time", [InputRequired("Enter the start time.")], description="For example, 9am or 13:30")
    ends = ClockField("End time", [InputRequired("Enter the end time.")], description="For example, 12:30pm or 17:00")
    slot_minutes = IntegerField(
        "Minutes for each visit",
        [InputRequired(f"Enter minutes from {SHORTEST} to {LONGEST}.")],
        description=f"From {SHORTEST} to {LONGEST}",
    )
    valid_from = DateInputField("First day (optional)", description="Leave it empty if these hours hold already.")
    valid_to = DateInputField("Last day (optional)", description="Leave it empty if these hours have no end.")

    def hours(self) -> WeekdayHours:
        """What was entered."""
        return WeekdayHours(
            int(self.weekday.data),
            Hours(self.starts.data, self.ends.data, self.slot_minutes.data or 0),
            self.valid_from.data,
            self.valid_to.data,
        )


class CopyForm(PortalForm):
    """The days that get the hours of another one."""

    days = SelectMultipleField("Copy to", [DataRequired("Choose the days to copy to.")], choices=_NAMES)


def show(doctor_id: int | None = None) -> Response:
    """The week, and what patients can book of it."""
    calendar = calendar_of(doctor_id)
    days = weekly_hours.week(actor(), calendar.doctor_id)
    next_free = weekly_hours.next_free(actor(), calendar.doctor_id)
    return render("calendars/hours.html", calendar=calendar, days=days, next_free=next_free)


def add(doctor_id: int | None = None) -> Response:
    """Ask for hours on GET, of the day that `?day=` names (0 is Monday); on POST add them."""
    asked = request.args.get("day")
    form = HoursForm(weekday=asked if asked in _NAMES else "0", slot_minutes=settings.default_slot_minutes)
    return _ask(calendar_of(doctor_id), form, None)


def change(hours_id: int, doctor_id: int | None = None) -> Response:
    """Show hours on GET, to be changed; on POST change them."""
    calendar = calendar_of(doctor_id)
    row = weekly_hours.get(actor(), calendar.doctor_id, hours_id)
    return _ask(calendar, HoursForm(obj=row), row)


def remove(hours_id: int, doctor_id: int | None = None) -> Response:
    """Say on GET what removing hours means; on POST remove them."""
    calendar, form = calendar_of(doctor_id), PortalForm()
    row = weekly_hours.get(actor(), calendar.doctor_id, hours_id)
    if form.validate_on_submit():
        with form.refusals():
            return save(calendar, Change(gone=frozenset({hours_id})))
    return render("calendars/hours_remove.html", calendar=calendar, form=form, row=row, day=DAYS[row.weekday])


def copy(weekday: int, doctor_id: int | None = None) -> Response:
    """Ask on GET which days get the hours of this one (0 is Monday); on POST give them these."""
    if weekday not in range(len(DAYS)):
        raise NotFound
    calendar = calendar_of(doctor_id)
    days = weekly_hours.week(actor(), calendar.doctor_id)
    if not days[weekday].rows:
        raise NotFound
    form = CopyForm()
    form.days.choices = {number: name for number, name in _NAMES.items() if number != str(weekday)}
    if form.validate_on_submit():
        with form.refusals():
            return save(calendar, weekly_hours.copied(days, weekday, [*map(int, form.days.data or ())]))
    return render("calendars/hours_copy.html", calendar=calendar, form=form, day=days[weekday], days=days)


def _ask(calendar: Calendar, form: HoursForm, row: WeeklyHours | None) -> Response:
    if form.validate_on_submit():
        with form.refusals():
            gone = frozenset() if row is None else frozenset({row.id})
            return save(calendar, Change(gone, (form.hours(),)))
    return render("calendars/hours_form.html", calendar=calendar, form=form, row=row)
