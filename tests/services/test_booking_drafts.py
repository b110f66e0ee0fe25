"""Drafts of bookings: whose they are, how long they are kept, and that each is booked once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Conflict, Invalid, NotFound, Outdated
from app.jobs import mail
from app.models import Appointment, BookingDraft, VisitKind
from app.policy import Actor
from app.services import booking, booking_drafts
from app.services.booking_drafts import LIFETIME, LONGEST_KEPT
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory, coming_weekday
from tests.support.databases import Database

TEN = coming_weekday(hour=10)
NOON = coming_weekday(hour=12)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One unit of work around a test, so that services see what it arranged."""
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def doctor(session: Session) -> Any:
    return DoctorFactory(hours=True)


@pytest.fixture
def patient(session: Session) -> Any:
    return PatientFactory()


@pytest.fixture
def actor(patient: Any) -> Actor:
    return Actor(account_id=patient.manager_id)


@pytest.fixture
def draft(actor: Actor, doctor: Any) -> BookingDraft:
    """A draft whose questions are answered."""
    draft = booking_drafts.start(actor, doctor.id, TEN)
    booking_drafts.keep(draft, kind=VisitKind.IN_PERSON, symptoms="A cough")
    return draft


class TestStart:
    def test_what_leaves_no_choice_is_answered(self, actor: Actor, doctor: Any, patient: Any) -> None:
        doctor.accepts_online = False

        draft = booking_drafts.start(actor, doctor.id, TEN)

        assert (draft.patient_id, draft.kind, draft.symptoms) == (patient.id, VisitKind.IN_PERSON, "")

    def test_where_there_is_a_choice_it_is_left(self, actor: Actor, doctor: Any, patient: Any) -> None:
        PatientFactory(manager=patient.manager, is_own=False)

        draft = booking_drafts.start(actor, doctor.id, TEN)

        assert (draft.patient_id, draft.kind) == (None, None)

    def test_each_has_a_name_of_its_own(self, actor: Actor, doctor: Any) -> None:
        names = {booking_drafts.start(actor, doctor.id, TEN).public_id for _ in range(3)}

        assert len(names) == 3

    def test_a_time_that_is_not_free_begins_none(self, actor: Actor, doctor: Any, session: Session) -> None:
        AppointmentFactory(doctor=doctor, starts_at=TEN)

        with pytest.raises(Conflict):
            booking_drafts.start(actor, doctor.id, TEN)
        assert session.scalar(select(func.count(BookingDraft.id))) == 0


class TestGet:
    @pytest.mark.parametrize("lock", [False, True])
    def test_it_is_for_who_began_it(self, actor: Actor, draft: BookingDraft, *, lock: bool) -> None:
        stranger = Actor(account_id=PatientFactory().manager_id)
        admin = Actor(account_id=PatientFactory().manager_id, is_admin=True)

        assert booking_drafts.get(actor, draft.doctor_id, draft.public_id, lock=lock) is draft
        for other in (stranger, admin, Actor()):
            with pytest.raises(NotFound):
                booking_drafts.get(other, draft.doctor_id, draft.public_id, lock=lock)

    def test_another_doctors_address_does_not_name_it(self, actor: Actor, draft: BookingDraft) -> None:
        for doctor_id in (draft.doctor_id + 1, 2**63):
            with pytest.raises(NotFound):
                booking_drafts.get(actor, doctor_id, draft.public_id)

    def test_after_a_day_it_is_gone(self, actor: Actor, draft: BookingDraft) -> None:
        assert draft.expires_at - now() <= LIFETIME == timedelta(hours=24)
        draft.expires_at = now()

        with pytest.raises(NotFound):
            booking_drafts.get(actor, draft.doctor_id, draft.public_id)


class TestKeep:
    def test_nothing_said_changes_nothing(self, draft: BookingDraft) -> None:
        version = draft.version

        booking_drafts.keep(draft)
        booking_drafts.keep(draft, symptoms="A cough")

        assert (draft.symptoms, draft.version) == ("A cough", version)

    def test_a_changed_answer_is_another_version_and_another_day(self, draft: BookingDraft) -> None:
        draft.expires_at = now() + timedelta(minutes=1)
        version = draft.version

        booking_drafts.keep(draft, symptoms="A fever", starts_at=NOON)

        assert (draft.symptoms, draft.starts_at, draft.version) == ("A fever", NOON, version + 1)
        assert draft.expires_at > now() + timedelta(hours=23)

    def test_what_is_far_too_long_is_cut(self, draft: BookingDraft) -> None:
        booking_drafts.keep(draft, symptoms="x" * (LONGEST_KEPT + 1))

        assert draft.symptoms == "x" * LONGEST_KEPT

    @pytest.mark.parametrize("answer", [{"symptoms": " "}, {"symptoms": "x" * 2001}, {"kind": VisitKind.ONLINE}])
    def test_it_tells_whether_all_is_answered(
        self, actor: Actor, doctor: Any, draft: BookingDraft, answer: dict[str, Any]
    ) -> None:
        doctor.accepts_online = False
        offer = booking.offer(actor, doctor.id, TEN)
        assert booking_drafts.is_answered(draft, offer)

        booking_drafts.keep(draft, **answer)

        assert not booking_drafts.is_answered(draft, offer)


class TestBook:
    def test_it_books_once_and_forgets_the_words(self, actor: Actor, draft: BookingDraft, session: Session) -> None:
        keys = {booking_drafts.book(actor, draft, version=draft.version) for _ in range(2)}

        visit = session.scalars(select(Appointment)).one()
        assert keys == {visit.id}
        assert (visit.starts_at, visit.symptoms, visit.patient_id) == (TEN, "A cough", draft.patient_id)
        assert (draft.appointment_id, draft.symptoms) == (visit.id, "")

    def test_answers_that_were_changed_since_are_not_booked(self, actor: Actor, draft: BookingDraft) -> None:
        version = draft.version
        booking_drafts.keep(draft, symptoms="A fever")

        with pytest.raises(Outdated, match="changed meanwhile"):
            booking_drafts.book(actor, draft, version=version)

    def test_a_missing_answer_is_not_booked(self, actor: Actor, doctor: Any) -> None:
        draft = booking_drafts.start(actor, doctor.id, TEN)

        with pytest.raises(Invalid, match="Answer all questions"):
            booking_drafts.book(actor, draft, version=draft.version)

    def test_a_time_that_went_meanwhile_leaves_the_draft(self, actor: Actor, doctor: Any, draft: BookingDraft) -> None:
        AppointmentFactory(doctor=doctor, starts_at=TEN)

        with pytest.raises(Conflict) as refused:
            booking_drafts.book(actor, draft, version=draft.version)

        assert refused.value.alternatives
        assert (draft.appointment_id, draft.symptoms) == (None, "A cough")


@pytest.mark.both_databases
class TestForget:
    def test_the_sweep_forgets_what_has_expired(self, database: Database) -> None:
        with database.unit_of_work():
            doctor, patient = DoctorFactory(hours=True), PatientFactory()
            actor = Actor(account_id=patient.manager_id)
            kept, old = (booking_drafts.start(actor, doctor.id, TEN) for _ in range(2))
            old.expires_at = now()

        with database.app.app_context():
            mail.sweep()

        with database.unit_of_work() as session:
            assert session.scalars(select(BookingDraft.id)).all() == [kept.id]
