"""Reviews as those see them who write them: what can be reviewed, and what they have written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from app import policy
from app.clock import now
from app.errors import Forbidden, NotFound
from app.extensions import db
from app.models import FIRM, Appointment, Doctor, Patient, Review, ReviewHiding, VisitState
from app.models.types import is_key
from app.policy import Actor, Capacity, Permission
from app.services import appointments, patients, ratings, reviews
from app.services.listing import Listing, listing
from app.services.ratings import ReviewEntry

_TO_SHOW = (joinedload(Review.doctor), *ratings.TO_SHOW)


@dataclass(frozen=True, slots=True)
class Subject:
    """A doctor to review; all the patients whom the actor acts for, and those who have not said anything yet."""

    doctor: Doctor
    patients: Sequence[Patient]
    silent: Sequence[Patient]


def subject(actor: Actor, doctor_id: int) -> Subject:
    """A doctor whom the actor may review.

    Raises Unauthorized, NotFound for a doctor who is not listed, and Forbidden for oneself and for an actor with
    nobody to write for.
    """
    policy.require(actor, Permission.REVIEW)
    doctor = appointments.bookable_doctor(actor, doctor_id)
    people = patients.managed(actor)
    if doctor.account_id == actor.account_id:
        raise Forbidden("You cannot review yourself.")
    if not people:
        raise Forbidden("There is nobody in your account to write for. Ask the hospital to add you as a patient.")
    # Hidden ones count: each patient has one review of a doctor.
    reviewed = set(db.session.scalars(select(Review.patient_id).where(_is_mine(actor), Review.doctor_id == doctor_id)))
    return Subject(doctor, people, [patient for patient in people if patient.id not in reviewed])


def may_write(actor: Actor, doctor: Doctor) -> bool:
    """Whether there is somebody for whom the actor may review a doctor: for showing the link."""
    if not (actor.is_signed_in and doctor.is_listed) or doctor.account_id == actor.account_id:
        return False
    reviewed = select(Review.patient_id).where(Review.doctor_id == doctor.id)
    silent = policy.managed_patients(actor).where(Patient.id.not_in(reviewed)).limit(1)
    return db.session.scalar(silent) is not None


def of_doctor(actor: Actor, doctor_id: int, patient_id: int | None = None) -> Review | None:
    """What the actor's side has written of a doctor: for one patient, or the latest of all; None for nothing."""
    query = policy.visible(actor, Review).where(_is_mine(actor), Review.doctor_id == doctor_id)
    if patient_id is not None:
        query = query.where(Review.patient_id == patient_id)
    return db.session.scalars(query.options(*_TO_SHOW).order_by(Review.id.desc())).first()


def find(actor: Actor, *, limit: int, offset: int) -> Listing[ReviewEntry]:
    """The reviews by the patients whom the actor acts for, latest first: three statements. Hidden ones are left out."""
    query = policy.visible(actor, Review).where(_is_mine(actor)).order_by(Review.created_at.desc(), Review.id.desc())
    return ratings.entries(listing(query, *_TO_SHOW, limit=limit, offset=offset))


def hidden(actor: Actor) -> Sequence[ReviewHiding]:
    """What an admin has hidden of the actor's side, and why, the latest first, each with its review and doctor."""
    review = joinedload(ReviewHiding.review)
    people = (review.joinedload(Review.doctor), review.joinedload(Review.patient).joinedload(Patient.manager))
    query = select(ReviewHiding).where(policy.may_see_as(actor, Capacity.MEMBER, ReviewHiding)).options(*people)
    return db.session.scalars(query.order_by(ReviewHiding.id.desc())).all()


def get(actor: Actor, review_id: int) -> Review:
    """One of those reviews, with its doctor. Raises NotFound for any other."""
    review = policy.fetch(actor, Review, review_id, *_TO_SHOW)
    if not policy.can(actor, Permission.CHANGE_REVIEW, review):
        raise NotFound
    return review


def delete(actor: Actor, review_id: int) -> None:
    """Delete one of those reviews; one that is gone already is no error. Raises NotFound for another's."""
    if is_key(review_id) and db.session.get(Review, review_id) is None:
        return
    get(actor, review_id)
    reviews.delete(actor, review_id)


def of_visits(actor: Actor, visits: Collection[Appointment]) -> dict[int, Review | None]:
    """By visit's key, for those after which a review can be written or is: the review, or None where there is none.

    The visits are of patients whom the actor manages, with their doctors: one statement. A hidden review is none that
    can be written anew.
    """
    past = [visit for visit in visits if _can_be_reviewed(actor, visit)]
    if not past:
        return {}
    pairs = (
        Review.doctor_id.in_({visit.doctor_id for visit in past}),
        Review.patient_id.in_({v.patient_id for v in past}),
    )
    found = {
        (review.patient_id, review.doctor_id): review for review in db.session.scalars(select(Review).where(*pairs))
    }
    written = {visit.id: found.get((visit.patient_id, visit.doctor_id)) for visit in past}
    return {key: review for key, review in written.items() if review is None or review.hidden_at is None}


def _can_be_reviewed(actor: Actor, visit: Appointment) -> bool:
    """Whether a visit has taken place, as far as anybody can tell: doctors may forget to complete one."""
    took_place = visit.state is VisitState.COMPLETED or (visit.state in FIRM and visit.ends_at <= now())
    return took_place and visit.doctor.is_listed and visit.doctor.account_id != actor.account_id


def _is_mine(actor: Actor) -> ColumnElement[bool]:
    return Review.patient_id.in_(policy.managed_patients(actor))
