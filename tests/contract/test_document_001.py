"""Document 001, "Hospital Management System API Guide": pages of lists, common errors, and the story of a client."""

from __future__ import annotations

from datetime import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contract.hospital import Hospital
from tests.contract.support import Program, ok, picture, refused, shows_a_picture
from tests.factories import AvailableTimeFactory, PatientFactory, ReviewFactory, ServiceFactory
from tests.support.clients import PASSWORD
from tests.support.databases import Database

LISTS = ("/api/user/profiles/", "/patients/", "/doctors/", "/reviews/", "/appointments/")
"""The lists that the document shows in pages; all others are bare arrays."""


class TestPagination:
    def test_pages_lead_to_each_other_and_keep_the_other_parameters(self, admin: Program, hospital: Hospital) -> None:
        for _ in range(3):
            PatientFactory(phone="+442079460777")
        walked: list[int] = []
        address: str | None = "/patients/?limits=2&phone=%2B442079460777&limits=2"
        before = None
        while address:
            parts = urlsplit(address)
            body = ok(admin.get(f"{parts.path}?{parts.query}"))
            assert body["count"] == 3
            if before is None:
                assert body["previous"] is None
            else:
                assert urlsplit(body["previous"]).path == "/patients/"
                assert parse_qs(urlsplit(body["previous"]).query)["phone"] == ["+442079460777"]
            walked += [each["id"] for each in body["results"]]
            before, address = address, body["next"]
            assert address is None or address.startswith("http://localhost/")
        assert len(set(walked)) == len(walked) == 3

    @pytest.mark.parametrize("path", LISTS)
    def test_what_pages_there_are(self, admin: Program, path: str) -> None:
        assert set(ok(admin.get(path))) == {"count", "next", "previous", "results"}
        assert ok(admin.get(f"{path}?page=1&limits=5000"))["next"] is None
        assert refused(admin.get(f"{path}?page=99"), 404)["detail"] == "Invalid page."
        for name in ("page", "limits"):
            for value in ("0", "-1", "x", "1.5", ""):
                refused(admin.get(f"{path}?{name}={value}"), 400, name)

    def test_a_page_has_a_hundred_unless_asked_and_a_thousand_at_most(
        self, admin: Program, hospital: Hospital, database: Database
    ) -> None:
        with database.unit_of_work():
            PatientFactory.create_batch(99, manager=None)
        body = ok(admin.get("/patients/"))
        assert (body["count"], len(body["results"])) == (101, 100)
        assert len(ok(admin.get("/patients/?limits=1000"))["results"]) == 101

    def test_the_short_lists_are_arrays(self, admin: Program, hospital: Hospital) -> None:
        ServiceFactory()
        for path in ("/designations/", "/specialisations/", "/available-time/", "/services/", "/contacts/"):
            assert isinstance(ok(admin.get(path)), list), path


class TestCommonErrors:
    @pytest.mark.parametrize(
        "path",
        ["/api/user/profiles/", "/patients/", "/doctors/", "/reviews/", "/appointments/", "/services/", "/contacts/"],
    )
    def test_what_is_not_there_is_404_whatever_the_number(self, admin: Program, path: str) -> None:
        for number in (0, 999, 2**31, 2**63, 10**30):
            for method in ("GET", "PUT", "PATCH", "DELETE"):
                assert refused(admin.open(method, f"{path}{number}/", json={}), 404)["detail"] == "Not found."
        for word in ("-1", "x", "1.5"):
            refused(admin.get(f"{path}{word}/"), 404)

    def test_a_broken_body_is_400_and_a_foreign_one_415(self, admin: Program) -> None:
        for path in ("/patients/", "/doctors/", "/designations/", "/appointments/", "/api/user/profiles/"):
            for broken in ("{", "[]", '"text"', '{"name": NaN}', '{"name": "a", "name": "b"}', '{"name": "\\u0000"}'):
                refused(admin.post(path, data=broken, content_type="application/json"), 400)
            refused(admin.post(path, data="name=x", content_type="text/plain"), 415)


def test_a_patients_year_as_a_client_of_this_document_lives_it(stranger: Program, hospital: Hospital) -> None:
    """Register, sign in, put a picture on the profile, find and book a doctor, review, cancel, refresh, sign out."""
    half_past_ten = AvailableTimeFactory(starts=time(10, 30), label="10:30 AM")
    ReviewFactory(patient=hospital.other_patient, doctor=hospital.other_doctor)
    who: dict[str, Any] = {"username": "grace", "email": "grace@example.org", "password": PASSWORD}
    names = {"first_name": "Grace", "last_name": "Hopper", "confirm_password": PASSWORD}
    ok(stranger.post("/api/user/register/", json=who | names), 201)
    pair = ok(stranger.post("/api/user/login/", json={"username": "grace", "password": PASSWORD}))
    grace = stranger.with_token(pair["access"])

    me = ok(grace.get("/api/user/profiles/me/"))
    sent = {"bio": "Sailor", "date_of_birth": "1990-12-09", "profile_picture": picture()}
    pictured = ok(grace.patch(f"/api/user/profiles/{me['id']}/", data=sent))
    assert (pictured["bio"], pictured["user"]) == ("Sailor", me["user"])
    shows_a_picture(stranger.client, ok(grace.get("/api/user/profiles/me/"))["profile_picture"])
    (patient,) = ok(grace.get("/patients/"))["results"]
    ok(grace.put(f"/patients/{patient['id']}/", data={"profile": picture(), "phone": "+44 20 7946 0018"}))

    (entry,) = ok(stranger.get("/available-time/"))
    found = ok(grace.get(f"/doctors/?available_time={entry['id']}"))["results"]
    doctor = next(each for each in found if each["user"] == "Dr Ada Byron")
    assert half_past_ten.id in doctor["available_time"]
    wanted = {"doctor": doctor["id"], "appointment_type": "Online", "symptoms": "A cough", "time": entry["id"]}
    booked = ok(grace.post("/appointments/", json=wanted | {"cancel": False}), 201)
    assert (booked["patient"], booked["appointment_status"], booked["cancel"]) == (patient["id"], "Pendding", False)
    assert ok(grace.get(f"/appointments/?patient_id={patient['id']}"))["results"] == [booked]

    review = ok(grace.post("/reviews/", json={"doctor": doctor["id"], "body": "Kind.", "rating": "⭐⭐⭐⭐"}), 201)
    assert ok(stranger.get(f"/reviews/?reviwer={patient['id']}&rating=⭐⭐⭐⭐"))["results"] == [review]

    cancelled = ok(grace.put(f"/appointments/{booked['id']}/", json=wanted | {"cancel": True}))
    assert (cancelled["cancel"], cancelled["appointment_status"]) == (True, "Pendding")
    ok(grace.delete(f"/appointments/{booked['id']}/"), 204)

    fresh = ok(stranger.post("/api/user/token/refresh/", json={"refresh": pair["refresh"]}))["access"]
    grace = stranger.with_token(fresh)
    assert ok(grace.get("/appointments/"))["count"] == 0
    message = {"name": "Grace Hopper", "phone": "+44 20 7946 0018", "massage": "Thank you!"}
    assert ok(stranger.post("/contacts/", json=message), 201)["massage"] == "Thank you!"
    ok(grace.post("/api/user/logout/", json={"refresh": pair["refresh"]}))
    refused(grace.get("/api/user/profiles/me/"), 401)
    refused(stranger.post("/api/user/token/refresh/", json={"refresh": pair["refresh"]}), 401)
