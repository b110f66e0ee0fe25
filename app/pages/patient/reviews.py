"""Reviews by those who write them: writing, changing and deleting one, and the list of all."""

from __future__ import annotations

from flask import Response, flash, request
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.identity import actor
from app.models import Doctor, Review
from app.pages.forms import PortalForm
from app.pages.paging import paged
from app.pages.render import render, see_other
from app.services import own_reviews, reviews
from app.services.own_reviews import Subject
from app.services.reviews import LONGEST_BODY

REVIEWS_ON_A_PAGE = 10
STARS = {
    "5": "5 stars: very good",
    "4": "4 stars: good",
    "3": "3 stars: neither good nor bad",
    "2": "2 stars: bad",
    "1": "1 star: very bad",
}


def _as_typed(text: str | None) -> str:
    """Browsers send two characters for a new line, which people count as one."""
    return (text or "").replace("\r\n", "\n")


class ReviewForm(PortalForm):
    """Stars and, for who likes, words. Who writes is asked where somebody acts for several patients."""

    patient = RadioField("Whose visit was it?", [InputRequired("Choose whose visit it was.")], choices={})
    rating = RadioField("How was it?", [InputRequired("Choose one to five stars.")], choices=STARS)
    body = TextAreaField(
        "What would you like others to know? (optional)",
        [Length(max=LONGEST_BODY, message=f"Use {LONGEST_BODY:,} characters or fewer.")],
        filters=[_as_typed],
        description="Everybody can read it, with a first name. Leave out what nobody should know of your health.",
    )

    def says(self, review: Review) -> bool:
        """Whether this is what has been written already: the form was sent twice."""
        return (self.rating.data, (self.body.data or "").strip()) == (str(review.rating), review.body)


def show_all() -> Response:
    """What has been written for all the patients of the account."""
    found, paging = paged(
        REVIEWS_ON_A_PAGE,
        lambda limit, offset: own_reviews.find(actor(), limit=limit, offset=offset),
        shrinks=True,
    )
    hidden = own_reviews.hidden(actor()) if paging.page == 1 else []
    return render("patient/reviews.html", reviews=found.rows, paging=paging, hidden=hidden)


def write(doctor_id: int) -> Response:
    """Review a doctor, for the patient that `?patient=` names unless another one is chosen."""
    subject = own_reviews.subject(actor(), doctor_id)
    form = ReviewForm()
    if not form.is_submitted():
        return _ask(form, subject)
    form.patient.choices = {str(patient.id): patient.name for patient in subject.patients}
    if form.validate():
        rating, patient_id = int(form.rating.data), int(form.patient.data)
        with form.refusals():
            reviews.write(actor(), doctor_id=doctor_id, rating=rating, body=form.body.data or "", patient_id=patient_id)
        written = own_reviews.of_doctor(actor(), doctor_id, patient_id)
        if written is not None and (form.refusal is None or form.says(written)):
            flash(f"Your review of {subject.doctor.name} is published.")
            return see_other("patient.reviews")
        if written is not None:
            return _show(form, subject.doctor, written)
    return _show(form, subject.doctor)


def edit(review_id: int) -> Response:
    """Change the stars or the words of a review."""
    review = own_reviews.get(actor(), review_id)
    doctor = review.doctor
    form = ReviewForm(data={"rating": review.rating, "body": review.body})
    del form.patient
    if form.validate_on_submit():
        with form.refusals():
            reviews.change(actor(), review_id, rating=int(form.rating.data), body=form.body.data or "")
            flash(f"Your review of {doctor.name} is changed.")
            return see_other("patient.reviews")
    return _show(form, doctor, review)


def delete(review_id: int) -> Response:
    """Ask on GET; on POST delete a review. Twice is as once."""
    form = PortalForm()
    if form.validate_on_submit():
        own_reviews.delete(actor(), review_id)
        flash("Your review is deleted.")
        return see_other("patient.reviews")
    return render("patient/delete_review.html", form=form, review=own_reviews.get(actor(), review_id))


def _ask(form: ReviewForm, subject: Subject) -> Response:
    """The empty form, for those who have not written yet; where all have, what they wrote."""
    if not subject.silent:
        written = own_reviews.of_doctor(actor(), subject.doctor.id)
        more = "You can change what you wrote." if written else "The hospital has hidden it."
        flash(f"You have reviewed {subject.doctor.name} already. {more}", "notice")
        return see_other("patient.review", review_id=written.id) if written else see_other("patient.reviews")
    form.patient.choices = {str(patient.id): patient.name for patient in subject.silent}
    form.patient.data = request.args.get("patient")
    return _show(form, subject.doctor)


def _show(form: ReviewForm, doctor: Doctor, review: Review | None = None) -> Response:
    """The form: for a new review, or for one that is changed."""
    return render("patient/review.html", form=form, doctor=doctor, review=review, longest=LONGEST_BODY)
