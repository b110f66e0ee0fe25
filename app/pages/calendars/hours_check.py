"""A change of hours that leaves visits outside them: which, and what becomes of them. The address says the change."""

from __future__ import annotations

from datetime import date, time

from flask import Response, request
from wtforms import HiddenField, RadioField

from app.errors import NotFound
from app.identity import actor
from app.pages.calendars.whose import Calendar, calendar_of
from app.pages.forms import PortalForm
from app.pages.periods import cancelled
from app.pages.render import render
from app.pages.wording import count
from app.services import weekly_hours
from app.services.affected_visits import Affected, Unseen
from app.services.timetable import Hours, WeekdayHours
from app.services.weekly_hours import Change, Fate

MOST_PARTS = 500
"""Rows that one address may name."""


class CheckForm(PortalForm):
    """What becomes of the visits above it; `seen` says which they are."""

    fate = RadioField(
        "What should happen to these visits?",
        choices={
            Fate.KEEP.value: "Keep them: they stay booked, outside the hours",
            Fate.CANCEL.value: "Cancel them, and tell the patients by e-mail",
        },
        validate_choice=False,
    )
    seen = HiddenField()

    def chosen(self) -> Fate | None:
        """What was chosen."""
        return next((fate for fate in Fate if fate.value == self.fate.data), None)


def save(calendar: Calendar, change: Change) -> Response:
    """Change the hours, or lead to the page that asks about the visits that are affected.

    Raises Invalid and Conflict as `weekly_hours.apply` does.
    """
    try:
        weekly_hours.apply(actor(), calendar.doctor_id, change)
    except Unseen:
        return calendar.leave_for("check_hours", gone=sorted(change.gone), new=[*map(_written, change.new)])
    return calendar.leave_for("hours", _saved(calendar))


def check(doctor_id: int | None = None) -> Response:
    """Show on GET which visits a change leaves outside the hours; on POST change them."""
    calendar, change, form = calendar_of(doctor_id), _asked_for(), CheckForm()
    if form.validate_on_submit():
        with form.refusals():
            affected = weekly_hours.apply(
                actor(), calendar.doctor_id, change, seen=form.seen.data or "", fate=form.chosen()
            )
            say = cancelled if form.chosen() is Fate.CANCEL else _kept
            return calendar.leave_for("hours", _saved(calendar) + say(affected))
    affected = Affected()
    if form.refusal is None or isinstance(form.refusal, Unseen) or form.fate.errors:
        with form.refusals():
            affected = weekly_hours.preview(actor(), calendar.doctor_id, change)
    form.seen.data = affected.seal
    return render("calendars/hours_check.html", calendar=calendar, form=form, affected=affected)


def _saved(calendar: Calendar) -> str:
    return f"{calendar.whose.capitalize()} hours are saved."


def _kept(affected: Affected) -> str:
    number = len(affected.visits)
    return f" {count(number, 'visit stays', 'visits stay')} booked outside them." if number else ""


def _written(hours: WeekdayHours) -> str:
    """Hours as a part of an address: `0,09:00:00,12:00:00,30,,2027-03-31`."""
    days = (day.isoformat() if day else "" for day in (hours.valid_from, hours.valid_to))
    row = hours.hours
    return ",".join((str(hours.weekday), row.starts.isoformat(), row.ends.isoformat(), str(row.slot_minutes), *days))


def _asked_for() -> Change:
    """The change that the address says. Raises NotFound for one that says none."""
    gone, new = request.args.getlist("gone"), request.args.getlist("new")
    if not 0 < len(gone) + len(new) <= MOST_PARTS:
        raise NotFound
    try:
        return Change(frozenset(map(int, gone)), tuple(map(_read, new)))
    except ValueError:
        raise NotFound from None


def _read(text: str) -> WeekdayHours:
    weekday, starts, ends, minutes, first, last = text.split(",")
    if int(weekday) not in range(len(weekly_hours.DAYS)):
        raise NotFound
    valid_from, valid_to = (date.fromisoformat(day) if day else None for day in (first, last))
    return WeekdayHours(int(weekday), Hours(_clock(starts), _clock(ends), int(minutes)), valid_from, valid_to)


def _clock(text: str) -> time:
    """A time of the hospital's day. Raises ValueError for any other."""
    read = time.fromisoformat(text)
    if read.tzinfo is not None or read.microsecond:
        raise ValueError(text)
    return read
