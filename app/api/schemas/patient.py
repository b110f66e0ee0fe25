"""Patients on the wire (contract, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from app.api.paging import PageQuery
from app.api.schemas.account import LONGEST_EMAIL, LONGEST_USERNAME
from app.api.schemas.fields import LONGEST_SEARCH, Day, Incoming, Moment, PictureFile, Text, WholeNumber
from app.api.wire import picture_address
from app.policy import Actor
from app.services.passwords import MAXIMUM_PASSWORD, MINIMUM_PASSWORD
from app.services.patient_lists import Line
from app.services.patients import LONGEST_ADDRESS, LONGEST_INSURANCE_NUMBER, LONGEST_NAME
from app.services.phones import LONGEST as LONGEST_PHONE


class Number(Text):
    """A telephone number in an address, where a `+` that a client forgot to encode arrives as a blank."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> str:
        text = super()._deserialize(value, attr, data, **options)
        return f"+{text[1:]}" if text.startswith(" ") else text


class PatientQuery(PageQuery):
    """Filters of the list; they never widen what the caller may see."""

    search = Text(
        longest=LONGEST_SEARCH,
        metadata={"description": "Words, each of which is the id, or occurs in the username, name or phone."},
    )
    phone = Number(longest=LONGEST_PHONE, metadata={"description": "The exact number, as it was written."})


class PatientIn(Incoming):
    """What is written of a patient; what is not sent is kept."""

    name = Text(longest=LONGEST_NAME, shortest=1)
    phone = Text(
        longest=LONGEST_PHONE, metadata={"description": "A telephone number.", "examples": ["+44 20 7946 0018"]}
    )
    insurance_number = Text(longest=LONGEST_INSURANCE_NUMBER)
    date_of_birth = Day(allow_none=True)
    address = Text(longest=LONGEST_ADDRESS)
    picture = PictureFile(data_key="profile", metadata={"description": "A picture file; null or empty removes it."})


class NewPatientIn(PatientIn):
    """A new patient; with the last three, from doctors and administrators, an account is made, too."""

    username = Text(longest=LONGEST_USERNAME, metadata={"description": "From doctors and administrators."})
    email = Text(longest=LONGEST_EMAIL, metadata={"description": "An e-mail address. As `username`; empty for none."})
    password = Text(
        longest=MAXIMUM_PASSWORD,
        metadata={
            "format": "password",
            "description": f"As `username`; at least {MINIMUM_PASSWORD} characters.",
        },
    )


class PatientOut(Schema):
    """One patient."""

    id = WholeNumber(required=True)
    user = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Username of the account that acts for the patient; null for none."},
    )
    name = fields.String(required=True)
    phone = fields.String(required=True)
    insurance_number = fields.String(required=True)
    date_of_birth = fields.Date(required=True, allow_none=True)
    address = fields.String(required=True)
    profile = fields.String(
        required=True, allow_none=True, metadata={"description": "Time-limited address of the picture."}
    )
    created_by = WholeNumber(required=True, allow_none=True, metadata={"description": "Id of an account."})
    created_by_username = fields.String(required=True, allow_none=True)
    created_at = Moment(required=True)


def patient(line: Line, viewer: Actor) -> dict[str, Any]:
    """A patient as PatientOut; the picture's address is for the viewer."""
    return {
        "id": line.id,
        "user": line.username,
        "name": line.name,
        "phone": line.phone,
        "insurance_number": line.insurance_number,
        "date_of_birth": line.date_of_birth,
        "address": line.address,
        "profile": picture_address(line.picture_id, viewer),
        "created_by": line.created_by_id,
        "created_by_username": line.created_by_username,
        "created_at": line.created_at,
    }
