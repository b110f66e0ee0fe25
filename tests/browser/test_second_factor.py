"""Two-step sign-in in the browser: turned on, used with app and recovery codes, turned off, and asked of staff."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from app.models import Account
from config import Settings
from tests.browser.support import look
from tests.factories import AccountFactory, AppointmentFactory, DoctorFactory, PatientFactory, SecondFactorFactory
from tests.support.clients import PASSWORD
from tests.support.codes import code_of, recovery_codes
from tests.support.databases import Database

SignIn = Callable[..., None]
JAVASCRIPT = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


@pytest.fixture
def account(database: Database) -> Account:
    """Somebody with an appointment."""
    account = AccountFactory(username="amira", first_name="Amira", last_name="Hassan")
    AppointmentFactory(patient=PatientFactory(manager=account))
    return account


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def give_password(page: Page, username: str) -> None:
    page.get_by_label("Username or e-mail address").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def turn_on(page: Page) -> tuple[str, list[str]]:
    """From the page that asks for the password to the recovery codes; the app's secret, and the codes."""
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    title(page, "Add the portal to your app")
    secret = page.get_by_role("region", name="key").inner_text()
    page.get_by_label("Code", exact=True).fill(code_of(secret))
    page.get_by_role("button", name="Turn on two-step sign-in").click()
    title(page, "Your recovery codes")
    return secret, page.get_by_role("region", name="recovery codes").inner_text().split()


@JAVASCRIPT
def test_it_is_turned_on_and_asked_for(
    new_page: Callable[..., Page], sign_in: SignIn, account: Account, *, scripts: bool
):
    page = new_page(java_script_enabled=scripts)

    def seen(name: str) -> None:
        if scripts:
            look(page, f"second-factor-{name}")

    sign_in(page, account)
    page.goto("/my/account")
    page.get_by_role("link", name="Change two-step sign-in").click()
    seen("off")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter your password.")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    picture = page.get_by_role("img", name="QR code")
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 100
    seen("app")
    page.get_by_label("Code", exact=True).fill("12345")
    page.get_by_role("button", name="Turn on two-step sign-in").click()
    expect(page).to_have_title(re.compile("^Error: "))
    seen("app-refused")
    page.get_by_role("link", name="Back", exact=True).click()
    secret, codes = turn_on(page)
    assert len(codes) == 10
    seen("codes")

    page.goto("/my/account/second-factor")
    expect(page.get_by_text("Recovery codes left")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Sign out").first.click()
    page.goto("/my/appointments?show=past")
    give_password(page, "amira")
    title(page, "Enter your code")
    seen("code")
    page.get_by_role("link", name="I cannot use my app").click()
    title(page, "Enter a recovery code")
    seen("recovery-code")
    page.go_back()
    page.reload()
    page.get_by_label("Code", exact=True).fill("000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("That code is not right")
    seen("code-refused")
    page.get_by_label("Code", exact=True).fill(code_of(secret, 1))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: url.endswith("/my/appointments?show=past"))


def test_other_recovery_codes_and_turning_off(page: Page, account: Account):
    former = recovery_codes(SecondFactorFactory(account=account))
    page.goto("/sign-in?next=/my/account/second-factor")
    give_password(page, "amira")
    page.get_by_role("link", name="I cannot use my app").click()
    page.get_by_label("Code", exact=True).fill(former[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("You have used a recovery code, and have 9 codes left.")).to_be_visible()
    look(page, "second-factor-on")

    page.get_by_role("link", name="Make new recovery codes").click()
    look(page, "second-factor-new-codes", "New recovery codes")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Code", exact=True).fill(former[1])
    page.get_by_role("button", name="Make new codes").click()
    title(page, "Your recovery codes")
    codes = page.get_by_role("region", name="recovery codes").inner_text().split()
    assert not set(codes) & set(former)
    page.reload()
    expect(page.get_by_text("Your codes were shown once")).to_be_visible()
    look(page, "second-factor-codes-again")

    page.goto("/my/account/second-factor/off")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter a code.")
    look(page, "second-factor-turn-off-refused")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Code", exact=True).fill(codes[0])
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_text("Two-step sign-in is off.")).to_be_visible()


class TestRequiredOfStaff:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, second_factor_required="staff")

    def test_a_doctor_turns_it_on_and_works(self, page: Page, database: Database):
        doctor = DoctorFactory()
        page.goto("/clinic/requests")
        give_password(page, doctor.account.username)
        expect(page.get_by_role("heading", name="Turn this on to go on")).to_be_visible()
        expect(page.get_by_role("link", name="Today")).to_have_count(0)
        look(page, "second-factor-required")

        turn_on(page)
        page.get_by_role("button", name="I have saved my codes").click()

        page.wait_for_url(lambda url: url.endswith("/clinic/requests"))
        expect(page.get_by_role("link", name="Today").first).to_be_visible()
