"""Each documented endpoint has its operation, says so, answers in both slash forms, and stands in docs/endpoints.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.api import endpoints
from app.api.openapi import document
from app.extensions import db
from tests.api.support import problem
from tests.contract.documents import ENDPOINTS, Endpoint, canonical
from tests.factories import ReviewFactory, ServiceFactory
from tests.support import databases
from tests.support.settings import make_settings

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "endpoints.md"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One portal for all the tests here: they only ask. It has one review and one service, which anyone may read."""
    folder = tmp_path_factory.mktemp("portal")
    with databases.sqlite_database(folder) as url:
        app = create_app(make_settings(folder, url))
        with databases.Database(app):
            assert (ReviewFactory().id, ServiceFactory().id) == (1, 1)
        yield app
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def described(portal: Flask) -> Any:
    return document(portal)


@pytest.fixture
def client(portal: Flask) -> FlaskClient:
    return portal.test_client()


class TestOperations:
    def test_the_documents_publish_these_and_no_others(self, described: Any) -> None:
        transcribed = {(each.document, each.method, each.canonical) for each in ENDPOINTS}

        told = {(each.document, each.method, canonical(each.path)) for each in endpoints.published(described)}

        assert sorted(transcribed - told) == [], "documented, but no operation says so"
        assert sorted(told - transcribed) == [], "said to be documented, but is not"

    def test_no_endpoint_is_transcribed_twice(self) -> None:
        assert len(ENDPOINTS) == len({str(each) for each in ENDPOINTS})

    def test_an_operation_is_another_name_of_one_that_is_none(self, described: Any) -> None:
        for each in endpoints.published(described):
            if each.alias_of is not None:
                main = described["paths"][each.alias_of][each.method.lower()]
                assert "x-alias-of" not in main, each

    def test_the_committed_table_is_what_is_generated_now(self, described: Any) -> None:
        """After a change: `make fix`."""
        assert COMMITTED.read_text() == endpoints.table(described)

    def test_the_table_has_a_line_for_each(self, described: Any) -> None:
        lines = endpoints.table(described).splitlines()
        rows = [line for line in lines if line.startswith("| ") and not line.startswith("| method ")]
        assert len(rows) == len(ENDPOINTS)
        assert "| POST | `/book-appointment/` | `post_book_appointment` | `/appointments/` |" in rows


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_it_answers_in_both_forms_without_a_redirect(endpoint: Endpoint, client: FlaskClient) -> None:
    """Without a token: 401 where one is needed; else what is open is read, and what is written lacks its fields."""
    without_slash, with_slash = (client.open(path, method=endpoint.method) for path in endpoint.forms())

    assert without_slash.status_code == with_slash.status_code
    if endpoint.needs_token:
        problem(without_slash, 401)
        assert without_slash.data == with_slash.data
        assert without_slash.headers["WWW-Authenticate"]
    elif endpoint.method == "GET":
        assert (without_slash.status_code, without_slash.mimetype) == (200, "application/json")
        assert with_slash.get_json() == without_slash.get_json()
    else:
        assert problem(without_slash, 400)["errors"]
        assert without_slash.data == with_slash.data


@pytest.mark.parametrize("path", sorted({each.path for each in ENDPOINTS}))
def test_other_methods_of_a_path_are_405_in_both_forms(path: str, client: FlaskClient) -> None:
    documented = {each.method for each in ENDPOINTS if each.canonical == canonical(path)}
    for form in Endpoint("", "", path).forms():
        response = client.open(form, method="TRACE")
        problem(response, 405)
        assert documented <= set(response.headers["Allow"].split(", "))
