"""Moving a visit in the browser, and free times that refresh by themselves while one looks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.models import Appointment, VisitState
from tests.browser.support import look, pass_time
from tests.browser.test_booking import SignIn, press, see
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory
from tests.support.databases import Database

A_LOOK_MILLISECONDS = 46_000
"""A little more than the time between two looks at the free times."""


@pytest.fixture
def doctor(database: Database) -> Any:
    """A doctor with hours."""
    return DoctorFactory(name="Dr Hart", hours=True)


@pytest.fixture
def patient(database: Database) -> Any:
    """Somebody who can sign in."""
    return PatientFactory(name="Amira Hassan")


def moment_of(address: str | None) -> datetime:
    """The time that a link or a button names."""
    return datetime.fromisoformat((address or "").rpartition("at=")[2])


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_visit_is_moved_and_its_reason_changed(
    new_page: Callable[..., Page],
    sign_in: SignIn,
    doctor: Any,
    patient: Any,
    database: Database,
    scripts: bool,  # noqa: FBT001 (pytest passes it by name)
) -> None:
    visit = AppointmentFactory(doctor=doctor, patient=patient)
    page = new_page(java_script_enabled=scripts)
    sign_in(page, patient.manager)

    page.goto("/my/appointments")
    page.get_by_role("row").filter(has_text="Dr Hart").get_by_role("link", name="Move").click()
    see(page, "Move your appointment", "move", scripts=scripts)
    taken, chosen = (page.locator("#times .portal-time").nth(place) for place in (2, 4))
    new_time = moment_of(chosen.get_attribute("href"))
    AppointmentFactory(doctor=doctor, starts_at=moment_of(taken.get_attribute("href")))
    taken.click()
    see(page, "Choose another time", "move-taken", scripts=scripts)
    expect(page.get_by_role("main")).to_contain_text("Your appointment stays as it is")
    page.get_by_role("link", name="All free times").click()
    page.locator(f'#times a[href$="{new_time:%Y-%m-%dT%H:%M:%SZ}"]').click()
    see(page, "Do you want to move this appointment?", "check-move", scripts=scripts)
    page.get_by_role("main").get_by_role("button", name="Move appointment").dblclick()
    see(page, "Appointment with Dr Hart", "moved", scripts=scripts)
    expect(page.get_by_role("main")).to_contain_text("Your appointment is moved.")
    expect(page.get_by_role("main")).to_contain_text("Waiting for confirmation")

    page.get_by_role("link", name="Change the reason").click()
    see(page, "Change the reason for your visit", "reason", scripts=scripts)
    page.get_by_label("Reason for the visit").fill("")
    press(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("Enter the reason for the visit.")
    page.get_by_label("Reason for the visit").fill("A fever, too")
    press(page, "Save")
    expect(page.get_by_role("main")).to_contain_text("A fever, too")

    with database.unit_of_work() as session:
        moved = session.get_one(Appointment, visit.id)
        assert (moved.starts_at, moved.state, moved.version) == (new_time, VisitState.PENDING, visit.version + 1)


def test_a_page_of_before_is_told_what_happened_in_another_tab(
    page: Page, sign_in: SignIn, doctor: Any, patient: Any, database: Database
) -> None:
    visit = AppointmentFactory(doctor=doctor, patient=patient)
    sign_in(page, patient.manager)
    other = page.context.new_page()
    for tab, place in ((page, 3), (other, 5)):
        tab.goto(f"/my/appointments/{visit.id}/move")
        tab.locator("#times .portal-time").nth(place).click()
    press(other, "Move appointment")
    expect(other.get_by_role("main")).to_contain_text("Your appointment is moved.")

    press(page, "Move appointment")
    expect(page.get_by_role("alert")).to_contain_text("The appointment was changed meanwhile.")
    look(page, "move-outdated")
    press(page, "Move appointment")
    expect(page.get_by_role("main")).to_contain_text("Your appointment is moved.")


def test_too_late_to_move_says_what_to_do(page: Page, sign_in: SignIn, patient: Any) -> None:
    visit = AppointmentFactory(patient=patient, starts_at=datetime.now(UTC) + timedelta(hours=1))
    sign_in(page, patient.manager)

    page.goto(f"/my/appointments/{visit.id}/move")

    see(page, "This appointment cannot be moved here", "move-too-late")


class TestFreeTimesThatRefresh:
    def test_what_somebody_takes_disappears_and_all_else_stays(
        self, page: Page, doctor: Any, database: Database
    ) -> None:
        page.clock.install()
        page.goto(f"/find-a-doctor/{doctor.id}?from={datetime.now(UTC).date() + timedelta(days=7)}")
        days = page.locator("#times .portal-day")
        days.nth(0).locator("summary").click()
        days.nth(3).locator("summary").click()
        gone, held = (days.nth(3).locator(".portal-time").nth(place) for place in (2, 5))
        gone_address, held_address = gone.get_attribute("href"), held.get_attribute("href")
        held.focus()
        AppointmentFactory(doctor=doctor, starts_at=moment_of(gone_address))

        pass_time(page, A_LOOK_MILLISECONDS)

        expect(page.locator(f'#times a[href="{gone_address}"]')).to_have_count(0)
        expect(page.locator(f'#times a[href="{held_address}"]')).to_be_focused()
        expect(page.locator("#announcer")).to_have_text("The free times have changed.")
        opened = days.evaluate_all("days => days.map(day => day.open)")
        assert opened[:4] == [False, True, True, True]

        with page.expect_response(lambda answer: answer.status == 304):
            pass_time(page, A_LOOK_MILLISECONDS)
        with database.unit_of_work() as session:
            for visit in session.scalars(select(Appointment)):
                visit.state = VisitState.CANCELLED
        pass_time(page, A_LOOK_MILLISECONDS)
        expect(page.locator(f'#times a[href="{gone_address}"]')).to_have_count(1)

    def test_a_week_that_was_asked_for_is_the_one_that_refreshes(
        self, page: Page, sign_in: SignIn, doctor: Any, patient: Any, database: Database
    ) -> None:
        visit = AppointmentFactory(doctor=doctor, patient=patient)
        page.clock.install()
        sign_in(page, patient.manager)
        page.goto(f"/my/appointments/{visit.id}/move")
        first_week = page.locator("#times .portal-time").first.get_attribute("href")
        page.get_by_role("link", name="Later times").click()
        expect(page.locator(f'#times a[href="{first_week}"]')).to_have_count(0)
        expect(page.get_by_role("link", name="Later times")).to_be_focused()
        first = page.locator("#times .portal-time").first.get_attribute("href")
        AppointmentFactory(doctor=doctor, starts_at=moment_of(first))

        pass_time(page, A_LOOK_MILLISECONDS)

        expect(page.locator(f'#times a[href="{first}"]')).to_have_count(0)
        expect(page.get_by_role("link", name="Earlier times")).to_be_visible()
