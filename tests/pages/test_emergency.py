"""Emergency access on pages: the doctor's, and what the patient's side reads of it."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.models import Approval, Doctor, EmergencyAccess, Message
from app.pages.wording import time_of_day
from app.services.emergency_access import MOST
from tests.factories import (
    AppointmentFactory,
    ClinicalRecordFactory,
    DepartmentFactory,
    DoctorFactory,
    EmergencyAccessFactory,
    PatientFactory,
)
from tests.support.clients import api, form_values, sign_in, submit
from tests.support.databases import Database

REASON = "Brought in unconscious,\r\nno relatives here"


@pytest.fixture
def doctor(database: Database) -> Any:
    return DoctorFactory(name="Dr Hart", department=DepartmentFactory(name="Cardiology"))


@pytest.fixture
def doctors_client(client: FlaskClient, doctor: Any) -> FlaskClient:
    return sign_in(client, doctor.account)


@pytest.fixture
def patient(database: Database) -> Any:
    return PatientFactory(name="Amira Hassan")


def page_of(patient: Any) -> str:
    return f"/clinic/patients/{patient.id}/emergency"


def accesses(database: Database) -> list[EmergencyAccess]:
    with database.unit_of_work() as session:
        return list(session.scalars(select(EmergencyAccess)))


def clock_time(database: Database, access: EmergencyAccess) -> str:
    """Until when it is open, as the page says it."""
    with database.unit_of_work():
        return time_of_day(access.ends_at)


class TestOpening:
    def test_it_says_first_what_will_happen(
        self, doctors_client: FlaskClient, patient: Any, database: Database
    ) -> None:
        page = doctors_client.get(page_of(patient)).text

        assert "Open the record of Amira Hassan" in page
        assert "30 minutes" in page
        assert "we e-mail the patient's side at once" in page
        assert accesses(database) == []

    def test_of_somebody_without_an_account_it_promises_no_mail(self, doctors_client: FlaskClient) -> None:
        assert "e-mail" not in doctors_client.get(page_of(PatientFactory(manager=None))).text

    def test_it_opens_and_says_until_when(self, doctors_client: FlaskClient, patient: Any, database: Database) -> None:
        answer = submit(doctors_client, page_of(patient), reason=REASON)

        assert (answer.status_code, answer.location) == (303, f"/clinic/patients/{patient.id}")
        assert "Open in an emergency, until" in doctors_client.get(answer.location).text
        (access,) = accesses(database)
        assert access.reason == "Brought in unconscious,\nno relatives here"
        page = doctors_client.get(page_of(patient)).text
        assert "The record of Amira Hassan is open" in page
        assert f"<strong>{clock_time(database, access)}</strong>" in page
        assert "Open the record</button>" not in page

    def test_without_a_reason_it_stays_closed_and_keeps_what_was_typed(
        self, doctors_client: FlaskClient, patient: Any, database: Database
    ) -> None:
        empty = submit(doctors_client, page_of(patient), reason="  ")
        long = submit(doctors_client, page_of(patient), reason="x" * 501)

        assert (empty.status_code, long.status_code) == (400, 400)
        assert "Enter why you need the record now." in empty.text
        assert "x" * 501 + "</textarea>" in long.text
        assert accesses(database) == []

    def test_a_double_click_opens_once(self, doctors_client: FlaskClient, patient: Any, database: Database) -> None:
        fields = form_values(doctors_client.get(page_of(patient)).text) | {"reason": REASON}

        answers = [doctors_client.post(page_of(patient), data=fields).status_code for _ in range(2)]

        assert answers == [303, 303]
        assert len(accesses(database)) == 1
        with database.unit_of_work() as session:
            assert len(session.scalars(select(Message)).all()) == 1

    def test_who_treats_the_patient_is_told_that_it_is_not_needed(
        self, doctors_client: FlaskClient, doctor: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(doctor=doctor)
        page = doctors_client.get(page_of(visit.patient))

        assert page.status_code == 200
        assert "Emergency access is not needed." in page.text
        assert "<textarea" not in page.text

    def test_too_many_are_refused_with_what_was_typed(
        self, doctors_client: FlaskClient, doctor: Any, patient: Any, database: Database
    ) -> None:
        form = form_values(doctors_client.get(page_of(patient)).text)
        for _ in range(MOST):
            EmergencyAccessFactory(doctor=doctor)

        refused = doctors_client.post(page_of(patient), data=form | {"reason": REASON})

        assert refused.status_code == 429
        assert "You cannot open another record now" in doctors_client.get(page_of(patient)).text
        assert len(accesses(database)) == MOST

    def test_who_is_voided_or_absent_is_not_found(self, doctors_client: FlaskClient, patient: Any) -> None:
        gone = PatientFactory(voided_at=now())
        for address in (page_of(gone), "/clinic/patients/99999/emergency"):
            assert doctors_client.get(address).status_code == 404


class TestWhileItIsOpen:
    def test_the_doctor_reads_and_may_end_it(
        self, doctors_client: FlaskClient, doctor: Any, patient: Any, database: Database
    ) -> None:
        record = ClinicalRecordFactory(patient=patient)
        program = api(database.app.test_client(), doctor.account)
        submit(doctors_client, page_of(patient), reason=REASON)
        assert program.get(f"/patient_records/{record.id}").status_code == 200

        page = doctors_client.get(page_of(patient)).text
        answers = [
            doctors_client.post(f"{page_of(patient)}/end", data={"csrf_token": form_values(page)["csrf_token"]})
            for _ in range(2)
        ]

        assert [answer.status_code for answer in answers] == [303, 303]
        assert "Your access to the record of Amira Hassan has ended." in doctors_client.get(page_of(patient)).text
        assert program.get(f"/patient_records/{record.id}").status_code == 404

    def test_others_that_are_open_are_named(
        self, doctors_client: FlaskClient, doctor: Any, patient: Any, database: Database
    ) -> None:
        other = EmergencyAccessFactory(doctor=doctor, patient=PatientFactory(name="Ada Lovelace"))
        page = doctors_client.get(page_of(patient)).text

        assert (
            f'href="/clinic/patients/{other.patient.id}">Ada Lovelace</a>, until {clock_time(database, other)}' in page
        )

    @pytest.mark.parametrize("change", [{"approval": Approval.REJECTED}, {"deleted_at": now()}])
    def test_who_is_a_doctor_no_more_is_out_at_once(
        self, doctor: Any, patient: Any, database: Database, change: dict[str, Any]
    ) -> None:
        record = ClinicalRecordFactory(patient=patient)
        EmergencyAccessFactory(doctor=doctor, patient=patient)
        program = api(database.app.test_client(), doctor.account)
        assert program.get(f"/patient_records/{record.id}").status_code == 200

        with database.unit_of_work() as session:
            for name, value in change.items():
                setattr(session.get_one(Doctor, doctor.id), name, value)

        assert program.get(f"/patient_records/{record.id}").status_code in (403, 404)


class TestTheOtherSide:
    def test_the_patient_reads_who_opened_it_and_why(
        self, doctors_client: FlaskClient, patient: Any, database: Database
    ) -> None:
        submit(doctors_client, page_of(patient), reason=REASON)

        visitor = sign_in(database.app.test_client(), patient.manager)
        page = visitor.get(f"/my/record/readers?patient={patient.id}").text

        assert "Dr Hart" in page
        assert "Opened the record" in page
        assert 'nhsuk-tag--red">Emergency' in page
        assert "Reason: Brought in unconscious,\nno relatives here" in page
