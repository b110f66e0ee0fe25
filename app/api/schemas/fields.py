"""Field types of the JSON face: exact integers, moments in any offset, text with a limit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from app import clock

GREATEST_INTEGER = 2**63 - 1
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_MOMENT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[Tt ](?P<time>\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)(?P<offset>[Zz]|[+\- ]\d\d:?\d\d)?",
    re.ASCII,
)


class Incoming(Schema):
    """Base of what is read: unknown fields are ignored, so nothing can be set that the schema does not name."""

    class Meta:
        """Marshmallow's options."""

        unknown = EXCLUDE


class WholeNumber(fields.Integer):
    """An exact integer that the database can store: 1.5 and true are refused, a form's `7` is taken."""

    def _validated(self, value: Any) -> int:
        number: int | None = None
        if (
            (isinstance(value, str) and _INTEGER.fullmatch(value))
            or (isinstance(value, int) and not isinstance(value, bool))
            or (isinstance(value, float) and value.is_integer())
        ):
            number = int(value)
        if number is None:
            raise self.make_error("invalid", input=value)
        if abs(number) > GREATEST_INTEGER:
            raise self.make_error("too_large", input=value)
        return number


class Text(fields.String):
    """Text of at most `longest` characters; `shortest=1` refuses blanks."""

    def __init__(self, *, longest: int, shortest: int = 0, **options: Any) -> None:
        self.shortest = shortest
        super().__init__(validate=validate.Length(min=shortest or None, max=longest), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **options))
        if self.shortest and not text.strip():
            raise ValidationError("This may not be blank.")
        return text


class Moment(fields.DateTime):
    """A moment: out in UTC with `Z`; in with any offset, and hospital-local without one."""

    default_error_messages = {
        "invalid": "Not a date and time such as 2026-01-06T09:30:00Z.",
        "skipped": "That time does not exist on that day: the clocks go forward.",
    }

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **_options: Any) -> str | None:  # noqa: ARG002 (marshmallow's signature)
        return None if value is None else moment_text(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_options: Any) -> datetime:  # noqa: ARG002 (marshmallow's signature)
        match = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            raise self.make_error("invalid")
        # A plus sign of an offset arrives as a blank where a client forgot to encode it.
        offset = (match["offset"] or "").replace(" ", "+").upper()
        try:
            moment = datetime.fromisoformat(f"{match['date']}T{match['time'].replace(',', '.')}{offset}")
            moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.make_error("invalid") from error
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        try:
            return clock.from_local(moment)
        except ValueError as error:
            raise self.make_error("skipped") from error
        except OverflowError as error:
            raise self.make_error("invalid") from error


def moment_text(moment: datetime) -> str:
    """An aware moment as `2026-01-06T09:30:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
