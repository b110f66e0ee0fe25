"""The department in a doctor's browser: its records searched and narrowed, its patients, its doctors."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app.clock import now
from app.models import Doctor
from tests.browser.support import look
from tests.factories import ClinicalRecordFactory, DepartmentFactory, DesignationFactory, DoctorFactory, PatientFactory
from tests.support.databases import Database

SignIn = Callable[..., None]
JAVASCRIPT = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


@pytest.fixture
def doctor(database: Database) -> Doctor:
    """A doctor of cardiology, where a colleague has written, too."""
    doctor = DoctorFactory(name="Dr Hart", department=DepartmentFactory(name="Cardiology"))
    registrar = DesignationFactory(name="Registrar")
    colleague = DoctorFactory(name="Dr Vein", department=doctor.department, hours=True, designations=[registrar])
    for number, (author, name, text) in enumerate(
        (
            (doctor, "Amira Hassan", "Angina pectoris, brought on by climbing stairs"),
            (colleague, "Ben Cole", "Atrial fibrillation"),
            (colleague, "Chloe Day", "Angina, stable"),
        )
    ):
        created_at = now() - timedelta(days=number)
        ClinicalRecordFactory(author=author, patient=PatientFactory(name=name), diagnostics=text, created_at=created_at)
    return doctor


@JAVASCRIPT
def test_a_doctor_looks_around_the_department(
    new_page: Callable[..., Page], sign_in: SignIn, doctor: Doctor, *, scripts: bool
):
    page = new_page(java_script_enabled=scripts)
    sign_in(page, doctor.account)
    page.goto("/clinic")
    page.get_by_role("link", name="Department").click()
    entries = page.locator(".portal-entry")
    expect(page.get_by_role("heading", name="Cardiology")).to_be_visible()
    expect(entries).to_have_count(3)
    if scripts:
        look(page, "department-records")

    page.get_by_label("Words in the records").fill("angina")
    page.get_by_role("button", name="Search").click()
    expect(entries).to_have_count(2)
    expect(page.locator("mark").first).to_have_text("Angina")
    expect(page).to_have_url(re.compile("q=angina"))
    if scripts:
        look(page, "department-records-found")
    page.get_by_text("More filters").click()
    page.get_by_label("Written by").select_option("Dr Vein")
    page.get_by_role("button", name="Search").click()
    expect(entries).to_have_count(1)
    expect(entries).to_contain_text("Chloe Day")
    page.get_by_role("searchbox", name="Patient").fill("Nobody")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="No records found")).to_be_visible()
    if scripts:
        look(page, "department-records-none-found")
    page.get_by_role("link", name="Clear the search").click()
    expect(entries).to_have_count(3)

    tabs = page.get_by_role("navigation", name="Department")
    tabs.get_by_role("link", name="Patients").click()
    page.get_by_role("searchbox", name="Name").fill("ben")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("row")).to_have_count(2)
    if scripts:
        look(page, "department-patients")
    tabs.get_by_role("link", name="Doctors").click()
    expect(page.get_by_role("row")).to_have_count(3)
    expect(page.get_by_text("Registrar")).to_be_visible()
    if scripts:
        look(page, "department-doctors")


def test_a_doctor_of_no_department(page: Page, sign_in: SignIn, database: Database):
    sign_in(page, DoctorFactory(department=None).account)
    page.goto("/clinic/department")
    expect(page.get_by_role("heading", name="You are in no department")).to_be_visible()
    look(page, "department-none")
