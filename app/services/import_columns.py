"""The columns of the files that admins import: what each is called, what it holds, and how its cells are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.errors import Invalid
from app.models import ImportKind
from app.models.types import name_key
from app.services import phones

PROBLEM = "Problem"
"""The column that the file of the outcome has besides; it is passed over when the mended file comes back."""

_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)")
_DAY_FIRST = re.compile(r"(?P<day>\d\d?)[/.-](?P<month>\d\d?)[/.-](?P<year>\d{4})")
_SHORTENED = re.compile(r"\d+([.,]\d+)?[eE]\+?\d+")
_ANSWERS = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}


def _text(text: str) -> str:
    return text


def _number_of_digits(text: str) -> str:
    """Digits that are no quantity: a spreadsheet that takes them for one keeps 15 of them, and writes 1.23E+15."""
    if _SHORTENED.fullmatch(text):
        raise Invalid("A spreadsheet has shortened this number. Make the column one of text, and enter it again.")
    return text


def _whole_number(text: str) -> int:
    if not re.fullmatch(r"\d{1,15}", text):
        raise Invalid("Enter a whole number, such as 80.")
    return int(text)


def _day(text: str) -> date:
    found = _ISO.fullmatch(text) or _DAY_FIRST.fullmatch(text)
    try:
        if found:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        pass
    raise Invalid("Enter a date that exists, like 15/3/2019 or 2019-03-15.")


def _answer(text: str) -> bool:
    answer = _ANSWERS.get(name_key(text))
    if answer is None:
        raise Invalid("Enter yes or no.")
    return answer


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(";") if name.strip()]


def _digits(number: int) -> str:
    return str(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column. `key` is what services call it, `about` what people are told; `also` are other names of it.

    `read` makes a value of a cell's text, or raises Invalid; an `empty` cell stands for that value. `of_number` is the
    text of a cell that a spreadsheet holds as a number.
    """

    key: str
    title: str
    about: str
    also: tuple[str, ...] = ()
    is_required: bool = False
    read: Callable[[str], Any] = _text
    empty: Any = ""
    of_number: Callable[[int], str] = _digits

    def value(self, text: str) -> Any:
        """What a cell says. Raises Invalid."""
        if text.startswith("="):
            raise Invalid("This is a formula. Enter what it results in.")
        return self.read(text) if text else self.empty

    @property
    def names(self) -> set[str]:
        """All that a file may call it, as `plain` writes it."""
        return {plain(name) for name in (self.key, self.title, *self.also)}


def plain(heading: str) -> str:
    """A heading as it is compared: without regard to case, blanks and signs."""
    return "".join(filter(str.isalnum, name_key(heading)))


_USERNAME = Column(
    key="username",
    title="Username",
    about="For somebody who is to sign in. It makes a new account, and needs an e-mail address, too.",
)
_EMAIL = Column(
    key="email",
    title="E-mail",
    about="Where the link to choose a password goes.",
    also=("e-mail address",),
)
COLUMNS: Mapping[ImportKind, tuple[Column, ...]] = {
    ImportKind.DOCTORS: (
        Column(key="name", title="Name", about="As patients read it.", is_required=True),
        Column(key="department", title="Department", about="By its name under Lists.", empty=None),
        Column(
            key="specialisations",
            title="Specialisations",
            about="By their names under Lists, with semicolons between them.",
            also=("specialisation", "specialities", "speciality"),
            read=_names,
            empty=(),
        ),
        Column(
            key="designations",
            title="Designations",
            about="As the specialisations.",
            also=("designation",),
            read=_names,
            empty=(),
        ),
        Column(key="fee", title="Fee", about="A whole number, such as 80.", read=_whole_number, empty=None),
        Column(key="about", title="About", about="What patients read of the doctor."),
        Column(
            key="accepts_in_person",
            title="In person",
            about="Yes or no; yes where it is empty.",
            also=("sees patients in person",),
            read=_answer,
            empty=True,
        ),
        Column(
            key="accepts_online",
            title="Video calls",
            about="Yes or no; yes where it is empty.",
            also=("video call", "sees patients by video call"),
            read=_answer,
            empty=True,
        ),
        Column(key="meet_link", title="Video link", about="Where video calls take place, with https://."),
        _USERNAME,
        _EMAIL,
    ),
    ImportKind.PATIENTS: (
        Column(key="name", title="Name", about="The full name.", also=("full name",), is_required=True),
        Column(
            key="date_of_birth",
            title="Date of birth",
            about="Day, month, year, like 15/3/2019; or 2019-03-15.",
            also=("born",),
            read=_day,
            empty=None,
        ),
        Column(
            key="phone",
            title="Telephone",
            about="Where the hospital reaches the patient.",
            also=("telephone number", "phone number"),
            read=_number_of_digits,
            of_number=phones.of_number,
        ),
        Column(
            key="insurance_number",
            title="Insurance number",
            about="As the insurer writes it.",
            read=_number_of_digits,
        ),
        Column(key="address", title="Address", about="In one cell."),
        _USERNAME,
        _EMAIL,
    ),
}
"""By kind, in the order of the template."""
