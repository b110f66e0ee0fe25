"""Field types of the JSON face: exact integers, moments in any offset, text with a limit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing, validate
from werkzeug.datastructures import FileStorage

from app import clock
from app.errors import Invalid
from app.services.pictures import NewPicture, is_address, read_upload

GREATEST_INTEGER = 2**63 - 1
LONGEST_NAME = 200
LONGEST_SEARCH = 200
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
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
        is_text = isinstance(value, str) and _INTEGER.fullmatch(value)
        is_number = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not (is_text or is_number):
            raise self.make_error("invalid", input=value)
        number = int(value)
        if not -GREATEST_INTEGER - 1 <= number <= GREATEST_INTEGER:
            raise self.make_error("too_large", input=value)
        return number


class Entry(fields.Field[int | str]):
    """A vocabulary entry, named by its id or by its name, or as it was read: an object of both."""

    default_error_messages = {"invalid": "Name it by its id or by its name."}

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002 (marshmallow's signature)
        data: Mapping[str, Any] | None,  # noqa: ARG002 (as above)
        **_options: Any,
    ) -> int | str:
        if isinstance(value, dict):
            value = value.get("id", value.get("name"))
        if isinstance(value, str) and 0 < len(value.strip()) <= LONGEST_NAME:
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= GREATEST_INTEGER:
            return value
        raise self.make_error("invalid")


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


class PictureFile(fields.Field[NewPicture]):
    """A picture: a file of a multipart form replaces it, null or an empty value removes it.

    The address that was last read keeps it: the field is then as good as not sent.
    """

    default_error_messages = {"invalid": "Send a picture as a file of a multipart form, or null for none."}

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_none=True, **options)

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002 (marshmallow's signature)
        data: Mapping[str, Any] | None,  # noqa: ARG002 (as above)
        **_options: Any,
    ) -> Any:
        if isinstance(value, FileStorage):
            try:
                return read_upload(value.read())
            except Invalid as refusal:
                raise ValidationError(refusal.message) from refusal
        if isinstance(value, str) and is_address(value):
            return missing
        raise self.make_error("invalid")


class Choice(fields.String):
    """One of some words, spelled exactly so."""

    def __init__(self, choices: Iterable[str], **options: Any) -> None:
        super().__init__(validate=validate.OneOf(tuple(choices)), **options)


class Day(fields.Date):
    """A calendar day such as 1984-03-15, in no other spelling."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value.strip()):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        day: date = super()._deserialize(value.strip(), attr, data, **options)
        return day


class Moment(fields.DateTime):
    """A moment, to the second: out in UTC with `Z`; in with any offset, and hospital-local without one."""

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
        except ValueError as error:
            raise self.make_error("invalid") from error
        if moment.year not in clock.YEARS:
            raise self.make_error("invalid")
        moment = moment.replace(microsecond=0)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        try:
            return clock.from_local(moment)
        except ValueError as error:
            raise self.make_error("skipped") from error


class DayOrMoment(Moment):
    """An end of a range: a moment, or a hospital-local day; with `end`, the day is included."""

    default_error_messages = {"invalid": "Not a day or a moment such as 2026-01-06 or 2026-01-06T09:30:00Z."}

    def __init__(self, *, end: bool = False, **options: Any) -> None:
        self.end = end
        super().__init__(**options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> datetime:
        if not isinstance(value, str) or not _DAY.fullmatch(value.strip()):
            return super()._deserialize(value, attr, data, **options)
        try:
            day = date.fromisoformat(value.strip())
        except ValueError as error:
            raise self.make_error("invalid") from error
        if day.year not in clock.YEARS:
            raise self.make_error("invalid")
        return clock.day_bounds(day)[self.end]


def moment_text(moment: datetime) -> str:
    """An aware moment as `2026-01-06T09:30:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
