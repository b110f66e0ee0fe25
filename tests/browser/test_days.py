"""A doctor's day as it goes on: steps and their undoing, what others do appears, the week, and paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.models import Appointment, VisitKind, VisitState
from tests.browser.support import assert_accessible, look, pass_time
from tests.factories import AppointmentFactory, DoctorFactory
from tests.pages.test_clinic import today_at
from tests.support.databases import Database

SignIn = Callable[..., None]
A_LOOK_MILLISECONDS = 20_500


@pytest.fixture
def doctor(database: Database) -> Any:
    """A doctor with hours and a day of visits: two over, one running, one arrived, two to come."""
    doctor = DoctorFactory(name="Dr Samuel Okafor", hours=True, meet_link="https://meet.example.org/okafor")
    states = (
        ("Toby White", VisitState.COMPLETED),
        ("Bernard McDonald", VisitState.NO_SHOW),
        ("Neil Davies", VisitState.IN_PROGRESS),
        ("Karl Burrows", VisitState.CONFIRMED),
        ("Ada Lovelace", VisitState.CONFIRMED),
        ("Mandy Connor", VisitState.PENDING),
    )
    for hour, (name, state) in enumerate(states):
        arrived_at = today_at(0, 40) if name == "Karl Burrows" else None
        kind = VisitKind.ONLINE if name == "Ada Lovelace" else VisitKind.IN_PERSON
        AppointmentFactory(
            doctor=doctor,
            starts_at=today_at(hour),
            state=state,
            kind=kind,
            arrived_at=arrived_at,
            patient__name=name,
        )
    return doctor


def row(page: Page, name: str) -> Any:
    """A patient's visit in the list."""
    return page.locator("li.portal-diary__visit", has_text=name)


def test_a_doctor_takes_steps_and_takes_them_back(page: Page, sign_in: SignIn, doctor: Any):
    sign_in(page, doctor.account)
    expect(row(page, "Karl Burrows")).to_contain_text("Next")
    expect(row(page, "Karl Burrows")).to_contain_text("Arrived 12:40am")
    look(page, "days-today")

    page.get_by_role("button", name="Arrived Ada Lovelace").click()
    expect(page.get_by_role("alert")).to_contain_text("Arrived: Ada Lovelace")
    look(page, "days-arrived")
    page.get_by_role("alert").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("alert")).to_contain_text("Undone: Ada Lovelace")
    expect(page.get_by_role("button", name="Arrived Ada Lovelace")).to_have_count(1)

    page.get_by_role("button", name="Done Karl Burrows").click()
    expect(page.get_by_role("alert")).to_contain_text("Completed: Karl Burrows")
    page.goto("/clinic")
    row(page, "Karl Burrows").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("alert")).to_contain_text("Undone: Karl Burrows")
    expect(page.get_by_role("button", name="Start Karl Burrows")).to_be_visible()


def test_without_javascript_all_of_it_works(new_page: Callable[..., Page], sign_in: SignIn, doctor: Any):
    page = new_page(java_script_enabled=False)
    sign_in(page, doctor.account)
    expect(page.get_by_role("button", name="Print")).to_have_count(0)

    page.get_by_role("button", name="Missed Karl Burrows").click()
    expect(page.get_by_role("alert")).to_contain_text("Marked as missed: Karl Burrows")
    page.get_by_role("alert").get_by_role("button", name="Undo").click()

    expect(page.get_by_role("alert")).to_contain_text("Undone: Karl Burrows")
    expect(row(page, "Karl Burrows")).to_contain_text("Confirmed")
    page.get_by_role("link", name="Week").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("This week")


def test_a_missed_visit_whose_time_is_taken_stays_missed(page: Page, sign_in: SignIn, doctor: Any):
    sign_in(page, doctor.account)
    page.get_by_role("button", name="Missed Karl Burrows").click()
    expect(page.get_by_role("alert")).to_contain_text("Marked as missed")
    AppointmentFactory(doctor=doctor, starts_at=today_at(3), patient__name="Grace Hopper")

    page.get_by_role("alert").get_by_role("button", name="Undo").click()

    expect(page.get_by_role("alert")).to_contain_text("agree on a new time with the patient")
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    expect(row(page, "Karl Burrows")).to_contain_text("Missed")
    look(page, "days-undo-refused")


