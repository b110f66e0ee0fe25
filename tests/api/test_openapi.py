"""The OpenAPI document: complete, sound, and the same as the committed one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from flask.testing import FlaskClient
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

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


def test_it_is_valid(described: dict[str, Any]) -> None:
    """By the schema of OpenAPI 3.1, and each of its own schemas by JSON Schema 2020-12."""
    errors = [f"{error.instance_path}: {error.message}" for error in OPENAPI_31_VALIDATOR.iter_errors(described)]
    assert errors == []
    for name, schema in described["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(schema), name


def test_every_operation_says_what_it_does_where_it_belongs_and_who_may(described: dict[str, Any]) -> None:
    tags = {tag["name"]: tag["description"] for tag in described["tags"]}
    for path, method, operation in operations(described):
        label = f"{method} {path}"
        assert operation["summary"], label
        assert operation["description"], label
        assert set(operation["tags"]) <= tags.keys(), label
        assert all(tags[tag] for tag in operation["tags"]), label
        is_public = "security" in operation and {} not in operation["security"] and not operation["security"]
        takes_token_or_none = {} in operation.get("security", ())
        assert ("401" in operation["responses"]) or is_public, label
        assert is_public or takes_token_or_none or "security" not in operation, label


def test_every_operation_tells_its_refusals(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        expected = {"429", "503"}
        if "requestBody" in operation:
            expected |= {"400", "413", "415"}
        if "{" in path:
            expected.add("404")
        queries = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"}
        if queries:
            expected.add("400")
        if "page" in queries:
            expected |= {"400", "404"}
        assert expected <= operation["responses"].keys(), (path, method)


def test_every_parameter_is_told_of(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        item = described["paths"][path]
        told = {
            (parameter["in"], parameter["name"]): parameter
            for parameter in [*item.get("parameters", ()), *operation.get("parameters", ())]
        }
        named = set(re.findall(r"{(\w+)}", path))
        assert {name for place, name in told if place == "path"} == named, (path, method)
        for parameter in told.values():
            assert parameter["schema"], (path, method, parameter["name"])
            assert parameter["in"] != "path" or parameter["required"], (path, method)


def test_only_a_multipart_form_takes_the_file_of_a_picture(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    with_pictures = set()
    for path, method, operation in operations(described):
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            continue
        told = {
            kind: schemas[part["schema"]["$ref"].rpartition("/")[2]]["properties"] for kind, part in content.items()
        }
        files = {name for name, value in told["multipart/form-data"].items() if value.get("format") == "binary"}
        for name in files:
            with_pictures.add(f"{method} {path} {name}")
            assert told["application/json"][name]["type"] == ["string", "null"]
            assert told["application/x-www-form-urlencoded"][name]["maxLength"] == 0
        assert not any(
            value.get("format") == "binary"
            for kind in ("application/json", "application/x-www-form-urlencoded")
            for value in told[kind].values()
        )

    assert {
        "patch /api/user/profiles/{profile_id}/ profile_picture",
        "post /patients/ profile",
        "put /doctors/{doctor_id}/ profile",
        "post /services/ image",
    } <= with_pictures


def test_a_form_cannot_say_null(described: dict[str, Any]) -> None:
    form = described["components"]["schemas"]["BookingInForm"]["properties"]
    json_body = described["components"]["schemas"]["BookingIn"]["properties"]

    assert json_body["patient"]["anyOf"][1] == {"type": "null"}
    assert form["patient"]["anyOf"] == [{"type": "integer", "format": "int64"}, {"type": "string", "maxLength": 0}]
    assert form["symptoms"] == json_body["symptoms"]


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
