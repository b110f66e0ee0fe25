"""A visit in the browser: from finding a doctor to cancelling, with scripts and without, once however one clicks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect
from sqlalchemy import func, select

from app.models import Appointment, VisitKind, VisitState
from tests.browser.support import look
from tests.factories import (
    AppointmentFactory,
    DepartmentFactory,
    DoctorFactory,
    PatientFactory,
    ReviewFactory,
    SpecialisationFactory,
)
from tests.support.clients import PASSWORD
from tests.support.databases import Database

SignIn = Callable[..., None]
REASON = "A cough for two weeks.\nNo fever."
NEWCOMER = {
    "First name": "Amira",
    "Last name": "Hassan",
    "E-mail address": "amira@example.org",
    "Username": "amira",
    "Password": "three random words",
}


@pytest.fixture
def doctor(database: Database) -> Any:
    """A cardiologist with hours, and a review."""
    doctor = DoctorFactory(
        name="Dr Hart",
        about="Looks after hearts.",
        hours=True,
        department=DepartmentFactory(name="Cardiology"),
        specialisations=[SpecialisationFactory(name="Cardiac rhythm")],
    )
    ReviewFactory(doctor=doctor)
    return doctor


@pytest.fixture
def patient(database: Database) -> Any:
    """Somebody who can sign in and book."""
    return PatientFactory(name="Amira Hassan")


def count_visits(database: Database) -> int:
    with database.unit_of_work() as session:
        return session.scalar(select(func.count(Appointment.id))) or 0


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def choose_time(page: Page, doctor: Any, place: int = 0) -> str:
    """Choose one of the doctor's free times, and return its address."""
    page.goto(f"/find-a-doctor/{doctor.id}")
    times = page.locator("#times").get_by_role("link").filter(has_text=re.compile(r"\d(am|pm)"))
    address = times.nth(place).get_attribute("href") or ""
    page.goto(address)
    return address


def give_details(page: Page) -> None:
    page.get_by_role("radio", name="In person").check()
    page.get_by_label("Reason for the visit").fill(REASON)
    press(page, "Continue")


