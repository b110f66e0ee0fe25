"""What admins choose for the whole hospital: read by every process as soon as it is saved (docs/adr/0011)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app import extensions, policy
from app.errors import Invalid, Outdated
from app.extensions import db, read_only, settings
from app.models import HospitalSettings
from app.policy import Actor, Permission
from app.services import audit, calendars, pictures, reminders, second_factors
from app.services.pictures import NewPicture
from app.services.reading import fixed, read
from config import (
    CHANGEABLE,
    CHOICES,
    HEX_COLOUR,
    LONGEST_REMINDER_HOURS,
    LONGEST_SLOT_MINUTES,
    SHORTEST_SLOT_MINUTES,
)

LONGEST_NAME = 80
RANGES: Mapping[str, tuple[int, int]] = {
    "default_slot_minutes": (SHORTEST_SLOT_MINUTES, LONGEST_SLOT_MINUTES),
    "booking_horizon_days": (1, 730),
    "booking_cutoff_hours": (0, 336),
    "waiting_offer_hours": (1, 168),
    "reminder_first_hours": (2, LONGEST_REMINDER_HOURS),
    "reminder_second_hours": (1, LONGEST_REMINDER_HOURS - 1),
}
"""The least and the most of each number, in the unit that its name ends with."""

PAGE_COLOUR = "#e4ebec"
"""The pages' own, the darkest on which the brand colour is read; on white the contrast is greater."""

LEAST_CONTRAST = 4.5
"""Of text, to 1 (WCAG 2.2, success criterion 1.4.3)."""

_LAST_LINEAR = 0.04045
_CHANGED = "The settings were changed meanwhile."
_THE_ROW = 1
_NAMES = sorted(CHANGEABLE)
_ROW = fixed(select(*(getattr(HospitalSettings, name) for name in _NAMES)).where(HospitalSettings.id == _THE_ROW))
_FREEING = frozenset({"booking_horizon_days", "booking_cutoff_hours"})


def chosen() -> Mapping[str, Any] | None:
    """What admins have chosen, by the name of the setting; None where they have not. One statement.

    Nothing where the database does not answer: an error page tells the hospital's name, too.
    """
    try:
        row = _read()
    except SQLAlchemyError:
        return None
    return dict(zip(_NAMES, row, strict=True)) if row else {}


def get(actor: Actor) -> HospitalSettings:
    """The row. Raises NotFound for all but admins."""
    return policy.fetch(actor, HospitalSettings, _THE_ROW)


def change(
    actor: Actor,
    *,
    version: int | None,
    values: Mapping[str, Any],
    logo: NewPicture | None = None,
    without_logo: bool = False,
) -> HospitalSettings:
    """Choose settings; they hold for everybody from the commit on. What is as it was stays with the environment.

    `values` by the names of CHANGEABLE, `logo` to be shown in place of the present one, `without_logo` for none of the
    hospital's own. The same values again change nothing. Raises Forbidden, Invalid, and Outdated where `version` is
    no longer the present one.
    """
    policy.require(actor, Permission.ADMINISTER)
    row = policy.fetch(actor, HospitalSettings, _THE_ROW, lock=True)
    new = {name: value for name, value in values.items() if value != getattr(settings, name)}
    if not new and logo is None and not (without_logo and row.logo_picture_id):
        return row
    if row.version != version:
        raise Outdated(_CHANGED, errors={name: [f"{_CHANGED} This is now: {getattr(settings, name)}"] for name in new})
    _check(actor, new)
    told: dict[str, Any] = {name: f"{getattr(settings, name)} → {value}" for name, value in new.items()}
    leads = reminders.leads()
    for name, value in new.items():
        setattr(row, name, value)
    if logo is not None or without_logo:
        told["logo"] = f"{row.logo_picture_id or 'none'} → "
        row.logo_picture_id = pictures.replaced(row.logo_picture_id, logo)
        told["logo"] += str(row.logo_picture_id or "none")
    row.version += 1
    db.session.flush()
    audit.record(actor, "hospital.changed", row, **told)
    extensions.forget_choices()
    if _FREEING & set(new):
        calendars.freed_everywhere()
    reminders.retime(leads)
    return row


def contrast(one: str, other: str) -> float:
    """How different two colours such as `#0b5563` are in lightness, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """WCAG 2.2, "relative luminance"."""
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _LAST_LINEAR else ((channel + 0.055) / 1.055) ** 2.4


def _read() -> Any:
    if read_only.get() and not db.session.registry.has():
        return next(iter(read(_ROW, {})), None)
    # Not by `read`, which first writes what the session holds: a setting is asked for at any moment.
    return db.session.connection().execute(_ROW.usual).one_or_none()


def _check(actor: Actor, new: Mapping[str, Any]) -> None:
    problems = {name: _problem(name, value) for name, value in new.items()}
    if new.get("second_factor_required") == "staff" and not second_factors.is_on(cast("int", actor.account_id)):
        problems["second_factor_required"] = "First turn on two-step sign-in for your own account, under My account."
    first, second = (
        new.get(name, getattr(settings, name)) for name in ("reminder_first_hours", "reminder_second_hours")
    )
    errors = {name: [problem] for name, problem in problems.items() if problem}
    if not errors and second >= first:
        errors["reminder_second_hours"] = ["Enter fewer hours than for the first reminder."]
    if errors:
        raise Invalid(errors=errors)


def _problem(name: str, value: Any) -> str | None:
    if name in RANGES:
        least, most = RANGES[name]
        is_in_range = isinstance(value, int) and least <= value <= most
        return None if is_in_range else f"Enter a whole number from {least} to {most}."
    if name in CHOICES:
        return None if value in CHOICES[name] else "Choose one of these."
    if name == "brand_colour":
        return _problem_of_colour(value)
    if not value:
        return "Enter the hospital's name."
    return None if len(value) <= LONGEST_NAME else f"Use {LONGEST_NAME} characters or fewer."


def _problem_of_colour(colour: str) -> str | None:
    if not HEX_COLOUR.fullmatch(colour):
        return "Enter a colour as # and 6 digits or letters from a to f, such as #0b5563."
    ratio = contrast(colour, PAGE_COLOUR)
    if ratio >= LEAST_CONTRAST:
        return None
    shown = int(ratio * 10) / 10  # rounded up it could seem to be enough
    return f"Choose a darker colour: its contrast with the pages is {shown} to 1, and text needs {LEAST_CONTRAST} to 1."
