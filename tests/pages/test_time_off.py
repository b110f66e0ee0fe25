"""Time off on the pages: asked for, checked, saved in one action; the patient's mail and page then lead on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.jobs import mail
from app.models import Appointment, Message, TimeOff, VisitState
from app.pages.wording import isodate
from config import Settings
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory, TimeOffFactory
from tests.services.visits import HALF_HOUR, TEN
from tests.support import letters
from tests.support.clients import form_values, sign_in, submit
from tests.support.databases import Database

LIST, ADD, CHECK = "/clinic/time-off", "/clinic/time-off/add", "/clinic/time-off/check"
DAY = timedelta(days=1)


@pytest.fixture
def doctor(database: Database) -> Any:
    """A doctor who works from Monday to Friday."""
    return DoctorFactory(name="Dr Hart", hours=True)


@pytest.fixture
def clinic(client: FlaskClient, doctor: Any) -> FlaskClient:
    """The doctor, signed in."""
    return sign_in(client, doctor.account)


def on(name: str, moment: Any) -> dict[str, str]:
    """A date, as its three boxes send it."""
    return {f"{name}-{part}": str(getattr(moment, part)) for part in ("day", "month", "year")}


def asked(clinic: FlaskClient, **fields: str) -> str:
    """The address of the check that follows the question."""
    response = submit(clinic, ADD, **on("since", TEN), **fields)
    assert response.status_code == 303, response.text
    return str(response.location)


def rows(database: Database) -> list[TimeOff]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(TimeOff).order_by(TimeOff.id)))


def state(database: Database, visit: Any) -> VisitState:
    with database.unit_of_work() as session:
        return session.get_one(Appointment, visit.id).state


def messages(database: Database) -> list[Message]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(Message)))


class TestAdding:
    def test_whole_days_are_asked_for_checked_and_saved(
        self, clinic: FlaskClient, doctor: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=TEN + DAY, patient__name="Ada Lovelace")
        orphan = PatientFactory(manager=None, name="Grace Hopper", phone="+442079460999")
        AppointmentFactory(doctor=doctor, starts_at=TEN, state=VisitState.PENDING, patient=orphan)
        question = asked(clinic, **on("until", TEN + 13 * DAY))

        page = clinic.get(question).text
        for text in (
            "2 visits will be cancelled",
            "Ada Lovelace",
            "Waiting for confirmation",
            "please call +442079460999",
        ):
            assert text in page
        assert "A cough" not in page
        assert rows(database) == []

        response = submit(clinic, question, reason="My own affair")
        assert (response.status_code, response.location) == (303, LIST)
        page = clinic.get(LIST).text
        assert "Your time off is saved. 2 visits cancelled." in page
        assert "My own affair" in page
        assert state(database, visit) is VisitState.CANCELLED
        (row,) = rows(database)
        assert row.ends_at - row.starts_at == 14 * DAY

    def test_some_hours_of_a_day(self, clinic: FlaskClient, database: Database, doctor: Any) -> None:
        kept = AppointmentFactory(doctor=doctor, starts_at=TEN)
        question = asked(clinic, since_time="1pm", until_time="17:30")

        assert "No visits are booked in this time." in clinic.get(question).text
        assert submit(clinic, question).status_code == 303

        assert "1pm to 5:30pm, " in clinic.get(LIST).text
        assert state(database, kept) is VisitState.CONFIRMED

    def test_change_leads_back_to_what_was_chosen(self, clinic: FlaskClient) -> None:
        question = asked(clinic, since_time="1pm")
        (back,) = re.findall(r'href="(/clinic/time-off/add\?[^"]+)"', clinic.get(question).text)
        values = form_values(clinic.get(back.replace("&amp;", "&")).text)
        assert values | on("since", TEN) | {"since_time": "1pm", "until_time": "", "until-day": ""} == values

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({}, "Enter the first day."),
            (on("since", TEN) | on("until", TEN - DAY), "The end must be after the start."),
            (on("since", now() - 3 * DAY), "That time is over."),
            (on("since", TEN) | {"since_time": "noonish"}, "Start time must be a time"),
            (on("since", TEN) | {"since-year": "9999"}, "Enter a year that is near."),
            (on("since", TEN) | on("until", TEN + 900 * DAY), "Choose an end within two years"),
        ],
    )
    def test_what_cannot_be_is_refused(self, clinic: FlaskClient, fields: dict[str, str], said: str) -> None:
        response = submit(clinic, ADD, **fields)
        assert response.status_code == 400
        assert said in response.text

    def test_a_booking_in_between_is_shown_and_not_cancelled(
        self, clinic: FlaskClient, doctor: Any, database: Database
    ) -> None:
        question = asked(clinic)
        values = form_values(clinic.get(question).text)
        visit = AppointmentFactory(doctor=doctor, starts_at=TEN, patient__name="Ada Lovelace")

        response = clinic.post(question, data=values | {"reason": "Leave"})

        assert response.status_code == 409
        for text in (
            "The visits below have changed since you looked.",
            "Ada Lovelace",
            "1 visit will be cancelled",
            "Leave",
        ):
            assert text in response.text
        assert (rows(database), state(database, visit)) == ([], VisitState.CONFIRMED)
        assert clinic.post(question, data=form_values(response.text)).status_code == 303
        assert state(database, visit) is VisitState.CANCELLED

    def test_sent_twice_it_is_saved_once(self, clinic: FlaskClient, doctor: Any, database: Database) -> None:
        AppointmentFactory(doctor=doctor, starts_at=TEN)
        question = asked(clinic)
        values = form_values(clinic.get(question).text)
        assert [clinic.post(question, data=values).status_code for _ in range(2)] == [303, 303]
        assert (len(rows(database)), len(messages(database))) == (1, 1)

    @pytest.mark.parametrize("query", ["", "since=2027-01-01T09:00:00Z", "since=soon&until=later"])
    def test_a_check_of_nothing(self, clinic: FlaskClient, query: str) -> None:
        assert clinic.get(f"{CHECK}?{query}").status_code == 404


class TestList:
    def test_it_is_empty_at_first(self, clinic: FlaskClient) -> None:
        assert "No time off to come" in clinic.get(LIST).text
        assert "No past time off" in clinic.get(f"{LIST}?show=past").text

    def test_the_hospitals_is_shown_and_not_changed(self, clinic: FlaskClient, doctor: Any) -> None:
        closed = TimeOffFactory(reason="Test of the power supply")
        past = TimeOffFactory(doctor_id=doctor.id, starts_at=now() - 3 * DAY, reason="Long ago")
        page = clinic.get(LIST).text
        for text in ("Whole hospital", "Test of the power supply", "Set by the hospital"):
            assert text in page
        assert "Long ago" not in page
        assert "Long ago" in clinic.get(f"{LIST}?show=past").text
        assert clinic.get(f"{LIST}/{closed.id}").status_code == 404
        assert clinic.get(f"{LIST}/{past.id}").status_code == 409
        assert clinic.get(f"{LIST}/{past.id}/remove").status_code == 409

    def test_another_doctors_is_not_there(self, clinic: FlaskClient) -> None:
        row = TimeOffFactory(doctor_id=DoctorFactory().id)
        for page in (f"{LIST}/{row.id}", f"{LIST}/{row.id}/remove"):
            assert clinic.get(page).status_code == 404


class TestChanging:
    def test_it_is_shortened(self, clinic: FlaskClient, doctor: Any, database: Database) -> None:
        row = TimeOffFactory(doctor_id=doctor.id, starts_at=TEN.replace(hour=0), ends_at=TEN.replace(hour=0) + 5 * DAY)
        page = f"{LIST}/{row.id}"
        values = form_values(clinic.get(page).text)
        assert values | on("since", TEN) | on("until", TEN + 4 * DAY) == values

        response = submit(clinic, page, **on("until", TEN + DAY))
        assert "Visits that were cancelled before stay cancelled." in clinic.get(response.location).text
        assert submit(clinic, response.location).status_code == 303

        assert [(row.ends_at, row.reason) for row in rows(database)] == [(row.starts_at + 2 * DAY, "Training")]

    def test_it_is_removed_after_a_question(self, clinic: FlaskClient, doctor: Any, database: Database) -> None:
        row = TimeOffFactory(doctor_id=doctor.id)
        page = f"{LIST}/{row.id}/remove"
        assert "Visits that were cancelled for it stay cancelled" in clinic.get(page).text
        assert submit(clinic, page).status_code == 303
        assert rows(database) == []


class TestPatientsSide:
    @pytest.fixture
    def visit(self, doctor: Any) -> Any:
        return AppointmentFactory(doctor=doctor, starts_at=TEN)

    def test_the_mail_leads_to_nearest_times(
        self, clinic: FlaskClient, visit: Any, doctor: Any, database: Database, settings: Settings
    ) -> None:
        DoctorFactory(name="Dr Colleague", department=doctor.department, hours=True)
        submit(clinic, asked(clinic), reason="My own affair")
        (message,) = messages(database)
        with database.app.app_context():
            mail.deliver(message.id)

        (letter,) = letters.written(settings)
        text = letters.text(letter)
        (address,) = re.findall(r"https?://[^/]+(/\S+)", text)
        assert address == f"/my/appointments/{visit.id}"
        for private in ("A cough", "My own affair"):
            assert private not in text

        patient = sign_in(database.app.test_client(), visit.patient.manager)
        page = patient.get(address).text
        for shown in ("Nearest times", "The doctor is away at that time.", "Dr Hart", "Dr Colleague"):
            assert shown in page
        assert "My own affair" not in page
        assert f"/book/{doctor.id}?at=" in page
        times = re.findall(r'href="(/book/\d+\?at=[^"]+)"', page)
        assert isodate(TEN).replace(":", "%3A") in "".join(times) or isodate(TEN) in "".join(times)
        assert patient.get(times[-1]).status_code == 303

    def test_it_costs_the_same_for_any_number_of_colleagues(
        self, database: Database, doctor: Any, visit: Any, count_queries: Any
    ) -> None:
        with database.unit_of_work() as session:
            session.get_one(Appointment, visit.id).state = VisitState.CANCELLED
        patient = sign_in(database.app.test_client(), visit.patient.manager)
        counts = []
        for _ in range(2):
            for _ in range(3):
                DoctorFactory(department=doctor.department, hours=True)
            with count_queries() as statements:
                assert "Nearest times" in patient.get(f"/my/appointments/{visit.id}").text
            counts.append(len(statements))
        assert counts[0] == counts[1]

    def test_without_any_free_time_it_leads_to_the_doctors(self, database: Database) -> None:
        visit = AppointmentFactory(state=VisitState.CANCELLED, starts_at=TEN + HALF_HOUR)
        patient = sign_in(database.app.test_client(), visit.patient.manager)
        page = patient.get(f"/my/appointments/{visit.id}").text
        assert "Nearest times" not in page
        assert "See other free times of" in page
