"""The API's documentation in the browser: from local files alone, tried out with a token, and how to write a client."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.support import DESKTOP, PHONE, assert_fits, look
from tests.factories import DoctorFactory, PatientFactory
from tests.support.clients import PASSWORD
from tests.support.databases import Database


@pytest.fixture
def patient(database: Database) -> Any:
    return PatientFactory()


def token_of(page: Page, account: Any) -> str:
    """The access token of an account, as a program gets it."""
    answer = page.request.post("/api/token/", data={"username": account.username, "password": PASSWORD})
    return str(answer.json()["access"])


def open_operation(page: Page, tag: str, operation_id: str) -> Locator:
    """Open an operation as a reader does, ready to be tried out."""
    page.goto("/docs")
    page.get_by_role("link", name=tag, exact=True).click()
    operation = page.locator(f"#operations-{tag}-{operation_id}")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    return operation


def test_it_lists_the_operations(page: Page):
    page.goto("/docs")
    page.get_by_role("link", name="appointments").click()

    expect(page.get_by_text("/book-appointment/").first).to_be_visible()


def test_an_operation_is_tried_out_with_a_token(page: Page, patient: Any):
    doctor = DoctorFactory(name="Dr Ada Byron")
    operation = open_operation(page, "doctors", "get_doctors")

    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text("401")

    page.get_by_role("button", name="Authorize", exact=True).click()
    dialog = page.locator(".dialog-ux")
    dialog.get_by_role("textbox").fill(token_of(page, patient.manager))
    dialog.get_by_role("button", name="Apply credentials").click()
    dialog.get_by_role("button", name="Close").last.click()
    operation.get_by_role("button", name="Execute").click()

    expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    expect(operation.locator(".live-responses-table")).to_contain_text(doctor.name)


def test_a_body_is_sent_as_a_form(page: Page, patient: Any):
    operation = open_operation(page, "accounts", "post_api_token")
    operation.get_by_label("Request content type").select_option("application/x-www-form-urlencoded")
    operation.locator("tr", has_text="username").get_by_role("textbox").fill(patient.manager.username)
    operation.locator("tr", has_text="password").locator("input").fill(PASSWORD)

    operation.get_by_role("button", name="Execute").click()

    expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text("200")


def test_it_leads_to_the_portal_and_to_the_page_for_clients(page: Page):
    page.goto("/docs")
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        assert_fits(page)

    page.get_by_role("link", name="Write a client").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Write a client")
    page.get_by_role("link", name="API documentation").first.click()
    page.get_by_role("link", name="Larkfield Hospital").click()

    page.wait_for_url("**/")


def test_the_page_for_clients_is_readable_and_its_examples_are_copied(page: Page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/docs/clients")
    look(page, "clients")

    page.get_by_role("button", name="Copy Python to start").click()

    expect(page.get_by_role("button", name="Copy Python to start")).to_have_text("Copied")
    assert "httpx.Client(base_url=" in page.evaluate("navigator.clipboard.readText()")


def test_the_page_for_clients_needs_no_javascript(new_page):
    page = new_page(java_script_enabled=False)
    page.goto("/docs/clients")

    expect(page.get_by_text('TOKEN=$(curl -s "$PORTAL/login"')).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
