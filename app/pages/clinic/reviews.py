"""What patients say of the doctor, and the doctor's public replies."""

from __future__ import annotations

from flask import Response, flash, request, url_for
from wtforms import BooleanField, Form, HiddenField, SelectField, TextAreaField
from wtforms.validators import DataRequired, Length

from app.errors import Outdated
from app.identity import actor
from app.models import Review
from app.pages import charts
from app.pages.charts import Series
from app.pages.clinic.entrance import blueprint
from app.pages.forms import PortalForm, as_typed
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.services import ratings, review_replies
from app.services.review_replies import LONGEST_REPLY, Summary
from app.services.reviews import RATINGS

REVIEWS_ON_A_PAGE = 10
STARS = {str(stars): f"{stars} {'star' if stars == 1 else 'stars'}" for stars in reversed(RATINGS)}


class ReviewFilters(Form):
    """Which reviews are listed."""

    rating = SelectField("Stars", choices={"": "Any", **STARS})
    unanswered = BooleanField("Only those without a reply")


class ReplyForm(PortalForm):
    """A reply, and what the doctor has read: the review, and the reply as it was."""

    body = TextAreaField(
        "Your reply",
        [
            DataRequired("Enter a reply."),
            Length(max=LONGEST_REPLY, message=f"Use {LONGEST_REPLY:,} characters or fewer."),
        ],
        filters=[as_typed],
        description="Everybody can read it. Tell nothing of the patient's health, nor that somebody is your patient.",
    )
    answers = HiddenField()
    version = HiddenField()


@blueprint.get("/reviews")
def reviews() -> Response:
    """The doctor's reviews, the newest first: those with `?rating=`, those that are `?unanswered=`."""
    filters = ReviewFilters(request.args)
    rating = next((stars for stars in RATINGS if str(stars) == filters.rating.data), None)
    unanswered = bool(filters.unanswered.data)
    found, paging = paged(
        REVIEWS_ON_A_PAGE,
        lambda limit, offset: review_replies.find(
            actor(), rating=rating, only_unanswered=unanswered, limit=limit, offset=offset
        ),
        shrinks=True,
    )
    summary = review_replies.summary(actor())
    return render(
        "clinic/reviews.html",
        filters=filters,
        is_filtered=rating is not None or unanswered,
        reviews=found.rows,
        paging=paging,
        summary=summary,
        by_stars=distribution(summary),
        clear=url_for("clinic.reviews"),
    )


@blueprint.route("/reviews/<int:review_id>/reply", methods=["GET", "POST"])
def reply(review_id: int) -> Response:
    """Write the reply to a review, or change it."""
    form = ReplyForm()
    if form.validate_on_submit():
        read = form.version.data or ""
        version = int(read) if read.isascii() and read.isdecimal() else -1
        with form.refusals():
            review_replies.write(
                actor(), review_id, body=form.body.data or "", answers=form.answers.data or "", version=version
            )
            flash("Your reply is published.")
            return see_other("clinic.reviews")
    review = review_replies.get(actor(), review_id)
    if not form.is_submitted():
        form.body.data = review.reply.body if review.reply else ""
    if not form.is_submitted() or isinstance(form.refusal, Outdated):
        # What is refused once is shown as it is now, and can then be saved over.
        _have_read(form, review)
    return render("clinic/reply.html", form=form, review=review, reviewer=_reviewer(review), longest=LONGEST_REPLY)


@blueprint.route("/reviews/<int:review_id>/reply/delete", methods=["GET", "POST"])
def delete_reply(review_id: int) -> Response:
    """Ask on GET; on POST take the reply back. Twice is as once."""
    form = PortalForm()
    if form.validate_on_submit():
        review_replies.delete(actor(), review_id)
        flash("Your reply is deleted.")
        return see_other("clinic.reviews")
    review = review_replies.get(actor(), review_id)
    if review.reply is None:
        return see_other("clinic.reviews")
    return render("clinic/delete_reply.html", form=form, review=review, reviewer=_reviewer(review))


def distribution(summary: Summary) -> charts.Columns:
    """How many gave each number of stars, as a chart: five stars first."""
    labels = [STARS[str(stars)] for stars in reversed(RATINGS)]
    counts = [summary.by_stars[stars] for stars in reversed(RATINGS)]
    return charts.columns(labels, [Series("Reviews", counts)])


def _have_read(form: ReplyForm, review: Review) -> None:
    form.answers.data = review.fingerprint
    form.version.data = str(review.reply.version if review.reply else 0)


def _reviewer(review: Review) -> str:
    return ratings.reviewer_name(review.patient)
