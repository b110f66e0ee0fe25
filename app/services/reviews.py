"""Reviews: written, changed and deleted by the patient's side, and the list that programs read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import joinedload

from app import policy, unit_of_work
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import Account, Doctor, Patient, Review
from app.models.types import is_key
from app.policy import Actor, Capacity, Permission
from app.services import audit, patients
from app.services.listing import Listing
from app.services.ratings import is_verified, shown_name
from app.services.reading import fixed, read
from app.services.references import named
from app.services.statements import Fixed

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])

LONGEST_BODY = 2000
RATINGS = range(1, 6)
MOST_SEARCH_WORDS = 8


class Line(NamedTuple):
    """What is told of a review: by whom (a first name), of whom, what, and whether the two have met."""

    id: int
    patient_id: int
    doctor_id: int
    doctor_name: str
    rating: int
    body: str
    created_at: datetime
    is_verified: bool
    reviewer: str


_LINE = (
    Review.id,
    Review.patient_id,
    Review.doctor_id,
    Doctor.name,
    Review.rating,
    Review.body,
    Review.created_at,
    is_verified(),
    Patient.name,
    Account.username,
)


def find(
    actor: Actor,
    *,
    doctor_id: int | None = None,
    patient_ids: tuple[int, ...] = (),
    rating: int | None = None,
    search: str = "",
    limit: int,
    offset: int,
) -> Listing[Line]:
    """The reviews that the actor may see, newest first, which is by descending key: two statements.

    `patient_ids` are the reviewing patients, each of which must fit. Every word of `search`, up to MOST_SEARCH_WORDS,
    must occur in the doctor's name or begin the reviewer's first name: what is not shown cannot be searched for.
    """
    criteria = [Review.patient_id == patient_id for patient_id in patient_ids]
    if doctor_id is not None:
        criteria.append(Review.doctor_id == doctor_id)
    if rating is not None:
        criteria.append(Review.rating == rating)
    criteria += map(_mentions, search.split()[:MOST_SEARCH_WORDS])
    hats = policy.capacities(actor)
    counted, lines = _page(hats, *criteria, names=bool(search)) if criteria else _usual_page(hats)
    parameters = policy.parameters(actor)
    ((count,),) = read(counted, parameters)
    rows = read(lines, {**parameters, "limit": limit, "offset": offset}) if count else []
    return Listing([_line(row) for row in rows], count)


def _page(
    hats: frozenset[Capacity], *criteria: ColumnElement[bool], names: bool = False
) -> tuple[Select[int], Select[*tuple[Any, ...]]]:
    """The count, and the lines of one page; `names` where a criterion asks for any."""
    conditions = (policy.may_see(policy.stand_in(hats), Review), *criteria)
    counted: Select[int] = select(func.count(Review.id))
    lines = _with_names(select(*_LINE)).order_by(Review.id.desc()).limit(bindparam("limit")).offset(bindparam("offset"))
    return (_with_names(counted) if names else counted).where(*conditions), lines.where(*conditions)


@cache
def _usual_page(hats: frozenset[Capacity]) -> tuple[Fixed[int], Fixed[*tuple[Any, ...]]]:
    """For the list without criteria: it is made once."""
    counted, lines = _page(hats)
    return fixed(counted), fixed(lines)


def get(actor: Actor, review_id: int) -> Line:
    """One review. Raises NotFound for one that the actor may not see."""
    query = _with_names(select(*_LINE)).where(policy.may_see(actor, Review), Review.id == review_id)
    row = db.session.execute(query).one_or_none() if is_key(review_id) else None
    if row is None:
        raise NotFound
    return _line(row)


def write(actor: Actor, *, doctor_id: int, rating: int, body: str = "", patient_id: int | None = None) -> Review:
    """Review a listed doctor as a patient whom the actor manages: the actor's own, where `patient_id` is None.

    Raises Invalid for a rating that is not in RATINGS, a body of over LONGEST_BODY characters, an unknown doctor or
    patient, Forbidden for another's patient and for the doctor's own account, and Conflict for a second review of
    the same doctor by the same patient.
    """
    policy.require(actor, Permission.REVIEW)
    _check(rating, body)
    doctor = _listed_doctor(actor, doctor_id)
    patient = patients.own(actor) if patient_id is None else named(actor, Patient, patient_id)
    review = Review(patient=patient, doctor=doctor, rating=rating, body=body.strip())
    if not policy.can(actor, Permission.CHANGE_REVIEW, review):
        raise Forbidden("You can write reviews only for patients whom you act for.")
    if doctor.account_id == actor.account_id:
        raise Forbidden("You cannot review yourself.")
    with unit_of_work.saving():
        db.session.add(review)
    audit.record(actor, "review.written", review, patient_id=patient.id)
    return review


def change(
    actor: Actor,
    review_id: int,
    *,
    doctor_id: int | None = None,
    rating: int | None = None,
    body: str | None = None,
) -> Review:
    """Change the words or the stars of a review; None keeps.

    Raises NotFound, Invalid as `write` does and where `doctor_id` is another doctor's, and Forbidden for anyone but
    the account that manages the reviewing patient.
    """
    review = policy.fetch(actor, Review, review_id, joinedload(Review.patient), lock=True)
    if doctor_id not in (None, review.doctor_id):
        raise Invalid("Another doctor needs another review.", field="doctor_id")
    wanted = (review.rating if rating is None else rating, review.body if body is None else body.strip())
    _check(*wanted)
    policy.require(actor, Permission.CHANGE_REVIEW, review)
    if wanted != (review.rating, review.body):
        review.rating, review.body = wanted
        audit.record(actor, "review.changed", review, patient_id=review.patient_id)
    return review


def delete(actor: Actor, review_id: int) -> None:
    """Delete a review for good. Raises NotFound, and Forbidden for anyone but the author's account and admins."""
    review = policy.fetch(actor, Review, review_id, joinedload(Review.patient), lock=True)
    policy.require(actor, Permission.DELETE_REVIEW, review)
    audit.record(actor, "review.deleted", review, patient_id=review.patient_id, doctor=review.doctor_id)
    db.session.delete(review)
    db.session.flush()


