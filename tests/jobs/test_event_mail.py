"""Mail that tells of what has happened: a record opened in an emergency, a reply to a review."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.clock import to_local
from app.models import Message, MessageState, Review
from app.policy import Actor
from app.services import cancellations, emergency_access, review_replies
from app.services.wording import when
from config import Settings
from tests.factories import (
    AppointmentFactory,
    DepartmentFactory,
    DoctorFactory,
    PatientFactory,
    ReviewFactory,
    coming_weekday,
)
from tests.jobs.test_account_mail import deliver
from tests.support.databases import Database
from tests.support.letters import text, written


@pytest.fixture
def doctor(database: Database) -> Any:
    return DoctorFactory(name="Dr Hart", department=DepartmentFactory(name="Cardiology"))


def only_message(database: Database) -> int:
    with database.unit_of_work() as session:
        return session.scalars(select(Message.id)).one()


def test_the_patients_side_learns_who_opened_the_record_and_where_to_see_why(
    database: Database, settings: Settings, doctor: Any
) -> None:
    patient = PatientFactory(name="Amira Hassan")
    with database.unit_of_work():
        actor = Actor(account_id=doctor.account_id, doctor_id=doctor.id)
        emergency_access.open_record(actor, patient.id, reason="Unconscious after a fall")

    assert deliver(database, only_message(database)).state is MessageState.SENT

    (mail,) = written(settings)
    said = text(mail)
    assert mail["To"] == patient.manager.email
    assert "Who:   Dr Hart\n" in said
    assert said.count("http") == 1
    assert f"http://localhost/my/record/readers?patient={patient.id}" in said
    assert not any(word in said + mail["Subject"] for word in ("Amira", "Hassan", "fall", "Cardiology"))


def test_a_doctor_learns_by_one_mail_of_all_that_was_cancelled_together(
    database: Database, settings: Settings, doctor: Any
) -> None:
    patient = PatientFactory(name="Amira Hassan")
    visits = [
        AppointmentFactory(doctor=doctor, patient=patient, starts_at=coming_weekday(hour=hour)) for hour in (15, 9)
    ]
    with database.unit_of_work() as session:
        cancellations.cancel_coming(Actor(is_admin=True), patient_id=patient.id)
        message = session.scalars(select(Message.id).where(Message.template == "clinic_called_off")).one()
        last, first = (when(visit.starts_at) for visit in visits)
        day = to_local(visits[1].starts_at).date()

    assert deliver(database, message).state is MessageState.SENT

    (mail,) = written(settings)
    said = text(mail)
    assert mail["To"] == doctor.account.email
    assert mail["Subject"] == "2 appointments with you at Larkfield Hospital are cancelled"
    assert f"First: {first} (hospital time)\nLast:  {last} (hospital time)\n" in said
    assert f"http://localhost/clinic/week?day={day}\n" in said
    assert "Hassan" not in said


class TestReply:
    @pytest.fixture
    def message(self, database: Database, doctor: Any) -> int:
        review = ReviewFactory(doctor=doctor, body="I waited long.")
        with database.unit_of_work():
            actor = Actor(account_id=doctor.account_id, doctor_id=doctor.id)
            answers = review.fingerprint
            review_replies.write(actor, review.id, body="I am sorry.", answers=answers, version=0)
        return only_message(database)

    def test_who_wrote_the_review_is_told_of_the_reply_and_not_what_it_says(
        self, database: Database, settings: Settings, message: int
    ) -> None:
        assert deliver(database, message).state is MessageState.SENT

        said = text(written(settings)[0])
        assert "Dr Hart replied to your review." in said
        assert said.count("http") == 1
        assert "http://localhost/my/reviews" in said
        assert "sorry" not in said

    def test_of_what_is_gone_nobody_is_told(self, database: Database, settings: Settings, message: int) -> None:
        with database.unit_of_work() as session:
            session.delete(session.scalars(select(Review)).one())

        assert deliver(database, message).state is MessageState.DROPPED
        assert written(settings) == []
