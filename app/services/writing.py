"""What people write: checked, every field at once, and written to a row where it is another value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from app.clock import local_today
from app.errors import Invalid
from app.extensions import db
from app.models import Patient, Profile
from app.services import pictures

EARLIEST_BIRTH = 1900

Check = Callable[[Any], Any]
"""Gives a value as it is kept, or raises Invalid."""


def checked(
    values: Mapping[str, Any], checks: Mapping[str, Check], row: Patient | Profile | None = None
) -> dict[str, Any]:
    """The values, each as its check, where it has one, gives it; what the row holds already passes.

    Raises Invalid with every field at fault.
    """
    kept: dict[str, Any] = dict(values)
    errors: dict[str, list[str]] = {}
    for field, check in checks.items():
        if field not in kept or (row is not None and kept[field] == getattr(row, field)):
            continue
        try:
            kept[field] = check(kept[field])
        except Invalid as error:
            errors |= error.errors
    if errors:
        raise Invalid(errors=errors)
    return kept


def text(longest: int, field: str) -> Check:
    """Text of at most `longest` characters, without blanks around it."""

    def check(written: str) -> str:
        if len(written.strip()) > longest:
            raise Invalid(f"Use {longest:,} characters or fewer.", field=field)
        return written.strip()

    return check


def name(longest: int, field: str, missing: str) -> Check:
    """Text of at most `longest` characters, which may not be blank: `missing` says what to do then."""

    def check(written: str) -> str:
        if not written.strip():
            raise Invalid(missing, field=field)
        kept: str = text(longest, field)(written)
        return kept

    return check


def date_of_birth(day: date | None) -> date | None:
    """The day on which somebody was born who may be alive; None for an unknown one."""
    if day is not None and day.year < EARLIEST_BIRTH:
        raise Invalid(f"Enter a date of birth from {EARLIEST_BIRTH} on.", field="date_of_birth")
    if day is not None and day > local_today():
        raise Invalid("A date of birth cannot be in the future.", field="date_of_birth")
    return day


def write(row: Patient | Profile, values: Mapping[str, Any]) -> bool:
    """Write checked values, `picture` (NewPicture, or None to remove it) among them; say whether any is another one."""
    wanted = dict(values)
    if "picture" in wanted:
        picture = wanted.pop("picture")
        if picture is not None or row.picture_id is not None:
            wanted["picture_id"] = pictures.replaced(row.picture_id, picture)
    changes = {field: value for field, value in wanted.items() if value != getattr(row, field)}
    for field, value in changes.items():
        setattr(row, field, value)
    db.session.flush()
    return bool(changes)
