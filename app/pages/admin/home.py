"""The admin's dashboard: what waits, and figures over a period as charts that are also tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import Response, request
from wtforms import Form, SelectField, StringField

from app.errors import Invalid
from app.identity import actor
from app.pages import charts
from app.pages.admin.entrance import blueprint
from app.pages.charts import Series
from app.pages.free_times import read_date
from app.pages.render import render
from app.services import dashboard, hospital_figures
from app.services.hospital_figures import PERIODS, USUAL_PERIOD, Figures
from app.services.local_days import Period

OTHER = "other"


class PeriodForm(Form):
    """Over which days the figures go: the last ones, or others."""

    days = SelectField(
        "Period",
        choices={str(count): f"Last {count} days" for count in PERIODS} | {OTHER: "Other days"},
        validate_choice=False,
    )
    since = StringField("Other days, from")
    until = StringField("Other days, until")

    @property
    def status(self) -> int:
        """A period that is none is never a success."""
        return 400 if self.errors else 200

    def period(self) -> Period:
        """The days that are asked for; the usual ones, with an error at the field, where they are none."""
        if self.days.data == OTHER or (not self.days.data and (self.since.data or self.until.data)):
            self.days.data = OTHER
            try:
                return hospital_figures.period(read_date(self.since.data or ""), read_date(self.until.data or ""))
            except Invalid as error:
                for name, sentences in error.errors.items():
                    self[name].errors = [*self[name].errors, *sentences]
                return hospital_figures.last_days(USUAL_PERIOD)
        count = next((count for count in PERIODS if str(count) == self.days.data), USUAL_PERIOD)
        self.days.data = str(count)
        return hospital_figures.last_days(count)


@blueprint.get("")
def home() -> Response:
    """What waits, and how the hospital stands; `?days=` is one of PERIODS, or `other` with `since` and `until`."""
    form = PeriodForm(request.args)
    period = form.period()
    figures = hospital_figures.find(actor(), period)
    labels = [_short(day) for day in period.days]
    departments = figures.departments
    return render(
        "admin/home.html",
        overview=dashboard.overview(actor()),
        form=form,
        period=period,
        figures=figures,
        bookings=charts.columns(labels, [Series("Booked", [day.booked for day in figures.days])]),
        visits=_visits(labels, figures),
        by_department=charts.bars(
            [department.name for department in departments],
            Series("Visits", [department.visits for department in departments]),
        ),
        by_occupancy=charts.bars(
            [department.name for department in figures.occupancy],
            Series("Full, %", [round(department.percent) for department in figures.occupancy]),
            unit="%",
            whole=100,
        ),
        minutes=[
            ("Hours booked", [_hours(department.booked_minutes) for department in figures.occupancy]),
            ("Hours offered", [_hours(department.offered_minutes) for department in figures.occupancy]),
        ],
        more=[
            ("Hours taken", [_hours(department.minutes) for department in departments]),
            ("Missed, %", [department.missed_percent for department in departments]),
        ],
    )


def _visits(labels: Sequence[str], figures: Figures) -> charts.Columns:
    return charts.columns(
        labels,
        [
            Series("Completed", [day.completed for day in figures.days]),
            Series("Missed", [day.missed for day in figures.days]),
            Series("Not over yet", [day.to_come for day in figures.days]),
        ],
    )


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def _hours(minutes: int) -> str:
    return f"{minutes / 60:,.1f}"
