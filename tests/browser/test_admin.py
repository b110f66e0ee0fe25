"""An admin's work in the browser: approve a doctor, whom patients then find and book; reject one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.models import Approval, Doctor
from tests.browser.support import look
from tests.factories import AccountFactory, DepartmentFactory, DoctorFactory, PatientFactory, SpecialisationFactory
from tests.support.databases import Database

SignIn = Callable[..., None]


@pytest.fixture
def admin(database: Database) -> Any:
    """An admin's account."""
    return AccountFactory(is_admin=True)


@pytest.fixture
def applicant(database: Database) -> Any:
    """A heart doctor who has applied, with hours; another one waits too."""
    DoctorFactory(pending=True)
    return DoctorFactory(
        name="Dr Grace Lindqvist",
        approval=Approval.PENDING,
        department=DepartmentFactory(name="Cardiology"),
        specialisations=[SpecialisationFactory(name="Heart failure")],
        about="Twenty years of hearts.",
        hours=True,
    )


def approval_of(database: Database, doctor: Any) -> Approval:
    with database.unit_of_work() as session:
        return session.get_one(Doctor, doctor.id).approval


def test_an_admin_approves_a_doctor_whom_a_patient_then_books(
    new_page: Callable[..., Page], sign_in: SignIn, admin: Any, applicant: Any, database: Database
):
    page = new_page()
    sign_in(page, admin)
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    look(page, "admin-dashboard")

    page.get_by_role("link", name="Doctors waiting for approval").click()
    look(page, "admin-doctors", "Doctors")
    page.get_by_role("link", name="Dr Grace Lindqvist").click()
    look(page, "admin-application", "Dr Grace Lindqvist")
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("alert")).to_contain_text("Dr Grace Lindqvist is approved")
    assert approval_of(database, applicant) is Approval.APPROVED

    patient = new_page()
    sign_in(patient, PatientFactory().manager)
    patient.goto("/find-a-doctor")
    card = patient.get_by_role("article").filter(has_text="Dr Grace Lindqvist")
    card.get_by_role("listitem").get_by_role("link").first.click()
    expect(patient.get_by_role("heading", level=1)).to_be_visible()
    assert f"/book/{applicant.id}/" in patient.url


def test_an_admin_rejects_a_doctor(page: Page, sign_in: SignIn, admin: Any, applicant: Any, database: Database):
    sign_in(page, admin)
    page.goto(f"/admin/doctors/{applicant.id}")
    page.get_by_role("button", name="Reject").click()
    look(page, "admin-reject", "Reject the application")

    page.get_by_role("button", name="Reject application").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the reason")
    look(page, "admin-reject-refused")
    page.get_by_label("Reason for rejecting").fill("We could not find your licence.")
    page.get_by_role("button", name="Reject application").click()

    expect(page.get_by_role("alert")).to_contain_text("Dr Grace Lindqvist's application is rejected.")
    assert approval_of(database, applicant) is Approval.REJECTED


def test_an_admin_searches_as_one_types(page: Page, sign_in: SignIn, admin: Any, applicant: Any):
    sign_in(page, admin)
    page.goto("/admin/doctors")
    page.get_by_label("Name, speciality or department").press_sequentially("heart")

    expect(page.locator("main").get_by_text("1 doctor", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Dr Grace Lindqvist")).to_be_visible()
    expect(page).to_have_url(re.compile(r"search=heart"))
    page.get_by_label("Application").select_option("Rejected")
    expect(page.get_by_role("heading", name="No doctors found")).to_be_visible()
    look(page, "admin-doctors-empty")


def test_an_admin_sees_what_was_decided(page: Page, sign_in: SignIn, admin: Any, database: Database):
    rejected = DoctorFactory(
        approval=Approval.REJECTED, decision_reason="We could not find your licence.", decided_at=datetime.now(UTC)
    )
    sign_in(page, admin)
    page.goto(f"/admin/doctors/{rejected.id}")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    look(page, "admin-decided")
