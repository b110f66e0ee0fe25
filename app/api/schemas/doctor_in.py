"""What is written of doctors (contract, section 5; documents 000 to 004)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Any

from marshmallow import fields, validate

from app.api.schemas.account import LONGEST_EMAIL, LONGEST_USERNAME
from app.api.schemas.fields import Entry, Incoming, PictureFile, Text, WholeNumber
from app.models import Approval
from app.services.doctor_changes import (
    GREATEST_FEE,
    LONGEST_LINK,
    LONGEST_SPECIALIZATION,
    WEB_ADDRESS,
    Person,
)
from app.services.doctor_entries import LONGEST_NAME
from app.services.hours_changes import MOST_TIMES
from app.services.identities import MAXIMUM_NAME
from app.services.passwords import MAXIMUM_PASSWORD, MINIMUM_PASSWORD

_TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
_BY_ID_OR_NAME = "By id or by name; none clears. In forms the field is repeated."


class TimeOfDay(fields.Field[time]):
    """A hospital-local time of day, `HH:MM` or `HH:MM:SS`."""

    default_error_messages = {"invalid": "Not a time such as 09:00 or 17:30:00."}

    def __init__(self, *, description: str) -> None:
        documented = {"type": ["string", "null"], "pattern": _TIME_OF_DAY, "description": description}
        super().__init__(allow_none=True, metadata=documented)

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002 (marshmallow's signature)
        data: Mapping[str, Any] | None,  # noqa: ARG002 (as above)
        **_options: Any,
    ) -> time:
        if not isinstance(value, str) or not re.fullmatch(_TIME_OF_DAY, value.strip(), re.ASCII):
            raise self.make_error("invalid")
        return time.fromisoformat(value.strip())


class DoctorIn(Incoming):
    """What may be written of a doctor; what is not sent is kept."""

    name = Text(longest=LONGEST_NAME, shortest=1)
    picture = PictureFile(data_key="profile")
    designations = fields.List(
        Entry(), data_key="designation", allow_none=True, metadata={"description": _BY_ID_OR_NAME}
    )
    specialisations = fields.List(
        Entry(), data_key="specialisation", allow_none=True, metadata={"description": _BY_ID_OR_NAME}
    )
    available_time_ids = fields.List(
        WholeNumber(),
        data_key="available_time",
        allow_none=True,
        validate=validate.Length(max=MOST_TIMES),
        metadata={
            "description": "Ids of available times: the starts of the doctor's slots on working days. None clears. "
            "Where both this and `available_from` or `available_to` differ from what is stored, this counts."
        },
    )
    available_from = TimeOfDay(description="When the doctor's working days start. Null, for both, clears the hours.")
    available_to = TimeOfDay(description="When they end, on the same day: after the start.")
    fee = WholeNumber(allow_none=True, validate=validate.Range(min=0, max=GREATEST_FEE))
    meet_link = Text(
        longest=LONGEST_LINK,
        allow_none=True,
        metadata={"description": "A web address; empty or null for none.", "pattern": f"^({WEB_ADDRESS})?$"},
    )
    specialization = Text(
        longest=LONGEST_SPECIALIZATION,
        allow_none=True,
        metadata={"description": "In the doctor's own words; empty shows the first specialisation."},
    )


class NewDoctorIn(DoctorIn):
    """A doctor to be: without `username` the caller, and from an administrator somebody without an account."""

    name = Text(
        longest=LONGEST_NAME,
        metadata={"description": "The account's name where not sent; required where there is no account."},
    )
    department = Entry(allow_none=True, metadata={"description": "Id or name of a department; counts once approved."})
    username = Text(
        longest=LONGEST_USERNAME,
        allow_none=True,
        metadata={
            "description": "Another person's: a new account's, with `email` and `password`, from approved doctors and "
            "administrators; from the latter also, alone, that of an account that exists."
        },
    )
    email = Text(longest=LONGEST_EMAIL, allow_none=True, metadata={"format": "email"})
    password = Text(
        longest=MAXIMUM_PASSWORD, allow_none=True, metadata={"format": "password", "minLength": MINIMUM_PASSWORD}
    )
    first_name = Text(longest=MAXIMUM_NAME, allow_none=True)
    last_name = Text(longest=MAXIMUM_NAME, allow_none=True)


class DoctorChangeIn(DoctorIn):
    """What is changed of a doctor. `department` and `status` count from administrators only."""

    department = Entry(allow_none=True, metadata={"description": "Written by administrators: id or name."})
    approval = fields.Enum(
        Approval,
        by_value=True,
        data_key="status",
        metadata={"description": "Written by administrators, of an application that waits."},
    )


class RemovalQuery(Incoming):
    """What becomes of the visits that are still to come."""

    cancel_appointments = fields.Boolean(
        load_default=False, metadata={"description": "Cancel them and tell the patients; else they are in the way."}
    )


_PERSON = ("username", "email", "password", "first_name", "last_name")


def person(data: dict[str, Any]) -> Person:
    """Take whom a new doctor's entry is about out of NewDoctorIn; null is as good as not sent."""
    username, email, password, first_name, last_name = (data.pop(name, None) or "" for name in _PERSON)
    return Person(
        username=username.strip(), email=email.strip(), password=password, first_name=first_name, last_name=last_name
    )