def _check(rating: int, body: str) -> None:
    if rating not in RATINGS:
        raise Invalid("Give one to five stars.", field="rating")
    if len(body) > LONGEST_BODY:
        raise Invalid(f"Use {LONGEST_BODY:,} characters or fewer.", field="body")


def _listed_doctor(actor: Actor, doctor_id: int) -> Doctor:
    doctor = named(actor, Doctor, doctor_id)
    if not doctor.is_listed:
        raise Invalid("There is no such doctor.", field="doctor_id")
    return doctor


def _with_names(query: Query) -> Query:
    """A query of reviews, with the doctor, the patient and the account whose names are shown or searched."""
    return (
        query.join(Doctor, Doctor.id == Review.doctor_id)
        .join(Patient, Patient.id == Review.patient_id)
        .outerjoin(Account, Account.id == Patient.manager_id)
    )


def _mentions(word: str) -> ColumnElement[bool]:
    """Whether a word is in a doctor's name, or begins the name that is shown of a reviewer.

    Words have no blanks, so that the beginning of a whole name is that of its first word.
    """
    text = word.lower()
    begins = func.lower(Patient.name).startswith(text, autoescape=True)
    is_shown = or_(Account.id.is_(None), Patient.name != Account.username)
    return or_(func.lower(Doctor.name).contains(text, autoescape=True), and_(begins, is_shown))


def _line(row: Iterable[Any]) -> Line:
    """A line from the columns of _LINE: the last two make the reviewer's name."""
    *line, name, username = row
    return Line._make([*line, shown_name(name, username)])
