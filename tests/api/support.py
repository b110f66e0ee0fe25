"""What tests of the JSON face share: checked refusals, moments as they go out, the ids of a list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from werkzeug.test import TestResponse

from tests.support.clients import ApiClient

SERVER_OWNED_OF_VISITS: dict[str, object] = {
    "id": 999,
    "state": "completed",
    "status": "Cancelled",
    "appointment_status": "Running",
    "cancel": True,
    "doctor_id": 999,
    "patient_id": 999,
    "patient_name": "Mallory",
    "doctor_name": "Mallory",
    "starts_at": "2030-01-07T10:00:00Z",
    "ends_at": "2030-01-07T20:00:00Z",
    "end_time": "2030-01-07T20:00:00Z",
    "kind": "online",
    "available_time_id": 999,
    "patient_agreed": True,
    "overbooked": True,
    "hold_expires_at": "2030-01-07T10:00:00Z",
    "cancel_reason": "Mallory",
    "cancelled_at": "2030-01-07T10:00:00Z",
    "removed_at": "2030-01-07T10:00:00Z",
    "version": 999,
    "booked_by": 999,
    "booked_by_id": 999,
    "created_at": "2000-01-01T00:00:00Z",
    "updated_at": "2000-01-01T00:00:00Z",
}
"""What no client sets of an appointment, with values that would show; staff set some by a change."""


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
