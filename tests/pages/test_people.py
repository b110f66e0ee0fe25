"""A patient's own pages: home, family, care team, and what one tells about oneself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.clock import now
from app.models import Account, CareTeamMember, Patient, VisitKind, VisitState
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    DoctorFactory,
    PatientFactory,
    coming_weekday,
)
from tests.services.test_uploads import picture_file
from tests.support.booking import token
from tests.support.clients import form_values, submit
from tests.support.databases import Database

KIM = {"name": "Kim Hassan", "date_of_birth-day": "15", "date_of_birth-month": "3", "date_of_birth-year": "2019"}


@pytest.fixture
def patient(database: Database) -> Any:
    """The own patient of the account that is signed in, called as the account is."""
    account = AccountFactory(username="amira", first_name="Amira", last_name="Hassan")
    return PatientFactory(name="Amira Hassan", manager=account)


@pytest.fixture
def child(patient: Any) -> Any:
    """A child of the same account."""
    return PatientFactory(name="Yusuf Hassan", manager=patient.manager, is_own=False)


def press(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """Send a form that is but a button."""
    return client.post(path, data={"csrf_token": token(client), **fields})


def count(database: Database, model: Any) -> int:
    with database.unit_of_work() as session:
        return session.scalar(select(func.count(model.id))) or 0


class TestHome:
    def test_a_newcomer_reads_what_to_do_first(self, visitor: FlaskClient) -> None:
        page = visitor.get("/my").text

        assert "What to do first" in page
        for path in ("/my/account/profile", "/my/family", "/find-a-doctor", "/my/care-team", "/my/appointments"):
            assert f'href="{path}"' in page

    def test_it_says_what_to_do_about_the_next_visit(self, visitor: FlaskClient, patient: Any) -> None:
        visit = AppointmentFactory(patient=patient, doctor=DoctorFactory(name="Dr Hart"))
        waiting = AppointmentFactory(patient=patient, state=VisitState.PENDING, starts_at=coming_weekday(hour=15))

        page = visitor.get("/my").text

        for text in ("Dr Hart", "Come to", "Ground floor", "move or cancel it until", "Waiting for confirmation"):
            assert text in page
        for shown in (visit, waiting):
            assert f'href="/my/appointments/{shown.id}"' in page
        assert "What to do first" not in page

    def test_a_video_call_that_is_near_is_joined_from_here(self, visitor: FlaskClient, patient: Any) -> None:
        doctor = DoctorFactory(meet_link="https://meet.example.org/room")
        near = now() + timedelta(minutes=10)
        AppointmentFactory(patient=patient, doctor=doctor, kind=VisitKind.ONLINE, starts_at=near)

        page = visitor.get("/my").text

        assert 'href="https://meet.example.org/room"' in page
        assert "Come to" not in page

    def test_after_the_cutoff_it_says_whom_to_call(self, visitor: FlaskClient, patient: Any) -> None:
        AppointmentFactory(patient=patient, starts_at=datetime.now(UTC) + timedelta(hours=1))

        page = visitor.get("/my").text

        assert "It is too late to move or cancel it here." in page
        assert "You can cancel until" not in page

    def test_of_the_latest_entry_only_whose_and_when_is_told(self, visitor: FlaskClient, patient: Any) -> None:
        ClinicalRecordFactory(patient=patient, author=DoctorFactory(name="Dr Hart"), diagnostics="Gout")

        page = visitor.get("/my").text

        assert "Entry by Dr Hart" in page
        assert "Gout" not in page

    def test_without_visits_to_come_one_may_book(self, visitor: FlaskClient, patient: Any) -> None:
        AppointmentFactory(patient=patient, state=VisitState.CANCELLED)
        assert "No coming appointments" in visitor.get("/my").text

    def test_it_takes_a_constant_number_of_statements(
        self, visitor: FlaskClient, patient: Any, count_queries: Callable[..., Any]
    ) -> None:
        for days in (3, 9, 16):
            AppointmentFactory(patient=patient, state=VisitState.PENDING, starts_at=coming_weekday(days=days))
            AppointmentFactory(patient=patient, starts_at=coming_weekday(days=days, hour=14))

        with count_queries() as statements:
            visitor.get("/my")

        assert len(statements) <= 8, statements


class TestFamily:
    def test_everybody_is_listed_oneself_first(self, visitor: FlaskClient, patient: Any, child: Any) -> None:
        PatientFactory(name="Somebody Else")

        page = visitor.get("/my/family").text

        assert page.index("Amira Hassan</a>") < page.index("Yusuf Hassan</a>")
        assert "Book for Yusuf Hassan" in page
        assert "Somebody Else" not in page

    def test_one_is_added_once(self, visitor: FlaskClient, database: Database) -> None:
        form = {**form_values(visitor.get("/my/family/add").text), **KIM}

        answers = [visitor.post("/my/family/add", data=form) for _ in range(2)]

        assert {(answer.status_code, answer.location) for answer in answers} == {(303, "/my/family")}
        assert count(database, Patient) == 2
        page = visitor.get("/my/family").text
        assert "Kim Hassan is in your family now." in page
        assert "15 March 2019" in page

    def test_what_is_wrong_is_told_at_the_fields_and_what_was_typed_stays(
        self, visitor: FlaskClient, database: Database
    ) -> None:
        wrong = {**KIM, "phone": "12", "date_of_birth-year": "2999", "address": "1 New Street"}

        page = submit(visitor, "/my/family/add", **wrong)

        assert page.status_code == 400
        assert "<title>Error: Add somebody" in page.text
        assert '<a href="#phone">Enter a telephone number' in page.text
        assert '<a href="#date_of_birth-day">A date of birth cannot be in the future.</a>' in page.text
        typed = form_values(page.text)
        assert (typed["name"], typed["phone"], typed["date_of_birth-year"]) == ("Kim Hassan", "12", "2999")
        assert "1 New Street" in page.text
        assert "Enter the full name." in submit(visitor, "/my/family/add").text
        assert count(database, Patient) == 1

    def test_somebody_is_seen_and_changed(self, visitor: FlaskClient, child: Any, database: Database) -> None:
        path = f"/my/family/{child.id}"
        assert "+442079460018" in visitor.get(path).text

        answer = submit(visitor, f"{path}/change", phone="020 7946 0000", address="1 New Street\r\nTown")

        assert (answer.status_code, answer.location) == (303, path)
        page = visitor.get(path).text
        assert "020 7946 0000" in page
        with database.unit_of_work() as session:
            assert session.get_one(Patient, child.id).address == "1 New Street\nTown"
        assert submit(visitor, f"{path}/change", name=" ").status_code == 400

    def test_removing_says_what_will_happen_and_does_it(
        self, visitor: FlaskClient, child: Any, database: Database
    ) -> None:
        AppointmentFactory(patient=child, doctor=DoctorFactory(name="Dr Hart"))
        path = f"/my/family/{child.id}/remove"

        page = visitor.get(path).text
        assert "1 coming appointment will be cancelled" in page
        assert "Dr Hart" in page
        assert "The hospital keeps the medical record" in page

        answers = [press(visitor, path).location for _ in range(2)]

        assert answers == ["/my/family"] * 2, "pressed twice, it is done once"
        assert "Yusuf Hassan" not in visitor.get("/my/family").text
        assert visitor.get(path).status_code == 404

    def test_oneself_stays_and_has_a_page_of_ones_own(self, visitor: FlaskClient, patient: Any) -> None:
        path = f"/my/family/{patient.id}"

        assert "Remove from my family" not in visitor.get(path).text
        assert visitor.get(f"{path}/remove").status_code == 404
        assert press(visitor, f"{path}/remove").status_code == 404
        assert visitor.get(f"{path}/change").location == "/my/account/profile"

    def test_who_has_removed_everybody_is_told_what_to_do(
        self, visitor: FlaskClient, patient: Any, database: Database
    ) -> None:
        with database.unit_of_work() as session:
            session.get_one(Patient, patient.id).voided_at = datetime.now(UTC)

        for path in ("/my/family", "/my/care-team", f"/my/care-team/add/{DoctorFactory().id}"):
            page = visitor.get(path)
            assert page.status_code == 200
            assert "portal-empty" in page.text


class TestCareTeam:
    def test_it_says_who_may_read_and_why(self, visitor: FlaskClient, patient: Any, child: Any) -> None:
        CareTeamMemberFactory(patient=patient, doctor=DoctorFactory(name="Dr Team"))
        CareTeamMemberFactory(patient=patient, doctor=DoctorFactory(name="Dr Waiting", pending=True))
        AppointmentFactory(patient=patient, doctor=DoctorFactory(name="Dr Visit"))

        page = visitor.get("/my/care-team").text

        for text in ("Dr Team", "In the care team", "Dr Visit", "Because of appointments"):
            assert text in page
        assert "Not while waiting for the hospital&#39;s approval" in page
        assert "No doctor is in the care team, or treats Yusuf Hassan" in page

    def test_a_doctor_is_found_and_chosen(self, visitor: FlaskClient, database: Database) -> None:
        hart, bone = DoctorFactory(name="Dr Hart"), DoctorFactory(name="Dr Bone")

        page = visitor.get("/my/care-team/add?q=hart").text

        assert f'href="/my/care-team/add/{hart.id}"' in page
        assert f"/my/care-team/add/{bone.id}" not in page
        assert "No doctor matches" in visitor.get("/my/care-team/add?q=nobody").text

    def test_a_doctors_own_page_leads_there(self, visitor: FlaskClient, client: FlaskClient, doctor: Any) -> None:
        link = f'href="/my/care-team/add/{doctor.id}"'
        assert link in visitor.get(f"/find-a-doctor/{doctor.id}").text
        assert link not in client.application.test_client().get(f"/find-a-doctor/{doctor.id}").text

    def test_one_is_added_and_a_second_time_told(
        self, visitor: FlaskClient, doctor: Any, patient: Any, child: Any, database: Database
    ) -> None:
        path = f"/my/care-team/add/{doctor.id}"
        assert submit(visitor, path).status_code == 400
        assert "Choose whose care team it is." in submit(visitor, path).text
        assert f'value="{child.id}" checked' in visitor.get(f"{path}?patient={child.id}").text

        for said in ("is in the care team of Yusuf Hassan now.", "is in the care team of Yusuf Hassan already."):
            assert submit(visitor, path, patient=str(child.id)).location == "/my/care-team"
            assert f"Dr Hart {said}" in visitor.get("/my/care-team").text

        with database.unit_of_work() as session:
            (member,) = session.scalars(select(CareTeamMember))
            assert (member.patient_id, member.doctor_id) == (child.id, doctor.id)

    def test_nobody_elses_patient_and_no_unlisted_doctor(
        self, visitor: FlaskClient, doctor: Any, database: Database
    ) -> None:
        stranger, pending = PatientFactory(), DoctorFactory(pending=True)

        assert submit(visitor, f"/my/care-team/add/{doctor.id}", patient=str(stranger.id)).status_code == 400
        assert visitor.get(f"/my/care-team/add/{pending.id}").status_code == 404
        assert count(database, CareTeamMember) == 0

    @pytest.mark.parametrize("has_visit", [True, False])
    def test_ending_says_what_it_means_and_does_it(
        self,
        visitor: FlaskClient,
        doctor: Any,
        patient: Any,
        database: Database,
        has_visit: bool,  # noqa: FBT001 (pytest passes it by name)
    ) -> None:
        CareTeamMemberFactory(patient=patient, doctor=doctor)
        if has_visit:
            AppointmentFactory(patient=patient, doctor=doctor)
        path = f"/my/care-team/{patient.id}/{doctor.id}/end"

        page = visitor.get(path).text
        assert ("may go on reading the record because of it" in page) is has_visit
        assert ("may no longer read the record" in page) is not has_visit
        assert count(database, CareTeamMember) == 1

        assert press(visitor, path).location == "/my/care-team"
        assert "Dr Hart is no longer in the care team of Amira Hassan." in visitor.get("/my/care-team").text
        assert count(database, CareTeamMember) == 0
        assert press(visitor, path).location == "/my/care-team"
        assert "That doctor is not in the care team of Amira Hassan." in visitor.get("/my/care-team").text


class TestDetails:
    PATH = "/my/account/profile"

    def test_they_are_shown_and_changed_in_one_place(
        self, visitor: FlaskClient, patient: Any, database: Database
    ) -> None:
        assert f'href="{self.PATH}"' in visitor.get("/my/account").text
        typed = form_values(visitor.get(self.PATH).text)
        assert (typed["first_name"], typed["last_name"], typed["phone"]) == ("Amira", "Hassan", "+442079460018")

        answer = submit(visitor, self.PATH, last_name="Baker", phone="020 7946 0000", bio="Mornings")

        assert (answer.status_code, answer.location) == (303, "/my/account")
        assert "Your details are saved." in visitor.get("/my/account").text
        with database.unit_of_work() as session:
            assert session.get_one(Account, patient.manager_id).display_name == "Amira Baker"
            own = session.get_one(Patient, patient.id)
            assert (own.name, own.phone) == ("Amira Baker", "020 7946 0000")

    def test_what_is_wrong_is_told_at_the_fields(self, visitor: FlaskClient, patient: Any, database: Database) -> None:
        page = submit(visitor, self.PATH, first_name="", phone="12")
        assert page.status_code == 400
        assert '<a href="#first_name">Enter your first name.</a>' in page.text

        page = submit(visitor, self.PATH, last_name="Baker", phone="12", address="x" * 501)
        assert page.status_code == 400
        assert '<a href="#phone">Enter a telephone number' in page.text
        assert '<a href="#address">Use 500 characters or fewer.</a>' in page.text
        assert form_values(page.text)["last_name"] == "Baker"
        with database.unit_of_work() as session:
            assert session.get_one(Patient, patient.id).name == "Amira Hassan"


class TestPicture:
    PATH = "/my/account/picture"

    def send(self, client: FlaskClient, content: bytes | None, **fields: Any) -> TestResponse:
        file = {} if content is None else {"picture": (BytesIO(content), "me.png")}
        form = {**form_values(client.get(self.PATH).text), **file, **fields}
        return client.post(self.PATH, data=form, content_type="multipart/form-data")

    def test_it_is_shown_replaced_and_removed(self, visitor: FlaskClient) -> None:
        assert "You have no picture." in visitor.get(self.PATH).text
        for kind in ("PNG", "JPEG"):
            assert self.send(visitor, picture_file(kind)).location == "/my/account/profile"
        page = visitor.get(self.PATH).text
        (address,) = (part.split('"')[0] for part in page.split('src="') if part.startswith("/media/"))
        assert visitor.get(address).content_type.startswith("image/")
        assert address in visitor.get("/my/account").text

        assert press(visitor, f"{self.PATH}/remove").location == "/my/account/profile"

        assert "Your picture is removed." in visitor.get(self.PATH).text
        assert visitor.get(address).status_code == 404

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [(None, "Choose a picture."), (b"no picture", "Choose a picture: a JPEG, PNG or WebP file.")],
    )
    def test_what_is_no_picture_is_told_at_the_field(
        self, visitor: FlaskClient, content: bytes | None, sentence: str
    ) -> None:
        page = self.send(visitor, content)

        assert page.status_code == 400
        assert f'<a href="#picture">{sentence}</a>' in page.text

    def test_a_file_that_is_too_big_is_told_at_the_field(self, visitor: FlaskClient) -> None:
        body = b"x" * 11 * 2**20
        page = visitor.post(self.PATH, data=body, content_type="multipart/form-data; boundary=x")

        assert page.status_code == 413
        assert '<a href="#picture">Choose a smaller file: this one has over 10 MB.</a>' in page.text

    def test_a_form_of_another_session_changes_nothing(self, visitor: FlaskClient) -> None:
        page = self.send(visitor, picture_file(), csrf_token="forged")

        assert page.status_code == 400
        assert "This form is from before you signed in or out." in page.text
        assert "You have no picture." in visitor.get(self.PATH).text
