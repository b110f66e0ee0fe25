"""A period that is asked for on one page and checked on the next: time off of a doctor, or of the whole hospital."""

from __future__ import annotations

from datetime import date, datetime, time

from flask import request
from wtforms.validators import DataRequired

from app import clock
from app.errors import Invalid
from app.models import TimeOff
from app.pages.fields import ClockField, DateInputField
from app.pages.forms import PortalForm
from app.pages.free_times import read_moment
from app.pages.wording import count
from app.services.affected_visits import Affected
from app.services.time_off import Period


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


def period_asked_for() -> Period | None:
    """The period that the address names; None for what names none."""
    since, until = (read_moment(request.args.get(name)) for name in ("since", "until"))
    return Period(since, until) if since is not None and until is not None else None


def cancelled(affected: Affected) -> str:
    """What a banner adds about visits that a change of calendars has cancelled."""
    visits = count(len(affected.visits), "visit")
    return f" {visits} cancelled. The patients are told by e-mail." if affected.visits else ""
