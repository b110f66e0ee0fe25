"""Reviews in admins' hands: found, hidden for a reason that only their author reads, shown again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import AuditEvent, Review, ReviewHiding, VisitState
from app.policy import Actor
from app.services import own_reviews, ratings, reviews
from app.services import review_moderation as moderation
from app.services.review_moderation import Order
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    DoctorFactory,
    PatientFactory,
    ReviewFactory,
    ReviewHidingFactory,
    ReviewReplyFactory,
)
from tests.support.databases import Database
from tests.support.queries import Queries


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def admin(session: Session) -> Actor:
    return Actor(account_id=AccountFactory(is_admin=True).id, is_admin=True)


def author_of(review: Any) -> Actor:
    return Actor(account_id=review.patient.manager_id)


def bodies(admin: Actor, **asked: Any) -> list[str]:
    return [entry.review.body for entry in moderation.find(admin, **asked, limit=20, offset=0).rows]


class TestFind:
    def test_it_searches_filters_and_sorts(self, admin: Actor) -> None:
        okafor, marsh = DoctorFactory(name="Dr Okafor"), DoctorFactory(name="Dr Marsh")
        ReviewFactory(doctor=okafor, patient=PatientFactory(name="Amira Hassan"), rating=5, body="Kind")
        ReviewFactory(doctor=okafor, patient=PatientFactory(name="Joe Wood"), rating=1, body="Late again")
        ReviewFactory(doctor=marsh, patient=PatientFactory(name="Ada King"), rating=3, body="Rude", hidden_at=now())

        assert bodies(admin) == ["Rude", "Late again", "Kind"]
        assert bodies(admin, order=Order.OLDEST) == ["Kind", "Late again", "Rude"]
        assert bodies(admin, order=Order.WORST) == ["Late again", "Rude", "Kind"]
        assert bodies(admin, order=Order.BEST) == ["Kind", "Rude", "Late again"]
        assert bodies(admin, is_hidden=True) == ["Rude"]
        assert bodies(admin, is_hidden=False, rating=1) == ["Late again"]
        assert bodies(admin, search="okafor LATE") == ["Late again"]
        assert bodies(admin, search="amira") == ["Kind"]
        assert bodies(admin, search="100%") == []

    def test_its_cost_does_not_grow(
        self, admin: Actor, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        ReviewFactory()
        with count_queries() as few:
            moderation.find(admin, limit=20, offset=0)
        ReviewReplyFactory.create_batch(5)
        ReviewHidingFactory.create_batch(5)
        with count_queries() as many:
            moderation.find(admin, limit=20, offset=0)
        assert len(many) == len(few) == 3, many

    def test_nobody_but_admins(self, session: Session) -> None:
        review = ReviewFactory()
        acts: list[Callable[[Actor], object]] = [
            lambda actor: moderation.find(actor, limit=1, offset=0),
            lambda actor: moderation.get(actor, review.id),
            lambda actor: moderation.chosen(actor, [review.id]),
            lambda actor: moderation.hide(actor, [review.id], reason="I do not like it."),
            lambda actor: moderation.show(actor, review.id),
        ]
        for act in acts:
            for actor in (author_of(review), Actor(account_id=review.doctor.account_id, doctor_id=review.doctor_id)):
                with pytest.raises(Forbidden):
                    act(actor)


@pytest.mark.both_databases
class TestHide:
    def test_nobody_reads_it_any_more_and_no_mean_counts_it(self, admin: Actor, session: Session) -> None:
        visit = AppointmentFactory(state=VisitState.COMPLETED)
        bad = ReviewFactory(doctor=visit.doctor, patient=visit.patient, rating=1)
        other = AppointmentFactory(doctor=visit.doctor, state=VisitState.COMPLETED, starts_at=visit.ends_at)
        good = ReviewFactory(doctor=visit.doctor, patient=other.patient, rating=5)
        author = author_of(bad)
        assert ratings.ratings([visit.doctor_id])[visit.doctor_id].mean == 3

        assert moderation.hide(admin, [bad.id], reason=" It names another patient. ") == 1

        rating = ratings.ratings([visit.doctor_id])[visit.doctor_id]
        assert (rating.mean, rating.reviews) == (5, 1)
        stranger = Actor()
        shown = ratings.reviews(stranger, visit.doctor_id, limit=9, offset=0).rows
        assert [entry.review.id for entry in shown] == [good.id]
        assert [line.id for line in reviews.find(stranger, limit=9, offset=0).rows] == [good.id]
        with pytest.raises(NotFound):
            reviews.get(author, bad.id)
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert event is not None
        assert (event.action, event.object_id, event.patient_id) == ("review.hidden", bad.id, bad.patient_id)
        assert "another patient" not in str(event.details)

    def test_its_author_alone_reads_why(self, admin: Actor) -> None:
        review, other = ReviewFactory(), ReviewFactory()
        author, doctor = author_of(review), review.doctor

        moderation.hide(admin, [review.id], reason="It names another patient.")

        (hidden,) = own_reviews.hidden(author)
        assert (hidden.review.body, hidden.reason) == (review.body, "It names another patient.")
        assert own_reviews.find(author, limit=9, offset=0).rows == []
        assert own_reviews.hidden(author_of(other)) == []
        assert own_reviews.hidden(admin) == []
        assert own_reviews.may_write(author, doctor) is False

    def test_twice_is_as_once(self, admin: Actor, session: Session) -> None:
        review = ReviewFactory()
        moderation.hide(admin, [review.id], reason="First")

        assert moderation.hide(admin, [review.id, 4711], reason="Second") == 0

        assert session.scalars(select(ReviewHiding.reason)).all() == ["First"]

    @pytest.mark.parametrize("reason", [" ", "x" * (moderation.LONGEST_REASON + 1)])
    def test_it_needs_a_reason(self, reason: str, admin: Actor) -> None:
        with pytest.raises(Invalid) as refusal:
            moderation.hide(admin, [ReviewFactory().id], reason=reason)
        assert list(refusal.value.errors) == ["reason"]

    @pytest.mark.parametrize("chosen", [[], [2**63], list(range(1, moderation.MOST_AT_ONCE + 2))])
    def test_none_and_too_many_are_refused(self, chosen: list[int], admin: Actor) -> None:
        with pytest.raises(Conflict, match="Choose"):
            moderation.hide(admin, chosen, reason="Why not")


@pytest.mark.both_databases
class TestShow:
    def test_it_is_as_if_never_hidden(self, admin: Actor, session: Session) -> None:
        review = ReviewFactory()
        moderation.hide(admin, [review.id], reason="By mistake")

        moderation.show(admin, review.id)
        moderation.show(admin, review.id)

        assert [line.id for line in reviews.find(Actor(), limit=9, offset=0).rows] == [review.id]
        assert session.scalars(select(ReviewHiding)).all() == []
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("review."))).all()
        assert sorted(actions) == ["review.hidden", "review.shown"]

    def test_that_of_a_voided_patient_stays_hidden(self, admin: Actor) -> None:
        review = ReviewFactory(patient=PatientFactory(voided_at=now()), hidden_at=now())

        with pytest.raises(Conflict, match="voided"):
            moderation.show(admin, review.id)

    def test_a_hidden_one_can_be_deleted(self, admin: Actor, session: Session) -> None:
        review = ReviewHidingFactory().review

        reviews.delete(admin, review.id)

        assert session.scalars(select(Review)).all() == []
        assert session.scalars(select(ReviewHiding)).all() == []
