"""Booking on the pages: every state of the forms, and what happens when two are quicker than one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.models import AuditEvent, BookingDraft, Doctor, Message, VisitKind, VisitState, WeeklyHours
from app.pages.wording import isodate
from tests.factories import AccountFactory, AppointmentFactory, DoctorFactory, PatientFactory
from tests.support.booking import begin, confirm, details, send, visits
from tests.support.clients import form_values, sign_in
from tests.support.databases import Database


class TestDetails:
    def test_a_stranger_signs_in_first_and_comes_back(
        self, client: FlaskClient, doctor: Any, free_times: list[datetime]
    ) -> None:
        path = f"/book/{doctor.id}?at={isodate(free_times[0])}"

        response = client.get(path)

        assert response.status_code == 303
        assert response.location == "/sign-in?next=" + path.replace("=", "%3D")

    def test_it_asks_how_and_why_and_says_until_when_one_can_cancel(
        self, visitor: FlaskClient, doctor: Any, free_times: list[datetime]
    ) -> None:
        page = visitor.get(begin(visitor, doctor, isodate(free_times[0]))).text

        assert "with Dr Hart" in page
        assert 'type="radio" value="in_person"' in page
        assert "You can move or cancel the appointment until" in page
        assert "Who is the appointment for?" not in page, "there is only one patient"

    def test_it_asks_for_whom_where_there_are_several(
        self, visitor: FlaskClient, doctor: Any, patient: Any, free_times: list[datetime]
    ) -> None:
        PatientFactory(name="Yusuf Hassan", manager=patient.manager, is_own=False)
        PatientFactory(name="Somebody Else")

        page = visitor.get(begin(visitor, doctor, isodate(free_times[0]))).text

        assert "Who is the appointment for?" in page
        assert "Yusuf Hassan" in page
        assert "Somebody Else" not in page

    def test_a_kind_that_is_not_offered_is_not_asked_for(
        self, visitor: FlaskClient, doctor: Any, database: Database, free_times: list[datetime]
    ) -> None:
        with database.unit_of_work() as session:
            session.get_one(Doctor, doctor.id).accepts_in_person = False

        page = visitor.get(begin(visitor, doctor, isodate(free_times[0]))).text

        assert "Dr Hart sees patients by video call only." in page
        assert form_values(page)["kind"] == "online"

    @pytest.mark.parametrize(
        ("field", "value", "sentence"),
        [
            ("patient", "", "Choose who the appointment is for."),
            ("patient", "999999", "Not a valid choice."),
            ("kind", "", "Choose in person or video call."),
            ("kind", "by_post", "Not a valid choice."),
            ("symptoms", " ", "Enter the reason for the visit."),
            ("symptoms", "x" * 2001, "Use 2,000 characters or fewer."),
        ],
    )
    def test_what_is_missing_or_wrong_is_told_at_its_field(
        self, visitor: FlaskClient, doctor: Any, answers: dict[str, str], field: str, value: str, sentence: str
    ) -> None:
        response = details(visitor, doctor, answers, **{field: value})

        assert response.status_code == 400
        assert "<title>Error: Book an appointment" in response.text
        assert f'<a href="#{field}">{sentence}</a>' in response.text

    def test_what_was_typed_is_kept(self, visitor: FlaskClient, doctor: Any, answers: dict[str, str]) -> None:
        page = details(visitor, doctor, answers, kind="", symptoms="<b>Ache</b>").text

        assert "&lt;b&gt;Ache&lt;/b&gt;</textarea>" in page
        assert "What you have typed is kept." in page

    def test_nobody_elses_patient_can_be_chosen(
        self, visitor: FlaskClient, doctor: Any, patient: Any, answers: dict[str, str], database: Database
    ) -> None:
        other = PatientFactory()

        PatientFactory(name="Yusuf Hassan", manager=patient.manager, is_own=False)

        assert details(visitor, doctor, answers, patient=str(other.id)).status_code == 400
        with database.unit_of_work() as session:
            assert session.scalars(select(BookingDraft.patient_id)).all() == [None]

    def test_an_account_without_patients_is_told_so(
        self, client: FlaskClient, database: Database, doctor: Any, free_times: list[datetime]
    ) -> None:
        sign_in(client, AccountFactory())

        response = client.get(f"/book/{doctor.id}?at={isodate(free_times[0])}")

        assert response.status_code == 403
        assert "There is nobody in your account to book for." in response.text


class TestTime:
    @pytest.mark.parametrize(
        "at",
        [
            *("tomorrow", "2027-01-06T09:30", "x" * 5000),
            *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"),
        ],
    )
    def test_a_time_that_cannot_be_read_leads_to_the_free_ones(
        self, visitor: FlaskClient, doctor: Any, answers: dict[str, str], at: str
    ) -> None:
        path = begin(visitor, doctor, answers["at"])

        asked = visitor.get(f"/book/{doctor.id}", query_string={"at": at})

        assert (asked.status_code, asked.location) == (303, f"/find-a-doctor/{doctor.id}#times")
        assert "That time could not be read." in visitor.get(asked.location).text
        changed = send(visitor, f"{path}/time", at=at)
        assert "That time could not be read." in changed.text
        assert changed.request.path == f"{path}/time"

    def test_a_doctor_whom_no_database_can_count_to_is_not_there(
        self, visitor: FlaskClient, free_times: list[datetime]
    ) -> None:
        for doctor_id in (2**63, 10**25):
            assert visitor.get(f"/book/{doctor_id}?at={isodate(free_times[0])}").status_code == 404

    def test_without_a_time_one_is_to_be_chosen(self, visitor: FlaskClient, doctor: Any) -> None:
        assert visitor.get(f"/book/{doctor.id}").location == f"/find-a-doctor/{doctor.id}#times"

    def test_a_past_time_offers_the_next(self, visitor: FlaskClient, doctor: Any, free_times: list[datetime]) -> None:
        response = visitor.get(f"/book/{doctor.id}?at=2020-01-06T09:30:00Z")

        assert response.status_code == 400
        assert "That time has passed." in response.text
        assert f'href="/book/{doctor.id}?at={isodate(free_times[0])}"' in response.text

    def test_a_time_outside_the_hours_offers_the_nearest(
        self, visitor: FlaskClient, doctor: Any, free_times: list[datetime]
    ) -> None:
        at = isodate(free_times[0] + timedelta(minutes=1))

        response = visitor.get(f"/book/{doctor.id}?at={at}")

        assert response.status_code == 409
        assert "That time is not free." in response.text
        assert f'href="/book/{doctor.id}?at={isodate(free_times[1])}"' in response.text

    def test_a_doctor_with_nothing_else_free_leads_to_others(
        self, visitor: FlaskClient, doctor: Any, database: Database
    ) -> None:
        with database.unit_of_work() as session:
            for hours in session.scalars(select(WeeklyHours)):
                hours.valid_to = datetime.now(UTC).date() - timedelta(days=1)

        response = visitor.get(f"/book/{doctor.id}?at={isodate(datetime.now(UTC) + timedelta(days=3))}")

        assert response.status_code == 409
        assert f'href="/find-a-doctor?department={doctor.department_id}"' in response.text

    def test_a_doctor_who_cannot_be_booked_is_not_there(self, visitor: FlaskClient, database: Database) -> None:
        pending = DoctorFactory(pending=True)

        assert visitor.get(f"/book/{pending.id}?at=2027-01-06T09:30:00Z").status_code == 404


class TestCheck:
    def test_it_shows_every_answer_and_books_nothing_yet(
        self, visitor: FlaskClient, doctor: Any, answers: dict[str, str], database: Database
    ) -> None:
        response = details(visitor, doctor, answers)

        assert response.status_code == 200
        shown = ("Check your answers", "Dr Hart", "Amira Hassan", "In person", "A cough", "£50", "move or cancel")
        for text in shown:
            assert text in response.text
        assert visits(database) == []

    def test_before_all_is_answered_it_leads_to_the_questions(
        self, visitor: FlaskClient, doctor: Any, answers: dict[str, str]
    ) -> None:
        path = begin(visitor, doctor, answers["at"])

        assert visitor.get(f"{path}/check").location == path

    def test_changing_an_answer_keeps_the_others(
        self, visitor: FlaskClient, doctor: Any, patient: Any, answers: dict[str, str]
    ) -> None:
        PatientFactory(name="Yusuf Hassan", manager=patient.manager, is_own=False)
        checked = details(visitor, doctor, answers)
        path = checked.request.path.removesuffix("/check")
        for field in ("patient", "kind", "symptoms"):
            assert f'href="{path}#{field}">Change' in checked.text

        page = visitor.get(path).text

        assert "A cough</textarea>" in page
        assert "There is a problem" not in page
        assert (form_values(page)["patient"], form_values(page)["kind"]) == (str(patient.id), "in_person")
        assert "A fever" in send(visitor, path, **{**answers, "symptoms": "A fever"}).text

    def test_changing_the_time_keeps_the_answers_too(
        self,
        visitor: FlaskClient,
        doctor: Any,
        answers: dict[str, str],
        free_times: list[datetime],
        database: Database,
    ) -> None:
        checked = details(visitor, doctor, answers)
        path = checked.request.path.removesuffix("/check")
        assert f'href="{path}/time">Change' in checked.text

        other = visitor.get(f"{path}/time").text
        again = send(visitor, f"{path}/time", at=isodate(free_times[3]))

        assert f'name="at" value="{isodate(free_times[3])}"' in other
        assert "Keep the time that I have chosen" in other
        assert "Check your answers" in again.text
        with database.unit_of_work() as session:
            assert session.scalars(select(BookingDraft.starts_at)).all() == [free_times[3]]
        assert "A cough" in again.text

    def test_confirming_books_and_writes_the_mail(
        self, visitor: FlaskClient, doctor: Any, patient: Any, answers: dict[str, str], database: Database
    ) -> None:
        response = confirm(visitor, doctor, details(visitor, doctor, answers))

        [visit] = visits(database)
        assert (response.status_code, response.location) == (303, f"/my/appointments/{visit.id}/booked")
        assert (visit.patient_id, visit.doctor_id, isodate(visit.starts_at)) == (patient.id, doctor.id, answers["at"])
        assert (visit.kind, visit.symptoms, visit.state) == (VisitKind.IN_PERSON, "A cough", VisitState.PENDING)
        with database.unit_of_work() as session:
            assert session.scalars(select(Message.recipient).where(Message.template == "booked")).all() == [
                patient.manager.email
            ]

    @pytest.mark.both_databases
    def test_a_new_line_counts_as_one_character(
        self, visitor: FlaskClient, doctor: Any, answers: dict[str, str], database: Database
    ) -> None:
        typed = "x" + "\r\n" * 1998 + "x"

        confirm(visitor, doctor, details(visitor, doctor, answers, symptoms=typed + "\0"))

        assert visits(database)[0].symptoms == typed.replace("\r\n", "\n")

    def test_nothing_that_was_typed_stands_in_an_address(
        self, visitor: FlaskClient, doctor: Any, patient: Any, answers: dict[str, str]
    ) -> None:
        PatientFactory(manager=patient.manager, is_own=False)
        checked = details(visitor, doctor, answers)

        assert re.fullmatch(rf"/book/{doctor.id}/[0-9a-f-]{{36}}/check", checked.request.path)
        assert not checked.request.query_string
        for address in re.findall(r'(?:action|href)="([^"]*)"', checked.text):
            assert "cough" not in address
            assert "patient=" not in address


@pytest.mark.both_databases
class TestTakenMeanwhile:
    @pytest.fixture
    def refused(
        self, visitor: FlaskClient, doctor: Any, answers: dict[str, str], free_times: list[datetime]
    ) -> TestResponse:
        """The answer to confirming a time that somebody else has booked meanwhile."""
        checked = details(visitor, doctor, answers)
        AppointmentFactory(doctor=doctor, starts_at=free_times[2])
        return confirm(visitor, doctor, checked)

    def test_it_says_so_and_offers_the_nearest(self, refused: TestResponse, free_times: list[datetime]) -> None:
        assert refused.status_code == 409
        assert "<title>Error: Choose another time" in refused.text
        assert "That time is not free." in refused.text
        assert f'name="at" value="{isodate(free_times[3])}"' in refused.text
        assert f'value="{isodate(free_times[2])}"' not in refused.text

    def test_everything_typed_is_kept(
        self, visitor: FlaskClient, doctor: Any, refused: TestResponse, free_times: list[datetime], database: Database
    ) -> None:
        path = refused.request.path.removesuffix("/check")

        booked = confirm(visitor, doctor, send(visitor, f"{path}/time", at=isodate(free_times[3])))

        assert booked.status_code == 303
        visit = visits(database)[-1]
        assert (visit.starts_at, visit.symptoms) == (free_times[3], "A cough")

    def test_nothing_is_left_of_the_try(self, refused: TestResponse, database: Database) -> None:
        with database.unit_of_work() as session:
            booked = session.scalar(select(func.count(AuditEvent.id)).where(AuditEvent.action == "appointment.booked"))
            assert (booked, session.scalar(select(func.count(Message.id)))) == (0, 0)

    def test_it_is_told_before_checking_too(
        self, visitor: FlaskClient, doctor: Any, answers: dict[str, str], free_times: list[datetime]
    ) -> None:
        path = begin(visitor, doctor, answers["at"])
        AppointmentFactory(doctor=doctor, starts_at=free_times[2])

        response = send(visitor, path, **answers)

        assert response.status_code == 409
        assert "What you have entered is kept." in response.text
        assert visitor.get(path).status_code == 409

    def test_a_patient_who_is_elsewhere_then_is_told_so(
        self, visitor: FlaskClient, doctor: Any, patient: Any, answers: dict[str, str], free_times: list[datetime]
    ) -> None:
        AppointmentFactory(patient=patient, starts_at=free_times[2])

        response = confirm(visitor, doctor, details(visitor, doctor, answers))

        assert response.status_code == 409
        assert "The patient already has an appointment at that time." in response.text

    def test_a_kind_that_is_no_longer_offered_is_asked_again(
        self, visitor: FlaskClient, doctor: Any, answers: dict[str, str], database: Database
    ) -> None:
        checked = details(visitor, doctor, answers)
        with database.unit_of_work() as session:
            session.get_one(Doctor, doctor.id).accepts_in_person = False

        page = visitor.get(confirm(visitor, doctor, checked).location).text

        assert "This doctor does not offer that kind of appointment." in page
        assert "Dr Hart sees patients by video call only." in page
        assert "A cough</textarea>" in page
        assert visits(database) == []
