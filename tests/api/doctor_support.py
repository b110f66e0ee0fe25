"""What the tests of writing doctors share."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy import select

from app.models import AuditEvent, Doctor
from tests.support.clients import PASSWORD, ApiClient
from tests.support.databases import Database

PATHS = ("/doctors/", "/api/doctors")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
LINK = "https://meet.example.org/ada"
NEW = {"username": "new.doctor", "email": "new.doctor@example.org", "password": PASSWORD}


def address(doctor: Doctor) -> str:
    """Where a doctor is read and written."""
    return f"/doctors/{doctor.id}/"


def read(caller: ApiClient, doctor: Doctor) -> dict[str, Any]:
    response = caller.get(address(doctor))
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.get_json()
    return body


def patched(caller: ApiClient, doctor: Doctor, **sent: Any) -> dict[str, Any]:
    """What a doctor reads after a change, which is what the change answers."""
    response = caller.patch(address(doctor), json=sent)
    assert response.status_code == 200, response.text
    assert response.get_json() == read(caller, doctor)
    return read(caller, doctor)


def stored(database: Database, doctor_id: int) -> Doctor:
    with database.unit_of_work() as session:
        return session.get_one(Doctor, doctor_id)


def actions(database: Database, doctor_id: int) -> list[str]:
    """What the audit trail tells of a doctor."""
    with database.unit_of_work() as session:
        query = select(AuditEvent.action).where(AuditEvent.object_type == "doctor", AuditEvent.object_id == doctor_id)
        return list(session.scalars(query.order_by(AuditEvent.id)))


def picture(colour: str = "red") -> bytes:
    output = BytesIO()
    Image.new("RGB", (20, 10), colour).save(output, "PNG")
    return output.getvalue()