def test_what_others_do_appears_and_nothing_else_moves(page: Page, sign_in: SignIn, doctor: Any, database: Database):
    page.clock.install()
    sign_in(page, doctor.account)
    page.get_by_role("button", name="Arrived Ada Lovelace").click()
    expect(page.get_by_role("alert")).to_be_focused()
    held = page.get_by_role("button", name="Start Ada Lovelace")
    held.focus()

    with page.expect_response(lambda answer: answer.status == 304) as looked:
        pass_time(page, A_LOOK_MILLISECONDS)
    assert looked.value.request.headers["x-background"] == "true"
    with database.unit_of_work() as session:
        for visit in session.query(Appointment).filter_by(doctor_id=doctor.id, state=VisitState.IN_PROGRESS):
            visit.state = VisitState.COMPLETED
    AppointmentFactory(doctor=doctor, starts_at=today_at(2, 30), patient__name="Grace Hopper")
    pass_time(page, A_LOOK_MILLISECONDS)

    expect(row(page, "Grace Hopper")).to_be_visible()
    expect(row(page, "Neil Davies")).to_contain_text("Completed")
    expect(page.locator("#announcer")).to_have_text("The visits have changed.")
    expect(held).to_be_focused()
    # What was said stays, with its way back.
    expect(page.get_by_role("alert").get_by_role("button", name="Undo")).to_be_visible()

    page.goto("/clinic/requests")
    expect(page.get_by_role("heading", name="No requests are waiting")).to_be_visible()
    AppointmentFactory(doctor=doctor, state=VisitState.PENDING, patient__name="Grace Hopper")
    pass_time(page, A_LOOK_MILLISECONDS)
    expect(page.get_by_role("button", name="Confirm Grace Hopper")).to_be_visible()


def test_the_week_at_a_glance(page: Page, sign_in: SignIn, doctor: Any):
    page.clock.install()
    sign_in(page, doctor.account)
    page.get_by_role("link", name="Week").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("This week")
    held = page.get_by_role("link", name="Ada Lovelace")
    expect(held).to_be_visible()
    look(page, "days-week")
    held.focus()
    AppointmentFactory(doctor=doctor, starts_at=today_at(2, 30), patient__name="Grace Hopper")
    pass_time(page, A_LOOK_MILLISECONDS)
    expect(page.get_by_role("link", name="Grace Hopper")).to_be_visible()
    expect(held).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("The visits have changed.")

    page.get_by_role("link", name="Next week").click()
    expect(page.get_by_role("link", name="This week")).to_be_visible()
    expect(page.get_by_text("Free")).to_have_count(5)
    expect(page.get_by_text("No clinic hours")).to_have_count(2)
    look(page, "days-week-empty")
    page.get_by_role("link", name="Monday").click()
    expect(page.get_by_role("heading", name="No visits on this day")).to_be_visible()


def test_the_list_on_paper(page: Page, sign_in: SignIn, doctor: Any):
    sign_in(page, doctor.account)
    page.get_by_role("button", name="Arrived Ada Lovelace").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.evaluate("window.print = () => document.body.dataset.printed = 'yes'")
    page.get_by_role("button", name="Print").click()
    expect(page.locator("body[data-printed=yes]")).to_have_count(1)

    page.emulate_media(media="print")
    expect(page.get_by_text("Larkfield Hospital: visits of")).to_be_visible()
    expect(row(page, "Ada Lovelace")).to_be_visible()
    for gone in ("button", "nav", ".nhsuk-header", ".nhsuk-notification-banner", ".nhsuk-inset-text"):
        assert page.locator(gone).filter(visible=True).count() == 0, gone
    expect(page.get_by_text("Join video call")).to_be_hidden()
    page.emulate_media(media="screen")
    assert_accessible(page)
