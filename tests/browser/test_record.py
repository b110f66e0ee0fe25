"""My record in the browser: read, searched, printed, kept as files, and who opened it; with scripts and without."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app.clock import now
from app.models import AuditEvent, ExportState, Patient, RecordExport
from tests.browser.support import look, look_again_until
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    ClinicalRecordFactory,
    ClinicalRecordVersionFactory,
    DepartmentFactory,
    DoctorFactory,
    PatientFactory,
)
from tests.support.clients import PASSWORD
from tests.support.databases import Database

SignIn = Callable[..., None]
JAVASCRIPT = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


@pytest.fixture
def patient(database: Database) -> Patient:
    """Somebody with a child, a visit, and three entries, one of which was changed."""
    account = AccountFactory(username="amira", first_name="Amira", last_name="Hassan")
    patient = PatientFactory(name="Amira Hassan", manager=account)
    PatientFactory(name="Yusuf Hassan", manager=account, is_own=False)
    doctor = DoctorFactory(name="Dr Hart", department=DepartmentFactory(name="Cardiology"))
    visit = AppointmentFactory(patient=patient, doctor=doctor)
    record = ClinicalRecordFactory(
        patient=patient, author=doctor, appointment_id=visit.id, version=2, notes="Come again in a year.\nKeep well."
    )
    ClinicalRecordVersionFactory(record=record)
    ClinicalRecordFactory(patient=patient, author=None, reported_by_patient=True, diagnostics="Asthma")
    ClinicalRecordFactory(patient=patient, author=doctor, diagnostics="Eczema", created_at=now() - timedelta(days=400))
    with database.unit_of_work() as session:
        event = {"account_id": doctor.account_id, "patient_id": patient.id}
        for action in ("record.read", "record.changed"):
            session.add(
                AuditEvent(action=action, object_type="clinical_record", object_id=record.id, details={}, **event)
            )
    return patient


@JAVASCRIPT
def test_reading_searching_and_printing(
    new_page: Callable[..., Page], sign_in: SignIn, patient: Patient, *, scripts: bool
):
    page = new_page(java_script_enabled=scripts)
    sign_in(page, patient.manager)
    page.goto("/my/record")
    expect(page.locator(".portal-entry")).to_have_count(3)
    if scripts:
        look(page, "record")
    page.get_by_label("Search the entries").fill("eczema")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".portal-entry")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=eczema"))
    page.get_by_label("Search the entries").fill("measles")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="No entries found")).to_be_visible()
    if scripts:
        look(page, "record-nothing-found")
    page.get_by_role("link", name="Clear the search").click()

    page.get_by_role("link", name="Acute bronchitis").click()
    expect(page.get_by_text("Come again in a year.")).to_be_visible()
    if scripts:
        look(page, "record-entry")
        page.emulate_media(media="print")
        expect(page.get_by_text("record of Amira Hassan")).to_be_visible()
        expect(page.get_by_role("navigation")).to_have_count(0)
        expect(page.locator("header")).to_be_hidden()
        assert page.pdf().startswith(b"%PDF-")
        page.emulate_media(media="screen")
    page.get_by_role("link", name="Version 1").click()
    expect(page.get_by_text("It has been replaced.")).to_be_visible()
    if scripts:
        look(page, "record-version")
    page.get_by_role("link", name="See the entry as it is now").click()
    with page.expect_download() as kept:
        page.get_by_role("link", name="Save this entry as PDF").click()
    assert kept.value.suggested_filename.startswith("entry-2")
    page.locator("dd a").first.click()
    with page.expect_download() as kept:
        page.get_by_role("link", name="Save as PDF").click()
    assert kept.value.suggested_filename.startswith("appointment-2")


def test_who_opened_it(page: Page, sign_in: SignIn, patient: Patient):
    sign_in(page, patient.manager)
    page.goto("/my/record")
    page.get_by_role("link", name="Who opened it").click()
    expect(page.get_by_role("row")).to_have_count(3)
    expect(page.get_by_text("Doctor, Cardiology").first).to_be_visible()
    look(page, "record-readers")
    page.get_by_role("link", name="See what you did yourself").click()
    expect(page.get_by_text("Looked through entries")).to_be_visible()
    page.get_by_label("Whose record").select_option("Yusuf Hassan")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="You have not opened it yet")).to_be_visible()
    look(page, "record-readers-nobody")


@JAVASCRIPT
def test_downloading_all(
    new_page: Callable[..., Page], sign_in: SignIn, patient: Patient, database: Database, *, scripts: bool
):
    page = new_page(java_script_enabled=scripts)
    sign_in(page, patient.manager)
    page.goto("/my/record/download")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Make the file").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not your present password.")
    if scripts:
        look(page, "record-download-refused")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make the file").click()
    link = page.get_by_role("button", name="Download the file")
    if scripts:
        expect(link).to_be_visible(timeout=60_000)
        look(page, "record-download-ready")
    else:
        look_again_until(page, link)
    with page.expect_download() as kept:
        link.click()
    assert kept.value.suggested_filename.startswith("record-2")

    if scripts:
        with database.unit_of_work() as session:
            export = session.query(RecordExport).one()
            export.state, export.content = ExportState.FAILED, None
        page.reload()
        expect(page.get_by_role("heading", name="The file could not be made")).to_be_visible()
        look(page, "record-download-failed")
        with database.unit_of_work() as session:
            export = session.query(RecordExport).one()
            export.state, export.lease_until, export.expires_at = ExportState.WAITING, now() + timedelta(hours=1), None
            export.done, export.total = 40, 120
        page.reload()
        expect(page.get_by_text("40 of 120 entries")).to_be_visible()
        look(page, "record-download-running")


def test_an_empty_record(page: Page, sign_in: SignIn, database: Database):
    sign_in(page, PatientFactory().manager)
    page.goto("/my/record")
    expect(page.get_by_role("heading", name="No entries yet")).to_be_visible()
    look(page, "record-empty")
