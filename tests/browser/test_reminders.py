"""Reminder times in the browser: an admin chooses them, and a patient reads what now holds."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.support import look
from tests.factories import AccountFactory
from tests.support.databases import Database

SignIn = Callable[..., None]


def test_reminders_come_when_the_hospital_says(new_page: Callable[..., Page], sign_in: SignIn, database: Database):
    page = new_page(java_script_enabled=False)
    sign_in(page, AccountFactory(is_admin=True))
    page.goto("/admin/hospital")
    page.get_by_label("Hours before a visit at which the first reminder is sent").fill("2")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter fewer hours than for the first reminder.")

    page.get_by_label("Hours before a visit at which the first reminder is sent").fill("72")
    page.get_by_label("Hours before a visit at which the second one is sent").fill("5")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_role("alert")).to_contain_text("The settings are saved. They hold from now on.")

    reader = new_page()
    sign_in(reader, AccountFactory())
    reader.goto("/my/account/reminders")
    expect(reader.get_by_label("3 days before")).to_be_checked()
    reader.get_by_label("5 hours before").uncheck()
    look(reader, "reminders")
    reader.get_by_role("button", name="Save").click()
    expect(reader.get_by_text("Reminders: 3 days before")).to_be_visible()
