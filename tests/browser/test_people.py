"""A patient's own pages in the browser: a newcomer completes the details, adds a child, and says who treats the two."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.models import VisitKind, VisitState
from tests.browser.support import look
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    DoctorFactory,
    PatientFactory,
    coming_weekday,
)
from tests.services.test_uploads import picture_file
from tests.support.databases import Database

SignIn = Callable[..., None]


@pytest.fixture
def patient(database: Database) -> Any:
    """Somebody who has just created an account."""
    return PatientFactory(name="Amira Hassan", manager=AccountFactory(first_name="Amira", last_name="Hassan"))


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("link", name=name).first.click()


def see(page: Page, heading: str, name: str, *, scripts: bool) -> None:
    """Wait for a page by its heading, and look at it closely."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    if scripts:
        look(page, name)


def complete_details(page: Page, file: Path, *, scripts: bool) -> None:
    follow(page, "Complete my details")
    page.get_by_label("Telephone number (optional)").fill("12")
    press(page, "Save my details")
    expect(page).to_have_title(re.compile("^Error: My details"))
    see(page, "My details", "details-refused", scripts=scripts)
    page.get_by_label("Telephone number (optional)").fill("020 7946 0018")
    press(page, "Save my details")
    expect(page.get_by_role("alert")).to_contain_text("Your details are saved.")
    follow(page, "Change my details")
    follow(page, "Add a picture")
    press(page, "Save picture")
    see(page, "My picture", "picture-refused", scripts=scripts)
    page.get_by_label("Picture").set_input_files(file)
    press(page, "Save picture")
    expect(page.get_by_role("alert")).to_contain_text("Your picture is saved.")
    follow(page, "Change my picture")
    see(page, "My picture", "picture", scripts=scripts)
    press(page, "Remove picture")
    expect(page.get_by_role("alert")).to_contain_text("Your picture is removed.")


def add_child(page: Page, *, scripts: bool) -> None:
    page.goto("/my/family")
    see(page, "My family", "family-of-one", scripts=scripts)
    press(page, "Add somebody")
    press(page, "Add to my family")
    see(page, "Add somebody to my family", "add-person-refused", scripts=scripts)
    page.get_by_label("Full name").fill("Yusuf Hassan")
    for part, value in (("Day", "15"), ("Month", "3"), ("Year", "2019")):
        page.get_by_label(part).fill(value)
    page.get_by_role("main").get_by_role("button", name="Add to my family").dblclick()
    see(page, "My family", "family", scripts=scripts)
    expect(page.get_by_role("link", name="Yusuf Hassan", exact=True)).to_have_count(1)


def manage_care_team(page: Page, *, scripts: bool) -> None:
    page.goto("/my/care-team")
    see(page, "My care team", "care-team-empty", scripts=scripts)
    press(page, "Add a doctor")
    page.get_by_label("Name, speciality or department").fill("hart")
    press(page, "Search")
    expect(page.get_by_role("link", name="Dr Bone")).to_have_count(0)
    see(page, "Choose a doctor", "choose-doctor", scripts=scripts)
    follow(page, "Dr Hart")
    press(page, "Add to care team")
    see(page, "Add Dr Hart to a care team", "join-care-team-refused", scripts=scripts)
    page.get_by_role("radio", name="Yusuf Hassan").check()
    press(page, "Add to care team")
    expect(page.get_by_role("alert")).to_contain_text("Dr Hart is in the care team of Yusuf Hassan now.")
    follow(page, "Take out Dr Hart of the care team of Yusuf Hassan")
    expect(page.get_by_role("main")).to_contain_text("Dr Hart may no longer read the record")
    press(page, "Take out of the care team")
    expect(page.get_by_role("alert")).to_contain_text("Dr Hart is no longer in the care team")


def remove_child(page: Page, *, scripts: bool) -> None:
    page.goto("/my/family")
    page.get_by_role("link", name="Yusuf Hassan", exact=True).click()
    see(page, "Yusuf Hassan", "person", scripts=scripts)
    press(page, "Change details")
    see(page, "Change details", "change-person", scripts=scripts)
    press(page, "Save details")
    follow(page, "Remove from my family")
    press(page, "Remove Yusuf Hassan")
    expect(page.get_by_role("alert")).to_contain_text("removed from your family")
    expect(page.get_by_role("link", name="Yusuf Hassan", exact=True)).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_newcomer_sets_out(
    new_page: Callable[..., Page], sign_in: SignIn, patient: Any, tmp_path: Path, *, scripts: bool
) -> None:
    DoctorFactory(name="Dr Hart")
    DoctorFactory(name="Dr Bone")
    file = tmp_path / "me.png"
    file.write_bytes(picture_file())
    page = new_page(java_script_enabled=scripts)

    sign_in(page, patient.manager)
    see(page, "Welcome, Amira Hassan", "home-newcomer", scripts=scripts)
    complete_details(page, file, scripts=scripts)
    add_child(page, scripts=scripts)
    manage_care_team(page, scripts=scripts)
    remove_child(page, scripts=scripts)


def test_home_and_care_team_of_somebody_well_known(page: Page, sign_in: SignIn, patient: Any) -> None:
    child = PatientFactory(manager=patient.manager, is_own=False, name="Yusuf Hassan")
    doctor = DoctorFactory(name="Dr Hart", meet_link="https://meet.example.org/room")
    AppointmentFactory(patient=child, doctor=doctor, kind=VisitKind.ONLINE)
    AppointmentFactory(patient=patient, state=VisitState.PENDING, starts_at=coming_weekday(hour=15))
    ClinicalRecordFactory(patient=patient, author=doctor)
    CareTeamMemberFactory(patient=child, doctor=doctor)
    CareTeamMemberFactory(patient=patient, doctor=doctor)
    sign_in(page, patient.manager)

    see(page, "Welcome, Amira Hassan", "home", scripts=True)
    expect(page.get_by_role("main")).to_contain_text("You can join the video call here from")
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Home").click()
    follow(page, "My care team")
    see(page, "My care team", "care-team", scripts=True)
    follow(page, "Take out Dr Hart of the care team of Yusuf Hassan")
    see(page, "Do you want to take Dr Hart out", "leave-care-team-with-visit", scripts=True)
    page.goto(f"/my/family/{child.id}/remove")
    see(page, "Do you want to remove Yusuf Hassan", "remove-person-with-visit", scripts=True)
