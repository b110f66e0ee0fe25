"""What comes after a booking, in the browser: calendars elsewhere, reminders, joining a video call, reviews."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from playwright.sync_api import Page, expect

from app.models import VisitKind, VisitState
from tests.browser.support import look
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory
from tests.support.databases import Database

SignIn = Callable[..., None]
NewPage = Callable[..., Page]
JAVASCRIPT = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


@pytest.fixture
def doctor(database: Database) -> Any:
    return DoctorFactory(name="Dr Hart", hours=True, meet_link="https://meet.example.org/room")


@pytest.fixture
def patient(database: Database) -> Any:
    """Somebody who acts for a child, too."""
    patient = PatientFactory(name="Amira Hassan")
    PatientFactory(name="Bilal Hassan", manager=patient.manager, is_own=False)
    return patient


def says(page: Page, text: str) -> None:
    expect(page.get_by_role("main")).to_contain_text(text)


@JAVASCRIPT
def test_appointments_in_ones_own_calendar(
    new_page: NewPage, sign_in: SignIn, patient: Any, doctor: Any, *, scripts: bool
) -> None:
    visit = AppointmentFactory(patient=patient, doctor=doctor)
    page = new_page(java_script_enabled=scripts)
    sign_in(page, patient.manager)
    page.goto(f"/my/appointments/{visit.id}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Add to your calendar").click()
    assert _summaries(Path(download.value.path()).read_bytes()) == ["Appointment with Dr Hart"]

    page.goto("/my/appointments")
    page.get_by_role("link", name="Show my appointments in my own calendar").click()
    says(page, "The feed is off.")
    page.get_by_role("button", name="Turn on the feed").click()
    says(page, "Your calendar feed is on.")
    address = page.get_by_role("region", name="your secret address").inner_text()
    path = "/calendar/" + address.partition("/calendar/")[2]
    expect(page.get_by_role("button", name="Add to the calendar on this device")).to_have_attribute(
        "href", re.compile(rf"^webcal://.*{re.escape(path)}$")
    )
    if scripts:
        look(page, "calendar-feed")
    stranger = new_page()
    assert _summaries(stranger.request.get(path).body()) == ["Appointment with Dr Hart"]

    page.get_by_role("button", name="Make a new address").click()
    says(page, "The old one no longer works.")
    assert stranger.request.get(path).status == 404
    page.get_by_role("button", name="Turn off the feed").click()
    says(page, "The feed is off.")
    if scripts:
        look(page, "calendar-feed-off")


def _summaries(content: bytes) -> list[str]:
    return [str(event["SUMMARY"]) for event in Calendar.from_ical(content).events]


def test_choosing_reminders(page: Page, sign_in: SignIn, patient: Any) -> None:
    sign_in(page, patient.manager)
    page.goto("/my/account")
    page.get_by_role("link", name="Reminders").click()
    look(page, "reminders", "Reminders")

    page.get_by_label("A day before").uncheck()
    page.get_by_role("button", name="Save").click()

    says(page, "Your reminders are saved.")
    says(page, "Reminders: 2 hours before")
    look(page, "account-after-reminders")


def test_a_video_call_is_there_near_its_time(page: Page, sign_in: SignIn, patient: Any, doctor: Any) -> None:
    moment = datetime.now(UTC)
    call = {"patient": patient, "doctor": doctor, "kind": VisitKind.ONLINE}
    AppointmentFactory(starts_at=moment + timedelta(minutes=10), **call)
    later = AppointmentFactory(starts_at=moment + timedelta(days=3), **call)
    sign_in(page, patient.manager)

    page.goto("/my/appointments")
    link = page.get_by_role("link", name="Join the video call with Dr Hart")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "https://meet.example.org/room")
    look(page, "appointments-with-video-call")

    page.goto(f"/my/appointments/{later.id}")
    says(page, "You can join the video call here from")
    look(page, "video-call-later")


@JAVASCRIPT
def test_reviewing_a_doctor_after_a_visit(
    new_page: NewPage, sign_in: SignIn, patient: Any, doctor: Any, *, scripts: bool
) -> None:
    ago = datetime.now(UTC) - timedelta(days=9)
    AppointmentFactory(patient=patient, doctor=doctor, starts_at=ago, state=VisitState.COMPLETED)
    page = new_page(java_script_enabled=scripts)
    sign_in(page, patient.manager)
    page.goto("/my/reviews")
    if scripts:
        look(page, "no-reviews")
    page.get_by_role("link", name="See past appointments").click()
    if scripts:
        look(page, "past-appointments")
    page.get_by_role("link", name="Write a review of Dr Hart").click()

    expect(page.get_by_label("Amira Hassan")).to_be_checked()
    page.get_by_label("What would you like others to know?").fill("Listened well.")
    page.get_by_role("button", name="Publish review").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_role("alert")).to_contain_text("Choose one to five stars.")
    if scripts:
        look(page, "review-refused")
    page.get_by_label("4 stars").check()
    page.get_by_role("button", name="Publish review").click()
    says(page, "Your review of Dr Hart is published.")
    says(page, "Verified visit")
    if scripts:
        look(page, "my-reviews")

    page.get_by_role("link", name="Dr Hart", exact=True).click()
    says(page, "Listened well.")
    page.get_by_role("link", name="Write a review").click()  # for the child
    expect(page.get_by_role("heading", level=1)).to_have_text("Write a review of Dr Hart")
    expect(page.get_by_label("Amira Hassan")).to_have_count(0)

    page.goto("/my/reviews")
    page.get_by_role("link", name="Change review of Dr Hart").click()
    expect(page.get_by_label("4 stars")).to_be_checked()
    page.get_by_label("3 stars").check()
    page.get_by_role("button", name="Save").click()
    says(page, "Your review of Dr Hart is changed.")
    page.get_by_role("link", name="Delete review of Dr Hart").click()
    if scripts:
        look(page, "review-to-delete")
    page.get_by_role("button", name="Delete review").click()
    says(page, "Your review is deleted.")
    says(page, "No reviews yet")
