"""A doctor's work in the browser: confirm a request, take visits on, decline; with and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.models import Appointment, VisitKind, VisitState
from tests.browser.support import assert_accessible, look
from tests.factories import AppointmentFactory, DoctorFactory
from tests.pages.test_clinic import today_at
from tests.support.databases import Database

SignIn = Callable[..., None]


@pytest.fixture
def doctor(database: Database) -> Any:
    """A doctor with a day of visits in each state, and a request for another day."""
    doctor = DoctorFactory(name="Dr Samuel Okafor", meet_link="https://meet.example.org/okafor")
    states = (VisitState.COMPLETED, VisitState.NO_SHOW, VisitState.IN_PROGRESS, VisitState.CONFIRMED)
    for hour, state in enumerate(states, start=9):
        AppointmentFactory(doctor=doctor, starts_at=today_at(hour), state=state, kind=VisitKind.ONLINE)
    return doctor


@pytest.fixture
def waiting(doctor: Any) -> Any:
    """A request of Ada Lovelace."""
    visit = AppointmentFactory(doctor=doctor, state=VisitState.PENDING, patient__name="Ada Lovelace")
    AppointmentFactory(doctor=doctor, state=VisitState.PENDING, starts_at=visit.ends_at)
    return visit


def state_of(database: Database, visit: Any) -> VisitState:
    with database.unit_of_work() as session:
        return session.get_one(Appointment, visit.id).state


def test_a_doctor_confirms_a_request(page: Page, sign_in: SignIn, doctor: Any, waiting: Any, database: Database):
    sign_in(page, doctor.account)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Today")
    look(page, "clinic-day")

    page.get_by_role("link", name="2 requests").click()
    look(page, "clinic-requests", "Requests")
    page.evaluate("document.body.dataset.samePage = 'yes'")
    page.get_by_role("button", name="Confirm Ada Lovelace").click()

    expect(page.get_by_role("alert")).to_contain_text("Confirmed: Ada Lovelace")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("main").get_by_text("1 request", exact=True)).to_be_visible()
    expect(page.locator("body[data-same-page=yes]")).to_have_count(1)
    assert_accessible(page)
    assert state_of(database, waiting) is VisitState.CONFIRMED


def test_a_doctor_confirms_a_request_without_javascript(
    new_page: Callable[..., Page], sign_in: SignIn, doctor: Any, waiting: Any, database: Database
):
    page = new_page(java_script_enabled=False)
    sign_in(page, doctor.account)

    page.get_by_role("link", name="Requests", exact=True).click()
    page.get_by_role("button", name="Confirm Ada Lovelace").click()

    expect(page.get_by_role("alert")).to_contain_text("Confirmed: Ada Lovelace")
    page.reload()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert state_of(database, waiting) is VisitState.CONFIRMED


def test_a_doctor_takes_a_visit_to_its_end(page: Page, sign_in: SignIn, doctor: Any, database: Database):
    visit = AppointmentFactory(doctor=doctor, starts_at=today_at(15), patient__name="Grace Hopper")
    sign_in(page, doctor.account)

    page.get_by_role("button", name="Start Grace Hopper").click()
    expect(page.get_by_role("alert")).to_contain_text("Started: Grace Hopper")
    page.get_by_role("button", name="Done Grace Hopper").click()

    expect(page.get_by_role("alert")).to_contain_text("Completed: Grace Hopper")
    expect(page.get_by_role("button", name="Done Grace Hopper")).to_have_count(0)
    assert state_of(database, visit) is VisitState.COMPLETED


def test_a_doctor_declines_a_request(page: Page, sign_in: SignIn, doctor: Any, waiting: Any, database: Database):
    sign_in(page, doctor.account)
    page.goto("/clinic/requests")
    page.get_by_role("link", name="Decline Ada Lovelace").click()
    look(page, "clinic-decline", "Decline this request")

    page.get_by_role("button", name="Decline request").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the reason")
    look(page, "clinic-decline-refused")
    page.get_by_label("Reason for declining").fill("I am away that day. Please choose another one.")
    page.get_by_role("button", name="Decline request").click()

    expect(page.get_by_role("alert")).to_contain_text("Declined: Ada Lovelace")
    assert state_of(database, waiting) is VisitState.CANCELLED


def test_a_doctor_learns_that_the_patient_was_quicker(
    page: Page, sign_in: SignIn, doctor: Any, waiting: Any, database: Database
):
    sign_in(page, doctor.account)
    page.goto("/clinic/requests")
    with database.unit_of_work() as session:
        session.get_one(Appointment, waiting.id).state = VisitState.CANCELLED

    page.get_by_role("button", name="Confirm Ada Lovelace").click()

    expect(page.get_by_role("alert")).to_contain_text("The appointment is cancelled: it cannot be confirmed now.")
    expect(page.get_by_role("button", name="Confirm Ada Lovelace")).to_have_count(0)
    assert_accessible(page)


def test_an_empty_day(page: Page, sign_in: SignIn, database: Database):
    sign_in(page, DoctorFactory().account)
    look(page, "clinic-day-empty")
    page.get_by_role("link", name="Requests", exact=True).click()
    expect(page.get_by_role("heading", name="No requests are waiting")).to_be_visible()
    look(page, "clinic-requests-empty")


def test_an_applicant_reads_that_the_application_waits(page: Page, sign_in: SignIn, database: Database):
    sign_in(page, DoctorFactory(pending=True).account)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your application is waiting for approval")
    look(page, "clinic-application")
