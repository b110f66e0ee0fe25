"""Doctors' replies to what patients say of them: a doctor's own reviews, and one public reply to each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from app import policy, unit_of_work
from app.errors import Invalid, NotFound, Outdated
from app.extensions import db
from app.models import Message, Review, ReviewReply
from app.policy import Actor, Permission
from app.services import audit, outbox, ratings
from app.services.listing import Listing, listing
from app.services.outbox import Template
from app.services.ratings import TO_SHOW, Rating, ReviewEntry
from app.services.reviews import RATINGS

LONGEST_REPLY = 2000


@dataclass(frozen=True, slots=True)
class Summary:
    """What patients say of a doctor: the rating that the public reads, and how many gave each number of stars."""

    rating: Rating
    by_stars: Mapping[int, int]


def summary(actor: Actor) -> Summary:
    """What patients say of the doctor who asks: two statements; hidden reviews never count."""
    policy.require(actor, Permission.RUN_CLINIC)
    doctor_id = actor.doctor_id or 0
    counts = select(Review.rating, func.count()).where(*_of_the(actor)).group_by(Review.rating)
    found: dict[int, int] = dict(db.session.execute(counts).all())
    return Summary(ratings.ratings([doctor_id])[doctor_id], {stars: found.get(stars, 0) for stars in RATINGS})


def find(
    actor: Actor, *, rating: int | None = None, only_unanswered: bool = False, limit: int, offset: int
) -> Listing[ReviewEntry]:
    """The reviews of the doctor who asks, the newest first, each with its reply: three statements."""
    policy.require(actor, Permission.RUN_CLINIC)
    query = select(Review).where(*_of_the(actor))
    if rating is not None:
        query = query.where(Review.rating == rating)
    if only_unanswered:
        query = query.where(Review.id.not_in(select(ReviewReply.review_id)))
    query = query.order_by(Review.created_at.desc(), Review.id.desc())
    return ratings.entries(listing(query, *TO_SHOW, limit=limit, offset=offset))


def get(actor: Actor, review_id: int, *, lock: bool = False) -> Review:
    """A review of the doctor who asks, with its reply. Raises NotFound for any other, and for a hidden one."""
    review = policy.fetch(actor, Review, review_id, *TO_SHOW, lock=lock)
    if not policy.can(actor, Permission.REPLY_TO_REVIEW, review) or review.hidden_at is not None:
        raise NotFound
    return review


def write(actor: Actor, review_id: int, *, body: str, answers: str, version: int) -> ReviewReply:
    """Reply to a review, or change the reply. The patient's side is told of a new one.

    `answers` is the fingerprint of the review as the doctor has read it, `version` that of the reply, 0 for none.
    What says the same already is left as it is. Raises NotFound as `get` does, Invalid for a text that is missing or
    longer than LONGEST_REPLY, and Outdated where the review or the reply is no longer the one that was read.
    """
    review = get(actor, review_id, lock=True)
    body = body.strip()
    if not body:
        raise Invalid("Enter a reply.", field="body")
    if len(body) > LONGEST_REPLY:
        raise Invalid(f"Use {LONGEST_REPLY:,} characters or fewer.", field="body")
    if answers != review.fingerprint:
        raise Outdated("The review was changed meanwhile. Read what it says now, then save your reply.")
    reply = review.reply
    if reply is None:
        _require_version(version, 0)
        return _add(actor, review, body)
    if (reply.body, reply.answers) == (body, answers):
        return reply
    _require_version(version, reply.version)
    reply.body, reply.answers, reply.version = body, answers, reply.version + 1
    db.session.flush()
    audit.record(actor, "review.reply_changed", reply, patient_id=review.patient_id)
    return reply


def delete(actor: Actor, review_id: int) -> None:
    """Take the reply to a review back; one that is gone is no error. Raises NotFound as `get` does."""
    review = get(actor, review_id, lock=True)
    if review.reply is not None:
        audit.record(actor, "review.reply_deleted", review.reply, patient_id=review.patient_id)
        db.session.delete(review.reply)
        db.session.flush()


def told_of(message: Message) -> ReviewReply | None:
    """The reply that a message tells of, with the doctor, as long as both it and its review are to be read."""
    query = select(ReviewReply).join(Review, Review.id == ReviewReply.review_id)
    query = query.where(ReviewReply.id == message.subject_id, Review.hidden_at.is_(None))
    return db.session.scalars(query.options(joinedload(ReviewReply.review).joinedload(Review.doctor))).one_or_none()


def _add(actor: Actor, review: Review, body: str) -> ReviewReply:
    reply = ReviewReply(review_id=review.id, body=body, answers=review.fingerprint)
    with unit_of_work.saving():
        db.session.add(reply)
    audit.record(actor, "review.replied", reply, patient_id=review.patient_id)
    if review.patient.manager is not None:
        outbox.tell_about_row(Template.REVIEW_REPLIED, reply.id, review.patient.manager)
    return reply


def _require_version(read: int, present: int) -> None:
    if read != present:
        raise Outdated("Your reply was changed in another tab. Read what it says now, then save again.")


def _of_the(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return (Review.doctor_id == actor.doctor_id, Review.hidden_at.is_(None))
