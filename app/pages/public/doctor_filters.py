"""What a list of doctors is narrowed by: it stands in the address, so that a search can be kept and sent on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from flask_wtf import FlaskForm
from wtforms import Field, SearchField, SelectField, StringField

from app import clock
from app.models import VisitKind
from app.pages.free_times import read_date
from app.pages.wording import VISIT_KINDS, day, money
from app.services import availability
from app.services.doctors import Choices

NO_KEY = 0
MOST_FEES = 6
"""How many amounts the filter by fee offers: of the doctors' own fees, evenly chosen, the highest among them."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, in words, and the address of the list without it."""

    label: str
    address: str


class SearchForm(FlaskForm):
    """The filters, as they are asked for. It changes nothing, so it needs no token."""

    q = SearchField("Search by name, speciality or department")
    speciality = SelectField("Speciality", validate_choice=False)
    department = SelectField("Department", validate_choice=False)
    day = StringField("Free on")
    designation = SelectField("Grade", validate_choice=False)
    fee = SelectField("Fee", validate_choice=False)
    kind = SelectField("How you meet", validate_choice=False)

    class Meta:
        csrf = False

    @property
    def is_set(self) -> bool:
        """Whether the list is narrowed at all."""
        return any(field.data for field in self)

    @property
    def is_precise(self) -> bool:
        """Whether one of the filters is set that are folded away at first."""
        return any(field.data for field in (self.designation, self.fee, self.kind))

    @property
    def chosen_day(self) -> date | None:
        """The day that is asked for; None for none, or for what is none."""
        return read_date(self.day.data or "")

    def offer(self, choices: Choices) -> None:
        """Fill in what there is to choose."""
        self.speciality.choices = {"": "All specialities"} | _named(choices.specialisations)
        self.department.choices = {"": "All departments"} | _named(choices.departments)
        self.designation.choices = {"": "All grades"} | _named(choices.designations)
        self.kind.choices = {"": "In person or video call"} | {kind.value: text for kind, text in VISIT_KINDS.items()}
        asked = _number(self.fee.data)
        amounts = sorted({*_some(choices.fees), *([asked] if asked is not None else [])})
        self.fee.choices = {"": "Any fee"} | {str(amount): _fee(amount) for amount in amounts}
        self.day.render_kw = {"min": clock.local_today().isoformat(), "max": _last_day().isoformat()}

    def criteria(self) -> dict[str, Any]:
        """The filters for `doctors.soonest`. What is no value of a filter becomes one that no doctor has."""
        kind, on = self.kind.data, self.chosen_day
        is_no_value = (kind and kind not in {known.value for known in VisitKind}) or (self.day.data and on is None)
        return {
            "search": self.q.data or "",
            "specialisation_id": NO_KEY if is_no_value else _key(self.speciality.data),
            "department_id": _key(self.department.data),
            "designation_id": _key(self.designation.data),
            "fee_up_to": -1 if self.fee.data and _number(self.fee.data) is None else _number(self.fee.data),
            "kind": None if is_no_value or not kind else VisitKind(kind),
            "day": on,
        }

    def chips(self) -> Iterator[Chip]:
        """The filters that are set, each with the way to the list without it."""
        for field in self:
            if field.data:
                yield Chip(self._in_words(field), _without(field.name))

    def _in_words(self, field: Field) -> str:
        if field is self.q:
            return f"“{field.data}”"
        if field is self.day:
            return f"Free on {day(self.chosen_day)}" if self.chosen_day else "Free on a day that does not exist"
        choices: dict[str, str] = field.choices  # type: ignore[attr-defined] # all others are selects
        return choices.get(field.data) or f"{field.label.text} that does not exist"


def _without(name: str) -> str:
    """The list's address without one filter, and from its first page."""
    kept = [(key, value) for key, value in request.args.items(multi=True) if value and key not in (name, "page")]
    address = url_for("public.find_doctors")
    return f"{address}?{urlencode(kept)}" if kept else address


def _named(entries: Any) -> dict[str, str]:
    return {str(entry.id): entry.name for entry in entries}


def _fee(amount: int) -> str:
    return f"Up to {money(amount)}" if amount else "No fee"


def _some(fees: Any) -> set[int]:
    """At most MOST_FEES of these amounts, which rise: the last, and others at even distances before it."""
    step = -(-len(fees) // MOST_FEES)
    return set(fees[::-1][:: step or 1])


def _last_day() -> date:
    return clock.to_local(availability.latest()).date()


def _number(text: str | None) -> int | None:
    """An amount or a key that an address names; None for what is none, or bigger than any."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**63)) else None


def _key(text: str | None) -> int | None:
    """The key that a filter names; None for no filter, and a key that nothing has for what is no key."""
    if not text:
        return None
    number = _number(text)
    return NO_KEY if number is None else number
