"""Form fields that WTForms lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from wtforms import Field, StringField
from wtforms.validators import StopValidation

from app.errors import Invalid
from app.pages.wording import clock_time
from app.services import day_times

_PARTS = (("day", "Day", 2), ("month", "Month", 2), ("year", "Year", 4))


@dataclass(frozen=True, slots=True)
class DatePart:
    """One of the three boxes of a date; `width` in characters."""

    suffix: str
    id: str
    name: str
    label: str
    value: str
    width: int


class DateInputField(Field):
    """A date typed as day, month and year, which everyone can do for a date that they know by heart.

    `data` is a date, or None where nothing was typed. The form carries `name-day`, `name-month`, `name-year`.
    """

    data: date | None

    def __init__(self, label: str | None = None, validators: Sequence[Any] = (), **arguments: Any) -> None:
        super().__init__(label, list(validators), **arguments)
        self._typed: dict[str, str] | None = None

    @property
    def first_id(self) -> str:
        """The id of the box to which an error leads."""
        return f"{self.id}-day"

    @property
    def parts(self) -> list[DatePart]:
        """The three boxes with what was typed into them."""
        values = self._typed or {}
        if self._typed is None and self.data is not None:
            values = {suffix: str(getattr(self.data, suffix)) for suffix, _, _ in _PARTS}
        return [
            DatePart(suffix, f"{self.id}-{suffix}", f"{self.name}-{suffix}", label, values.get(suffix, ""), width)
            for suffix, label, width in _PARTS
        ]

    def process(self, formdata: Any, *arguments: Any, **keywords: Any) -> None:
        """Read the three boxes, where a form was sent."""
        super().process(formdata, *arguments, **keywords)
        names = {suffix: f"{self.name}-{suffix}" for suffix, _, _ in _PARTS}
        if formdata is None or not any(name in formdata for name in names.values()):
            return
        self._typed = {suffix: str(formdata.get(name, "")).strip() for suffix, name in names.items()}
        self.raw_data = [value for value in self._typed.values() if value]
        try:
            self.data = self._date(self._typed)
        except ValueError as error:
            self.data = None
            self.process_errors = [str(error)]

    def _date(self, typed: dict[str, str]) -> date | None:
        """The date that was typed. Raises ValueError with the sentence that the form shows."""
        what = self.label.text
        if not any(typed.values()):
            return None
        missing = [label.lower() for suffix, label, _ in _PARTS if not typed[suffix]]
        if missing:
            raise ValueError(f"{what} must include a {' and a '.join(missing)}")
        if not all(value.isascii() and value.isdigit() and len(value) <= 4 for value in typed.values()):  # noqa: PLR2004 (digits of a year)
            raise ValueError(f"{what} must be made of numbers, such as 15 3 1984")
        if len(typed["year"]) != 4:  # noqa: PLR2004 (digits of a year)
            raise ValueError(f"{what} must have a year of four digits")
        try:
            return date(*(int(typed[suffix]) for suffix in ("year", "month", "day")))
        except ValueError:
            raise ValueError(f"{what} must be a real date") from None

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (WTForms hands it over)
        """Let no validator speak about a date that could not be read."""
        if self.process_errors:
            raise StopValidation


class ClockField(StringField):
    """A time of day as people write it: `9am`, `13:30`. `data` is a time, or None where nothing was typed."""

    data: Any  # a time, where WTForms says text

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else clock_time(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed."""
        self.data = None
        text = str(valuelist[0]).strip() if valuelist else ""
        if text:
            self.data = self._time(text)

    def _time(self, text: str) -> time:
        try:
            starts, ends = day_times.parse(text, field=self.name)
        except Invalid:
            ends = starts = None
        if starts is None or ends is not None:
            what = self.label.text.removesuffix(" (optional)")
            raise ValueError(f"{what} must be a time, such as 9am or 13:30")
        return starts

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (WTForms hands it over)
        """Let no validator speak about a time that could not be read."""
        if self.process_errors:
            raise StopValidation
