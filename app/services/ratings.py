"""What patients say of doctors: their reviews, the number of them, and the mean of the verified ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, case, exists, func, select
from sqlalchemy.orm import joinedload

from app import policy
from app.extensions import db
from app.models import Appointment, Doctor, Patient, Review, VisitState
from app.policy import Actor
from app.services.listing import Listing, listing

NAMELESS = "Patient"

TO_SHOW = (joinedload(Review.patient).joinedload(Patient.manager), joinedload(Review.reply))
"""What belongs to a review where people read it: the reviewer's first name, and the doctor's reply."""


@dataclass(frozen=True, slots=True)
class Rating:
    """A doctor's mean (1 to 5, two decimals) over the `verified` reviews, None without any; `reviews` counts all."""

    mean: float | None = None
    reviews: int = 0
    verified: int = 0


@dataclass(frozen=True, slots=True)
class ReviewEntry:
    """A review as it is shown: by whom (a first name), and whether the reviewer has visited the doctor."""

    review: Review
    reviewer: str
    is_verified: bool


def is_verified() -> ColumnElement[bool]:
    """Whether the reviewing patient has a completed visit with the doctor (contract, section 10)."""
    return exists().where(
        Appointment.patient_id == Review.patient_id,
        Appointment.doctor_id == Review.doctor_id,
        Appointment.state == VisitState.COMPLETED,
    )


def mean_rating(doctor_id: Any) -> ScalarSelect[Any]:
    """The mean over a doctor's verified reviews, for `rounded`, as a column of a statement about doctors."""
    return _shown(doctor_id, func.avg(Review.rating)).where(is_verified()).scalar_subquery()


def number_of_reviews(doctor_id: Any) -> ScalarSelect[Any]:
    """How many reviews of a doctor there are, as a column of a statement about doctors."""
    return _shown(doctor_id, func.count(Review.id)).scalar_subquery()


def rounded(mean: float | Decimal | None) -> float | None:
    """A mean as it is shown: two decimals."""
    return None if mean is None else round(float(mean), 2)


def _shown(doctor_id: Any, value: ColumnElement[Any]) -> Select[Any]:
    return select(value).where(Review.doctor_id == doctor_id, Review.hidden_at.is_(None))


def ratings(doctor_ids: Collection[int]) -> dict[int, Rating]:
    """The rating of each doctor, in one statement; hidden reviews never count."""
    review = (
        select(Review.doctor_id, Review.rating, is_verified().label("is_verified"))
        .where(Review.doctor_id.in_(doctor_ids), Review.hidden_at.is_(None))
        .subquery()
    )
    verified_rating = case((review.c.is_verified, review.c.rating))
    rows = db.session.execute(
        select(review.c.doctor_id, func.avg(verified_rating), func.count(), func.count(verified_rating)).group_by(
            review.c.doctor_id
        )
    )
    found = dict.fromkeys(doctor_ids, Rating())
    for doctor_id, mean, reviews_count, verified in rows:
        found[doctor_id] = Rating(rounded(mean), reviews_count, verified)
    return found


def reviews(actor: Actor, doctor_id: int, *, limit: int, offset: int) -> Listing[ReviewEntry]:
    """What patients say of one doctor, and the replies, newest first; hidden reviews are left out for everyone.

    Raises NotFound for a doctor whom the actor may not see.
    """
    policy.fetch(actor, Doctor, doctor_id)
    query = (
        policy.visible(actor, Review)
        .where(Review.doctor_id == doctor_id, Review.hidden_at.is_(None))
        .order_by(Review.created_at.desc(), Review.id.desc())
    )
    return entries(listing(query, *TO_SHOW, limit=limit, offset=offset))


def entries(page: Listing[Review]) -> Listing[ReviewEntry]:
    """Reviews as they are shown, in one more statement; `patient.manager` must be loaded."""
    keys = [review.id for review in page.rows]
    verified = set(db.session.scalars(select(Review.id).where(Review.id.in_(keys), is_verified())) if keys else ())
    return page.map(lambda review: ReviewEntry(review, reviewer_name(review.patient), review.id in verified))


def reviewer_name(patient: Patient) -> str:
    """The first name under which a patient's reviews appear, or NAMELESS; `patient.manager` must be loaded."""
    return shown_name(patient.name, patient.manager.username if patient.manager else None)


def shown_name(name: str, username: str | None) -> str:
    """What the public reads of a reviewing patient's name: the first, or NAMELESS.

    A patient without a name of its own carries the account's username, which is not for the public.
    """
    words = name.split()
    return words[0] if words and name != username else NAMELESS
