"""The admin's overview in the browser: figures over a period, and who did what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.jobs import audit as jobs
from app.models import VisitState
from app.policy import Actor
from app.services import audit
from tests.browser.support import look
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    DepartmentFactory,
    DoctorFactory,
    PatientFactory,
    WeeklyHoursFactory,
)
from tests.support.databases import Database

SignIn = Callable[..., None]
AT = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture
def hospital(database: Database) -> Any:
    """Some weeks of visits in two departments, and a patient whose record was read. The admin is returned."""
    for name, visits in (("Cardiology", 6), ("Ear, nose and throat", 3)):
        doctor = DoctorFactory(department=DepartmentFactory(name=name))
        WeeklyHoursFactory(doctor=doctor, starts=time(9), ends=time(12))
        for number in range(visits):
            AppointmentFactory(
                doctor=doctor,
                starts_at=AT + timedelta(days=number, hours=number % 2),
                created_at=AT - timedelta(days=1 + number % 2),
                state=VisitState.NO_SHOW if number == 2 else VisitState.COMPLETED,
            )
    doctor, ada = DoctorFactory(), PatientFactory(name="Ada Lovelace")
    with database.unit_of_work():
        doctor_actor = Actor(account_id=doctor.account_id, doctor_id=doctor.id, origin="192.0.2.7")
        audit.record(doctor_actor, "record.read", patient_id=ada.id)
        audit.record(doctor_actor, "records.listed", read_of=(ada.id, PatientFactory().id))
    return AccountFactory(is_admin=True)


def test_figures_of_other_days(page: Page, sign_in: SignIn, hospital: Any):
    sign_in(page, hospital)
    page.goto("/admin")
    page.get_by_label("Period", exact=True).select_option("other")
    page.get_by_label("Other days, from").fill("2026-05-01")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the last day.")
    look(page, "admin-dashboard-refused")

    page.get_by_label("Other days, until").fill("2026-05-14")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", name="1 May 2026 to 14 May 2026")).to_be_visible()
    expect(page.get_by_role("img", name="Visits by department")).to_be_visible()
    page.get_by_text("Show as a table: Visits by department").click()
    table = page.get_by_role("table", name="Visits by department")
    expect(table.get_by_role("columnheader")).to_have_text(["Department", "Visits", "Hours taken", "Missed, %"])
    expect(table.get_by_role("row", name="Cardiology").get_by_role("cell")).to_have_text(["6", "3.0", "16.7"])
    expect(page.get_by_role("img", name="Occupancy by department")).to_be_visible()
    page.get_by_text("Show as a table: Occupancy by department").click()
    table = page.get_by_role("table", name="Occupancy by department")
    expect(table.get_by_role("row", name="Cardiology").get_by_role("cell")).to_have_text(["50", "3.0", "6.0"])
    look(page, "admin-dashboard")

    page.get_by_label("Period", exact=True).select_option("7")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", name="No visits in this period")).to_be_visible()
    look(page, "admin-dashboard-empty")


def test_who_read_about_a_patient(
    page: Page, new_page: Callable[..., Page], sign_in: SignIn, hospital: Any, database: Database
):
    sign_in(page, hospital)
    page.get_by_role("link", name="Audit", exact=True).click()
    look(page, "admin-audit", "Audit")
    page.get_by_label("Patient name or number").fill("lovelace")
    results = page.locator("#results")
    expect(results.get_by_text("Signed in")).to_have_count(0)
    expect(results.get_by_text("Opened an entry")).to_be_visible()
    expect(results.get_by_text("2 patients")).to_be_visible()
    page.get_by_label("Username").fill("nobody of this name")
    expect(results.get_by_role("heading", name="Nothing found")).to_be_visible()
    look(page, "admin-audit-nothing-found")

    with database.app.app_context():
        jobs.seal()
    plain = new_page(java_script_enabled=False)
    sign_in(plain, hospital)
    plain.goto("/admin/audit?patient=lovelace")
    expect(plain.get_by_role("cell", name="Opened an entry")).to_be_visible()
    plain.get_by_role("link", name="Verify the audit trail").click()
    plain.get_by_role("button", name="Verify now").click()
    expect(plain.get_by_text("The audit trail is as it was written")).to_be_visible()
    page.goto("/admin/audit/seals?verify=yes")
    look(page, "admin-audit-verified")
