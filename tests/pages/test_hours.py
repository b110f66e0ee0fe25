"""The doctor's hours on the pages: the week in words, rows added, changed, removed and copied; visits in the way."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import Appointment, Message, OfferState, VisitState, WaitingOffer, WeeklyHours
from tests.factories import (
    AppointmentFactory,
    DoctorFactory,
    WaitingEntryFactory,
    WaitingOfferFactory,
    WeeklyHoursFactory,
)
from tests.services.visits import TEN
from tests.support.clients import form_values, sign_in, submit
from tests.support.databases import Database

ADD, CHECK = "/clinic/hours/add", "/clinic/hours/check"
HOURS = {"weekday": "5", "starts": "9am", "ends": "12:30", "slot_minutes": "20"}


@pytest.fixture
def doctor(database: Database) -> Any:
    """A doctor who works from Monday to Friday, 9 to 5."""
    return DoctorFactory(hours=True)


@pytest.fixture
def clinic(client: FlaskClient, doctor: Any) -> FlaskClient:
    """The doctor, signed in."""
    return sign_in(client, doctor.account)


def rows(database: Database, doctor: Any) -> list[WeeklyHours]:
    with database.unit_of_work() as session:
        query = select(WeeklyHours).where(WeeklyHours.doctor_id == doctor.id).order_by(WeeklyHours.id)
        return list(session.scalars(query))


def row_at_ten(database: Database, doctor: Any) -> WeeklyHours:
    """The hours in which a visit at TEN lies."""
    return next(row for row in rows(database, doctor) if row.weekday == TEN.weekday())


def states(database: Database) -> list[VisitState]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(Appointment.state).order_by(Appointment.id)))


def mails(database: Database) -> list[str]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(Message.template)))


class TestWeek:
    def test_it_says_what_patients_can_book(self, clinic: FlaskClient) -> None:
        page = clinic.get("/clinic/hours").text
        assert page.count("9am to 5pm, 30 minutes for each visit") == 5
        assert page.count("Patients can book\n                16 times, the first at 9am, the last at 4:30pm.") == 5
        assert page.count("No hours") == 2
        assert "The next free time that patients see is" in page

    def test_without_hours_it_says_what_to_do(self, client: FlaskClient, database: Database) -> None:
        page = sign_in(client, DoctorFactory().account).get("/clinic/hours").text
        assert "Patients find no times of you." in page

    def test_it_costs_the_same_for_any_week(self, clinic: FlaskClient, doctor: Any, count_queries: Any) -> None:
        with count_queries() as few:
            clinic.get("/clinic/hours")
        for weekday in range(7):
            WeeklyHoursFactory(
                doctor=doctor, weekday=weekday, starts=TEN.replace(hour=18).time(), ends=TEN.replace(hour=19).time()
            )
        with count_queries() as many:
            clinic.get("/clinic/hours")
        assert len(many) <= len(few), many  # before a weekend few hours take a second look further ahead


class TestRows:
    def test_hours_are_added(self, clinic: FlaskClient, doctor: Any, database: Database) -> None:
        assert 'value="5" selected' in clinic.get(f"{ADD}?day=5").text
        response = submit(clinic, ADD, **HOURS)

        assert (response.status_code, response.location) == (303, "/clinic/hours")
        page = clinic.get("/clinic/hours").text
        assert "Your hours are saved." in page
        assert "9am to 12:30pm, 20 minutes for each visit" in page
        assert "10 times, the first at 9am, the last at 12pm" in page

    def test_what_was_typed_stays_when_it_is_refused(self, clinic: FlaskClient) -> None:
        response = submit(clinic, ADD, **HOURS | {"starts": "nine", "ends": "25:00"})
        assert response.status_code == 400
        for text in (
            "Start time must be a time",
            "End time must be a time",
            'value="nine"',
            'value="25:00"',
            'value="20"',
        ):
            assert text in response.text

    def test_hours_that_overlap_are_refused(self, clinic: FlaskClient, database: Database, doctor: Any) -> None:
        response = submit(clinic, ADD, **HOURS | {"weekday": "0"})
        assert response.status_code == 409
        assert "There are hours from 9am to 5pm on Mondays already." in response.text
        assert len(rows(database, doctor)) == 5

    def test_hours_are_changed(self, clinic: FlaskClient, doctor: Any, database: Database) -> None:
        (first, *_) = rows(database, doctor)
        page = f"/clinic/hours/{first.id}"
        assert 'value="9am"' in clinic.get(page).text
        validity = {"valid_to-day": "31", "valid_to-month": "12", "valid_to-year": "2099"}

        assert submit(clinic, page, weekday="0", starts="10", **validity).status_code == 400
        assert submit(clinic, page, weekday="0", starts="10am", **validity).status_code == 303

        assert (
            "10am to 5pm, 30 minutes for each visit, until Thursday 31 December 2099"
            in clinic.get("/clinic/hours").text
        )

    def test_hours_are_removed_after_a_question(self, clinic: FlaskClient, doctor: Any, database: Database) -> None:
        (first, *others) = rows(database, doctor)
        page = f"/clinic/hours/{first.id}/remove"
        assert "Do you want to remove these hours?" in clinic.get(page).text
        assert len(rows(database, doctor)) == 5

        assert submit(clinic, page).status_code == 303

        assert [row.id for row in rows(database, doctor)] == [row.id for row in others]
        assert clinic.get(page).status_code == 404

    def test_other_doctors_hours_are_not_there(self, clinic: FlaskClient, database: Database) -> None:
        row = WeeklyHoursFactory()
        for page in (f"/clinic/hours/{row.id}", f"/clinic/hours/{row.id}/remove"):
            assert clinic.get(page).status_code == 404


class TestCopy:
    def test_a_day_is_copied_to_others_in_one_action(
        self, clinic: FlaskClient, doctor: Any, database: Database
    ) -> None:
        page = clinic.get("/clinic/hours/copy/0").text
        assert "Now: no hours" in page
        values = form_values(page)

        response = clinic.post("/clinic/hours/copy/0", data=values | {"days": ["5", "6"]})

        assert response.status_code == 303
        assert sorted(row.weekday for row in rows(database, doctor)) == [*range(7)]

    def test_no_day_chosen_and_no_hours_to_copy(self, clinic: FlaskClient) -> None:
        assert "Choose the days to copy to." in submit(clinic, "/clinic/hours/copy/0").text
        for weekday in (5, 7):
            assert clinic.get(f"/clinic/hours/copy/{weekday}").status_code == 404


class TestVisitsInTheWay:
    @pytest.fixture
    def visit(self, doctor: Any) -> Any:
        return AppointmentFactory(doctor=doctor, starts_at=TEN, patient__name="Ada Lovelace")

    @pytest.fixture
    def question(self, clinic: FlaskClient, doctor: Any, visit: Any, database: Database) -> str:
        """Where the doctor is asked who wants to work only from 2pm."""
        row = row_at_ten(database, doctor)
        response = submit(clinic, f"/clinic/hours/{row.id}", weekday=str(row.weekday), starts="2pm")
        assert response.status_code == 303
        assert response.location.startswith(f"{CHECK}?")
        return str(response.location)

    def test_they_are_shown_before_anything_is_saved(
        self, clinic: FlaskClient, question: str, database: Database, doctor: Any
    ) -> None:
        page = clinic.get(question).text
        for text in ("1 visit outside your new hours", "Ada Lovelace", "Confirmed", "Nothing is saved yet."):
            assert text in page
        assert "A cough" not in page
        assert [row.starts.hour for row in rows(database, doctor)] == [9] * 5

    @pytest.mark.parametrize(
        ("fate", "state", "said"),
        [
            ("keep", VisitState.CONFIRMED, "1 visit stays booked outside them."),
            ("cancel", VisitState.CANCELLED, "1 visit cancelled."),
        ],
    )
    def test_they_are_kept_or_cancelled(
        self,
        clinic: FlaskClient,
        question: str,
        database: Database,
        doctor: Any,
        fate: str,
        state: VisitState,
        said: str,
    ) -> None:
        response = submit(clinic, question, fate=fate)

        assert (response.status_code, response.location) == (303, "/clinic/hours")
        assert said in clinic.get("/clinic/hours").text
        assert states(database) == [state]
        assert row_at_ten(database, doctor).starts.hour == 14
        assert mails(database) == ["cancelled"] * (fate == "cancel")

    def test_one_must_choose(self, clinic: FlaskClient, question: str, database: Database) -> None:
        response = submit(clinic, question)
        assert response.status_code == 400
        assert "Choose what becomes of these visits." in response.text
        assert states(database) == [VisitState.CONFIRMED]

    def test_what_was_booked_meanwhile_is_shown_first(
        self, clinic: FlaskClient, question: str, database: Database, doctor: Any, visit: Any
    ) -> None:
        values = form_values(clinic.get(question).text)
        AppointmentFactory(doctor=doctor, starts_at=visit.ends_at, patient__name="Grace Hopper")

        response = clinic.post(question, data=values | {"fate": "cancel"})

        assert response.status_code == 409
        assert "The visits below have changed since you looked." in response.text
        assert "Grace Hopper" in response.text
        assert states(database) == [VisitState.CONFIRMED] * 2
        assert clinic.post(question, data=form_values(response.text) | {"fate": "cancel"}).status_code == 303
        assert states(database) == [VisitState.CANCELLED] * 2

    def test_offers_to_the_waiting_list_are_shown_too(
        self, clinic: FlaskClient, doctor: Any, database: Database
    ) -> None:
        entry = WaitingEntryFactory(doctor=doctor, patient__name="Grace Hopper")
        offer = WaitingOfferFactory(entry=entry, held__starts_at=TEN)
        row = row_at_ten(database, doctor)

        response = submit(clinic, f"/clinic/hours/{row.id}", weekday=str(row.weekday), starts="2pm")
        page = clinic.get(response.location).text
        for text in ("Offers to the waiting list", "Grace Hopper", "No visits are booked outside them."):
            assert text in page
        assert submit(clinic, response.location).status_code == 303

        with database.unit_of_work() as session:
            assert session.get_one(WaitingOffer, offer.id).state is OfferState.WITHDRAWN

    def test_sent_twice_it_is_done_once(self, clinic: FlaskClient, question: str, database: Database) -> None:
        values = form_values(clinic.get(question).text) | {"fate": "cancel"}
        assert [clinic.post(question, data=values).status_code for _ in range(2)] == [303, 303]
        assert mails(database) == ["cancelled"]

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "gone=x",
            "new=9,09:00,10:00,30,,",
            "new=0,9,10,30,,",
            "new=0",
            "new=5,09:00Z,10:00Z,30,,",
            "new=5,09:00:00.5,10:00,30,,",
            "&".join(["gone=1"] * 501),
        ],
    )
    def test_an_address_that_says_no_change(self, clinic: FlaskClient, query: str) -> None:
        assert clinic.get(f"{CHECK}?{query}").status_code == 404

    def test_an_address_with_hours_that_cannot_be(self, clinic: FlaskClient) -> None:
        assert clinic.get(f"{CHECK}?new=5,09:00,10:00,{2**70},,").status_code == 400
        assert clinic.get(f"{CHECK}?new=5,09:00,10:00,30,9999-12-31,").status_code == 400
        response = clinic.get(f"{CHECK}?new=0,09:00,10:00,30,,")
        assert response.status_code == 409
        assert "Save hours" not in response.text
        assert "There are hours from 9am to 5pm on Mondays already." in response.text
