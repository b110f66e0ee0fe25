"""An admin hides a review, whose author reads why; looks into an emergency access; keeps a doctor's hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.clock import now
from tests.browser.support import look
from tests.factories import AccountFactory, ContactMessageFactory, DoctorFactory, EmergencyAccessFactory, ReviewFactory
from tests.support.databases import Database

SignIn = Callable[..., None]


@pytest.fixture
def admin(database: Database) -> Any:
    """An admin's account."""
    return AccountFactory(username="root", is_admin=True)


def test_a_review_is_hidden_and_its_author_reads_why(
    page: Page, new_page: Callable[..., Page], sign_in: SignIn, admin: Any
):
    doctor = DoctorFactory(name="Dr Samuel Okafor")
    rude = ReviewFactory(doctor=doctor, patient__name="Otto Klein", body="Ask for the tall nurse, Mrs Hill.", rating=1)
    ReviewFactory(doctor=doctor, patient__name="Ada King", body="Very kind")
    sign_in(page, admin)
    page.goto("/admin/reviews")
    page.get_by_label("Text, doctor or patient").fill("nurse")
    expect(page.get_by_text("Very kind")).to_have_count(0)
    look(page, "admin-reviews")
    page.get_by_role("checkbox", name="Choose the review of Dr Samuel Okafor by Otto Klein").check()
    page.get_by_role("button", name="Hide chosen").click()
    page.get_by_role("button", name="Hide review").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    look(page, "hide-review-refused")
    page.get_by_label("Why?").fill("It names somebody.")
    page.get_by_role("button", name="Hide review").click()
    expect(page.get_by_role("alert")).to_contain_text("1 review hidden")

    author = new_page(java_script_enabled=False)
    sign_in(author, rude.patient.manager)
    author.goto("/my/reviews")
    expect(author.get_by_role("heading", name="Hidden by the hospital")).to_be_visible()
    expect(author.get_by_text("It names somebody.")).to_be_visible()
    author.goto(f"/find-a-doctor/{doctor.id}")
    expect(author.get_by_text("Very kind")).to_be_visible()
    expect(author.get_by_text("Mrs Hill")).to_have_count(0)

    page.goto("/admin/reviews?state=hidden")
    page.get_by_role("link", name="Ask for the tall nurse").click()
    expect(page.get_by_role("button", name="Show again")).to_be_visible()
    look(page, "admin-review-hidden")
    page.get_by_role("button", name="Show again").click()
    expect(page.get_by_role("alert")).to_contain_text("The review is shown again")
    page.goto("/admin/reviews?search=nobody")
    expect(page.get_by_role("heading", name="No reviews found")).to_be_visible()
    look(page, "admin-reviews-empty")


def test_an_emergency_access_is_looked_into_and_a_question_deleted_without_scripts(
    new_page: Callable[..., Page], sign_in: SignIn, admin: Any
):
    EmergencyAccessFactory(doctor__name="Dr Ada Lung", reason="Unconscious", opened_at=now() - timedelta(hours=2))
    ContactMessageFactory(name="Spam Sender")
    page = new_page(java_script_enabled=False)
    sign_in(page, admin)
    page.goto("/admin")
    page.get_by_role("link", name="Emergency accesses to look into").click()
    expect(page.get_by_role("cell", name="Unconscious")).to_be_visible()
    page.get_by_role("row", name="Dr Ada Lung").get_by_role("link").click()
    page.get_by_label("What did you find? (optional)").fill("The ward confirmed it.")
    page.get_by_role("button", name="Mark as looked into").click()
    expect(page.get_by_text("The ward confirmed it.")).to_be_visible()

    page.goto("/admin/contacts")
    page.get_by_role("checkbox", name="Spam Sender").check()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Do you want to delete 1 question?")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alert")).to_contain_text("1 message deleted")


def test_an_admin_enters_a_doctors_hours(page: Page, sign_in: SignIn, admin: Any):
    doctor = DoctorFactory(name="Dr Samuel Okafor")
    sign_in(page, admin)
    page.goto(f"/admin/doctors/{doctor.id}")
    page.get_by_role("button", name="Hours and time off").click()
    expect(page.get_by_text("Patients find no times of the doctor.")).to_be_visible()
    page.get_by_role("link", name="Add hours on Monday").click()
    page.get_by_label("Start time").fill("9am")
    page.get_by_label("End time").fill("12pm")
    page.get_by_role("button", name="Save hours").click()
    expect(page.get_by_role("alert")).to_contain_text("The doctor's hours are saved.")
    look(page, "admin-hours")
    page.get_by_role("link", name="Time off").click()
    expect(page.get_by_role("heading", name="No time off to come")).to_be_visible()
    look(page, "admin-time-off-empty")
