"""Times and kinds of visit in words, as pages, mail and documents say them: in hospital time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from app.clock import now, to_local
from app.models import VisitKind

VISIT_KINDS = {VisitKind.IN_PERSON: "In person", VisitKind.ONLINE: "Video call"}


def time_of_day(moment: datetime) -> str:
    """An aware moment as hospital time, such as `9:30am`, `12pm` or `12:05am`."""
    return clock_time(to_local(moment).time())


def clock_time(local: time) -> str:
    """What a clock in the hospital shows: `9:30am`."""
    hour = local.hour % 12 or 12
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{hour}{minutes}{'am' if local.hour < 12 else 'pm'}"  # noqa: PLR2004 (noon)


def day(moment: date | datetime) -> str:
    """A date, or an aware moment's date in the hospital: `Tuesday 6 January`; with the year unless it is this one."""
    on = to_local(moment).date() if isinstance(moment, datetime) else moment
    year = "" if on.year == to_local(now()).year else f" {on.year}"
    return f"{on:%A} {on.day} {on:%B}{year}"


def short_day(moment: datetime) -> str:
    """An aware moment's date where space is scarce: `Today`, `Tomorrow` or `Tue 6 Jan`."""
    on = to_local(moment).date()
    near = {0: "Today", 1: "Tomorrow"}
    return near.get((on - to_local(now()).date()).days, f"{on:%a} {on.day} {on:%b}")


def when(moment: datetime) -> str:
    """An aware moment as hospital time and date: `9:30am, Tuesday 6 January`."""
    return f"{time_of_day(moment)}, {day(moment)}"


def period(starts_at: datetime, ends_at: datetime) -> str:
    """From one aware moment to another: whole days as `Monday 4 January to Friday 8 January`.

    Else `1pm to 5pm, Monday 4 January`, or `1pm, Monday 4 January to 9am, Tuesday 5 January`.
    """
    first, last = to_local(starts_at), to_local(ends_at)
    if first.time() == last.time() == time.min:
        final = (last - timedelta(days=1)).date()
        return day(starts_at) if final == first.date() else f"{day(starts_at)} to {day(final)}"
    if first.date() == last.date():
        return f"{time_of_day(starts_at)} to {when(ends_at)}"
    return f"{when(starts_at)} to {when(ends_at)}"


def before(hours: int) -> str:
    """How long before something: `2 hours before`, and whole days as `a day before`, `3 days before`."""
    if hours % 24:
        return "an hour before" if hours == 1 else f"{hours} hours before"
    return "a day before" if hours == 24 else f"{hours // 24} days before"  # noqa: PLR2004 (hours of a day)


def whole_date(on: date) -> str:
    """A date of any year, such as of a birth: `15 March 2019`."""
    return f"{on.day} {on:%B} {on.year}"


def dated(moment: datetime) -> str:
    """An aware moment as hospital time and whole date, for what is kept for years: `9:30am, 6 January 2027`."""
    return f"{time_of_day(moment)}, {whole_date(to_local(moment).date())}"
