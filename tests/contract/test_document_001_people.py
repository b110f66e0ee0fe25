"""Document 001, "Patients" and "Doctors": both with pictures, written by multipart."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from app.models import VisitKind, VisitState
from tests.contract.hospital import Hospital
from tests.contract.support import Program, like, ok, page_like, picture, refused, shows_a_picture
from tests.factories import (
    AppointmentFactory,
    AvailableTimeFactory,
    DesignationFactory,
    DoctorFactory,
    PatientFactory,
    SpecialisationFactory,
)
from tests.support.databases import Database

PATIENT = {"id": 0, "user": "string", "profile": "string", "phone": "string"}
DOCTOR = {
    "id": 0,
    "user": "string",
    "profile": "string",
    "designation": ["string"],
    "specialisation": ["string"],
    "available_time": [0],
    "fee": 0,
    "meet_link": "string",
}
NO_PICTURE = {"profile"}
PHONE = "+44 20 7946 0018"
LINK = "https://meet.example.org/room-1"


def keys(caller: Program, path: str) -> list[int]:
    """The ids that a list shows."""
    return [each["id"] for each in ok(caller.get(path))["results"]]


class TestPatients:
    def test_a_patient_is_created_for_the_authenticated_user(self, patient: Program, hospital: Hospital) -> None:
        made = patient.post("/patients/", data={"profile": picture(), "phone": PHONE, "user": "somebody"})

        created = like(ok(made, 201), PATIENT)

        assert (created["user"], created["phone"]) == (hospital.patient.manager.username, PHONE)
        shows_a_picture(patient.client, created["profile"])
        read = ok(patient.get(f"/patients/{created['id']}/"))
        assert {name: read[name] for name in PATIENT} == {name: created[name] for name in PATIENT}

    def test_it_is_updated_by_multipart_wholly_or_in_part(
        self, patient: Program, other_patient: Program, hospital: Hospital
    ) -> None:
        path = f"/patients/{hospital.patient.id}/"
        put = like(ok(patient.put(path, data={"profile": picture(), "phone": PHONE})), PATIENT)
        patched = ok(patient.patch(path, data={"phone": "+44 20 7946 0999"}, content_type="multipart/form-data"))
        assert patched == put | {"phone": "+44 20 7946 0999"}
        assert ok(patient.put(path, json=patched)) == patched
        shows_a_picture(patient.client, patched["profile"])
        for method in ("PUT", "PATCH", "DELETE"):
            refused(other_patient.open(method, path, data={"phone": PHONE}), 404)

    @pytest.mark.parametrize(("name", "value"), [("phone", "call me"), ("profile", "no file")])
    def test_a_bad_request_is_400(self, patient: Program, hospital: Hospital, name: str, value: str) -> None:
        refused(patient.post("/patients/", data={"phone": PHONE, name: value}), 400, name)
        for method in ("PUT", "PATCH"):
            refused(patient.open(method, f"/patients/{hospital.patient.id}/", data={name: value}), 400, name)

    def test_it_is_deleted(self, patient: Program, stranger: Program, hospital: Hospital) -> None:
        path = f"/patients/{hospital.patient.id}/"
        refused(stranger.delete(path), 401)
        ok(patient.delete(path), 204)
        refused(patient.get(path), 404)
        refused(patient.delete(path), 404)
        assert keys(patient, "/patients/") == []

    def test_the_list_is_searched_and_filtered_by_phone(self, doctor: Program, hospital: Hospital) -> None:
        found = PatientFactory(phone="+442079460999")
        page_like(doctor.get("/patients/"), PATIENT, nullable=NO_PICTURE)
        for term in (found.id, found.manager.username, found.phone, "9460999"):
            assert found.id in keys(doctor, f"/patients/?search={str(term).replace('+', '%2B')}"), term
        assert keys(doctor, "/patients/?search=zzzz") == []
        assert keys(doctor, "/patients/?phone=%2B442079460999") == [found.id]
        assert keys(doctor, "/patients/?phone=%2B442079460000") == []

    def test_a_search_never_widens_what_is_seen(self, patient: Program, hospital: Hospital) -> None:
        other = hospital.other_patient
        for query in (f"search={other.id}", f"search={other.manager.username}", f"search={other.name}"):
            assert other.id not in keys(patient, f"/patients/?{query}")
        phone = other.phone.replace("+", "%2B")
        assert keys(patient, f"/patients/?phone={phone}") == [hospital.patient.id]


class TestDoctors:
    @pytest.fixture
    def choices(self, database: Database) -> dict[str, Any]:
        """What a doctor's lists are made of: ids, as the document sends them."""
        return {
            "designation": [DesignationFactory(name="Consultant").id, DesignationFactory(name="Lead").id],
            "specialisation": [SpecialisationFactory(name="Heart failure").id],
            "available_time": [AvailableTimeFactory(label="9:00 AM").id, AvailableTimeFactory(label="09:00").id],
        }

    def test_a_user_creates_the_own_entry_which_waits_as_the_contract_has_it(
        self, patient: Program, other_patient: Program, hospital: Hospital, choices: dict[str, Any]
    ) -> None:
        choices["available_time"].pop()
        sent = {"profile": picture(), **choices, "fee": 70, "meet_link": LINK}

        created = like(ok(patient.post("/doctors/", data=sent), 201), DOCTOR)

        account = hospital.patient.manager
        assert created["user"] == f"{account.first_name} {account.last_name}"
        assert sorted(created["designation"]) == ["Consultant", "Lead"]
        assert created["specialisation"] == ["Heart failure"]
        assert created["available_time"] == choices["available_time"]
        assert (created["fee"], created["meet_link"], created["status"]) == (70, LINK, "pending")
        shows_a_picture(patient.client, created["profile"])
        assert ok(patient.get(f"/doctors/{created['id']}/")) == created
        refused(other_patient.get(f"/doctors/{created['id']}/"), 404)

    def test_it_is_updated_by_multipart_wholly_or_in_part(
        self, doctor: Program, hospital: Hospital, choices: dict[str, Any]
    ) -> None:
        path = f"/doctors/{hospital.doctor.id}/"
        choices["available_time"].pop()
        put = like(ok(doctor.put(path, data={"profile": picture(), **choices, "fee": 70, "meet_link": LINK})), DOCTOR)
        assert (put["fee"], put["meet_link"], put["available_time"]) == (70, LINK, choices["available_time"])
        assert (put["user"], put["status"]) == ("Dr Ada Byron", "approved")

        lead = {"designation": choices["designation"][1:], "fee": 75}
        patched = ok(doctor.patch(path, data=lead, content_type="multipart/form-data"))
        assert patched == put | {"designation": ["Lead"], "fee": 75}
        assert ok(doctor.put(path, json=patched)) == patched
        emptied = ok(doctor.patch(path, data={"specialisation": ""}, content_type="multipart/form-data"))
        assert emptied["specialisation"] == []

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("designation", 999),
            ("specialisation", 2**63),
            ("available_time", 999),
            ("fee", "1.5"),
            ("fee", -1),
            ("meet_link", "javascript:alert(1)"),
            ("profile", "no file"),
        ],
    )
    def test_a_bad_request_is_400(
        self, doctor: Program, patient: Program, hospital: Hospital, name: str, value: object
    ) -> None:
        refused(patient.post("/doctors/", data={name: value}), 400, name)
        for method in ("PUT", "PATCH"):
            refused(doctor.open(method, f"/doctors/{hospital.doctor.id}/", data={name: value}), 400, name)

    def test_others_may_not_and_strangers_are_401(
        self, patient: Program, other_doctor: Program, stranger: Program, hospital: Hospital
    ) -> None:
        path = f"/doctors/{hospital.doctor.id}/"
        for caller, status in ((patient, 403), (other_doctor, 403), (stranger, 401)):
            for method in ("PUT", "PATCH", "DELETE"):
                refused(caller.open(method, path, data={"fee": 1}), status)

    def test_a_doctor_deletes_himself(self, doctor: Program, patient: Program, hospital: Hospital) -> None:
        ok(doctor.delete(f"/doctors/{hospital.doctor.id}/"), 204)
        refused(patient.get(f"/doctors/{hospital.doctor.id}/"), 404)
        assert keys(patient, "/doctors/") == [hospital.other_doctor.id]

    def test_the_list_is_filtered(self, patient: Program, hospital: Hospital, database: Database) -> None:
        consultant, heart = DesignationFactory(), SpecialisationFactory()
        nine, never = AvailableTimeFactory(), AvailableTimeFactory(starts=time(23))
        found = DoctorFactory(designations=[consultant], specialisations=[heart], fee=85)
        for query in (f"designation={consultant.id}", "fee=85"):
            assert keys(patient, f"/doctors/?{query}") == [found.id], query
            assert keys(patient, f"/doctors/?{query}&specialisation=999&page=1") == [], query
        assert keys(patient, f"/doctors/?specialisation={heart.id}") == [found.id]
        page_like(patient.get("/doctors/?fee=85"), DOCTOR, nullable={"profile", "meet_link"})
        assert keys(patient, f"/doctors/?available_time={nine.id}") == [hospital.doctor.id, hospital.other_doctor.id]
        assert keys(patient, f"/doctors/?available_time={never.id}&designation={consultant.id}") == []
        for name in ("designation", "specialisation", "available_time", "fee"):
            refused(patient.get(f"/doctors/?{name}=x"), 400, name)
            assert keys(patient, f"/doctors/?{name}=999") == []

    def test_the_link_is_shown_to_those_who_meet_there_as_the_contract_has_it(
        self, patient: Program, doctor: Program, admin: Program, hospital: Hospital
    ) -> None:
        path = f"/doctors/{hospital.doctor.id}/"
        ok(doctor.patch(path, data={"meet_link": LINK}))
        assert [ok(caller.get(path))["meet_link"] for caller in (doctor, admin, patient)] == [LINK, LINK, None]
        AppointmentFactory(
            patient=hospital.patient, doctor=hospital.doctor, kind=VisitKind.ONLINE, state=VisitState.CONFIRMED
        )
        assert ok(patient.get(path))["meet_link"] == LINK
        assert ok(patient.get("/doctors/"))["results"][0]["meet_link"] == LINK
