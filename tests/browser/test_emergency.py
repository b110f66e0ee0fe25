"""Emergency access in the browser: a doctor opens a record for a reason, and the patient sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import look
from tests.factories import ClinicalRecordFactory, DepartmentFactory, DoctorFactory, PatientFactory
from tests.support.databases import Database

SignIn = Callable[..., None]
REASON = "Brought in unconscious. I need to know about allergies."


@pytest.fixture
def patient(database: Database) -> Any:
    patient = PatientFactory(name="Amira Hassan")
    ClinicalRecordFactory(patient=patient)
    return patient


@pytest.fixture
def doctor(database: Database) -> Any:
    return DoctorFactory(name="Dr Hart", department=DepartmentFactory(name="Cardiology"))


def test_a_doctor_opens_a_record_and_the_patient_sees_it(
    page: Page, new_page: Callable[..., Page], sign_in: SignIn, doctor: Any, patient: Any
):
    address = f"/clinic/patients/{patient.id}/emergency"
    sign_in(page, doctor.account)
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Open the record of Amira Hassan")
    look(page, "emergency")

    page.get_by_role("button", name="Open the record").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter why you need the record now.")
    look(page, "emergency-refused")
    page.get_by_label("Why do you need this record now?").fill(REASON)
    page.get_by_role("button", name="Open the record").click()
    opened = re.compile(r"Open in an emergency, until \d+:?\d*[ap]m")
    expect(page.get_by_role("heading", name=opened)).to_be_visible()
    look(page, "emergency-open")

    visitor = new_page()
    sign_in(visitor, patient.manager)
    visitor.goto("/my/record/readers")
    row = visitor.get_by_role("row", name="Dr Hart").filter(has_text="Reason:")
    expect(row).to_contain_text("Emergency")
    expect(row).to_contain_text(f"Reason: {REASON}")
    look(visitor, "emergency-readers")

    page.get_by_role("button", name="End access now").click()
    expect(page.get_by_role("alert")).to_contain_text("Your access to the record of Amira Hassan has ended.")
    expect(page.get_by_role("link", name="In an emergency, open the record")).to_be_visible()


def test_it_works_without_javascript(new_page: Callable[..., Page], sign_in: SignIn, doctor: Any, patient: Any):
    page = new_page(java_script_enabled=False)
    sign_in(page, doctor.account)
    page.goto(f"/clinic/patients/{patient.id}/emergency")

    page.get_by_label("Why do you need this record now?").fill(REASON)
    page.get_by_role("button", name="Open the record").click()

    expect(page.get_by_role("heading", name="Open in an emergency, until")).to_be_visible()
