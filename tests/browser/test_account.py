"""The own account in the browser: another password, address, devices, closing, and being warned before the end."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from app.clock import now
from app.models import Account, Session
from app.services import account_links
from app.services.account_links import Purpose
from tests.browser.support import assert_accessible, look
from tests.factories import AccountFactory, AppointmentFactory, PatientFactory, SessionFactory
from tests.support.clients import PASSWORD
from tests.support.databases import Database

SignIn = Callable[..., None]
NEW_PASSWORD = "three random words"
JAVASCRIPT = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


@pytest.fixture
def account(database: Database) -> Account:
    """Somebody with an appointment."""
    account = AccountFactory(username="amira", first_name="Amira", last_name="Hassan")
    AppointmentFactory(patient=PatientFactory(manager=account))
    return account


def left_alone(database: Database, away: timedelta) -> None:
    """Have every browser last been used so long ago."""
    with database.unit_of_work() as session:
        session.execute(update(Session).values(last_seen_at=now() - away))


@JAVASCRIPT
def test_a_forgotten_password(new_page: Callable[..., Page], account: Account, database: Database, *, scripts: bool):
    page = new_page(java_script_enabled=scripts)
    page.goto("/sign-in")
    page.get_by_role("link", name="I have forgotten my password").click()
    page.get_by_role("button", name="Send the link").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_role("alert")).to_contain_text("Enter your username or e-mail address.")
    if scripts:
        expect(page.locator(".nhsuk-error-summary")).to_be_focused()
        look(page, "forgotten-password-refused")
    page.get_by_label("Username or e-mail address").fill("amira")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")

    with database.unit_of_work() as session:
        link = account_links.token(Purpose.SET_PASSWORD, session.get_one(Account, account.id))
    page.goto(f"/set-password/{link}")
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set password").click()
    page.get_by_label("Username or e-mail address").fill("amira")
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Amira Hassan")


@JAVASCRIPT
def test_another_password_and_address(
    new_page: Callable[..., Page], sign_in: SignIn, account: Account, *, scripts: bool
):
    page = new_page(java_script_enabled=scripts)
    sign_in(page, account)
    page.get_by_role("link", name="Amira Hassan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My account")
    if scripts:
        look(page, "my-account")

    page.get_by_role("link", name="Change password").click()
    page.get_by_label("Present password").fill("wrong password")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not your present password.")
    if scripts:
        look(page, "my-account-password-refused")
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_contain_text("Your password is changed.")

    page.get_by_role("link", name="Change e-mail address").click()
    page.get_by_label("New e-mail address").fill("new@example.org")
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("alert")).to_contain_text("We have sent a link to your new address.")
    if scripts:
        look(page, "my-account-pending-address")
    page.get_by_role("button", name="Send the link again").click()
    expect(page.get_by_role("alert")).to_contain_text("We have sent the link again.")
    page.get_by_role("button", name="Keep my present address").click()
    expect(page.get_by_text("new@example.org")).to_have_count(0)


def test_devices(page: Page, sign_in: SignIn, account: Account):
    SessionFactory(account=account)
    SessionFactory(account=account, user_agent="Mozilla/5.0 (iPhone) Version/18.0 Mobile Safari/604.1")
    sign_in(page, account)
    page.goto("/my/account")
    page.get_by_role("link", name="My devices").click()
    look(page, "my-devices", "My devices")

    page.get_by_role("button", name="Sign out Safari on iPhone").click()
    expect(page.get_by_role("alert")).to_contain_text("Safari on iPhone is signed out.")
    page.get_by_role("button", name="Sign out all other devices").click()
    expect(page.get_by_role("alert")).to_contain_text("All your other devices are signed out.")
    expect(page.get_by_text("Firefox on Windows")).to_have_count(0)
    expect(page.get_by_text("This device", exact=True)).to_be_visible()


@JAVASCRIPT
def test_closing(new_page: Callable[..., Page], sign_in: SignIn, account: Account, *, scripts: bool):
    page = new_page(java_script_enabled=scripts)
    sign_in(page, account)
    page.goto("/my/account")
    page.get_by_role("link", name="Close my account").click()
    expect(page.get_by_text("You have 1 coming appointment")).to_be_visible()
    if scripts:
        look(page, "close-account")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Close my account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is closed")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.go_back()
    page.goto("/my/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


class TestIdle:
    @pytest.fixture
    def waiting(self, page: Page, sign_in: SignIn, account: Any, database: Database) -> Page:
        """A page on which somebody has done nothing for 28 minutes of 30: its clock is put forward."""
        page.clock.install()
        sign_in(page, account)
        page.goto("/my/appointments?show=past")
        left_alone(database, timedelta(minutes=28, seconds=5))
        page.clock.fast_forward("26:05")
        return page

    def test_somebody_is_warned_and_stays(self, waiting: Page, database: Database):
        dialog = waiting.get_by_role("alertdialog", name="Are you still there?")
        expect(dialog).to_be_visible()
        expect(dialog).to_contain_text("we sign you out in 2 minutes")
        expect(dialog.get_by_role("button", name="Stay signed in")).to_be_focused()
        look(waiting, "idle-warning")

        waiting.keyboard.press("Enter")

        expect(dialog).to_be_hidden()
        with database.unit_of_work() as session:
            assert now() - session.query(Session).one().last_seen_at < timedelta(minutes=1)

    def test_escape_is_an_answer_too(self, waiting: Page):
        dialog = waiting.get_by_role("alertdialog")
        expect(dialog).to_be_visible()
        waiting.keyboard.press("Escape")
        expect(dialog).to_be_hidden()

    def test_who_does_not_answer_is_signed_out_and_told(self, waiting: Page, sign_in: SignIn, database: Database):
        expect(waiting.get_by_role("alertdialog")).to_be_visible()
        left_alone(database, timedelta(minutes=31))
        waiting.clock.fast_forward("00:20")

        waiting.wait_for_url(lambda url: "/sign-in?next=" in url)
        expect(waiting.get_by_text("you had not used the portal for 30 minutes")).to_be_visible()
        assert_accessible(waiting)
        waiting.get_by_label("Username or e-mail address").fill("amira")
        waiting.get_by_label("Password", exact=True).fill(PASSWORD)
        waiting.get_by_role("button", name="Sign in").click()
        waiting.wait_for_url(lambda url: url.endswith("/my/appointments?show=past"))

    def test_another_tab_is_use_enough(self, waiting: Page, database: Database):
        dialog = waiting.get_by_role("alertdialog")
        expect(dialog).to_be_visible()
        left_alone(database, timedelta(0))
        waiting.clock.fast_forward("00:20")
        expect(dialog).to_be_hidden()

    def test_what_a_page_asks_by_itself_is_marked(self, page: Page, sign_in: SignIn, account: Account):
        sign_in(page, account)
        polling = """() => {
            const part = document.createElement("div");
            part.setAttribute("hx-get", "/my/appointments");
            part.setAttribute("hx-trigger", "every 200ms");
            document.querySelector("main").append(part);
            htmx.process(part);
        }"""
        with page.expect_request("**/my/appointments") as asked:
            page.evaluate(polling)
        assert asked.value.headers["x-background"] == "true"

    def test_who_types_is_there(self, page: Page, sign_in: SignIn, account: Account, database: Database):
        page.clock.install()
        sign_in(page, account)
        page.goto("/my/account/email")
        left_alone(database, timedelta(minutes=20))
        page.clock.fast_forward("20:00")

        with page.expect_response("**/presence"):
            page.get_by_label("New e-mail address").press_sequentially("n")

        with database.unit_of_work() as session:
            assert now() - session.query(Session).one().last_seen_at < timedelta(minutes=1)
