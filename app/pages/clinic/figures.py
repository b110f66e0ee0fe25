"""The doctor's own figures, as charts that are also tables."""

from __future__ import annotations

from datetime import date

from flask import Response, request

from app.identity import actor
from app.pages import charts
from app.pages.charts import Series
from app.pages.clinic.entrance import blueprint
from app.pages.clinic.reviews import distribution
from app.pages.render import render
from app.services import own_figures, review_replies
from app.services.own_figures import PERIODS, USUAL_PERIOD


@blueprint.get("/figures")
def figures() -> Response:
    """Visits by week and ratings; `?weeks=` says how far back, one of PERIODS."""
    weeks = next((weeks for weeks in PERIODS if str(weeks) == request.args.get("weeks")), USUAL_PERIOD)
    found = own_figures.find(actor(), weeks)
    summary = review_replies.summary(actor())
    labels = [_short(week.monday) for week in found.weeks]
    visits = charts.columns(
        labels,
        [
            Series("Completed", [week.completed for week in found.weeks]),
            Series("Missed", [week.missed for week in found.weeks]),
            Series("Cancelled", [week.cancelled for week in found.weeks]),
        ],
    )
    return render(
        "clinic/figures.html",
        weeks=weeks,
        periods=PERIODS,
        figures=found,
        summary=summary,
        visits=visits,
        by_stars=distribution(summary),
        means=charts.line(labels, [week.mean for week in found.weeks], lowest=1, highest=5),
    )


def _short(monday: date) -> str:
    return f"{monday.day} {monday:%b}"
