"""What tests of the JSON face share: checked refusals, moments as they go out, the ids of a list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from werkzeug.test import TestResponse

from tests.support.clients import ApiClient


def text(moment: datetime) -> str:
    """A moment as it goes out."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    """The body of a refusal, checked to be a problem body."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = response.get_json(force=True)
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    return body


def ids(caller: ApiClient, query: str = "", path: str = "/appointments/") -> list[int]:
    """The ids that a list shows."""
    response = caller.get(f"{path}?{query}")
    assert response.status_code == 200, response.text
    return [entry["id"] for entry in response.get_json()["results"]]
