"""All reviews: searched, filtered, sorted, saved as CSV, hidden for a reason, and shown again."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, request
from wtforms import SearchField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import DataRequired, Length

from app.http import writes
from app.identity import actor
from app.pages.admin.entrance import blueprint
from app.pages.downloads import download_csv
from app.pages.filters import FilterForm
from app.pages.forms import PortalForm, as_typed
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.pages.wording import count
from app.services import review_moderation as service
from app.services.review_moderation import LONGEST_REASON, Order
from app.services.reviews import RATINGS

PAGE_SIZE = 20
_STATES: dict[str, tuple[str, bool | None]] = {
    "": ("All", None),
    "shown": ("Shown", False),
    "hidden": ("Hidden", True),
}
_STARS = {str(stars): f"{stars} {'star' if stars == 1 else 'stars'}" for stars in reversed(RATINGS)}
_ORDERS = {
    Order.NEWEST.value: "Newest",
    Order.OLDEST.value: "Oldest",
    Order.WORST.value: "Fewest stars",
    Order.BEST.value: "Most stars",
}
_COLUMNS = ("id", "written", "doctor", "patient", "rating", "verified visit", "review", "reply", "state", "why hidden")


class Filters(FilterForm):
    """Which reviews the list shows, and in which order."""

    search = SearchField("Text, doctor or patient")
    state = SelectField("Show", choices={value: label for value, (label, _) in _STATES.items()})
    rating = SelectField("Rating", choices={"": "Any", **_STARS})
    order = SelectField("Sort by", choices=_ORDERS)


class HideForm(PortalForm):
    """The reviews that were ticked in the list, and why they are hidden."""

    reviews = SelectMultipleField("Reviews", coerce=int, validate_choice=False)
    reason = TextAreaField(
        "Why?",
        [
            DataRequired("Enter the reason."),
            Length(max=LONGEST_REASON, message=f"Use {LONGEST_REASON} characters or fewer."),
        ],
        filters=[as_typed],
        description="Whoever wrote the review reads it. For example, names another patient",
    )


@blueprint.get("/reviews")
def reviews() -> Response:
    """All reviews, or those that the filters leave."""
    filters, asked = _filters()
    found, paging = paged(
        PAGE_SIZE,
        lambda limit, offset: service.find(actor(), **asked, limit=limit, offset=offset),
        shrinks=True,
    )
    return render("admin/reviews.html", filters=filters, reviews=found.rows, paging=paging)


@blueprint.get("/reviews/reviews.csv")
@writes
def reviews_file() -> Response:
    """The reviews that the filters leave, as CSV."""
    _, asked = _filters()
    rows = [
        [
            entry.review.id,
            entry.review.created_at.isoformat(),
            entry.review.doctor.name,
            entry.review.patient.name,
            entry.review.rating,
            "yes" if entry.is_verified else "no",
            entry.review.body,
            entry.review.reply.body if entry.review.reply else None,
            "hidden" if entry.review.hidden_at else "shown",
            entry.review.hiding.reason if entry.review.hiding else None,
        ]
        for entry in service.export(actor(), **asked)
    ]
    return download_csv("reviews", _COLUMNS, rows)


@blueprint.get("/reviews/<int:review_id>")
def review(review_id: int) -> Response:
    """One review with all its words."""
    return _one(review_id, PortalForm())


@blueprint.route("/reviews/hide", methods=["GET", "POST"])
def hide_reviews() -> Response:
    """Ask on GET why the reviews that were ticked are to be hidden; on POST hide them."""
    is_sent = request.method == "POST"
    form = HideForm(formdata=request.form if is_sent else request.args)
    chosen = form.reviews.data or []
    if is_sent and form.validate():
        with form.refusals():
            number = service.hide(actor(), chosen, reason=form.reason.data or "")
            flash(f"{count(number, 'review')} hidden.")
            return see_other("admin.reviews")
    return render("admin/hide_reviews.html", form=form, reviews=service.chosen(actor(), chosen), longest=LONGEST_REASON)


@blueprint.post("/reviews/<int:review_id>/show")
def show_review(review_id: int) -> Response:
    """Show a review again."""
    form = PortalForm()
    if form.validate_on_submit():
        with form.refusals():
            service.show(actor(), review_id)
            flash("The review is shown again.")
            return see_other("admin.review", review_id=review_id)
    return _one(review_id, form)


def _one(review_id: int, form: PortalForm) -> Response:
    return render("admin/review.html", form=form, entry=service.get(actor(), review_id))


def _filters() -> tuple[Filters, dict[str, Any]]:
    """The filters of the address, those that are none left out, and what they ask of the list."""
    filters = Filters(request.args)
    return filters, {
        "search": filters.search.data or "",
        "is_hidden": _STATES[filters.state.data][1],
        "rating": int(filters.rating.data) if filters.rating.data else None,
        "order": Order(filters.order.data),
    }
