"""A doctor's notes in the browser: a patient found, a visit written up, an entry changed, and one taken out of use."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.clock import now
from app.models import Appointment, ClinicalRecord, VisitState
from tests.browser.support import assert_accessible, look
from tests.factories import AccountFactory, AppointmentFactory, ClinicalRecordFactory, DoctorFactory, PatientFactory
from tests.pages.test_booking_drafts import leave_alone
from tests.support.clients import PASSWORD
from tests.support.databases import Database

SignIn = Callable[..., None]
JAVASCRIPT = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


@pytest.fixture
def visit(database: Database) -> Appointment:
    """A visit of yesterday of Amira Hassan to Dr Hart; she has been there before."""
    patient = PatientFactory(name="Amira Hassan", manager=AccountFactory(username="amira"))
    doctor = DoctorFactory(name="Dr Hart")
    ClinicalRecordFactory(patient=patient, author=doctor, created_at=now() - timedelta(days=90))
    yesterday = now() - timedelta(days=1)
    return AppointmentFactory(patient=patient, doctor=doctor, starts_at=yesterday, state=VisitState.COMPLETED)


@JAVASCRIPT
def test_a_visit_is_written_up_and_the_entry_changed(
    new_page: Callable[..., Page], sign_in: SignIn, visit: Any, *, scripts: bool
):
    page = new_page(java_script_enabled=scripts)
    sign_in(page, visit.doctor.account)
    page.get_by_role("link", name="Patients", exact=True).click()
    if scripts:
        look(page, "patients")
    page.get_by_label("Name or telephone number").fill("hassan")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("Found in the directory")).to_be_visible()
    page.get_by_role("link", name="Amira Hassan").click()
    if scripts:
        look(page, "patient")

    page.get_by_role("link", name="Write a note about the visit").click()
    expect(page.get_by_text("A cough for two weeks")).to_be_visible()
    page.get_by_text(re.compile("Dr Hart$")).click()
    expect(page.get_by_text("Acute bronchitis")).to_be_visible()
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_role("alert")).to_contain_text("Write something")
    if scripts:
        look(page, "note-refused")
    page.get_by_label("Diagnosis").fill("Croup")
    page.get_by_label("Treatment").fill("Rest at home.\nCome again in a week.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_role("alert")).to_contain_text("The note is in the record.")

    page.get_by_role("button", name="Change this entry").click()
    page.get_by_label("Treatment").fill("Rest at home.\nCome again in two weeks.")
    page.get_by_role("button", name="Save the change").click()
    if scripts:
        look(page, "record-of-doctor")
    page.get_by_role("link", name="See what changed").click()
    expect(page.locator("main section del")).to_contain_text("a week.")
    expect(page.locator("main section ins")).to_contain_text("two weeks.")
    expect(page.locator("main section ins")).to_have_css("text-decoration-line", "underline")
    if scripts:
        look(page, "record-changes")
        page.emulate_media(media="print")
        expect(page.locator("main section del")).to_have_css("text-decoration-line", "line-through")
        page.emulate_media(media="screen")

    patients = new_page(java_script_enabled=scripts)
    sign_in(patients, visit.patient.manager)
    patients.goto("/my/record")
    patients.get_by_role("link", name="Croup").click()
    expect(patients.get_by_text("Come again in two weeks.")).to_be_visible()
    patients.get_by_role("link", name="Version 1").click()
    expect(patients.get_by_text("Come again in a week.")).to_be_visible()


def test_what_is_typed_survives_a_reload_and_the_end_of_the_session(
    page: Page, sign_in: SignIn, visit: Any, database: Database
):
    sign_in(page, visit.doctor.account)
    page.goto(f"/clinic/appointments/{visit.id}/note")
    with page.expect_response(lambda answer: "Croup" in (answer.request.post_data or "")):
        page.get_by_label("Diagnosis").fill("Cro")
        page.get_by_label("Diagnosis").press_sequentially("up")
    page.reload()
    expect(page.get_by_text("It is not in the record until you save it.")).to_be_visible()
    expect(page.get_by_label("Diagnosis")).to_have_value("Croup")
    look(page, "note-kept")

    page.get_by_label("Notes").fill("Told the mother")
    leave_alone(database)
    page.get_by_role("button", name="Save the note").click()
    page.get_by_label("Username").fill(visit.doctor.account.username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Notes")).to_have_value("Told the mother")
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_role("alert")).to_contain_text("The note is in the record.")


def test_two_doctors_change_one_entry_and_nothing_is_lost(
    new_page: Callable[..., Page], sign_in: SignIn, visit: Any, database: Database
):
    record = ClinicalRecordFactory(patient=visit.patient, author=visit.doctor, appointment_id=visit.id)
    colleague = DoctorFactory(name="Dr Lung", department=visit.doctor.department)
    first, second = new_page(), new_page()
    for page, doctor in ((first, colleague), (second, visit.doctor)):
        sign_in(page, doctor.account)
        page.goto(f"/clinic/records/{record.id}/amend")
    first.get_by_label("Diagnosis").fill("Pneumonia")
    first.get_by_label("Other", exact=True).fill("Allergic to penicillin")
    first.get_by_role("button", name="Save the change").click()
    expect(first.get_by_role("alert")).to_contain_text("The entry is changed.")

    second.get_by_label("Diagnosis").fill("Bronchitis")
    second.get_by_label("Notes").fill("Come again")
    second.get_by_role("button", name="Save the change").click()

    expect(second.get_by_text("Dr Lung changed it at")).to_be_visible()
    expect(second.locator("main form ins")).to_contain_text("Bronchitis")
    expect(second.get_by_label("Other", exact=True)).to_have_value("Allergic to penicillin")
    look(second, "note-conflict")
    second.get_by_label("Diagnosis").fill("Pneumonia after bronchitis")
    second.get_by_role("button", name="Save the change").click()
    expect(second.get_by_role("alert")).to_contain_text("The entry is changed.")
    with database.unit_of_work() as session:
        saved = session.get_one(ClinicalRecord, record.id)
        assert (saved.version, saved.diagnostics) == (3, "Pneumonia after bronchitis")
        assert (saved.misc, saved.notes) == ("Allergic to penicillin", "Come again")


def test_an_entry_is_taken_out_of_use_and_a_strangers_record_stays_closed(page: Page, sign_in: SignIn, visit: Any):
    record = ClinicalRecordFactory(patient=visit.patient, author=visit.doctor)
    stranger = ClinicalRecordFactory(diagnostics="Somebody else's").patient
    sign_in(page, visit.doctor.account)
    page.goto(f"/clinic/records/{record.id}")
    page.get_by_role("link", name="Take out of use").click()
    page.get_by_role("button", name="Take out of use").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the reason.")
    look(page, "void-refused")
    page.get_by_label("Why is it taken out of use?").fill("Written about the wrong patient.")
    page.get_by_role("button", name="Take out of use").click()
    expect(page.get_by_role("heading", name="This entry is taken out of use")).to_be_visible()
    look(page, "voided")
    page.goto(f"/clinic/records/{record.id}")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()

    page.goto(f"/clinic/patients/{stranger.id}")
    expect(page.get_by_text("the record is not open to you.")).to_be_visible()
    expect(page.get_by_text("Somebody else")).to_have_count(0)
    look(page, "patient-not-treated")
    page.goto("/clinic/patients?q=nobody")
    expect(page.get_by_role("heading", name="No patients found")).to_be_visible()
    assert_accessible(page)
