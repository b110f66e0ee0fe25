"""The API's documentation in the browser: from local files alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def test_it_lists_the_operations(page: Page):
    page.goto("/docs")
    page.get_by_role("link", name="appointments").click()

    expect(page.get_by_text("/book-appointment/").first).to_be_visible()
