"""Messages to the hospital on the wire (contract, section 12; document 001): `massage` as published."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from app.api.schemas.fields import Incoming, Text, WholeNumber
from app.models import ContactMessage
from app.services import phones
from app.services.contacts import LONGEST_MESSAGE, LONGEST_NAME

_DIALLED = {
    "description": "As people write it; without a country code it is one of the hospital's country.",
    "examples": ["+44 20 7946 0018"],
}


class ContactIn(Incoming):
    """A message to the hospital."""

    name = Text(shortest=1, longest=LONGEST_NAME, required=True)
    phone = Text(shortest=1, longest=phones.LONGEST, required=True, metadata=_DIALLED)
    message = Text(shortest=1, longest=LONGEST_MESSAGE, required=True, data_key="massage")


class ContactChangeIn(Incoming):
    """What is corrected; what is not sent is kept."""

    name = Text(shortest=1, longest=LONGEST_NAME)
    phone = Text(shortest=1, longest=phones.LONGEST, metadata=_DIALLED)
    message = Text(shortest=1, longest=LONGEST_MESSAGE, data_key="massage")


class ContactOut(Schema):
    """One message."""

    id = WholeNumber(required=True)
    name = fields.String(required=True)
    phone = fields.String(required=True)
    massage = fields.String(required=True)


def contact(row: ContactMessage) -> dict[str, Any]:
    """A message as ContactOut."""
    return {"id": row.id, "name": row.name, "phone": row.phone, "massage": row.message}
