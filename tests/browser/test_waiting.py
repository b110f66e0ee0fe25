"""The waiting list in the browser: asking, being offered an earlier time, taking it; and an offer that has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.models import Appointment
from tests.browser.support import look
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory
from tests.services.visits import TEN
from tests.services.waiting import HALF_HOUR, LATER, cancel, offers, publish, run_out, settle
from tests.support.databases import Database

SignIn = Callable[..., None]


@pytest.fixture
def doctor(database: Database) -> Any:
    """A doctor whose only early time is taken."""
    doctor = DoctorFactory(name="Dr Hart")
    publish(doctor, TEN)
    publish(doctor, LATER, 2)
    return doctor


@pytest.fixture
def taken(doctor: Any) -> Any:
    """The visit that takes the early time."""
    return AppointmentFactory(doctor=doctor, starts_at=TEN)


@pytest.fixture
def visit(doctor: Any, taken: Any) -> Any:
    """The visit that is to be earlier."""
    return AppointmentFactory(doctor=doctor, starts_at=LATER, patient=PatientFactory(name="Amira Hassan"))


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def see(page: Page, heading: str, name: str, *, scripts: bool = True) -> None:
    """Wait for a page by its heading, and look at it closely."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    if scripts:
        look(page, name)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_somebody_waits_and_comes_earlier(
    new_page: Callable[..., Page],
    sign_in: SignIn,
    doctor: Any,
    taken: Any,
    visit: Any,
    database: Database,
    scripts: bool,  # noqa: FBT001 (pytest passes it by name)
) -> None:
    page = new_page(java_script_enabled=scripts)
    sign_in(page, visit.patient.manager)
    page.goto("/my/waiting")
    see(page, "My appointments", "waiting-empty", scripts=scripts)

    page.goto(f"/my/appointments/{visit.id}")
    page.get_by_role("link", name="Tell me about earlier times").click()
    page.get_by_text("Only on some days").click()
    page.get_by_label("Mornings").check()
    see(page, "Tell me about earlier times", "waiting-ask", scripts=scripts)
    press(page, "Join the waiting list")
    expect(page.get_by_role("alert")).to_contain_text("You are on the waiting list.")
    see(page, "My appointments", "waiting-list", scripts=scripts)

    cancel(database, taken)
    settle(database, doctor)
    page.goto("/my/waiting")
    page.get_by_role("link", name="See the offer of Dr Hart").click()
    see(page, "An earlier time is free", "waiting-offer", scripts=scripts)
    press(page, "Accept this time")

    expect(page.get_by_role("alert")).to_contain_text("Your appointment is moved to")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Appointment with Dr Hart")
    with database.unit_of_work() as session:
        assert session.get_one(Appointment, visit.id).starts_at == TEN


def test_who_comes_too_late_or_waits_in_vain_is_told(
    page: Page, sign_in: SignIn, doctor: Any, taken: Any, visit: Any, database: Database
) -> None:
    sign_in(page, visit.patient.manager)
    publish(doctor, TEN + HALF_HOUR)
    page.goto(f"/my/appointments/{visit.id}/earlier")
    press(page, "Join the waiting list")
    see(page, "Tell me about earlier times", "waiting-in-vain")
    expect(page.get_by_role("main")).to_contain_text("are free now")
    page.goto(f"/my/waiting/doctors/{DoctorFactory().id}")
    press(page, "Join the waiting list")
    see(page, "Tell me about earlier times", "waiting-errors")

    page.goto(f"/my/appointments/{visit.id}/earlier")
    page.get_by_label("Day", exact=True).fill(str(LATER.day))
    page.get_by_label("Month").fill(str(LATER.month))
    page.get_by_label("Year").fill(str(LATER.year))
    press(page, "Join the waiting list")
    publish(doctor, LATER - HALF_HOUR)
    settle(database, doctor)
    page.goto("/my/waiting")
    page.get_by_role("link", name="See the offer of Dr Hart").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("An earlier time is free")
    run_out(database, offers(database)[0])
    press(page, "Accept this time")
    see(page, "This offer has ended", "waiting-ended")

    page.goto("/my/waiting")
    page.get_by_role("link", name="Leave the list of Dr Hart").click()
    see(page, "Do you want to leave the waiting list?", "waiting-leave")
    press(page, "Leave the waiting list")
    expect(page.get_by_role("alert")).to_contain_text("You are no longer on the waiting list.")
    see(page, "My appointments", "waiting-left")
