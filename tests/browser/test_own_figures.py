"""A doctor's reviews and figures in the browser: replying, and charts that can be read as tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.models import VisitState
from tests.browser.support import look
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory, ReviewFactory
from tests.support.databases import Database

SignIn = Callable[..., None]
AGO = datetime.now(UTC) - timedelta(days=21)
REPLY = "I am sorry about the waiting. We have added a nurse."


@pytest.fixture
def doctor(database: Database) -> Any:
    """A doctor with some weeks of visits and two reviews."""
    doctor = DoctorFactory(name="Dr Hart")
    states = (VisitState.COMPLETED, VisitState.COMPLETED, VisitState.NO_SHOW, VisitState.CANCELLED)
    for week in range(3):
        for hour, state in enumerate(states):
            AppointmentFactory(doctor=doctor, starts_at=AGO - timedelta(weeks=week, hours=hour), state=state)
    ada = PatientFactory(name="Ada Lovelace")
    AppointmentFactory(doctor=doctor, patient=ada, starts_at=AGO + timedelta(days=2), state=VisitState.COMPLETED)
    ReviewFactory(doctor=doctor, patient=ada, rating=3, body="I waited long.", created_at=AGO + timedelta(days=3))
    ReviewFactory(doctor=doctor, rating=5, body="Very kind.")
    return doctor


def test_a_doctor_replies_to_a_review(
    page: Page, new_page: Callable[..., Page], sign_in: SignIn, doctor: Any, database: Database
):
    sign_in(page, doctor.account)
    page.get_by_role("link", name="My figures").click()
    page.get_by_role("link", name="Reviews", exact=True).click()
    expect(page.get_by_label("Stars", exact=True)).to_be_visible()
    look(page, "clinic-reviews")

    page.get_by_label("Stars", exact=True).select_option("3")
    expect(page.locator("#results").get_by_text("Very kind.")).to_have_count(0)
    page.get_by_role("link", name="Reply to Ada's review").click()
    page.get_by_role("button", name="Publish reply").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter a reply.")
    look(page, "clinic-reply-refused")
    page.get_by_label("Your reply").fill(REPLY)
    page.get_by_role("button", name="Publish reply").click()
    expect(page.get_by_role("alert")).to_contain_text("Your reply is published.")
    page.get_by_label("Only those without a reply").check()
    expect(page.locator("#results").get_by_text("I waited long.")).to_have_count(0)

    visitor = new_page(java_script_enabled=False)
    visitor.goto(f"/find-a-doctor/{doctor.id}")
    expect(visitor.get_by_text(REPLY)).to_be_visible()


def test_charts_are_tables_too(page: Page, sign_in: SignIn, doctor: Any):
    sign_in(page, doctor.account)
    page.goto("/clinic/figures")
    expect(page.get_by_role("img", name="Visits by week")).to_be_visible()
    look(page, "clinic-figures")

    page.get_by_text("Show as a table: Visits by week").click()
    table = page.get_by_role("table", name="Visits by week")
    expect(table.get_by_role("columnheader")).to_have_text(["Week from", "Completed", "Missed", "Cancelled"])
    expect(table.get_by_role("row")).to_have_count(13)
    look(page, "clinic-figures-table")

    page.get_by_label("Period").select_option("52")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_label("Period")).to_have_value("52")
    look(page, "clinic-figures-year")


def test_without_anything(page: Page, sign_in: SignIn, database: Database):
    sign_in(page, DoctorFactory().account)
    page.goto("/clinic/figures")
    expect(page.get_by_role("heading", name="No visits in this period")).to_be_visible()
    look(page, "clinic-figures-empty")
    page.get_by_role("link", name="Reviews", exact=True).click()
    expect(page.get_by_role("heading", name="No reviews yet")).to_be_visible()
    look(page, "clinic-reviews-empty")