def see(page: Page, heading: str, name: str, *, scripts: bool = True) -> None:
    """Wait for a page by its heading, and look at it closely."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    if scripts:
        look(page, name)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_newcomer_finds_a_doctor_books_and_cancels(
    new_page: Callable[..., Page],
    doctor: Any,
    database: Database,
    scripts: bool,  # noqa: FBT001 (pytest passes it by name)
) -> None:
    DoctorFactory(name="Dr Bone", hours=True)
    page = new_page(java_script_enabled=scripts)

    page.goto("/")
    see(page, "Book a visit", "home", scripts=scripts)
    page.get_by_label("Doctor, speciality or department").fill("cardio")
    press(page, "Search")
    see(page, "Find a doctor", "find-a-doctor", scripts=scripts)
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_role("link", name="Dr Hart", exact=True).click()
    see(page, "Dr Hart", "doctor", scripts=scripts)

    chosen = page.locator("#times .portal-time").first
    address, day = chosen.get_attribute("href") or "", chosen.inner_text().partition(" on ")[2]
    chosen.click()
    see(page, "Sign in", "sign-in", scripts=scripts)
    page.get_by_role("link", name="Create an account").click()
    see(page, "Create an account", "sign-up", scripts=scripts)
    for label, value in NEWCOMER.items():
        page.get_by_label(label, exact=True).fill(value)
    press(page, "Create account")

    see(page, "Book an appointment", "book", scripts=scripts)
    expect(page.get_by_role("main")).to_contain_text(day)
    expect(page.get_by_role("main")).to_contain_text("You can move or cancel the appointment until")
    give_details(page)
    see(page, "Check your answers", "check", scripts=scripts)
    expect(page.get_by_role("main")).to_contain_text("A cough for two weeks.")
    press(page, "Confirm and book")
    see(page, "Appointment booked", "booked", scripts=scripts)

    page.get_by_role("link", name="All my appointments").click()
    see(page, "My appointments", "appointments", scripts=scripts)
    page.get_by_role("row").filter(has_text="Dr Hart").get_by_role("link").first.click()
    see(page, "Appointment with Dr Hart", "appointment", scripts=scripts)
    page.get_by_role("button", name="Cancel appointment").click()
    see(page, "Do you want to cancel", "cancel", scripts=scripts)
    press(page, "Cancel appointment")
    see(page, "Appointment with Dr Hart", "cancelled", scripts=scripts)
    expect(page.get_by_role("main")).to_contain_text("Your appointment is cancelled.")

    page.goto(f"/find-a-doctor/{doctor.id}")
    expect(page.locator(f'a[href="{address}"]')).to_have_count(1)


class TestFinding:
    def test_the_list_follows_what_one_types_and_the_address_keeps_it(self, page: Page, doctor: Any) -> None:
        DoctorFactory(name="Dr Bone")
        loads = []
        page.on("response", lambda answer: loads.append(answer) if _is_page(answer) else None)
        page.goto("/find-a-doctor")
        expect(page.get_by_role("article")).to_have_count(2)

        page.get_by_label("Search by name").press_sequentially("bone")
        expect(page.get_by_role("article")).to_have_count(1)
        expect(page).to_have_url(re.compile(r"\?q=bone$"))
        page.get_by_label("Department", exact=True).select_option("Cardiology")
        expect(page.get_by_role("heading", name="No doctor matches")).to_be_visible()
        look(page, "no-doctor")
        assert len(loads) == 1

        page.go_back()
        expect(page.get_by_role("article")).to_have_count(1)
        expect(page.get_by_label("Search by name")).to_have_value("bone")

    def test_weeks_change_in_place_and_the_keyboard_stays_there(self, page: Page, doctor: Any) -> None:
        page.goto(f"/find-a-doctor/{doctor.id}")
        page.get_by_role("link", name="Later times").press("Enter")

        expect(page.get_by_role("link", name="Earlier times", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="Later times")).to_be_focused()
        expect(page).to_have_url(re.compile(r"\?from=\d{4}-\d\d-\d\d#times$"))

    def test_a_doctor_without_times_leads_to_others(self, page: Page, database: Database) -> None:
        doctor = DoctorFactory(name="Dr Bone")

        page.goto(f"/find-a-doctor/{doctor.id}")

        see(page, "Dr Bone", "doctor-without-times")


class TestOnce:
    @pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
    def test_a_double_click_books_once(
        self,
        new_page: Callable[..., Page],
        sign_in: SignIn,
        doctor: Any,
        patient: Any,
        database: Database,
        scripts: bool,  # noqa: FBT001 (pytest passes it by name)
    ) -> None:
        page = new_page(java_script_enabled=scripts)
        sign_in(page, patient.manager)
        choose_time(page, doctor)
        give_details(page)

        page.get_by_role("button", name="Confirm and book").dblclick()

        expect(page.get_by_role("heading", level=1)).to_have_text("Appointment booked")
        assert count_visits(database) == 1

    def test_going_back_after_booking_books_nothing_more(
        self, page: Page, sign_in: SignIn, doctor: Any, patient: Any, database: Database
    ) -> None:
        sign_in(page, patient.manager)
        choose_time(page, doctor)
        give_details(page)
        press(page, "Confirm and book")
        expect(page.get_by_role("heading", level=1)).to_have_text("Appointment booked")

        page.go_back()

        expect(page.get_by_role("heading", level=1)).to_have_text("Appointment booked")
        assert count_visits(database) == 1

    def test_two_tabs_with_the_same_time_book_once(
        self, page: Page, sign_in: SignIn, doctor: Any, patient: Any, database: Database
    ) -> None:
        sign_in(page, patient.manager)
        other = page.context.new_page()
        for tab in (page, other):
            choose_time(tab, doctor)
            give_details(tab)

        press(page, "Confirm and book")
        expect(page.get_by_role("heading", level=1)).to_have_text("Appointment booked")
        press(other, "Confirm and book")

        expect(other.get_by_role("main")).to_contain_text("You have booked this time already.")
        assert count_visits(database) == 1


class TestForms:
    def test_a_time_that_is_taken_meanwhile_costs_nothing_that_was_typed(
        self, page: Page, sign_in: SignIn, doctor: Any, patient: Any, database: Database
    ) -> None:
        sign_in(page, patient.manager)
        address = choose_time(page, doctor)
        give_details(page)
        AppointmentFactory(doctor=doctor, starts_at=datetime.fromisoformat(address.rpartition("at=")[2]))
        press(page, "Confirm and book")

        see(page, "Choose another time", "taken")
        expect(page.get_by_role("alert")).to_contain_text("That time is not free.")
        page.locator("main .portal-time").nth(1).click()
        expect(page.get_by_role("main")).to_contain_text("A cough for two weeks.")
        press(page, "Confirm and book")

        expect(page.get_by_role("heading", level=1)).to_have_text("Appointment booked")
        assert count_visits(database) == 2

    def test_going_back_to_a_form_that_was_refused_sends_nothing_anew(
        self, page: Page, sign_in: SignIn, doctor: Any, patient: Any
    ) -> None:
        sign_in(page, patient.manager)
        choose_time(page, doctor)
        press(page, "Continue")
        expect(page.get_by_role("alert")).to_contain_text("Enter the reason for the visit.")
        give_details(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")

        page.go_back()

        expect(page.get_by_label("Reason for the visit")).to_have_value(REASON)

    def test_changing_answers_keeps_the_others(
        self, page: Page, sign_in: SignIn, doctor: Any, patient: Any, database: Database
    ) -> None:
        PatientFactory(name="Yusuf Hassan", manager=patient.manager, is_own=False)
        sign_in(page, patient.manager)
        choose_time(page, doctor)
        page.get_by_role("radio", name="Amira Hassan").check()
        give_details(page)

        page.get_by_role("link", name="Change who it is for").click()
        page.get_by_role("radio", name="Yusuf Hassan").check()
        expect(page.get_by_label("Reason for the visit")).to_have_value(REASON)
        press(page, "Continue")
        expect(page.get_by_role("main")).to_contain_text("Yusuf Hassan")

        page.get_by_role("link", name="Change the time").click()
        see(page, "Choose another time", "time")
        page.get_by_role("link", name="Later times").click()
        expect(page.get_by_role("link", name="Earlier times")).to_be_visible()
        page.locator("#times .portal-time").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
        expect(page.get_by_role("main")).to_contain_text("A cough for two weeks.")

        page.go_back()
        page.get_by_role("link", name="Keep the time that I have chosen").click()
        press(page, "Confirm and book")
        expect(page.get_by_role("heading", level=1)).to_have_text("Appointment booked")
        assert count_visits(database) == 1

    def test_what_is_typed_is_there_again_after_signing_out_in_another_tab(
        self, page: Page, sign_in: SignIn, doctor: Any, patient: Any
    ) -> None:
        sign_in(page, patient.manager)
        choose_time(page, doctor)
        with page.expect_request("**/keep"):
            page.get_by_label("Reason for the visit").press_sequentially("A cough")
        draft = page.url
        other = page.context.new_page()
        other.goto("/sign-out")
        press(other, "Sign out")

        press(page, "Continue")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        page.get_by_label("Username or e-mail address").fill(patient.manager.username)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        press(page, "Sign in")

        expect(page).to_have_url(draft)
        expect(page.get_by_label("Reason for the visit")).to_have_value("A cough")

    def test_a_booking_that_is_no_longer_kept_starts_again(
        self, page: Page, sign_in: SignIn, doctor: Any, patient: Any
    ) -> None:
        sign_in(page, patient.manager)

        page.goto(f"/book/{doctor.id}/00000000-0000-4000-8000-000000000000/check")
        see(page, "This booking is no longer kept", "draft-ended")
        page.get_by_role("button", name="Start again").click()

        expect(page.get_by_role("heading", level=1)).to_have_text("Dr Hart")

    def test_what_is_missing_is_told_at_once(self, page: Page, sign_in: SignIn, doctor: Any, patient: Any) -> None:
        sign_in(page, patient.manager)
        choose_time(page, doctor)
        press(page, "Continue")

        expect(page).to_have_title(re.compile("^Error: Book an appointment"))
        expect(page.locator(".nhsuk-error-summary")).to_be_focused()
        look(page, "book-errors")
        page.get_by_role("link", name="Enter the reason for the visit.").click()
        expect(page.get_by_label("Reason for the visit")).to_be_focused()

    def test_signing_in_wrongly_says_so(self, page: Page, patient: Any) -> None:
        page.goto("/sign-in")
        page.get_by_label("Username or e-mail address").fill(patient.manager.username)
        page.get_by_label("Password", exact=True).fill("wrong password")
        press(page, "Sign in")

        expect(page.get_by_role("alert")).to_contain_text("The username or password is not right.")
        look(page, "sign-in-errors")

    def test_signing_up_without_answers_says_so(self, page: Page, database: Database) -> None:
        page.goto("/sign-up")
        press(page, "Create account")

        expect(page.get_by_role("alert").get_by_role("link")).to_have_count(5)
        look(page, "sign-up-errors")


class TestAppointments:
    def test_groups_without_appointments_say_what_to_do(self, page: Page, sign_in: SignIn, patient: Any) -> None:
        sign_in(page, patient.manager)
        page.goto("/my/appointments")
        for group in ("Past", "Cancelled", "Coming"):
            page.get_by_role("navigation", name="Appointments").get_by_role("link", name=group).click()
            expect(page.get_by_role("heading", name=f"No {group.lower()} appointments")).to_be_visible()
        look(page, "no-appointments")

    def test_a_confirmed_video_call_can_be_joined_near_its_time(
        self, page: Page, sign_in: SignIn, patient: Any
    ) -> None:
        doctor = DoctorFactory(name="Dr Hart", meet_link="https://meet.example.org/room")
        soon = datetime.now(UTC) + timedelta(minutes=10)
        visit = AppointmentFactory(patient=patient, doctor=doctor, kind=VisitKind.ONLINE, starts_at=soon)
        sign_in(page, patient.manager)

        page.goto(f"/my/appointments/{visit.id}")

        see(page, "Appointment with Dr Hart", "video-call")
        link = page.get_by_role("button", name="Join the video call")
        expect(link).to_have_attribute("href", "https://meet.example.org/room")

    def test_too_late_to_cancel_says_what_to_do(self, page: Page, sign_in: SignIn, patient: Any) -> None:
        starts_at = datetime.now(UTC) + timedelta(hours=1)
        visit = AppointmentFactory(patient=patient, starts_at=starts_at, state=VisitState.CONFIRMED)
        sign_in(page, patient.manager)

        page.goto(f"/my/appointments/{visit.id}/cancel")

        see(page, "This appointment cannot be cancelled here", "too-late")

    def test_signing_out_asks(self, page: Page, sign_in: SignIn, patient: Any) -> None:
        sign_in(page, patient.manager)

        page.goto("/sign-out")
        see(page, "Do you want to sign out?", "sign-out")
        press(page, "Sign out")

        expect(page.get_by_role("main")).to_contain_text("You are signed out.")


def _is_page(answer: Response) -> bool:
    return answer.request.resource_type == "document"
