"""What the hospital says of itself: its services, and the portal's statements."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient

from app import models
from app.services import pictures
from tests.factories import ServiceFactory
from tests.support.databases import Database
from tests.support.queries import Queries

STATEMENTS = ("/our-services", "/contact", "/accessibility", "/privacy")


class TestServices:
    def test_each_has_its_picture_name_and_description(self, client: FlaskClient, database: Database) -> None:
        with database.unit_of_work() as session:
            picture = models.Picture(content_type="image/png", content=b"a picture")
            session.add(picture)
            session.flush()
            address = pictures.picture_url(picture.id, side=640)
        ServiceFactory(name="X-ray", description="Asked for by <your> doctor.", picture_id=picture.id)
        ServiceFactory(name="Blood tests", description="")

        page = client.get("/our-services").text

        assert f'src="{address}" alt=""' in page
        assert page.count('<img class="portal-service__picture') == 1
        assert page.index("Blood tests</h2>") < page.index("X-ray</h2>"), "in the order of names"
        assert "Asked for by &lt;your&gt; doctor." in page

    def test_without_any_it_leads_to_doctors(self, client: FlaskClient, database: Database) -> None:
        page = client.get("/our-services").text

        assert "No services yet" in page
        assert '<a href="/find-a-doctor">Find a doctor</a></p>' in page

    def test_it_takes_two_statements(
        self,
        client: FlaskClient,
        database: Database,
        count_queries: Callable[[], AbstractContextManager[Queries]],
    ) -> None:
        with database.unit_of_work():
            for _ in range(3):
                ServiceFactory()

        with count_queries() as statements:
            client.get("/our-services")

        assert len(statements) == 2, statements  # and the hospital's settings


class TestStatements:
    @pytest.mark.parametrize("address", STATEMENTS)
    def test_every_page_leads_to_it(self, client: FlaskClient, database: Database, address: str) -> None:
        for page in ("/", "/sign-in", "/no-such-page"):
            html = client.get(page, headers={"Accept": "text/html"}).text
            assert f'<a class="nhsuk-footer__list-item-link" href="{address}">' in html, page

    def test_the_cookie_it_tells_of_is_the_only_one(self, client: FlaskClient, database: Database) -> None:
        assert "called <code>portal</code>" in client.get("/privacy").text

        set_by = client.get("/contact").headers.getlist("Set-Cookie")

        assert [cookie.partition("=")[0] for cookie in set_by] == ["portal"]

    def test_it_tells_how_long_a_sign_in_lasts(self, client: FlaskClient, database: Database) -> None:
        told = client.get("/privacy").text
        assert "leave the portal alone for 30 minutes, after 12 hours at the latest" in told

    def test_problems_can_be_told(self, client: FlaskClient, database: Database) -> None:
        assert '<a href="/contact">Tell us</a>' in client.get("/accessibility").text
