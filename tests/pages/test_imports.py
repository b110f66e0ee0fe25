"""Imports on the admin's pages: a file is brought in, followed, looked through, and decided about."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.jobs import imports as jobs
from app.models import AuditEvent, ImportBatch, ImportRow, ImportState, Patient
from tests.factories import AccountFactory, ImportBatchFactory
from tests.support.clients import form_values, sign_in
from tests.support.databases import Database

NEW = "/admin/imports/new?of=patients"


@pytest.fixture
def admins_client(client: FlaskClient, database: Database) -> FlaskClient:
    """An admin, signed in."""
    return sign_in(client, AccountFactory(username="root", is_admin=True))


def upload(client: FlaskClient, content: str, *, form: dict[str, str] | None = None) -> TestResponse:
    values = form or form_values(client.get(NEW).text)
    return client.post(NEW, data={**values, "file": (io.BytesIO(content.encode()), "lists/people.csv")})


def work(database: Database) -> None:
    with database.app.app_context():
        jobs.sweep()


def count(database: Database, model: Any) -> int:
    with database.unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_file_is_followed_from_the_upload_to_the_end(admins_client: FlaskClient, database: Database) -> None:
    address = upload(admins_client, "Name,Phone\nAda Hart,\nBen Hart,020 7946 0018").location
    page = admins_client.get(address).text
    assert "0 of 2 rows checked" in page
    assert f'hx-get="{address}" hx-trigger="every 2s"' in page
    assert ">Look again</a>" in page

    work(database)
    page = admins_client.get(address).text
    assert "every 2s" not in page
    assert "All 2 rows can be added" in page
    assert ">people.csv</span>" in page

    for _ in range(2):  # a double click
        assert admins_client.post(f"{address}/import", data=form_values(page)).location == address
    work(database)
    page = admins_client.get(address).text
    assert "2 patients are added" in page
    assert "2 patients" in admins_client.get("/admin/patients").text
    assert "Imported" in admins_client.get("/admin/imports").text
    assert count(database, Patient) == 2
    assert count(database, ImportRow) == 0


def test_refused_rows_come_first_with_their_cells(admins_client: FlaskClient, database: Database) -> None:
    address = upload(admins_client, "Phone,Name\n,Ada Hart\n12,Ben Hart\n,").location
    work(database)

    page = admins_client.get(address).text

    assert "1 row of 2 cannot be added" in page
    assert page.index("Ben Hart") < page.index("Ada Hart")
    assert "<strong>A3 Telephone:</strong> Enter a telephone number" in page
    assert '“<span class="portal-as-typed">12</span>”' in page
    assert "Import 2 rows" not in page
    answer = admins_client.post(f"{address}/import", data=form_values(page))
    assert answer.status_code == 409
    assert "cannot be imported as it is" in answer.text


def test_the_rows_are_filtered_by_their_outcome(admins_client: FlaskClient) -> None:
    batch = ImportBatchFactory(total=60, refused=2)
    address = f"/admin/imports/{batch.id}"

    refused = admins_client.get(f"{address}?show=refused", headers={"HX-Request": "true", "HX-Target": "div#results"})

    assert refused.text.lstrip().startswith('<div id="results">')
    assert "2 rows" in refused.text
    assert "Person 4" not in refused.text
    assert "<strong>51 to 58</strong> of 58 rows" in admins_client.get(f"{address}?show=added&page=2").text
    assert "No row has this outcome" in admins_client.get(f"/admin/imports/{ImportBatchFactory().id}?show=refused").text


def test_the_file_of_the_problems_can_be_mended_and_brought_back(
    admins_client: FlaskClient, database: Database
) -> None:
    address = upload(admins_client, "Phone,Name\n+44 20 7946 0018,Ada Hart\n12,Ben Hart").location
    work(database)

    content = admins_client.get(f"{address}/problems.csv").data.decode("utf-8-sig")

    ada, ben = csv.DictReader(io.StringIO(content))
    assert (ada["Name"], ada["Telephone"], ada["Problem"]) == ("Ada Hart", "'+44 20 7946 0018", "")
    assert ben["Problem"].startswith("Telephone: Enter a telephone number")
    again = upload(admins_client, content.replace("12", "020 7946 0018")).location
    work(database)
    assert "All 2 rows can be added" in admins_client.get(again).text
    with database.unit_of_work() as session:
        assert "import.saved" in session.scalars(select(AuditEvent.action)).all()


def test_a_file_that_cannot_be_read_is_refused_at_once(admins_client: FlaskClient, database: Database) -> None:
    for content, told in (("", "The file is empty."), ("Phone\n1", "The column “Name” is missing.")):
        answer = upload(admins_client, content)
        assert answer.status_code == 400
        assert told in answer.text
        assert "<title>Error: Import patients" in answer.text
    answer = admins_client.post(NEW, data=form_values(admins_client.get(NEW).text))
    assert "Choose a file." in answer.text
    assert count(database, ImportBatch) == 0


def test_a_form_that_is_sent_twice_is_one_import(admins_client: FlaskClient, database: Database) -> None:
    form = form_values(admins_client.get(NEW).text)
    first, second = (upload(admins_client, "Name\nAda Hart", form=form).location for _ in range(2))
    assert first == second
    assert count(database, ImportBatch) == 1


@pytest.mark.parametrize(
    ("state", "refused", "told"),
    [
        (ImportState.TURNED_BACK, 1, "The hospital has changed since the check: 1 row of 3 cannot be added any more."),
        (ImportState.FAILED, 0, "Something went wrong on our side. Nothing was imported."),
        (ImportState.ABANDONED, 0, "The rows are deleted. Nothing was imported."),
        (ImportState.IMPORTING, 0, "and then add all of them"),
    ],
)
def test_every_state_has_its_page(admins_client: FlaskClient, state: ImportState, refused: int, told: str) -> None:
    batch = ImportBatchFactory(state=state, total=3, refused=refused)
    assert told in admins_client.get(f"/admin/imports/{batch.id}").text


def test_the_rows_are_deleted_or_checked_again(admins_client: FlaskClient, database: Database) -> None:
    batch = ImportBatchFactory(refused=1, account=AccountFactory(is_admin=True))
    address = f"/admin/imports/{batch.id}"
    assert admins_client.post(f"{address}/check", data=form_values(admins_client.get(address).text)).location == address
    assert "0 of 1 row checked" in admins_client.get(address).text
    work(database)

    form = form_values(admins_client.get(address).text)
    page = admins_client.post(f"{address}/delete", data=form, follow_redirects=True).text

    assert "The rows are deleted. Nothing was imported." in page
    assert count(database, ImportRow) == 0
    answer = admins_client.post(f"{address}/check", data=form)
    assert answer.status_code == 409
    assert "no longer kept" in answer.text


def test_the_template_has_the_columns_that_the_page_tells(admins_client: FlaskClient) -> None:
    page = admins_client.get("/admin/imports/new?of=doctors").text
    headings = admins_client.get("/admin/imports/template/doctors.csv").data.decode("utf-8-sig").strip().split(",")
    assert headings[:3] == ["Name", "Department", "Specialisations"]
    assert all(f"<strong>{heading}</strong>" in page for heading in headings)


@pytest.mark.parametrize("path", ["/admin/imports/new", "/admin/imports/new?of=nurses", "/admin/imports/99"])
def test_what_there_is_not_is_not_found(admins_client: FlaskClient, path: str) -> None:
    assert admins_client.get(path).status_code == 404
