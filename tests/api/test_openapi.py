"""The OpenAPI document: complete, sound, and the same as the committed one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.api import RESOURCES
from app.api.openapi import document

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def described(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").get_json()
    return found


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every path, method and operation."""
    for path, item in described["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def test_it_is_the_committed_one(described: dict[str, Any]) -> None:
    """After a change: `flask --app wsgi describe-api`."""
    assert described == json.loads(COMMITTED.read_text())


def test_every_route_is_in_it_and_nothing_else(app: Flask, described: dict[str, Any]) -> None:
    names = {blueprint.name for blueprint in RESOURCES}
    routes = {
        (rule.rule.replace("<int:", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint.partition(".")[0] in names
    }
    assert {(path.rstrip("/"), method) for path, method, _ in operations(described)} == routes


def test_it_is_openapi_3_1_with_a_security_scheme(described: dict[str, Any]) -> None:
    assert described["openapi"] == "3.1.0"
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert described["security"] == [{"token": []}]


def test_operation_ids_are_method_and_path(described: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(ids) == len(set(ids))
    assert "post_book_appointment" in ids
    assert "put_appointments_appointment_id" in ids


def test_aliases_name_an_operation_that_there_is(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        assert operation["summary"], path
        if "x-alias-of" in operation:
            assert method in described["paths"][operation["x-alias-of"]], path


def test_every_write_takes_three_content_types(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        if method in {"post", "put", "patch"}:
            assert set(operation["requestBody"]["content"]) == {
                "application/json",
                "application/x-www-form-urlencoded",
                "multipart/form-data",
            }, path


def test_every_refusal_is_a_problem_body(described: dict[str, Any]) -> None:
    for name, refusal in described["components"]["responses"].items():
        assert list(refusal["content"]) == ["application/problem+json"], name
    for path, method, operation in operations(described):
        for status, answer in operation["responses"].items():
            assert status != "422"
            assert (int(status) < 400) is ("$ref" not in answer), (path, method, status)


def test_references_lead_somewhere(described: dict[str, Any]) -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    for reference in references(described):
        place: Any = described
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_it_does_not_depend_on_the_settings(app: Flask) -> None:
    text = json.dumps(document(app))
    settings = app.extensions["settings"]
    assert settings.hospital_name not in text
    assert settings.public_url not in text


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.json/", "/docs", "/docs/"])
def test_anyone_may_read_it_in_both_forms(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200


def test_the_page_takes_everything_from_here(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "<script>" not in page.text
    assert " style=" not in page.text
