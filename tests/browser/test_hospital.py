"""Running the hospital in the browser: its name and colour are changed, a day is closed, a patient reads so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.models import Appointment, VisitState
from tests.browser.support import look
from tests.factories import AccountFactory, AppointmentFactory, DoctorFactory, PatientFactory
from tests.services.visits import TEN
from tests.support.databases import Database

SignIn = Callable[..., None]


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["with scripts", "without scripts"])
def test_an_admin_changes_the_name_and_the_colour(
    new_page: Callable[..., Page], sign_in: SignIn, database: Database, options: dict[str, bool]
):
    page = new_page(**options)
    sign_in(page, AccountFactory(is_admin=True))
    page.get_by_role("link", name="Hospital", exact=True).click()
    if not options:
        look(page, "hospital-settings")

    page.get_by_label("Name", exact=True).fill("Hill Hospital")
    page.get_by_label("Colour").fill("#ffd54a")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a darker colour")
    if not options:
        look(page, "hospital-settings-refused")
    page.get_by_label("Colour").fill("#7a1f3d")
    page.get_by_role("button", name="Save settings").click()

    expect(page.get_by_role("alert")).to_contain_text("The settings are saved. They hold from now on.")
    expect(page.locator("header.nhsuk-header")).to_have_css("background-color", "rgb(122, 31, 61)")
    expect(page.get_by_role("banner")).to_contain_text("Hill Hospital")
    if not options:
        look(page, "hospital-settings-saved")


def test_a_day_is_closed_and_the_patient_reads_why(new_page: Callable[..., Page], sign_in: SignIn, database: Database):
    doctor = DoctorFactory(name="Dr Samuel Okafor", hours=True)
    patient: Any = PatientFactory(name="Ada Lovelace")
    visit = AppointmentFactory(doctor=doctor, patient=patient, starts_at=TEN)
    page = new_page()
    sign_in(page, AccountFactory(is_admin=True))
    page.goto("/admin/closures")
    look(page, "closures-empty")

    page.get_by_role("button", name="Add closure").click()
    for part in ("day", "month", "year"):
        page.locator(f"#since-{part}").fill(str(getattr(TEN, part)))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="1 visit will be cancelled")).to_be_visible()
    page.get_by_role("button", name="Close, and cancel 1 visit").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the reason")
    look(page, "closure-check-refused")
    page.get_by_label("Reason").fill("Power cut")
    page.get_by_role("button", name="Close, and cancel 1 visit").click()

    expect(page.get_by_role("alert")).to_contain_text("The closure is saved. 1 visit cancelled.")
    look(page, "closures")
    with database.unit_of_work() as session:
        assert session.get_one(Appointment, visit.id).state is VisitState.CANCELLED
    reader = new_page()
    sign_in(reader, patient.manager)
    reader.goto(f"/my/appointments/{visit.id}")
    expect(reader.get_by_text("The hospital is closed: Power cut")).to_be_visible()
    reader.goto(f"/find-a-doctor/{doctor.id}?from={TEN.date() - timedelta(days=1)}")
    expect(reader.get_by_text("Hospital closed:")).to_be_visible()
    look(reader, "doctor-hospital-closed")
