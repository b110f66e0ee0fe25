"""An admin imports patients: refused rows mended, then all added while the page follows; doctors without scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.models import Doctor, Patient
from tests.browser.support import look, look_again_until
from tests.factories import AccountFactory, DepartmentFactory, ImportBatchFactory
from tests.support.databases import Database

SignIn = Callable[..., None]
LINES = ("Name,Date of birth,Telephone,Username,E-mail", "Ada Hart,15/3/1980,020 7946 0018,ada,ada@example.org")


@pytest.fixture
def admin(database: Database) -> Any:
    """An admin's account."""
    return AccountFactory(username="root", is_admin=True)


def choose(page: Page, *lines: str) -> None:
    content = {"name": "people.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    page.get_by_label("File").set_input_files(content)  # type: ignore[arg-type]  # Playwright's own type is no dict
    page.get_by_role("button", name="Check the file").click()


def test_patients_are_mended_and_imported(page: Page, sign_in: SignIn, admin: Any, database: Database):
    sign_in(page, admin)
    page.goto("/admin/imports")
    expect(page.get_by_role("heading", name="No imports yet")).to_be_visible()
    look(page, "imports-empty")
    page.goto("/admin/patients")
    page.get_by_role("link", name="Import from a file").click()
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a file.")
    look(page, "new-import-refused")
    choose(page, *LINES, "Ben Hart,31/2/1980,12,ADA,nowhere")
    expect(page.get_by_role("heading", name="1 row of 2 cannot be added")).to_be_visible()
    expect(page.get_by_role("row").nth(1)).to_contain_text("B3 Date of birth: Enter a date that exists")
    look(page, "import-refused")
    page.get_by_label("Outcome").select_option("Would be added")
    expect(page.get_by_role("cell", name="Ben Hart")).to_have_count(0)

    page.get_by_role("button", name="Upload the mended file").click()
    choose(page, *LINES, "Ben Hart,28/2/1980,,,")
    expect(page.get_by_text("All 2 rows can be added.")).to_be_visible()
    look(page, "import-ready")
    page.get_by_role("button", name="Import 2 rows").dblclick()
    expect(page.get_by_role("heading", name="2 patients are added")).to_be_visible()
    look(page, "import-done")
    page.get_by_role("link", name="Imports").click()
    expect(page.get_by_role("row")).to_have_count(3)
    look(page, "imports")
    with database.unit_of_work() as session:
        assert sorted(session.scalars(select(Patient.name))) == ["Ada Hart", "Ben Hart"]


def test_doctors_are_imported_without_scripts(
    new_page: Callable[..., Page], sign_in: SignIn, admin: Any, database: Database
):
    ImportBatchFactory(total=3, refused=1)
    page = new_page(java_script_enabled=False)
    sign_in(page, admin)
    page.goto("/admin/doctors")
    page.get_by_role("link", name="Import from a file").click()
    choose(page, "Name,Department", "Dr Ada Hart,Cardiology")
    look_again_until(page, page.get_by_text("1 row of 1 cannot be added").first)
    expect(page.get_by_role("row").nth(1)).to_contain_text("There is no department “Cardiology”")
    DepartmentFactory(name="Cardiology")
    page.get_by_role("button", name="Check again").click()
    look_again_until(page, page.get_by_text("The row can be added.").first)
    page.get_by_role("button", name="Import 1 row").click()
    look_again_until(page, page.get_by_text("1 doctor is added").first)
    page.goto("/admin/imports")
    expect(page.get_by_role("row")).to_have_count(3)
    with database.unit_of_work() as session:
        assert session.scalars(select(Doctor.name)).all() == ["Dr Ada Hart"]
