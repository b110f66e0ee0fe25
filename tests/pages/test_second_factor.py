"""Two-step sign-in in the browser: turned on, used, turned off, and asked of staff."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.clock import now
from app.models import Account, AuditEvent, SecondFactor, Session
from app.services import account_links, second_factor_changes
from app.services.account_links import Purpose
from config import Settings
from tests.factories import AccountFactory, DoctorFactory, SecondFactorFactory
from tests.support.clients import PASSWORD, form_values, sign_in, submit
from tests.support.codes import app_code, code_of, recovery_codes
from tests.support.databases import Database

ACCOUNT = "/my/account"
PAGE = f"{ACCOUNT}/second-factor"
APP = f"{PAGE}/app"
CODES = f"{PAGE}/codes"
CODE = "/sign-in/code"


@pytest.fixture
def account(database: Database) -> Account:
    return AccountFactory(username="ada", email="ada@example.org")


@pytest.fixture
def factor(account: Account) -> SecondFactor:
    return SecondFactorFactory(account=account)


def between(text: str, start: str, end: str) -> str:
    return unescape(text.partition(start)[2].partition(end)[0])


def preformatted(page: str) -> str:
    """What stands on a page to be copied."""
    return between(page.partition("<pre")[2], ">", "</pre>")


def first_step(client: FlaskClient, password: str = PASSWORD, address: str = "/sign-in") -> FlaskClient:
    """Give the right password of an account with a second factor."""
    answer = submit(client, address, username="ada", password=password)
    assert answer.location.startswith(CODE)
    return client


def is_signed_in(client: FlaskClient) -> bool:
    return client.get(ACCOUNT).status_code == 200


class TestTurningOn:
    def test_the_whole_way(self, client: FlaskClient, account: Account) -> None:
        sign_in(client, account)
        overview = client.get(ACCOUNT).text
        assert f'href="{PAGE}"' in overview

        assert submit(client, PAGE, current_password=PASSWORD).location == APP
        page = client.get(APP).text
        secret = preformatted(page)
        assert 'src="data:image/svg+xml' in page
        assert f"secret={secret}" in page
        assert preformatted(client.get(APP).text) == secret  # loaded again, it is the same

        wrong = submit(client, APP, code="123")
        assert wrong.status_code == 400
        assert '<a href="#code">That code is not right.' in wrong.text
        assert form_values(wrong.text)["code"] == "123"
        assert submit(client, APP, code=code_of(secret)).location == CODES

        codes = preformatted(client.get(CODES).text).split()
        assert len(codes) == 10
        again = client.get(CODES).text
        assert "Your codes were shown once" in again
        assert not any(code in again for code in codes)
        assert ">10<" in client.get(PAGE).text.replace(" ", "").replace("\n", "")

        newcomer = first_step(client.application.test_client())
        answer = submit(newcomer, CODE, code=codes[0])
        assert (answer.status_code, answer.location) == (303, "/my")

    def test_a_wrong_password_shows_no_secret(self, client: FlaskClient, account: Account) -> None:
        sign_in(client, account)
        page = submit(client, PAGE, current_password="wrong")
        assert (page.status_code, 'href="#current_password"' in page.text) == (400, True)
        assert client.get(APP).location == PAGE

    def test_a_second_click_leads_to_the_codes_too(
        self, client: FlaskClient, account: Account, database: Database
    ) -> None:
        sign_in(client, account)
        submit(client, PAGE, current_password=PASSWORD)
        page = client.get(APP).text
        fields = form_values(page) | {"code": code_of(preformatted(page))}

        assert client.post(APP, data=fields).location == CODES
        assert client.post(APP, data=fields).location == CODES
        assert len(preformatted(client.get(CODES).text).split()) == 10

    def test_what_took_too_long_begins_again(self, client: FlaskClient, account: Account, database: Database) -> None:
        sign_in(client, account)
        submit(client, PAGE, current_password=PASSWORD)
        page = client.get(APP).text
        fields = form_values(page) | {"code": code_of(preformatted(page))}
        with database.unit_of_work() as session:
            session.execute(update(SecondFactor).values(created_at=now() - second_factor_changes.SETUP_TIME))

        answer = client.post(APP, data=fields, follow_redirects=True)

        assert answer.request.path == PAGE
        assert "Continue" in answer.text


class TestSigningIn:
    def test_a_session_opens_after_both_steps(
        self, client: FlaskClient, factor: SecondFactor, database: Database
    ) -> None:
        first_step(client)
        assert not is_signed_in(client)
        with database.unit_of_work() as session:
            assert session.scalars(select(Session)).all() == []
        code = app_code(factor)

        assert submit(client, CODE, code=code).location == "/my"

        assert is_signed_in(client)
        assert client.get(CODE).location == "/my"  # who goes back is led on
        other = first_step(client.application.test_client())
        refused = submit(other, CODE, code=code)
        assert (refused.status_code, is_signed_in(other)) == (400, False)
        assert '<a href="#code">That code is not right, or was used before.' in refused.text
        with database.unit_of_work() as session:
            assert "second_factor.refused" in session.scalars(select(AuditEvent.action)).all()

    def test_where_somebody_wanted_to_be_is_kept(self, client: FlaskClient, factor: SecondFactor) -> None:
        first_step(client, address="/sign-in?next=/find-a-doctor?day=2030-01-01")
        address = f"{CODE}?next=/find-a-doctor?day%3D2030-01-01"
        page = client.get(address).text
        assert f'href="{CODE}?next=/find-a-doctor?day%3D2030-01-01&amp;recovery=1"' in page

        assert submit(client, address, code="wrong").status_code == 400
        answer = submit(client, address, code=app_code(factor))

        assert answer.location == "/find-a-doctor?day=2030-01-01"

    def test_going_back_and_loading_again_lose_nothing(self, client: FlaskClient, factor: SecondFactor) -> None:
        first_step(client)
        client.get("/sign-in")
        client.get(f"{CODE}?recovery=1")
        assert client.get(CODE).status_code == 200
        assert submit(client, CODE, code=app_code(factor)).status_code == 303

    @pytest.mark.parametrize("change", ["time", "password", "turned off", "closed", "none"])
    def test_the_first_step_is_good_for_five_minutes_and_this_account(
        self,
        client: FlaskClient,
        account: Account,
        factor: SecondFactor,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
        change: str,
    ) -> None:
        assert account_links.LIFETIMES[Purpose.SECOND_STEP] == timedelta(minutes=5)
        if change != "none":
            first_step(client)
            assert client.get(CODE).status_code == 200
        if change == "time":
            monkeypatch.setitem(account_links.LIFETIMES, Purpose.SECOND_STEP, timedelta(seconds=-1))
        with database.unit_of_work() as session:
            held = session.get_one(Account, account.id)
            held.is_active = change != "closed"
            held.password_hash = "another" if change == "password" else held.password_hash
            if change == "turned off":
                session.delete(session.get_one(SecondFactor, factor.id))

        answer = client.get(f"{CODE}?next=/contact", follow_redirects=True)

        assert (answer.request.path, answer.request.args["next"]) == ("/sign-in", "/contact")
        assert "within 5 minutes" in answer.text

    def test_a_cookie_that_is_not_ours_is_no_first_step(self, client: FlaskClient, factor: SecondFactor) -> None:
        with client.session_transaction() as cookie:
            cookie["first_step"] = "WzEsICJ4Il0.forged.forged"
        assert client.get(CODE).location == "/sign-in"

    @pytest.mark.parametrize(
        ("left", "told"),
        [
            (9, "have 9 codes left."),
            (3, "have 3 codes left. Make new ones"),
            (1, "have 1 code left. Make new ones"),
            (0, "That was your last recovery code. Make new ones"),
        ],
    )
    def test_a_recovery_code_tells_how_many_are_left(
        self, client: FlaskClient, factor: SecondFactor, left: int, told: str
    ) -> None:
        codes = recovery_codes(factor)
        for code in codes[left + 1 :]:
            assert submit(first_step(client.application.test_client()), CODE, code=code).status_code == 303

        submit(first_step(client), f"{CODE}?recovery=1", code=codes[0])

        assert told in client.get("/").text

    def test_a_password_reset_by_mail_does_not_skip_it(
        self, client: FlaskClient, account: Account, factor: SecondFactor, database: Database
    ) -> None:
        with database.unit_of_work():
            link = account_links.token(Purpose.SET_PASSWORD, account)
        assert submit(client, f"/set-password/{link}", password="three random words").location == "/sign-in"

        first_step(client, "three random words")

        assert not is_signed_in(client)


class TestTooManyTries:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, ratelimit_enabled=True, ratelimit_sign_in="3 per minute")

    def test_codes_count_with_passwords(self, client: FlaskClient, factor: SecondFactor) -> None:
        first_step(client)
        answers = [submit(client, CODE, code="wrong").status_code for _ in range(3)]
        assert answers == [400, 400, 429]


class TestChanges:
    def sign_in(self, client: FlaskClient, factor: SecondFactor) -> FlaskClient:
        submit(first_step(client), CODE, code=app_code(factor))
        return client

    def test_it_is_turned_off(self, client: FlaskClient, account: Account, factor: SecondFactor) -> None:
        self.sign_in(client, factor)
        wrong = submit(client, f"{PAGE}/off", current_password="wrong", code="1")
        assert (wrong.status_code, 'href="#current_password"' in wrong.text) == (400, True)
        wrong = submit(client, f"{PAGE}/off", current_password=PASSWORD, code="1")
        assert (wrong.status_code, 'href="#code"' in wrong.text) == (400, True)

        assert submit(client, f"{PAGE}/off", current_password=PASSWORD, code=app_code(factor, 1)).location == PAGE

        assert "Two-step sign-in is off." in client.get(PAGE).text
        assert is_signed_in(sign_in(client.application.test_client(), account))

    def test_recovery_codes_are_made_anew(self, client: FlaskClient, factor: SecondFactor) -> None:
        former = recovery_codes(factor)
        self.sign_in(client, factor)

        answer = submit(client, f"{CODES}/new", current_password=PASSWORD, code=app_code(factor, 1))

        assert answer.location == CODES
        codes = preformatted(client.get(CODES).text).split()
        assert len(set(codes) - set(former)) == 10

    def test_a_form_from_another_tab_finds_it_on(self, client: FlaskClient, factor: SecondFactor) -> None:
        self.sign_in(client, factor)
        token = form_values(client.get(f"{PAGE}/off").text)["csrf_token"]
        answer = client.post(PAGE, data={"csrf_token": token, "current_password": PASSWORD})
        assert (answer.status_code, answer.location) == (303, PAGE)


class TestRequiredOfStaff:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, second_factor_required="staff")

    @pytest.mark.parametrize(("is_admin", "first_page"), [(True, "/admin"), (False, "/clinic")])
    def test_staff_turn_it_on_before_they_work(
        self, app: Flask, client: FlaskClient, database: Database, first_page: str, *, is_admin: bool
    ) -> None:
        account = AccountFactory(is_admin=True) if is_admin else DoctorFactory().account
        answer = submit(client, "/sign-in", username=account.username, password=PASSWORD)
        assert answer.location == f"{PAGE}?next={first_page}"
        page = client.get(answer.location).text
        assert "asks its doctors and administrators for two-step sign-in" in page
        assert client.get(first_page).location == f"{PAGE}?next={first_page}"
        assert first_page not in client.get("/").text

        app_page = submit(client, answer.location, current_password=PASSWORD).location
        assert app_page == f"{APP}?next={first_page}"
        codes = submit(client, app_page, code=code_of(preformatted(client.get(app_page).text))).location
        assert codes == f"{CODES}?next={first_page}"

        assert f'href="{first_page}" role="button"' in client.get(codes).text
        assert client.get(first_page).status_code == 200

    def test_patients_go_on_as_ever(self, client: FlaskClient, account: Account) -> None:
        sign_in(client, account)
        assert client.get("/admin").status_code == 403
