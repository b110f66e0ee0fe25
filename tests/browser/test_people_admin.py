"""An admin manages people: an account from its making to its end, a doctor, a patient; without scripts, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.clock import now
from app.models import Account, Approval
from tests.browser.support import look
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    DepartmentFactory,
    DoctorFactory,
    PatientFactory,
    coming_weekday,
)
from tests.support.databases import Database

SignIn = Callable[..., None]


@pytest.fixture
def admin(database: Database) -> Any:
    """An admin's account."""
    return AccountFactory(username="root", is_admin=True)


def test_an_account_is_made_found_and_deactivated(page: Page, sign_in: SignIn, admin: Any, database: Database):
    PatientFactory(manager__username="ben", manager__first_name="Ben")
    sign_in(page, admin)
    page.get_by_role("link", name="Accounts", exact=True).first.click()
    expect(page.get_by_role("heading", name="Accounts", level=1)).to_be_visible()
    look(page, "accounts")
    page.get_by_role("button", name="Add an account").click()
    page.get_by_role("button", name="Add account").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    look(page, "add-account-refused")
    page.get_by_label("E-mail address").fill("zoe@example.org")
    page.get_by_label("Username").fill("zoe")
    page.get_by_role("button", name="Add account").click()
    expect(page.get_by_role("alert")).to_contain_text("zoe is sent a link")
    page.get_by_role("button", name="Make an administrator").click()
    expect(page.get_by_role("heading", name="Do you want to make zoe an administrator?")).to_be_visible()
    look(page, "make-admin")
    page.get_by_role("button", name="Make an administrator").click()
    expect(page.get_by_role("alert")).to_contain_text("zoe is an administrator now")
    look(page, "account")

    page.goto("/admin/accounts")
    page.get_by_label("Username, e-mail or name").fill("ben")
    expect(page.get_by_role("cell", name="zoe", exact=True)).to_have_count(0)
    page.get_by_role("checkbox", name="Choose ben").check()
    page.get_by_role("button", name="Deactivate chosen").click()
    expect(page.get_by_role("button", name="Deactivate", exact=True)).to_be_visible()
    look(page, "deactivate-accounts")
    page.get_by_role("button", name="Deactivate", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("1 account deactivated")
    page.goto("/admin/accounts?search=nobody")
    look(page, "accounts-empty")

    with database.unit_of_work() as session:
        active = {account.username: account.is_active for account in session.query(Account)}
    assert active == {"root": True, "zoe": True, "ben": False}


def test_a_rejected_doctor_applies_again_and_is_approved_without_scripts(
    new_page: Callable[..., Page], sign_in: SignIn, admin: Any
):
    rejected = DoctorFactory(
        name="Dr Ada King",
        department=DepartmentFactory(name="Cardiology"),
        approval=Approval.REJECTED,
        decision_reason="No registration number.",
        decided_at=now(),
    )
    doctor = new_page(java_script_enabled=False)
    sign_in(doctor, rejected.account)
    doctor.goto("/clinic")
    doctor.get_by_role("button", name="Apply again").click()
    expect(doctor.get_by_text("No registration number.")).to_be_visible()
    doctor.get_by_label("About (optional)").fill("Registered as 1234567.")
    doctor.get_by_role("button", name="Send application").click()
    expect(doctor.get_by_role("heading", level=1)).to_have_text("Your application is waiting for approval")

    page = new_page(java_script_enabled=False)
    sign_in(page, admin)
    page.goto("/admin/doctors")
    page.get_by_role("checkbox", name="Choose Dr Ada King").check()
    page.get_by_role("button", name="Approve chosen").click()
    expect(page.get_by_role("alert")).to_contain_text("1 doctor approved")


def test_a_doctor_is_edited_and_taken_off_and_a_patient_voided(page: Page, sign_in: SignIn, admin: Any):
    visit = AppointmentFactory(doctor__name="Dr Ada King", patient__name="Otto Klein")
    other = AppointmentFactory(patient=visit.patient, starts_at=coming_weekday(hour=14))
    sign_in(page, admin)
    page.goto(f"/admin/doctors/{visit.doctor_id}/edit")
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".nhsuk-error-summary")).to_be_visible()
    look(page, "edit-doctor-refused")
    page.get_by_label("Name", exact=True).fill("Dr Ada Lovelace")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Dr Ada Lovelace is saved")
    page.get_by_role("button", name="Take off").click()
    look(page, "take-off-doctor", "Do you want to take off")
    page.get_by_role("button", name="Take off doctor").click()
    expect(page.get_by_role("alert")).to_contain_text("is taken off")

    page.get_by_role("link", name="Patients", exact=True).first.click()
    look(page, "admin-patients", "Patients")
    page.get_by_role("link", name="Otto Klein").click()
    look(page, "admin-patient", "Otto Klein")
    page.get_by_role("button", name="Void").click()
    expect(page.get_by_text(f"with {other.doctor.name}")).to_be_visible()
    look(page, "void-patient")
    page.get_by_role("button", name="Void patient").click()
    expect(page.get_by_role("alert")).to_contain_text("Otto Klein is voided")
