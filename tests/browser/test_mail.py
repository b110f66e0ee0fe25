"""Mail as HTML, in the browser that stands for mail programs: on a phone and wide, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.jobs import letters
from app.models import Account, Message, VisitState
from app.services.outbox import Template
from tests.browser.support import look
from tests.factories import AppointmentFactory, DepartmentFactory, DoctorFactory, PatientFactory
from tests.support.databases import Database


@pytest.fixture
def visit(database: Database) -> Any:
    department = DepartmentFactory(location="Riverside wing, level 1, beside the entrance for visitors")
    doctor = DoctorFactory(name="Dr Wilhelmina Featherstonehaugh-Cholmondeley", department=department)
    return AppointmentFactory(doctor=doctor, patient=PatientFactory(name="Zoë O'Neill"), state=VisitState.PENDING)


@pytest.fixture
def html(database: Database) -> Callable[..., str]:
    """A mail's HTML, with what its template is to know."""

    def act(template: Template, **facts: Any) -> str:
        message = Message(key=template.value, template=template.value, recipient="zoe@example.org")
        with database.app.test_request_context():
            markup, kind = letters.compose(message, facts).alternatives[0]
        assert kind == "text/html"
        return str(markup)

    return act


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_mail_is_read_on_any_screen(
    new_page: Callable[..., Page], html: Callable[..., str], visit: Any, colours: str
):
    page = new_page(color_scheme=colours)
    page.set_content(html(Template.BOOKED, visit=visit))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment at Larkfield Hospital")
    expect(page.get_by_role("row", name="With")).to_contain_text("Dr Wilhelmina")
    expect(page.get_by_role("link")).to_have_count(1)
    expect(page.get_by_role("link", name="See, move or cancel it")).to_be_visible()
    look(page, f"mail-booked-{colours}")

    token = "WzEsImI2NWM3MjgzYzkxOWEzZWFhY2I5NDQ2YzQyMDk2OGQyIl0.awmITA.mBcUeG8F_DsmuiUss-NgYp_npf4"
    page.set_content(html(Template.RESET_PASSWORD, account=Account(username="zoe"), token=token, days=7))
    expect(page.get_by_role("link", name="Choose a new password")).to_be_visible()
    look(page, f"mail-password-{colours}")
