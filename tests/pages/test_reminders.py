"""Choosing reminders, and what one says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.jobs import mail
from app.models import Message, MessageState, VisitKind
from app.policy import Actor
from app.services import hospital_settings, outbox
from app.services.outbox import Template
from config import Settings
from tests.factories import AccountFactory, AppointmentFactory, DepartmentFactory, DoctorFactory
from tests.support import letters
from tests.support.clients import form_values, submit
from tests.support.databases import Database

PAGE = "/my/account/reminders"
Remind = Callable[..., str]


@pytest.fixture
def remind(database: Database, settings: Settings, patient: Any) -> Remind:
    """Have a visit so far ahead be reminded of now: the mail, or an empty text where none was sent."""

    def act(ahead: timedelta, template: Template = Template.REMINDER_DAY, **values: Any) -> str:
        with database.unit_of_work() as session:
            visit = AppointmentFactory(patient=patient, starts_at=datetime.now(UTC) + ahead, **values)
            outbox.schedule_about_visit(template, visit, patient.manager, datetime.now(UTC))
            key = session.scalars(select(Message.id)).one()
        with database.app.app_context():
            mail.sweep()
        with database.unit_of_work() as session:
            if session.get_one(Message, key).state is not MessageState.SENT:
                return ""
        (letter,) = letters.written(settings)
        return f"{letter['Subject']}\n{letters.text(letter)}"

    return act


class TestMail:
    def test_it_names_time_doctor_and_place_and_until_when_it_can_be_cancelled(self, remind: Remind) -> None:
        department = DepartmentFactory(name="Cardiology", location="West wing")

        text = remind(timedelta(hours=24), doctor=DoctorFactory(name="Dr Hart", department=department))

        assert text.startswith("Reminder: your appointment at ")
        for part in ("Dr Hart", "Where: West wing", "You can cancel it there until ", "/my/appointments/"):
            assert part in text
        assert text.count("http") == 1
        assert "cough" not in text

    def test_a_video_call_has_no_place(self, remind: Remind) -> None:
        text = remind(
            timedelta(hours=24), kind=VisitKind.ONLINE, doctor=DoctorFactory(meet_link="https://m.example.org")
        )

        assert "How:   Video call" in text
        assert "Where:" not in text
        assert "m.example.org" not in text

    def test_when_it_is_too_late_to_cancel_it_says_what_to_do(self, remind: Remind) -> None:
        text = remind(timedelta(minutes=110), Template.REMINDER_HOURS)

        assert "If you cannot come, call the hospital." in text
        assert "cancel" not in text


class TestChoose:
    def test_both_are_chosen_at_first(self, visitor: FlaskClient) -> None:
        page = visitor.get(PAGE).text

        assert page.count("checked") == 2
        assert "a day before and 2 hours before" in visitor.get("/my/account").text

    def test_a_choice_counts_at_once(self, visitor: FlaskClient, remind: Remind) -> None:
        response = submit(visitor, PAGE, wanted=["reminder_hours"])

        assert (response.status_code, response.location) == (303, "/my/account")
        page = visitor.get("/my/account").text
        assert "Your reminders are saved." in page
        assert "2 hours before" in page
        assert "a day before" not in page
        assert visitor.get(PAGE).text.count("checked") == 1
        assert remind(timedelta(hours=24)) == ""

    def test_one_can_have_none(self, visitor: FlaskClient) -> None:
        token = form_values(visitor.get(PAGE).text)["csrf_token"]

        visitor.post(PAGE, data={"csrf_token": token})

        assert "checked" not in visitor.get(PAGE).text
        assert "Reminders</a>: none" in visitor.get("/my/account").text

    def test_they_are_named_by_what_the_hospital_has_chosen(self, visitor: FlaskClient, database: Database) -> None:
        admin = Actor(account_id=AccountFactory(is_admin=True).id, is_admin=True)
        with database.unit_of_work():
            hospital_settings.change(admin, version=1, values={"reminder_first_hours": 72, "reminder_second_hours": 5})

        page = visitor.get(PAGE).text

        assert "3 days before" in page
        assert "5 hours before" in page
        assert "3 days before and 5 hours before" in visitor.get("/my/account").text

    def test_what_is_no_reminder_is_refused(self, visitor: FlaskClient) -> None:
        assert submit(visitor, PAGE, wanted=["booked"]).status_code == 400
