"""Pages for everyone in the browser: the doctors' filters, the services, writing to the hospital, what it weighs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from app.models import ContactMessage, Picture
from tests.browser.support import look
from tests.factories import (
    DepartmentFactory,
    DesignationFactory,
    DoctorFactory,
    ServiceFactory,
    SpecialisationFactory,
    coming_weekday,
)
from tests.support.databases import Database

FIRST_VISIT_BYTES = 120_000
MESSAGE = {"Your name": "Ruth O'Neill", "Telephone number": "020 7946 0018", "Message": "When are visiting hours?"}
WITH_AND_WITHOUT_SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def count_messages(database: Database) -> int:
    with database.unit_of_work() as session:
        return session.scalar(select(func.count(ContactMessage.id))) or 0


@pytest.fixture
def doctors(database: Database) -> list[Any]:
    """Two doctors with hours who differ in everything that one can filter by."""
    return [
        DoctorFactory(
            name="Dr Hart",
            hours=True,
            fee=80,
            accepts_in_person=False,
            department=DepartmentFactory(name="Heart centre"),
            specialisations=[SpecialisationFactory(name="Cardiology")],
            designations=[DesignationFactory(name="Consultant")],
        ),
        DoctorFactory(name="Dr Bone", hours=True, fee=120, accepts_online=False),
    ]


class TestFilters:
    def test_each_narrows_the_list_at_once_and_can_be_removed(self, page: Page, doctors: list[Any]) -> None:
        day = coming_weekday(days=10).astimezone(ZoneInfo("Europe/London")).date()
        page.goto("/find-a-doctor")
        expect(page.get_by_role("article")).to_have_count(2)

        page.get_by_text("More filters").click()
        page.get_by_label("Grade").select_option("Consultant")
        expect(page.get_by_role("article")).to_have_count(1)
        page.get_by_label("Fee").select_option("Up to £80")
        page.get_by_label("How you meet").select_option("Video call")
        page.get_by_label("Speciality", exact=True).select_option("Cardiology")
        page.get_by_label("Free on").fill(day.isoformat())
        expect(page.get_by_role("link", name="Remove filter: ")).to_have_count(5)
        expect(page).to_have_url(re.compile(rf"day={day}"))
        expect(page.locator("#announcer")).to_have_text("1 doctor")
        expect(page.get_by_role("article").locator(".portal-time").first).to_contain_text(f"{day.day} {day:%b}")
        look(page, "find-a-doctor-filtered")

        page.get_by_role("link", name="Remove filter: Consultant").click()
        expect(page.get_by_role("link", name="Remove filter: ")).to_have_count(4)
        expect(page.get_by_label("Grade")).to_have_value("")
        page.go_back()
        expect(page.get_by_role("link", name="Remove filter: ")).to_have_count(5)
        expect(page.get_by_label("Free on")).to_have_value(day.isoformat())
        page.get_by_role("link", name="Clear all filters").click()
        expect(page.get_by_role("article")).to_have_count(2)

    def test_they_work_without_scripts(self, new_page: Callable[..., Page], doctors: list[Any]) -> None:
        page = new_page(java_script_enabled=False)
        page.goto("/find-a-doctor")
        page.get_by_text("More filters").click()
        page.get_by_label("How you meet").select_option("In person")
        page.get_by_label("Free on").fill(coming_weekday(days=10).date().isoformat())
        press(page, "Search")

        expect(page.get_by_role("article")).to_have_count(1)
        expect(page.get_by_label("How you meet")).to_have_value("in_person")

    def test_a_day_on_which_nobody_is_free_says_what_to_do(self, page: Page, doctors: list[Any]) -> None:
        page.goto("/find-a-doctor?day=2020-01-01&fee=80")

        expect(page.get_by_role("heading", name="No doctor matches")).to_be_visible()
        look(page, "no-doctor-that-day")
        page.get_by_role("link", name="Show all doctors").click()
        expect(page.get_by_role("article")).to_have_count(2)

    def test_a_doctor_who_has_left_leads_to_the_search(self, page: Page, database: Database) -> None:
        doctor = DoctorFactory(deleted_at=datetime.now(UTC))

        page.goto(f"/find-a-doctor/{doctor.id}")
        look(page, "doctor-not-found")
        page.get_by_role("link", name="Find another doctor").click()

        expect(page.get_by_role("heading", level=1)).to_have_text("Find a doctor")


class TestServices:
    def test_they_are_reached_from_the_header(self, page: Page, database: Database) -> None:
        ServiceFactory(name="Blood tests")
        page.goto("/")
        page.get_by_role("navigation", name="Menu").get_by_role("link", name="Our services").click()

        expect(page.get_by_role("heading", name="Blood tests")).to_be_visible()
        look(page, "services")

    def test_without_any_they_say_so(self, page: Page, database: Database) -> None:
        page.goto("/our-services")
        look(page, "no-services")


class TestContact:
    @WITH_AND_WITHOUT_SCRIPTS
    def test_a_double_click_sends_once_and_refreshing_sends_nothing(
        self,
        new_page: Callable[..., Page],
        database: Database,
        scripts: bool,  # noqa: FBT001 (pytest passes it by name)
    ) -> None:
        page = new_page(java_script_enabled=scripts)
        page.goto("/contact")
        for label, value in MESSAGE.items():
            page.get_by_label(label, exact=True).fill(value)
        page.get_by_role("button", name="Send message").dblclick()

        expect(page.get_by_role("heading", level=1)).to_have_text("Message sent")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("Message sent")
        assert count_messages(database) == 1
        if scripts:
            look(page, "message-sent")
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("Contact us")
        assert count_messages(database) == 1

    def test_what_is_wrong_is_told_and_what_was_typed_stays(self, page: Page, database: Database) -> None:
        page.goto("/contact")
        page.get_by_label("Message", exact=True).fill(MESSAGE["Message"])
        page.get_by_label("Telephone number").fill("soon")
        press(page, "Send message")

        expect(page).to_have_title(re.compile("^Error: Contact us"))
        expect(page.locator(".nhsuk-error-summary")).to_be_focused()
        look(page, "contact-errors")
        page.get_by_role("link", name="Enter your name.").click()
        expect(page.get_by_label("Your name")).to_be_focused()
        expect(page.get_by_label("Message", exact=True)).to_have_value(MESSAGE["Message"])
        assert count_messages(database) == 0


class TestLimit:
    @pytest.fixture
    def address(self, live_server: Callable[..., str]) -> str:
        """A portal that takes one message an hour."""
        return live_server(ratelimit_enabled=True, ratelimit_contact="1 per hour")

    def test_above_it_the_message_stays_in_the_form(self, page: Page, database: Database) -> None:
        for heading in ("Message sent", "Contact us"):
            page.goto("/contact")
            for label, value in MESSAGE.items():
                page.get_by_label(label, exact=True).fill(value)
            press(page, "Send message")
            expect(page.get_by_role("heading", level=1)).to_have_text(heading)

        expect(page.get_by_role("alert")).to_contain_text("Too many messages came from your address.")
        expect(page.get_by_label("Message", exact=True)).to_have_value(MESSAGE["Message"])
        look(page, "contact-too-many")
        assert count_messages(database) == 1


class TestWeight:
    @pytest.fixture
    def doctors(self, database: Database) -> list[Any]:
        """As many doctors as a page shows, each with a big picture."""
        output = BytesIO()
        Image.radial_gradient("L").resize((1200, 1200)).convert("RGB").save(output, "PNG")
        with database.unit_of_work() as session:
            pictures = [Picture(content_type="image/png", content=output.getvalue()) for _ in range(10)]
            session.add_all(pictures)
            session.flush()
            return [DoctorFactory(hours=True, picture_id=picture.id) for picture in pictures]

    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/find-a-doctor",
            "/find-a-doctor/1",
            "/our-services",
            "/contact",
            "/privacy",
            "/sign-in",
            "/no-such-page",
        ],
    )
    def test_a_first_visit_is_light(self, page: Page, doctors: list[Any], path: str) -> None:
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        sizes: list[float] = []
        session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))

        page.goto(path, wait_until="networkidle")

        assert len(sizes) >= 8, "the page, its style, scripts, fonts and pictures"
        assert sum(sizes) < FIRST_VISIT_BYTES, sizes
