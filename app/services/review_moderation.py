"""All reviews, as admins go through them: found, hidden for a reason that the author reads, and shown again.

A hidden review is nowhere: not on the doctor's pages, in no mean and no count, in no list of programs. Its author's
side alone reads that it is hidden, and why.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy.orm import joinedload

from app import policy
from app.clock import now
from app.errors import Conflict, Invalid
from app.extensions import db
from app.models import Doctor, Patient, Review, ReviewHiding
from app.models.types import is_key
from app.policy import Actor, Permission
from app.services import audit, ratings
from app.services.listing import Listing, exporting, listing
from app.services.ratings import ReviewEntry
from app.services.search import words

LONGEST_REASON = 500
MOST_AT_ONCE = 100
"""How many reviews can be hidden in one go."""

_WITH_ALL = (joinedload(Review.doctor), joinedload(Review.hiding), *ratings.TO_SHOW)


class Order(enum.Enum):
    """In which order reviews are listed."""

    NEWEST = "newest"
    OLDEST = "oldest"
    WORST = "worst"
    BEST = "best"


_ORDERS: dict[Order, tuple[Any, ...]] = {
    Order.NEWEST: (Review.id.desc(),),
    Order.OLDEST: (Review.id,),
    Order.WORST: (Review.rating, Review.id.desc()),
    Order.BEST: (Review.rating.desc(), Review.id.desc()),
}


def find(
    actor: Actor,
    *,
    search: str = "",
    is_hidden: bool | None = None,
    rating: int | None = None,
    order: Order = Order.NEWEST,
    limit: int,
    offset: int,
) -> Listing[ReviewEntry]:
    """The reviews in whose text, doctor's or patient's name each word of `search` occurs: three statements.

    Raises Unauthorized and Forbidden for anyone but admins.
    """
    policy.require(actor, Permission.ADMINISTER)
    query = policy.visible(actor, Review).where(*map(_mentions, words(search)))
    if is_hidden is not None:
        query = query.where(Review.hidden_at.is_not(None) if is_hidden else Review.hidden_at.is_(None))
    if rating is not None:
        query = query.where(Review.rating == rating)
    return ratings.entries(listing(query.order_by(*_ORDERS[order]), *_WITH_ALL, limit=limit, offset=offset))


export = exporting(find, "reviews.exported")


def get(actor: Actor, review_id: int) -> ReviewEntry:
    """One review, shown or hidden. Raises Unauthorized, Forbidden and NotFound."""
    policy.require(actor, Permission.ADMINISTER)
    review = policy.fetch(actor, Review, review_id, *_WITH_ALL)
    return ratings.entries(Listing([review], 1)).rows[0]


def chosen(actor: Actor, review_ids: Collection[int]) -> Sequence[Review]:
    """The reviews of these keys that are shown, oldest first. Raises Unauthorized and Forbidden."""
    policy.require(actor, Permission.ADMINISTER)
    keys = [key for key in review_ids if is_key(key)]
    query = policy.visible(actor, Review).where(Review.id.in_(keys), Review.hidden_at.is_(None))
    return db.session.scalars(query.options(*_WITH_ALL).order_by(Review.id)).all()


def hide(actor: Actor, review_ids: Collection[int], *, reason: str) -> int:
    """Hide reviews from everybody, and say how many were shown until now; the others stay as they are.

    Raises Unauthorized, Forbidden, Invalid for a reason that is missing or longer than LONGEST_REASON, and Conflict for
    none, or more than MOST_AT_ONCE.
    """
    policy.require(actor, Permission.ADMINISTER)
    keys = {key for key in review_ids if is_key(key)}
    if not 0 < len(keys) <= MOST_AT_ONCE:
        raise Conflict(f"Choose from 1 to {MOST_AT_ONCE} reviews.")
    reason = reason.strip()
    if not reason:
        raise Invalid("Enter the reason.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"Use {LONGEST_REASON:,} characters or fewer.", field="reason")
    query = policy.visible(actor, Review).where(Review.id.in_(keys), Review.hidden_at.is_(None))
    query = query.order_by(Review.id).with_for_update(of=Review, key_share=True)
    shown = db.session.scalars(query.execution_options(populate_existing=True)).all()
    for review in shown:
        review.hidden_at = now()
        db.session.add(ReviewHiding(review_id=review.id, reason=reason))
        audit.record(actor, "review.hidden", review, patient_id=review.patient_id)
    db.session.flush()
    return len(shown)


def show(actor: Actor, review_id: int) -> Review:
    """Show a review again; one that is shown stays so.

    Raises Unauthorized, Forbidden, NotFound, and Conflict where it went with its patient, who is voided.
    """
    policy.require(actor, Permission.ADMINISTER)
    review = policy.fetch(actor, Review, review_id, *_WITH_ALL, lock=True)
    if review.patient.voided_at is not None:
        raise Conflict("The patient is voided. The reviews of voided patients stay hidden.")
    if review.hidden_at is not None:
        review.hidden_at = None
        if review.hiding is not None:
            db.session.delete(review.hiding)
        audit.record(actor, "review.shown", review, patient_id=review.patient_id)
        db.session.flush()
    return review


def _mentions(word: str) -> ColumnElement[bool]:
    text = word.lower()
    return or_(
        func.lower(Review.body).contains(text, autoescape=True),
        Review.doctor.has(func.lower(Doctor.name).contains(text, autoescape=True)),
        Review.patient.has(func.lower(Patient.name).contains(text, autoescape=True)),
    )
