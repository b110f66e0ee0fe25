"""Doctors' replies to reviews: one to each, public, known to the patient's side, never about another text than read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Forbidden, Invalid, NotFound, Outdated
from app.models import AuditEvent, Doctor, Message, Review, ReviewReply, VisitState
from app.policy import Actor
from app.services import own_reviews, ratings, review_replies, reviews
from app.services.review_replies import LONGEST_REPLY
from tests.factories import (
    AppointmentFactory,
    DoctorFactory,
    PatientFactory,
    ReviewFactory,
    ReviewReplyFactory,
)
from tests.services.visits import ADMIN, STRANGER, as_doctor, side_of
from tests.support.databases import Database

PAGE: dict[str, Any] = {"limit": 20, "offset": 0}

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def review(session: Session) -> Any:
    return ReviewFactory(rating=3, body="I waited long.")


def doctor_of(review: Any) -> Actor:
    return Actor(account_id=1, doctor_id=review.doctor_id)


def reply(review: Any, body: str = "Thank you.", *, version: int = 0, answers: str | None = None) -> ReviewReply:
    answers = review.fingerprint if answers is None else answers
    return review_replies.write(doctor_of(review), review.id, body=body, answers=answers, version=version)


def public(review: Any) -> list[tuple[str, bool]]:
    """What everybody reads below the reviews of the doctor."""
    found = ratings.reviews(STRANGER, review.doctor_id, **PAGE).rows
    return [(entry.review.reply.body, entry.review.was_changed_after_reply) for entry in found if entry.review.reply]


class TestWrite:
    def test_a_reply_is_public_and_the_patients_side_is_told(self, session: Session, review: Any) -> None:
        reply(review, "  I am sorry.  ")
        session.expire(review, ["reply"])

        assert public(review) == [("I am sorry.", False)]
        (own,) = own_reviews.find(side_of(review.patient), **PAGE).rows
        assert own.review.reply is not None
        (message,) = session.scalars(select(Message))
        assert (message.template, message.recipient) == ("review_replied", review.patient.manager.email)
        assert [event.action for event in session.scalars(select(AuditEvent))] == ["review.replied"]

    def test_it_can_be_changed_and_is_told_once(self, session: Session, review: Any) -> None:
        reply(review)
        session.expire(review, ["reply"])
        changed = reply(review, "Better words.", version=1)

        assert (changed.body, changed.version) == ("Better words.", 2)
        assert len(session.scalars(select(Message)).all()) == 1

    def test_twice_the_same_is_once(self, session: Session, review: Any) -> None:
        first = reply(review)
        session.expire(review, ["reply"])

        assert reply(review).id == first.id
        assert first.version == 1

    def test_two_tabs_do_not_overwrite_each_other(self, session: Session, review: Any) -> None:
        reply(review, "The first tab.")
        session.expire(review, ["reply"])

        with pytest.raises(Outdated):
            reply(review, "The second tab.")

    def test_a_review_that_was_changed_meanwhile_is_read_first(self, review: Any) -> None:
        read = review.fingerprint
        reviews.change(side_of(review.patient), review.id, rating=5)

        with pytest.raises(Outdated):
            reply(review, answers=read)

    @pytest.mark.parametrize("body", ["", " \n ", "x" * (LONGEST_REPLY + 1)])
    def test_it_says_something_and_not_too_much(self, review: Any, body: str) -> None:
        with pytest.raises(Invalid) as refusal:
            reply(review, body)
        assert list(refusal.value.errors) == ["body"]

    def test_only_the_reviewed_doctor_replies(self, review: Any) -> None:
        for actor in (as_doctor(DoctorFactory()), ADMIN, side_of(review.patient), STRANGER):
            with pytest.raises(NotFound):
                review_replies.write(actor, review.id, body="Hm", answers=review.fingerprint, version=0)

    def test_a_hidden_review_is_not_there(self) -> None:
        review = ReviewFactory(hidden_at=now())
        with pytest.raises(NotFound):
            reply(review)


class TestWhatBecomesOfIt:
    def test_it_says_so_when_the_review_was_changed_afterwards(self, session: Session, review: Any) -> None:
        ReviewReplyFactory(review=review)
        reviews.change(side_of(review.patient), review.id, rating=5)
        session.flush()
        session.expire(review, ["reply"])

        assert public(review) == [("Thank you.", True)]

    def test_hiding_and_showing_the_review_is_no_change(self, session: Session, review: Any) -> None:
        ReviewReplyFactory(review=review)
        for hidden_at in (now(), None):
            review.hidden_at = hidden_at
            session.flush()
            session.expire(review, ["reply"])
            assert public(review) == ([] if hidden_at else [("Thank you.", False)])

    def test_it_goes_with_the_review(self, session: Session, review: Any) -> None:
        ReviewReplyFactory(review=review)

        reviews.delete(side_of(review.patient), review.id)

        assert session.scalars(select(ReviewReply)).all() == []

    def test_its_mail_is_dropped_when_it_is_gone(self, session: Session, review: Any) -> None:
        reply(review)
        (message,) = session.scalars(select(Message))
        told = review_replies.told_of(message)
        assert told is not None
        assert told.review.doctor.name == review.doctor.name

        session.expire(review, ["reply"])
        review_replies.delete(doctor_of(review), review.id)

        assert review_replies.told_of(message) is None

    def test_deleting_twice_is_as_once(self, session: Session, review: Any) -> None:
        ReviewReplyFactory(review=review)
        for _ in range(2):
            review_replies.delete(doctor_of(review), review.id)
            session.expire(review, ["reply"])

        actions = session.scalars(select(AuditEvent.action)).all()
        assert actions == ["review.reply_deleted"]

    def test_the_database_keeps_one_to_a_review(self, session: Session, review: Any) -> None:
        ReviewReplyFactory(review=review)
        with pytest.raises(IntegrityError), session.begin_nested():
            ReviewReplyFactory(review=review)


class TestFind:
    def test_the_doctor_sees_the_own_ones_newest_first_and_can_filter_them(self) -> None:
        doctor = DoctorFactory()
        written = [
            ReviewFactory(doctor=doctor, rating=rating, created_at=now() - timedelta(days=rating))
            for rating in (5, 4, 5)
        ]
        ReviewFactory(doctor=doctor, hidden_at=now())
        ReviewFactory()
        ReviewReplyFactory(review=written[0])

        def found(**filters: Any) -> list[int]:
            return [entry.review.id for entry in review_replies.find(as_doctor(doctor), **filters, **PAGE).rows]

        assert found() == [written[1].id, written[2].id, written[0].id]
        assert found(rating=5) == [written[2].id, written[0].id]
        assert found(only_unanswered=True) == [written[1].id, written[2].id]
        assert found(rating=5, only_unanswered=True) == [written[2].id]

    def test_a_page_costs_the_same_however_long(
        self, session: Session, count_queries: Callable[[], AbstractContextManager[Any]]
    ) -> None:
        doctor_id, costs = DoctorFactory().id, []
        for _ in range(3):
            ReviewReplyFactory(review=ReviewFactory(doctor=session.get_one(Doctor, doctor_id)))
            session.expunge_all()
            with count_queries() as statements:
                found = review_replies.find(Actor(account_id=1, doctor_id=doctor_id), **PAGE).rows
                assert all(entry.review.reply and entry.reviewer for entry in found)
            costs.append(len(statements))
        assert costs[0] == costs[-1]

    def test_others_have_no_reviews_as_doctors(self) -> None:
        for actor in (ADMIN, side_of(PatientFactory())):
            with pytest.raises(Forbidden):
                review_replies.find(actor, **PAGE)


def test_the_summary_counts_all_and_means_those_after_a_visit() -> None:
    doctor = DoctorFactory()
    verified = ReviewFactory(doctor=doctor, rating=5)
    AppointmentFactory(doctor=doctor, patient=verified.patient, state=VisitState.COMPLETED)
    ReviewFactory(doctor=doctor, rating=1)
    ReviewFactory(doctor=doctor, rating=2, hidden_at=now())

    told = review_replies.summary(as_doctor(doctor))

    assert told.by_stars == {1: 1, 2: 0, 3: 0, 4: 0, 5: 1}
    assert (told.rating.mean, told.rating.reviews, told.rating.verified) == (5.0, 2, 1)


def test_a_fingerprint_is_of_stars_and_words() -> None:
    one = Review(rating=4, body="Good")
    assert one.fingerprint == Review(rating=4, body="Good").fingerprint
    assert len({one.fingerprint, Review(rating=5, body="Good").fingerprint, Review(rating=4, body="").fingerprint}) == 3
