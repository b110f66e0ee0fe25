"""What a WTForms field says about itself, as the parameters that the design system's form macros take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import Field

Parameters = dict[str, Any]

LIMITS = ("maxlength", "min", "max", "step")
"""Attributes of `render_kw` and of validators that the browser may know too."""


def label(field: Field, size: str | None = None, heading: bool = False) -> Parameters:  # noqa: FBT001, FBT002 (called from templates)
    """The field's label; as the page's heading where the page asks one question."""
    return {"text": field.label.text, "size": size or "s", "isPageHeading": heading}


def fieldset(field: Field, size: str | None = None, heading: bool = False) -> Parameters:  # noqa: FBT001, FBT002 (called from templates)
    """The legend around radios, checkboxes or a date."""
    return {"legend": label(field, size, heading)}


def hint(field: Field, text: str | None = None) -> Parameters | None:
    """The line below the label: the template's, else the field's description."""
    text = text or field.description
    return {"text": text} if text else None


def error(field: Field) -> Parameters | None:
    """The first thing that is wrong with the field: one at a time is enough to mend."""
    return {"text": field.errors[0]} if field.errors else None


def limits(field: Field) -> Parameters:
    """The attributes by which the browser keeps to the field's limits."""
    return {name: value for name, value in (field.render_kw or {}).items() if name in LIMITS}


def items(field: Field, hints: Mapping[str, str] | None = None) -> list[Parameters]:
    """The choices of radios or checkboxes; `hints` maps a choice's value to the line below it."""
    below = hints or {}
    choices = ((str(choice[0]), choice[1], choice[2]) for choice in field.iter_choices())  # type: ignore[attr-defined] # fields with choices only
    return [
        {"value": value, "text": text, "checked": chosen, "hint": {"text": below[value]} if value in below else None}
        for value, text, chosen in choices
    ]
