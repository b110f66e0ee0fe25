"""Hours and time off in the browser: a week is made, visits in the way are decided about, a patient rebooks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.models import Appointment, VisitState
from tests.browser.support import look
from tests.factories import AppointmentFactory, DepartmentFactory, DoctorFactory, TimeOffFactory
from tests.services.visits import HALF_HOUR, TEN
from tests.support.databases import Database

SignIn = Callable[..., None]
DAY = timedelta(days=1)


@pytest.fixture
def doctor(database: Database) -> Any:
    """A doctor who works from Monday to Friday, 9 to 5."""
    department = DepartmentFactory(name="Cardiology", location="North wing, level 2")
    return DoctorFactory(name="Dr Samuel Okafor", department=department, hours=True)


def state_of(database: Database, visit: Any) -> VisitState:
    with database.unit_of_work() as session:
        return session.get_one(Appointment, visit.id).state


def enter(page: Page, name: str, moment: Any) -> None:
    """Fill in the three boxes of a date."""
    for part in ("day", "month", "year"):
        page.locator(f"#{name}-{part}").fill(str(getattr(moment, part)))


def test_a_doctor_makes_a_week(page: Page, sign_in: SignIn, database: Database):
    sign_in(page, DoctorFactory(name="Dr Ruth Baker").account)
    page.get_by_role("link", name="Hours", exact=True).click()
    look(page, "hours-empty", "Hours")

    page.get_by_role("link", name="Add hours on Monday").click()
    page.get_by_label("Start time").fill("nine")
    page.get_by_label("End time").fill("12:30pm")
    page.get_by_label("Minutes for each visit").fill("20")
    page.get_by_role("button", name="Save hours").click()
    expect(page.get_by_role("alert")).to_contain_text("Start time must be a time, such as 9am or 13:30")
    look(page, "hours-add-refused")
    page.get_by_label("Start time").fill("9am")
    page.get_by_role("button", name="Save hours").click()

    expect(page.get_by_role("alert")).to_contain_text("Your hours are saved.")
    expect(page.get_by_text("Patients can book 10 times, the first at 9am, the last at 12pm.")).to_be_visible()
    page.get_by_role("link", name="Copy Monday to other days").click()
    for day in ("Tuesday", "Thursday"):
        page.get_by_label(day).check()
    look(page, "hours-copy")
    page.get_by_role("button", name="Copy hours").click()

    expect(page.get_by_text("9am to 12:30pm, 20 minutes for each visit")).to_have_count(3)
    look(page, "hours-week")


def test_changed_hours_leave_a_visit_outside(
    new_page: Callable[..., Page], sign_in: SignIn, doctor: Any, database: Database
):
    page = new_page(java_script_enabled=False)
    visit = AppointmentFactory(doctor=doctor, starts_at=TEN, patient__name="Ada Lovelace")
    sign_in(page, doctor.account)
    page.goto("/clinic/hours")
    page.get_by_role("link", name=re.compile(f"Change {TEN:%A}")).click()
    page.get_by_label("Start time").fill("2pm")
    page.get_by_role("button", name="Save hours").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("1 visit outside your new hours")
    expect(page.get_by_role("cell", name="Ada Lovelace")).to_be_visible()
    page.get_by_role("button", name="Save hours").click()
    expect(page.get_by_text("There is a problem")).to_be_visible()
    page.get_by_label("Keep them").check()
    page.get_by_role("button", name="Save hours").click()

    expect(page.get_by_role("alert")).to_contain_text("1 visit stays booked outside them.")
    expect(page.get_by_text("2pm to 5pm")).to_be_visible()
    assert state_of(database, visit) is VisitState.CONFIRMED


def test_time_off_and_a_patient_who_rebooks_with_a_colleague(
    page: Page, new_page: Callable[..., Page], sign_in: SignIn, doctor: Any, database: Database
):
    visit = AppointmentFactory(doctor=doctor, starts_at=TEN, patient__name="Ada Lovelace")
    AppointmentFactory(doctor=doctor, starts_at=TEN + 7 * DAY, state=VisitState.PENDING, patient__name="Grace Hopper")
    DoctorFactory(name="Dr Ines Costa", department=doctor.department, hours=True)
    TimeOffFactory(reason="Test of the power supply", starts_at=TEN.replace(hour=0) + 40 * DAY)
    sign_in(page, doctor.account)
    page.goto("/clinic/hours")
    page.get_by_role("navigation", name="Hours and time off").get_by_role("link", name="Time off").click()
    look(page, "time-off", "Time off")

    page.get_by_role("link", name="Add time off").or_(page.get_by_role("button", name="Add time off")).click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the first day.")
    look(page, "time-off-refused")
    enter(page, "since", TEN)
    enter(page, "until", TEN + 13 * DAY)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="2 visits will be cancelled")).to_be_visible()
    look(page, "time-off-check")

    late = AppointmentFactory(doctor=doctor, starts_at=TEN + HALF_HOUR, patient__name="Alan Turing")
    page.get_by_label("Reason").fill("Family matters")
    page.get_by_role("button", name="Save, and cancel 2 visits").click()
    expect(page.get_by_role("alert")).to_contain_text("The visits below have changed since you looked.")
    expect(page.get_by_role("cell", name="Alan Turing")).to_be_visible()
    assert state_of(database, late) is VisitState.CONFIRMED
    page.get_by_role("button", name="Save, and cancel 3 visits").click()
    expect(page.get_by_role("alert")).to_contain_text("Your time off is saved. 3 visits cancelled.")
    assert state_of(database, visit) is VisitState.CANCELLED

    patient = new_page()
    sign_in(patient, visit.patient.manager)
    patient.goto(f"/my/appointments/{visit.id}")
    expect(patient.get_by_text("The doctor is away at that time.")).to_be_visible()
    expect(patient.get_by_text("Family matters")).to_have_count(0)
    look(patient, "appointment-nearest-times")
    patient.get_by_role("region", name="Dr Ines Costa").get_by_role("link", name=re.compile("10am")).first.click()
    patient.get_by_label("In person").check()
    patient.get_by_label("Reason for the visit").fill("As before")
    patient.get_by_role("button", name="Continue").click()
    patient.get_by_role("button", name=re.compile("Confirm|Book")).click()
    expect(patient.get_by_role("heading", level=1)).to_contain_text("booked")
    expect(patient.get_by_text("Dr Ines Costa").first).to_be_visible()
