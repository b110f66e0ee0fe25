"""Doctors in an admin's hands: filtered, saved as CSV, approved, entered, edited, taken off; and applying again."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.models import Appointment, Approval, Doctor, Message, VisitState
from tests.factories import AccountFactory, AppointmentFactory, DepartmentFactory, DoctorFactory, SpecialisationFactory
from tests.services.test_uploads import picture_file
from tests.support.clients import form_values, sign_in, submit
from tests.support.databases import Database


@pytest.fixture
def admins_client(client: FlaskClient, database: Database) -> FlaskClient:
    """An admin, signed in."""
    return sign_in(client, AccountFactory(username="root", is_admin=True))


def saved(database: Database, doctor: Any) -> Doctor:
    with database.unit_of_work() as session:
        return session.get_one(Doctor, doctor.id)


class TestList:
    def test_it_filters_by_department_and_marks_who_was_proposed_and_who_applies_again(
        self, admins_client: FlaskClient
    ) -> None:
        heart = DepartmentFactory(name="Cardiology")
        proposer = DoctorFactory()
        DoctorFactory(name="Dr New", approval=Approval.PENDING, department=heart, created_by_id=proposer.account_id)
        DoctorFactory(name="Dr Once More", approval=Approval.PENDING, decided_at=now())

        page = admins_client.get(f"/admin/doctors?department={heart.id}").text

        assert "Dr New" in page
        assert ">Proposed<" in page
        assert "Dr Once More" not in page
        assert ">Again<" in admins_client.get("/admin/doctors?search=once").text
        assert admins_client.get("/admin/doctors?department=4711&order=x&state=y").status_code == 200

    def test_the_file_has_what_the_filters_leave(self, admins_client: FlaskClient) -> None:
        DoctorFactory(name="=Dr Formula", specialisations=[SpecialisationFactory(name="Hearts")])
        DoctorFactory(pending=True, account=None)

        answer = admins_client.get("/admin/doctors/doctors.csv?state=approved")

        (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
        assert (row["name"], row["specialisations"], row["state"]) == ("'=Dr Formula", "Hearts", "approved")
        assert len(admins_client.get("/admin/doctors/doctors.csv?state=all").text.splitlines()) == 3

    def test_those_who_were_ticked_are_approved(self, admins_client: FlaskClient, database: Database) -> None:
        ada, ben, eve = (DoctorFactory(pending=True) for _ in range(3))
        token = form_values(admins_client.get("/admin/doctors").text)["csrf_token"]
        fields = {"doctors": [ada.id, ben.id], "csrf_token": token}

        answer = admins_client.post("/admin/doctors/approve", data=fields)
        again = admins_client.post("/admin/doctors/approve", data=fields)

        assert answer.status_code == 303
        assert [saved(database, doctor).is_listed for doctor in (ada, ben, eve)] == [True, True, False]
        assert again.status_code == 409
        assert "has been approved already" in again.text


class TestEdit:
    def test_everything_is_written(self, admins_client: FlaskClient, database: Database) -> None:
        doctor, heart, hearts = DoctorFactory(), DepartmentFactory(), SpecialisationFactory()
        address = f"/admin/doctors/{doctor.id}/edit"
        fields = form_values(admins_client.get(address).text) | {
            "name": "Dr Ada King",
            "department": heart.id,
            "specialisations": [hearts.id],
            "fee": "80",
            "about": "Hearts.",
            "meet_link": "https://video.example.org/ada",
            "picture": (io.BytesIO(picture_file()), "ada.png"),
        }
        del fields["accepts_online"]

        answer = admins_client.post(address, data=fields)

        assert answer.status_code == 303
        now_is = saved(database, doctor)
        assert (now_is.name, now_is.department_id, now_is.fee) == ("Dr Ada King", heart.id, 80)
        assert (now_is.about, now_is.meet_link) == ("Hearts.", "https://video.example.org/ada")
        assert (now_is.accepts_in_person, now_is.accepts_online) == (True, False)
        assert now_is.picture_id is not None
        assert hearts.name in admins_client.get(answer.location).text
        submit(admins_client, address, without_picture="y")
        assert saved(database, doctor).picture_id is None

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("name", "", "Enter the doctor&#39;s name."),
            ("fee", "eighty", "Enter a whole number, such as 80."),
            ("fee", "-1", "Enter a fee from 0"),
            ("meet_link", "javascript:alert(1)", "Enter a web address"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_stays(
        self, field: str, value: str, message: str, admins_client: FlaskClient
    ) -> None:
        answer = submit(admins_client, f"/admin/doctors/{DoctorFactory().id}/edit", **{"about": "Kept.", field: value})

        assert answer.status_code == 400
        assert message in answer.text
        assert "Kept." in answer.text


class TestAdd:
    def test_one_without_an_account_is_entered_once(self, admins_client: FlaskClient, database: Database) -> None:
        fields = form_values(admins_client.get("/admin/doctors/add").text) | {"name": "Dr Locum", "department": "0"}

        answers = [admins_client.post("/admin/doctors/add", data=fields) for _ in range(2)]

        assert answers[0].location == answers[1].location
        with database.unit_of_work() as session:
            doctor = session.scalars(select(Doctor)).one()
            assert (doctor.name, doctor.account_id, doctor.is_listed) == ("Dr Locum", None, True)

    def test_one_with_a_new_account_is_mailed_a_link(self, admins_client: FlaskClient, database: Database) -> None:
        new = {"name": "Dr Zoe Park", "department": "0", "username": "zoe", "email": "zoe@example.org"}

        answer = submit(admins_client, "/admin/doctors/add", **new)

        assert "zoe@example.org" in admins_client.get(answer.location).text
        with database.unit_of_work() as session:
            assert session.scalars(select(Message.template)).all() == ["set_password"]

    def test_an_account_that_is_none_is_refused(self, admins_client: FlaskClient) -> None:
        answer = submit(admins_client, "/admin/doctors/add", name="Dr Who", department="0", username="nobody")

        assert answer.status_code == 400
        assert "no account of that name" in answer.text


def test_taking_off_shows_and_cancels_what_is_to_come(admins_client: FlaskClient, database: Database) -> None:
    visit = AppointmentFactory()
    address = f"/admin/doctors/{visit.doctor_id}/remove"
    page = admins_client.get(address).text
    assert "1 coming appointment will be cancelled" in page
    assert visit.patient.name.replace("'", "&#39;") in page

    assert submit(admins_client, address).status_code == 303

    with database.unit_of_work() as session:
        assert session.get_one(Appointment, visit.id).state is VisitState.CANCELLED
    assert admins_client.get(address).status_code == 404


class TestApplying:
    @pytest.fixture
    def rejected(self, database: Database) -> Any:
        """Somebody whom the hospital has rejected."""
        return DoctorFactory(
            name="Dr Ada King", approval=Approval.REJECTED, decision_reason="No number.", decided_at=now()
        )

    def test_who_was_rejected_reads_why_and_applies_again(
        self, rejected: Any, client: FlaskClient, database: Database
    ) -> None:
        sign_in(client, rejected.account)
        assert "/my/account/application" in client.get("/clinic").text
        page = client.get("/my/account/application").text
        assert "No number." in page
        assert 'value="Dr Ada King"' in page

        answer = submit(client, "/my/account/application", department=rejected.department_id, about="It is 1234567.")

        assert answer.status_code == 303
        assert saved(database, rejected).is_waiting
        assert "waiting for approval" in client.get("/clinic").text
        assert client.get("/my/account/application").status_code == 303

    def test_the_admin_reads_what_was_decided_before(self, rejected: Any, client: FlaskClient, app: Any) -> None:
        sign_in(client, rejected.account)
        submit(client, "/my/account/application", department=rejected.department_id)
        admin = sign_in(app.test_client(), AccountFactory(is_admin=True))

        page = admin.get(f"/admin/doctors/{rejected.id}").text

        assert "Rejected before" in page
        assert "No number." in page

    def test_anybody_applies_for_the_first_time_with_a_department(
        self, client: FlaskClient, database: Database
    ) -> None:
        department = DepartmentFactory()
        sign_in(client, AccountFactory())

        refused = submit(client, "/my/account/application", department="0")
        sent = submit(client, "/my/account/application", department=department.id)

        assert refused.status_code == 400
        assert "Choose the department" in refused.text
        assert sent.status_code == 303
        assert "waiting for approval" in client.get("/clinic").text
