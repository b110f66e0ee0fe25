"""Reviews by those who write them: of whom, for whom, and what they have written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.errors import Forbidden, NotFound, Unauthorized
from app.models import Appointment, Review, VisitState
from app.policy import Actor
from app.services import own_reviews
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory, ReviewFactory
from tests.services.visits import as_doctor, side_of
from tests.support.databases import Database
from tests.support.queries import Queries

AGO = datetime.now(UTC) - timedelta(days=9)


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    """One unit of work around a test, so that services see what it arranged."""
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def patient() -> Any:
    return PatientFactory(name="Amira Hassan")


@pytest.fixture
def child(patient: Any) -> Any:
    return PatientFactory(name="Bilal Hassan", manager=patient.manager, is_own=False)


@pytest.fixture
def me(patient: Any) -> Actor:
    return side_of(patient)


class TestSubject:
    def test_it_tells_who_has_yet_to_say_something(self, patient: Any, child: Any, me: Actor) -> None:
        review = ReviewFactory(patient=patient)

        subject = own_reviews.subject(me, review.doctor_id)

        assert (subject.patients, subject.silent) == ([patient, child], [child])

    def test_a_hidden_review_is_a_review(self, patient: Any, me: Actor) -> None:
        review = ReviewFactory(patient=patient, hidden_at=AGO)

        assert own_reviews.subject(me, review.doctor_id).silent == []
        assert own_reviews.of_doctor(me, review.doctor_id) is None

    def test_who_may_not_is_told(self, me: Actor) -> None:
        doctor = DoctorFactory()
        PatientFactory(manager=doctor.account)

        with pytest.raises(Unauthorized):
            own_reviews.subject(Actor(), doctor.id)
        with pytest.raises(Forbidden):
            own_reviews.subject(as_doctor(doctor), doctor.id)
        with pytest.raises(Forbidden):
            own_reviews.subject(as_doctor(DoctorFactory()), doctor.id)
        with pytest.raises(NotFound):
            own_reviews.subject(me, DoctorFactory(pending=True).id)


class TestMayWrite:
    @pytest.mark.parametrize("reviewed", [0, 1, 2])
    def test_as_long_as_somebody_is_silent(self, patient: Any, child: Any, me: Actor, reviewed: int) -> None:
        doctor = DoctorFactory()
        for one in (patient, child)[:reviewed]:
            ReviewFactory(patient=one, doctor=doctor)

        assert own_reviews.may_write(me, doctor) is (reviewed < 2)

    def test_not_for_strangers_oneself_and_who_is_not_listed(self, me: Actor) -> None:
        doctor = DoctorFactory()
        PatientFactory(manager=doctor.account)

        assert not own_reviews.may_write(Actor(), doctor)
        assert not own_reviews.may_write(as_doctor(doctor), doctor)
        assert not own_reviews.may_write(me, DoctorFactory(pending=True))


class TestFind:
    def test_it_lists_what_my_side_has_written(
        self, patient: Any, child: Any, me: Actor, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        visit = AppointmentFactory(patient=patient, state=VisitState.COMPLETED)
        mine = [ReviewFactory(patient=patient, doctor=visit.doctor), ReviewFactory(patient=child)]
        ReviewFactory(patient=child, hidden_at=AGO)
        ReviewFactory()

        with count_queries() as statements:
            found = own_reviews.find(me, limit=10, offset=0)

        assert [entry.review for entry in found.rows] == mine[::-1]
        assert [(entry.reviewer, entry.is_verified) for entry in found.rows] == [("Bilal", False), ("Amira", True)]
        assert found.count == 2
        assert len(statements) == 3, statements


class TestGetAndDelete:
    def test_anothers_is_not_there(self, session: Session, me: Actor) -> None:
        review = ReviewFactory()

        for act in (own_reviews.get, own_reviews.delete):
            with pytest.raises(NotFound):
                act(me, review.id)
        with pytest.raises(NotFound):
            own_reviews.delete(me, 2**70)

        assert session.scalar(select(func.count(Review.id))) == 1

    def test_twice_is_as_once(self, session: Session, patient: Any, me: Actor) -> None:
        review = ReviewFactory(patient=patient)

        own_reviews.delete(me, review.id)
        own_reviews.delete(me, review.id)

        assert session.scalar(select(func.count(Review.id))) == 0


class TestOfVisits:
    def loaded(self, session: Session) -> list[Appointment]:
        return list(session.scalars(select(Appointment).options(joinedload(Appointment.doctor))))

    @pytest.mark.parametrize(
        ("state", "starts_at", "is_asked"),
        [
            (VisitState.COMPLETED, AGO, True),
            (VisitState.CONFIRMED, AGO, True),
            (VisitState.IN_PROGRESS, AGO, True),
            (VisitState.PENDING, AGO, False),
            (VisitState.NO_SHOW, AGO, False),
            (VisitState.CANCELLED, AGO, False),
            (VisitState.CONFIRMED, datetime.now(UTC) + timedelta(days=3), False),
        ],
    )
    def test_after_a_visit_one_is_asked(
        self,
        session: Session,
        patient: Any,
        me: Actor,
        state: VisitState,
        starts_at: datetime,
        is_asked: bool,  # noqa: FBT001 (pytest passes it by name)
    ) -> None:
        visit = AppointmentFactory(patient=patient, state=state, starts_at=starts_at)

        assert own_reviews.of_visits(me, self.loaded(session)) == ({visit.id: None} if is_asked else {})

    def test_what_is_written_is_found_in_one_statement(
        self,
        session: Session,
        patient: Any,
        child: Any,
        me: Actor,
        count_queries: Callable[[], AbstractContextManager[Queries]],
    ) -> None:
        doctor, done = DoctorFactory(), {"state": VisitState.COMPLETED}
        first, second, childs = (
            AppointmentFactory(patient=one, doctor=doctor, starts_at=AGO + timedelta(hours=hours), **done).id
            for hours, one in enumerate((patient, patient, child))
        )
        review = ReviewFactory(patient=patient, doctor=doctor)
        visits = self.loaded(session)

        with count_queries() as statements:
            found = own_reviews.of_visits(me, visits)

        assert found == {first: review, second: review, childs: None}
        assert len(statements) == 1, statements

    @pytest.mark.parametrize("change", [{"deleted_at": AGO}, {"account": None}], ids=["left", "own"])
    def test_nobody_is_asked_about_a_doctor_who_left_or_oneself(
        self, session: Session, patient: Any, me: Actor, change: dict[str, Any]
    ) -> None:
        values = {"account": patient.manager} if "account" in change else change
        AppointmentFactory(patient=patient, doctor=DoctorFactory(**values), starts_at=AGO, state=VisitState.COMPLETED)

        assert own_reviews.of_visits(me, self.loaded(session)) == {}

    def test_a_hidden_review_is_not_written_anew(self, session: Session, patient: Any, me: Actor) -> None:
        visit = AppointmentFactory(patient=patient, starts_at=AGO, state=VisitState.COMPLETED)
        ReviewFactory(patient=patient, doctor=visit.doctor, hidden_at=AGO)

        assert own_reviews.of_visits(me, self.loaded(session)) == {}
