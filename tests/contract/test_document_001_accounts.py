"""Document 001, "Authentication", "Rate Limiting" and "User Profiles"."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.models import Message
from tests.contract.hospital import Hospital
from tests.contract.shapes import USER
from tests.contract.support import Program, like, ok, page_like, picture, refused, shows_a_picture
from tests.factories import AccountFactory
from tests.support.clients import PASSWORD
from tests.support.databases import Database

PROFILE = {
    "id": 0,
    "user": USER,
    "bio": "string",
    "address": "string",
    "date_of_birth": "2023-01-01",
    "profile_picture": "string",
    "created_at": "2023-01-01T00:00:00Z",
    "updated_at": "2023-01-01T00:00:00Z",
}
NULLABLE = {"date_of_birth", "profile_picture"}


def person(**changes: Any) -> dict[str, Any]:
    """The document's request body, with a user's own values."""
    return {
        "username": "grace",
        "first_name": "Grace",
        "last_name": "Hopper",
        "email": "grace@example.org",
        "password": PASSWORD,
        "confirm_password": PASSWORD,
        **changes,
    }


class TestRegister:
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_it_makes_a_user_with_a_profile_and_a_patient(
        self, stranger: Program, hospital: Hospital, slash: str
    ) -> None:
        body = ok(stranger.post(f"/api/user/register{slash}", json=person()), 201)

        like(body, {"message": "string", "tokens": {"refresh": "string", "access": "string"}, "user": USER})
        expected = {name: person()[name] for name in ("username", "first_name", "last_name", "email")}
        assert body["user"].items() >= {**expected, "is_staff": False, "is_active": True}.items()
        grace = stranger.with_token(body["tokens"]["access"])
        assert ok(grace.get("/api/user/profiles/me/"))["user"] == body["user"]
        (patient,) = ok(grace.get("/patients/"))["results"]
        assert patient["user"] == "grace"

    @pytest.mark.parametrize(
        ("name", "value"),
        [("confirm_password", "another one"), ("email", "nowhere"), ("username", ""), ("password", "x"), ("email", 7)],
    )
    def test_a_bad_request_is_400(self, stranger: Program, hospital: Hospital, name: str, value: object) -> None:
        refused(stranger.post("/api/user/register/", json=person(**{name: value})), 400, name)
        refused(stranger.post("/api/user/login/", json={"username": "grace", "password": PASSWORD}), 401)


class TestTokens:
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_login_refresh_and_logout(self, stranger: Program, hospital: Hospital, slash: str) -> None:
        credentials = {"username": hospital.patient.manager.username, "password": PASSWORD}
        pair = ok(stranger.post(f"/api/user/login{slash}", json=credentials))
        like(pair, {"refresh": "string", "access": "string"})
        refresh = {"refresh": pair["refresh"]}
        first = stranger.with_token(pair["access"])
        fresh = like(ok(stranger.post(f"/api/user/token/refresh{slash}", json=refresh)), {"access": "string"})
        second = stranger.with_token(fresh["access"])
        for caller in (first, second):
            ok(caller.get("/api/user/profiles/me/"))

        like(ok(second.post(f"/api/user/logout{slash}", json=refresh)), {"message": "string"})

        for caller in (first, second):
            refused(caller.get("/api/user/profiles/me/"), 401)
        refused(stranger.post("/api/user/token/refresh/", json=refresh), 401)

    def test_logout_takes_the_refresh_token_alone_as_the_contract_adds(
        self, stranger: Program, hospital: Hospital
    ) -> None:
        """So an expired access token keeps nobody signed in."""
        credentials = {"username": hospital.patient.manager.username, "password": PASSWORD}
        pair = ok(stranger.post("/api/user/login/", json=credentials))
        caller = stranger.with_token(pair["access"])
        refused(stranger.post("/api/user/logout/", json={"refresh": "forged"}), 401)
        refused(stranger.post("/api/user/logout/", json={}), 401)
        ok(caller.get("/api/user/profiles/me/"))

        ok(stranger.post("/api/user/logout/", json={"refresh": pair["refresh"]}))

        refused(caller.get("/api/user/profiles/me/"), 401)

    def test_missing_credentials_are_400_and_wrong_ones_401(self, stranger: Program, hospital: Hospital) -> None:
        refused(stranger.post("/api/user/login/", json={}), 400, "username", "password")
        name = hospital.patient.manager.username
        refused(stranger.post("/api/user/login/", json={"username": name, "password": "wrong"}), 401)
        refused(stranger.post("/api/user/token/refresh/", json={}), 400, "refresh")
        refused(stranger.post("/api/user/token/refresh/", json={"refresh": "forged"}), 401)


class TestExpiry:
    @pytest.fixture
    def app(self, make_app: Callable[..., Flask]) -> Flask:
        """A portal of its own whose access tokens have run out as soon as they are handed out."""
        return make_app(access_token_hours=0)

    def test_what_has_expired_is_401_and_still_logs_out(self, stranger: Program, database: Database) -> None:
        credentials = {"username": AccountFactory().username, "password": PASSWORD}
        pair = ok(stranger.post("/api/user/login/", json=credentials))
        refresh = {"refresh": pair["refresh"]}
        caller = stranger.with_token(pair["access"])
        refused(caller.get("/api/user/profiles/me/"), 401)
        like(ok(caller.post("/api/user/token/refresh/", json=refresh)), {"access": "string"})
        refused(caller.post("/api/user/logout/", json={}), 401)
        ok(caller.post("/api/user/logout/", json=refresh))
        refused(caller.post("/api/user/token/refresh/", json=refresh), 401)


class TestRateLimiting:
    """Different endpoints have different limits."""

    @pytest.fixture
    def app(self, make_app: Callable[..., Flask]) -> Flask:
        """A portal of its own, empty and strict."""
        return make_app(
            ratelimit_enabled=True,
            ratelimit_anonymous="5 per minute",
            ratelimit_signed_in="3 per minute",
            ratelimit_sign_in="2 per minute",
        )

    def test_too_many_requests_are_429(self, stranger: Program, database: Database) -> None:
        caller = stranger.sign_in(AccountFactory())
        for asking, path, allowed in ((caller, "/doctors/", 3), (stranger, "/services/", 4)):
            for _ in range(allowed):
                ok(asking.get(path))
            over = asking.get(path)
            assert refused(over, 429)["title"] == "Too Many Requests"
            assert 0 < int(over.headers["Retry-After"]) <= 60

    def test_attempts_to_sign_in_are_counted_over_all_spellings_as_the_contract_adds(
        self, stranger: Program, database: Database
    ) -> None:
        wrong = {"username": AccountFactory().username, "password": "wrong"}
        refused(stranger.post("/api/user/login/", json=wrong), 401)
        refused(stranger.post("/api/token/", json=wrong), 401)
        over = stranger.post("/api/user/login/", json=wrong | {"password": PASSWORD})
        refused(over, 429)
        assert int(over.headers["Retry-After"]) > 0


class TestProfiles:
    def test_regular_users_see_only_their_own(
        self, patient: Program, admin: Program, stranger: Program, hospital: Hospital
    ) -> None:
        (own,) = page_like(patient.get("/api/user/profiles/"), PROFILE, nullable=NULLABLE)
        assert own["user"]["username"] == hospital.patient.manager.username
        assert ok(patient.get("/api/user/profiles/me/")) == ok(patient.get("/api/user/profiles/me")) == own
        assert ok(patient.get(f"/api/user/profiles/{own['id']}/")) == own
        everybody = page_like(admin.get("/api/user/profiles/"), PROFILE, nullable=NULLABLE)
        assert len(everybody) == 5
        for other in everybody:
            if other["id"] != own["id"]:
                for method in ("GET", "PUT", "PATCH", "DELETE"):
                    refused(patient.open(method, f"/api/user/profiles/{other['id']}/", json={}), 404)
        refused(stranger.get("/api/user/profiles/me/"), 401)

    def test_search_is_over_username_email_and_names(
        self, admin: Program, patient: Program, hospital: Hospital
    ) -> None:
        account = hospital.patient.manager
        mine = ok(patient.get("/api/user/profiles/me/"))["id"]
        for term in (account.username, account.email, account.first_name.lower(), account.last_name.upper()):
            found = ok(admin.get("/api/user/profiles/", query_string={"search": term}))["results"]
            assert mine in [each["id"] for each in found], term
        assert ok(admin.get("/api/user/profiles/?search=zzzz"))["results"] == []
        other = hospital.other_patient.manager.username
        assert ok(patient.get(f"/api/user/profiles/?search={other}"))["results"] == []

    def test_an_admin_creates_one_and_the_new_user_is_mailed_as_the_contract_settles(
        self, admin: Program, patient: Program, database: Database
    ) -> None:
        sent = {
            **{name: person()[name] for name in ("username", "email", "first_name", "last_name")},
            "bio": "Rear admiral",
            "address": "1 Mill Lane",
            "date_of_birth": "1906-12-09",
        }
        made = admin.post("/api/user/profiles/", data=sent | {"profile_picture": picture()})

        created = like(ok(made, 201), PROFILE)

        assert {name: (created | created["user"])[name] for name in sent} == sent
        shows_a_picture(admin.client, created["profile_picture"])
        assert ok(admin.get(f"/api/user/profiles/{created['id']}/")) == created
        with database.unit_of_work() as session:
            assert session.scalars(select(Message.recipient)).all() == ["grace@example.org"]
        refused(patient.client.post("/api/user/login/", json={"username": "grace", "password": PASSWORD}), 401)
        refused(patient.post("/api/user/profiles/", data=sent), 409)

    def test_a_bad_request_is_400(self, admin: Program, patient: Program, hospital: Hospital) -> None:
        taken = hospital.patient.manager.username
        for changes in ({"email": "nowhere"}, {"date_of_birth": "yesterday"}, {"username": taken.upper()}):
            sent = {"username": "grace", "email": "grace@example.org"} | changes
            refused(admin.post("/api/user/profiles/", data=sent), 400, *changes)
        own = f"/api/user/profiles/{ok(patient.get('/api/user/profiles/me/'))['id']}/"
        refused(patient.patch(own, data={"date_of_birth": "0000-00-00"}), 400, "date_of_birth")
        no_picture = (BytesIO(b"<svg/>"), "picture.png")
        refused(patient.patch(own, data={"profile_picture": no_picture}), 400, "profile_picture")

    def test_its_owner_updates_it_by_multipart(self, patient: Program, admin: Program, hospital: Hospital) -> None:
        path = f"/api/user/profiles/{ok(patient.get('/api/user/profiles/me/'))['id']}/"
        account = hospital.patient.manager
        sent = {
            "username": "renamed",
            "email": account.email,
            "first_name": "Gráinne",
            "last_name": "Ní Mháille",
            "bio": "Sails",
            "address": "Clew Bay",
            "date_of_birth": "1990-02-28",
        }
        put = like(ok(patient.put(path, data=sent | {"profile_picture": picture()})), PROFILE)
        assert {name: (put | put["user"])[name] for name in sent} == sent
        shows_a_picture(patient.client, put["profile_picture"])

        patched = ok(patient.patch(path, data={"bio": "Rows"}, content_type="multipart/form-data"))
        assert patched | {"updated_at": ""} == put | {"bio": "Rows", "updated_at": ""}
        assert ok(patient.put(path, json=patched)) == patched
        bare = ok(patient.patch(path, json={"profile_picture": None}))
        assert bare["profile_picture"] is None
        assert ok(admin.patch(path, data={"address": "Howth"}))["address"] == "Howth"

    def test_a_changed_address_counts_once_confirmed_as_the_contract_settles(
        self, patient: Program, hospital: Hospital, database: Database
    ) -> None:
        path = f"/api/user/profiles/{ok(patient.get('/api/user/profiles/me/'))['id']}/"
        former = hospital.patient.manager.email
        assert ok(patient.patch(path, data={"email": "new@example.org"}))["user"]["email"] == former
        with database.unit_of_work() as session:
            assert "new@example.org" in session.scalars(select(Message.recipient)).all()

    def test_nobody_makes_himself_more_than_he_is(self, patient: Program, hospital: Hospital) -> None:
        before = ok(patient.get("/api/user/profiles/me/"))
        path = f"/api/user/profiles/{before['id']}/"
        wanted = {"is_staff": True, "is_active": False, "id": 99, "date_joined": "2000-01-01T00:00:00Z", "role": 1}
        for sent in (wanted, {"user": wanted}, {"user": wanted | {"username": "root"}}):
            ok(patient.patch(path, json=sent))
        after = ok(patient.get(path))
        assert after | {"updated_at": ""} == before | {"updated_at": ""}

    def test_deleting_it_closes_the_account_as_the_contract_settles(
        self, patient: Program, admin: Program, hospital: Hospital
    ) -> None:
        path = f"/api/user/profiles/{ok(patient.get('/api/user/profiles/me/'))['id']}/"
        ok(patient.delete(path), 204)
        refused(patient.get(path), 401)
        refused(admin.get(path), 404)
        credentials = {"username": hospital.patient.manager.username, "password": PASSWORD}
        refused(patient.client.post("/api/user/login/", json=credentials), 401)
