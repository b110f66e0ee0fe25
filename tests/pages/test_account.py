"""Signing in, up and out in the browser, without losing the place."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.models import Account, AuditEvent, Patient, Session
from config import Settings
from tests.factories import AccountFactory, DoctorFactory
from tests.support.clients import PASSWORD, form_values, sign_in, submit
from tests.support.databases import Database

PLACE = "/book/7?at=2027-01-06T09:30:00Z"
NEWCOMER = {
    "first_name": "Amira",
    "last_name": "Hassan",
    "email": "amira@example.org",
    "username": "amira",
    "password": "three random words",
}
ELSEWHERE = [
    "https://example.org/",
    "//example.org/",
    "///example.org/",
    "/\\example.org",
    "/%2Fexample.org/",
    "/\t/example.org",
    "javascript:alert(1)",
    "find-a-doctor",
    "/sign-out",
    "",
]


class TestSignIn:
    @pytest.mark.parametrize("name", ["amira", "AMIRA", "amira@example.org", "Amira@Example.org"])
    def test_a_username_or_an_e_mail_address_will_do(self, client: FlaskClient, database: Database, name: str) -> None:
        AccountFactory(username="amira", first_name="Amira", last_name="Hassan")

        response = submit(client, "/sign-in", username=name, password=PASSWORD)

        assert (response.status_code, response.location) == (303, "/my")
        assert "Amira Hassan" in client.get("/").text

    @pytest.mark.both_databases
    @pytest.mark.parametrize("name", ["amira", "nobody", "nobody@example.org", "\0", "💙" * 1000])
    def test_whatever_is_wrong_is_told_alike(self, client: FlaskClient, database: Database, name: str) -> None:
        AccountFactory(username="amira")

        response = submit(client, "/sign-in", username=name, password="wrong password")

        assert response.status_code == 400
        assert "<title>Error: Sign in" in response.text
        assert '<a href="#username">The username or password is not right. Check both and try again.</a>' in (
            response.text
        )
        assert "wrong password" not in response.text

    def test_a_failed_try_is_in_the_audit_trail(self, client: FlaskClient, database: Database) -> None:
        submit(client, "/sign-in", username="amira", password="wrong password")

        with database.unit_of_work() as session:
            assert session.scalars(select(AuditEvent.action)).all() == ["session.refused"]

    def test_missing_answers_are_asked_for(self, client: FlaskClient) -> None:
        page = submit(client, "/sign-in", username="amira", password="")

        assert page.status_code == 400
        assert '<a href="#password">Enter your password.</a>' in page.text
        assert form_values(page.text)["username"] == "amira"

    def test_it_goes_back_to_the_place(self, client: FlaskClient, database: Database) -> None:
        account = AccountFactory()

        response = submit(client, f"/sign-in?next={PLACE}", username=account.username, password=PASSWORD)

        assert response.location == PLACE

    @pytest.mark.parametrize("address", ELSEWHERE)
    def test_it_never_leads_elsewhere(self, client: FlaskClient, database: Database, address: str) -> None:
        account = AccountFactory()
        path = client.application.test_request_context("/sign-in", query_string={"next": address}).request.full_path

        response = submit(client, path, username=account.username, password=PASSWORD)

        assert response.location == "/my"

    def test_doctors_and_admins_land_at_their_work(self, client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory()
        admin = AccountFactory(is_admin=True)

        for account, place in ((doctor.account, "/clinic"), (admin, "/admin")):
            visitor = client.application.test_client()
            assert submit(visitor, "/sign-in", username=account.username, password=PASSWORD).location == place

    def test_somebody_signed_in_is_sent_on(self, client: FlaskClient, database: Database) -> None:
        sign_in(client, AccountFactory())

        assert client.get("/sign-in").location == "/my"
        assert client.get(f"/sign-in?next={PLACE}").location == PLACE

    def test_the_session_before_it_is_dropped(self, client: FlaskClient, database: Database) -> None:
        client.get("/sign-in")
        before = client.get_cookie("portal")

        sign_in(client, AccountFactory())

        after = client.get_cookie("portal")
        assert before is not None
        assert after is not None
        assert before.value != after.value

    def test_a_form_without_its_token_is_refused(self, client: FlaskClient, database: Database) -> None:
        account = AccountFactory()

        response = client.post("/sign-in", data={"username": account.username, "password": PASSWORD})

        assert response.status_code == 400
        assert client.get("/my/appointments").status_code == 303

    def test_a_closed_account_stays_out(self, client: FlaskClient, database: Database) -> None:
        account = AccountFactory(is_active=False)

        assert submit(client, "/sign-in", username=account.username, password=PASSWORD).status_code == 400


class TestTooManyTries:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, ratelimit_enabled=True, ratelimit_sign_in="2 per minute")

    def test_the_name_is_locked_for_a_while_whatever_it_is_spelled_like(
        self, client: FlaskClient, database: Database
    ) -> None:
        account = AccountFactory(username="amira", email="amira@example.org")
        for name in ("amira", "AMIRA@example.org"):
            assert submit(client, "/sign-in", username=name, password="wrong password").status_code == 400

        response = submit(client, "/sign-in", username="Amira", password=PASSWORD)

        assert response.status_code == 429
        assert "Too many tries to sign in with that name." in response.text
        assert 0 < int(response.headers["Retry-After"]) <= 60
        assert (
            client.post("/api/token/", json={"username": account.username, "password": PASSWORD}).status_code == 429
        ), "both faces count together"


class TestSignUp:
    def test_it_makes_an_account_with_its_patient_and_signs_in(self, client: FlaskClient, database: Database) -> None:
        response = submit(client, "/sign-up", **NEWCOMER)

        assert (response.status_code, response.location) == (303, "/my")
        assert "Your account is ready" in client.get("/find-a-doctor").text
        with database.unit_of_work() as session:
            patient = session.scalars(select(Patient).join(Account, Patient.manager_id == Account.id)).one()
            assert (patient.name, patient.is_own) == ("Amira Hassan", True)

    def test_the_place_is_kept_from_signing_in_to_signing_up_and_back(
        self, client: FlaskClient, database: Database
    ) -> None:
        sign_in_page = client.get(PLACE).location
        assert sign_in_page is not None
        sign_up_page = _link(client.get(sign_in_page).text, "Create an account")

        assert _link(client.get(sign_up_page).text, "Sign in") == sign_in_page
        assert submit(client, sign_up_page, **NEWCOMER).location == PLACE

    def test_the_headers_links_keep_the_place_too(self, client: FlaskClient, database: Database) -> None:
        sign_in_page = _link(client.get("/find-a-doctor?q=heart").text, "Sign in")

        assert submit(client, _link(client.get(sign_in_page).text, "Create account"), **NEWCOMER).location == (
            "/find-a-doctor?q=heart"
        )

    def test_everything_wrong_is_told_at_once_and_what_was_typed_is_kept(
        self, client: FlaskClient, database: Database
    ) -> None:
        AccountFactory(username="amira")

        page = submit(client, "/sign-up", **{**NEWCOMER, "email": "amira", "username": "a@b", "password": "short"})

        assert page.status_code == 400
        assert "<title>Error: Create an account" in page.text
        for field in ("email", "username", "password"):
            assert f'<a href="#{field}">' in page.text
        values = form_values(page.text)
        assert (values["first_name"], values["username"], values["password"]) == ("Amira", "a@b", "")

    def test_a_taken_name_is_refused_at_its_field(self, client: FlaskClient, database: Database) -> None:
        AccountFactory(username="AMIRA", email="other@example.org")

        page = submit(client, "/sign-up", **NEWCOMER)

        assert page.status_code == 400
        assert '<a href="#username">That username is taken. Choose another one.</a>' in page.text
        with database.unit_of_work() as session:
            assert session.scalar(select(func.count(Account.id))) == 1

    def test_nobody_signs_up_as_an_admin(self, client: FlaskClient, database: Database) -> None:
        submit(client, "/sign-up", **NEWCOMER, is_admin="1", role="1")

        with database.unit_of_work() as session:
            assert session.scalars(select(Account.is_admin)).one() is False


class TestSignOut:
    def test_a_link_asks_and_a_button_does(self, client: FlaskClient, database: Database) -> None:
        sign_in(client, AccountFactory())

        asked = client.get("/sign-out")
        assert "Do you want to sign out?" in asked.text
        assert client.get("/my/appointments").status_code == 200

        assert client.post("/sign-out", data=form_values(asked.text)).location == "/"
        assert "You are signed out." in client.get("/").text
        assert client.get("/my/appointments").location == "/sign-in?next=/my/appointments"

    def test_a_copied_cookie_is_worth_nothing_afterwards(self, client: FlaskClient, database: Database) -> None:
        sign_in(client, AccountFactory())
        cookie = client.get_cookie("portal")
        assert cookie is not None
        submit(client, "/sign-out")

        client.set_cookie("portal", cookie.value)

        assert client.get("/my/appointments").status_code == 303
        with database.unit_of_work() as session:
            assert session.scalars(select(Session.ended_at)).one() is not None

    def test_a_stranger_has_nothing_to_sign_out_of(self, client: FlaskClient) -> None:
        assert client.get("/sign-out").location == "/"


def _link(page: str, text: str) -> str:
    """The address of the last link with that text: the page's own, not the header's, where both have it."""
    return unescape(re.findall(rf'<a [^>]*href="([^"]*)"[^>]*>\s*{text}\s*</a>', page)[-1])
