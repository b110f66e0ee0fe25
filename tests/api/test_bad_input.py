"""Whatever is sent, the JSON face answers with a documented refusal, never with 500."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.api.openapi import document
from app.models import Doctor
from tests.factories import AccountFactory, AppointmentFactory, AvailableTimeFactory, DoctorFactory
from tests.support.clients import ApiClient, api
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases

SPOILT: list[object] = [
    *(None, True, 0, -1, 1.5, 2**31, 2**63 - 1, 2**63, -(2**63), 10**400, 1e308),
    *("", " ", "x", "7", "\0", "a\0b", "\ud800", "\U0001f600", "x" * 100_000, "'; DROP TABLE account;--", "%s{}$1"),
    *("2026-02-30T00:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "NaN", "٣"),
    *([], [None], [[]], {}, {"id": 1}, {"": None}),
]
BODIES = [
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"doctor": NaN}',
    b'{"doctor": 1, "doctor": 1}',
    b'{"username": "\\u0000"}',
    b"\0" * 1000,
]


def operations(app: Flask) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every method and path of the JSON API."""
    for path, item in document(app)["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), path, operation


def fields(app: Flask, operation: dict[str, Any]) -> dict[str, Any]:
    """The fields of an operation's body."""
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    found: dict[str, Any] = document(app)["components"]["schemas"][reference.rpartition("/")[2]]["properties"]
    return found


@pytest.fixture
def doctor(database: Database) -> Doctor:
    AvailableTimeFactory()
    return DoctorFactory(hours=True)


@pytest.fixture
def path_of(doctor: Doctor) -> dict[str, str]:
    """Ids of rows that there are, for placeholders."""
    return {"doctor_id": str(doctor.id), "appointment_id": str(AppointmentFactory(doctor=doctor).id)}


@pytest.fixture
def admin(client: FlaskClient, database: Database) -> ApiClient:
    return api(client, AccountFactory(is_admin=True))


def check(answers: Any, allowed: set[str], told: object) -> None:
    """An answer is one that the document knows, and a refusal is a problem body."""
    with answers as response:
        assert str(response.status_code) in allowed | {"404"}, (told, response.text[:500])
        if response.status_code >= 400:
            assert response.content_type == "application/problem+json", told
            assert json.loads(response.data)["status"] == response.status_code


def test_spoilt_fields(app: Flask, admin: ApiClient, path_of: dict[str, str]) -> None:
    for method, path, operation in operations(app):
        if "requestBody" not in operation or "logout" in path:
            continue
        sound = {"username": "ada", "email": "ada@example.org", "password": "correct horse", "role": 1}
        for name in fields(app, operation):
            for value in SPOILT:
                body = json.dumps(sound | {"doctor": 1, name: value})
                told = (method, path, name, repr(value)[:40])
                answer = admin.open(method, path.format(**path_of), data=body, content_type="application/json")
                check(answer, set(operation["responses"]), told)


def test_spoilt_forms(app: Flask, admin: ApiClient, path_of: dict[str, str]) -> None:
    texts = [value for value in SPOILT if isinstance(value, str) and value != "\ud800"]
    for method, path, operation in operations(app):
        if "requestBody" not in operation or "logout" in path:
            continue
        for name in fields(app, operation):
            for value in texts:
                answer = admin.open(method, path.format(**path_of), data={name: [value, value][: 1 + (value == "x")]})
                check(answer, set(operation["responses"]), (method, path, name, value[:40]))


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/html", ""])
def test_spoilt_bodies(app: Flask, admin: ApiClient, path_of: dict[str, str], content_type: str) -> None:
    for method, path, operation in operations(app):
        for body in BODIES:
            if method == "DELETE" or "logout" in path:
                continue
            answer = admin.open(method, path.format(**path_of), data=body, content_type=content_type)
            check(answer, set(operation["responses"]), (method, path, body[:40]))


def test_spoilt_queries(app: Flask, admin: ApiClient, path_of: dict[str, str]) -> None:
    texts = [value for value in SPOILT if isinstance(value, str) and value != "\ud800"] + [str(10**400), str(2**63)]
    for method, path, operation in operations(app):
        for parameter in operation.get("parameters", ()):
            for value in texts:
                if parameter["in"] == "query":
                    answer = admin.open(method, path, query_string={parameter["name"]: value[:5000]})
                    check(answer, set(operation["responses"]), (path, parameter["name"], value[:40]))


def test_spoilt_ids(app: Flask, admin: ApiClient) -> None:
    for method, path, _operation in operations(app):
        if "{" not in path:
            continue
        for value in ("0", "-1", "x", "1.5", "%00", "%ff", "٣", str(2**31), str(2**63), "9" * 5000, "..", "1;1"):
            with admin.open(method, path.replace("{doctor_id}", value).replace("{appointment_id}", value)) as response:
                assert response.status_code in {404, 308, 405}, (method, path, value)


@pytest.mark.parametrize(
    "header", ["Bearer \xe9", "Bearer " + "x" * 50_000, "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.e30."]
)
def test_spoilt_tokens(client: FlaskClient, database: Database, header: str) -> None:
    response = client.get("/doctors/", headers={"Authorization": header})
    assert response.status_code == 401
