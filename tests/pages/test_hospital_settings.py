"""The hospital's settings on the pages: what an admin saves is on every page and in every mail, everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app.errors import Unavailable
from app.extensions import settings
from app.services import calendar_files
from tests.factories import AccountFactory, DoctorFactory
from tests.support.clients import form_values, sign_in
from tests.support.databases import Database

PAGE = "/admin/hospital"


@pytest.fixture
def admins_client(client: FlaskClient, database: Database) -> FlaskClient:
    """An admin, signed in."""
    return sign_in(client, AccountFactory(is_admin=True))


def logo() -> tuple[BytesIO, str]:
    file = BytesIO()
    Image.new("RGB", (200, 100), "#7a1f3d").save(file, "PNG")
    file.seek(0)
    return file, "logo.png"


def save(client: FlaskClient, **fields: Any) -> Any:
    page = form_values(client.get(PAGE).text)
    return client.post(PAGE, data=page | fields, content_type="multipart/form-data")


def test_another_server_shows_the_new_name_and_colour_at_once(
    admins_client: FlaskClient, make_app: Callable[..., Flask]
) -> None:
    other = make_app().test_client()
    assert "Larkfield Hospital" in other.get("/").text

    response = save(admins_client, hospital_name="Hill Hospital", brand_colour="#7A1F3D")

    assert (response.status_code, response.location) == (303, PAGE)
    page = other.get("/").text
    assert "Hill Hospital" in page
    assert "Larkfield Hospital" not in page
    assert '<meta name="theme-color" content="#7a1f3d">' in page
    (address,) = re.findall(r'href="(/brand/[^"]*)"', page)
    style = other.get(address)
    assert "--nhsuk-brand-colour:#7a1f3d;" in style.text
    assert style.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert style.content_type.startswith("text/css")


def test_the_usual_colour_needs_no_style_sheet(client: FlaskClient, database: Database) -> None:
    assert "/brand/" not in client.get("/").text


@pytest.mark.parametrize("colour", ["red", "0b556", "0B5563", "0b5563;}"])
def test_an_address_with_no_colour_is_not_found(client: FlaskClient, database: Database, colour: str) -> None:
    assert client.get(f"/brand/{colour}.css").status_code == 404


def test_the_logo_is_shown_to_everybody_and_can_be_removed(admins_client: FlaskClient, app: Flask) -> None:
    visitor = app.test_client()
    assert "images/logo.svg" in visitor.get("/").text

    assert save(admins_client, picture=logo()).status_code == 303

    page = visitor.get("/").text
    assert "images/logo.svg" not in page
    (address,) = re.findall(r'src="(/media/[^"]*)"', page)
    assert visitor.get(address).content_type.startswith("image/")

    assert save(admins_client, without_logo="y").status_code == 303
    assert "images/logo.svg" in visitor.get("/").text


def test_a_file_that_is_no_picture_is_refused_at_its_field(admins_client: FlaskClient) -> None:
    response = save(admins_client, picture=(BytesIO(b"<svg/>"), "logo.svg"))

    assert response.status_code == 400
    assert 'href="#picture"' in response.text


def test_what_is_refused_is_said_and_what_was_typed_stays(admins_client: FlaskClient) -> None:
    response = save(admins_client, hospital_name="", brand_colour="#ffd54a", booking_horizon_days="1000")

    assert response.status_code == 400
    assert "Enter the hospital&#39;s name." in response.text
    assert "Choose a darker colour: its contrast with the pages is 1.1 to 1, and text needs 4.5 to 1." in response.text
    assert "Enter a whole number from 1 to 730." in response.text
    assert form_values(response.text)["brand_colour"] == "#ffd54a"


def test_a_second_tab_is_told_what_holds_now(admins_client: FlaskClient) -> None:
    second_tab = form_values(admins_client.get(PAGE).text)
    save(admins_client, booking_cutoff_hours="24")

    late = admins_client.post(PAGE, data=second_tab | {"booking_cutoff_hours": "48"})

    assert late.status_code == 409
    assert "The settings were changed meanwhile. This is now: 24" in late.text
    again = admins_client.post(PAGE, data=form_values(late.text))
    assert again.status_code == 303
    assert form_values(admins_client.get(PAGE).text)["booking_cutoff_hours"] == "48"


def test_how_far_ahead_one_can_book_is_said_and_kept(admins_client: FlaskClient, app: Flask) -> None:
    doctor = DoctorFactory()

    save(admins_client, booking_horizon_days="12")

    assert "no free times in the next 12 days" in app.test_client().get(f"/find-a-doctor/{doctor.id}").text


def test_files_that_leave_the_portal_bear_the_new_name(admins_client: FlaskClient, database: Database) -> None:
    save(admins_client, hospital_name="Hill Hospital")

    with database.unit_of_work():
        assert b"Hill Hospital" in calendar_files.calendar_file([])


def test_new_doctors_are_listed_at_once_where_the_hospital_says_so(
    admins_client: FlaskClient, make_app: Callable[..., Flask]
) -> None:
    save(admins_client, doctor_approval="automatic")

    with make_app().app_context():
        assert settings.doctor_approval == "automatic"


def test_an_error_page_knows_the_name_without_the_database(
    admins_client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(admins_client, hospital_name="Hill Hospital")
    visitor = app.test_client()
    visitor.get("/")

    def refuse() -> None:
        raise Unavailable

    monkeypatch.setitem(app.extensions, "chosen_settings", refuse)
    monkeypatch.setitem(app.view_functions, "public.contact", refuse)
    page = visitor.get("/contact")

    assert page.status_code == 503
    assert "Hill Hospital" in page.text


def test_others_are_refused(client: FlaskClient, database: Database) -> None:
    sign_in(client, AccountFactory())

    assert client.get(PAGE).status_code == 403
