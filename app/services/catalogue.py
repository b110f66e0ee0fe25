"""The lists that admins keep: what the fields of each may hold, who may add to it, where its entries are in use.

Each is one entry of this file: vocabularies.py reads, adds to, changes and empties them all (contract, section 6), and
admins have its pages and its CSV file by it (catalogue_lists.py, pages/admin/lists.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.errors import Conflict
from app.extensions import Base, db
from app.models import (
    Appointment,
    AvailableTime,
    ClinicalRecord,
    Department,
    Designation,
    Doctor,
    Service,
    Specialisation,
    WeeklyHours,
    doctor_designation,
    doctor_specialisation,
)
from app.policy import Permission
from app.services import day_times, slugs

Row = TypeVar("Row", bound=Base)
Texts = dict[str, str]
Key = InstrumentedAttribute[Any] | Column[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule:
    """What a text may be: at most `longest` characters, something that `pattern` finds; `hint` says it to people.

    `label` is what a form calls it, and `about` the line below; `is_prose` asks for it in several lines.
    """

    longest: int
    is_required: bool = False
    pattern: str = ""
    hint: str = ""
    label: str = "Name"
    about: str = ""
    is_prose: bool = False

    def problem(self, text: str) -> str | None:
        """What is wrong with a text, or None."""
        if len(text) > self.longest:
            return f"Use {self.longest:,} characters or fewer."
        return None if re.search(self.pattern, text) else self.hint


@dataclass(frozen=True, slots=True)
class Use:
    """A foreign key that points at an entry, and what has it, as one and as many: its rows, or what `counted` says."""

    key: Key
    one: str
    many: str
    counted: Key | None = None

    def told(self, number: int) -> str:
        """`3 doctors`."""
        return f"{number:,} {self.one if number == 1 else self.many}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vocabulary(Generic[Row]):
    """One list. `derive` tells what follows from the texts of a new row, or of one that changes."""

    model: type[Row]
    noun: str
    plural: str
    about: str
    texts: Mapping[str, TextRule]
    order: tuple[ColumnElement[Any] | InstrumentedAttribute[Any], ...]
    added_by: Permission = Permission.ADMINISTER
    uses: tuple[Use, ...] = ()
    derive: Callable[[Vocabulary[Any], Any, Texts], dict[str, Any]] = field(default=lambda *_: {})
    has_picture: bool = False

    @property
    def title(self) -> str:
        """The field by which people know an entry: its first."""
        return next(iter(self.texts))

    @property
    def is_unique(self) -> bool:
        """Whether an entry can be refused because there is one like it already."""
        return any(column.unique for column in self.model.__table__.columns)


def counts(vocabulary: Vocabulary[Any], key: Any) -> list[ColumnElement[int]]:
    """For each use, how many have the entry of that key, which may be a column of the statement around."""
    return [
        select(func.count() if use.counted is None else func.count(use.counted.distinct()))
        .where(use.key == key)
        .scalar_subquery()
        for use in vocabulary.uses
    ]


def refuse_used(vocabulary: Vocabulary[Any], row: Any, cannot: str) -> None:
    """Raise Conflict, which says what the entry `cannot` (be deleted) and what has it; one statement."""
    if not vocabulary.uses:
        return
    numbers = db.session.execute(select(*counts(vocabulary, row.id))).one()
    found = [use.told(number) for use, number in zip(vocabulary.uses, numbers, strict=True) if number]
    if found:
        have = "has" if sum(numbers) == 1 else "have"
        raise Conflict(
            f"This {vocabulary.noun} cannot {cannot}: {' and '.join(found)} {have} it, former ones included."
        )


def _with_slug(vocabulary: Vocabulary[Any], row: Any, texts: Texts) -> dict[str, Any]:
    """A slug made from the name where none is given; one that is there stays when the name changes."""
    if texts.get("slug"):
        return {}
    if row is not None:
        return {"slug": row.slug}
    slug = slugs.slug_of(texts["name"], nameless=vocabulary.noun)
    column = vocabulary.model.slug
    taken = select(column).where(or_(column == slug, column.startswith(f"{slug}-", autoescape=True)))
    return {"slug": slugs.first_free(slug, set(db.session.scalars(taken)))}


def _with_times(vocabulary: Vocabulary[Any], row: Any, texts: Texts) -> dict[str, Any]:
    """The times that a text says. Those of visits stay as they were booked: their time cannot become another one."""
    if "label" not in texts:
        return {}
    starts, ends = day_times.parse(texts["label"], field="label")
    if row is not None and row.starts != starts:
        refuse_used(vocabulary, row, "become another time")
    return {"starts": starts, "ends": ends}


_NAME = TextRule(
    longest=200,
    is_required=True,
    # Digits alone would be taken for an id wherever an entry is named by either. The control characters are blanks to
    # Python, but not to the `\s` of JSON Schema, by which the pattern is documented.
    pattern=r"[^\s\x1c-\x1f\x850-9]",
    hint="Enter a name with a letter in it.",
)
_SLUG = TextRule(
    longest=slugs.LONGEST,
    pattern=slugs.PATTERN,
    hint="Use small letters, digits and single hyphens.",
    label="Slug (optional)",
    about="What programs call it. Made from the name where you leave it empty.",
)
_DESCRIPTION = TextRule(longest=5000, label="Description (optional)", is_prose=True)
_NAMED: Mapping[str, TextRule] = {"name": _NAME, "slug": _SLUG}

DESIGNATIONS = Vocabulary(
    model=Designation,
    noun="designation",
    plural="designations",
    about="Doctors' grades, such as Consultant.",
    texts=_NAMED,
    order=(Designation.name_key,),
    uses=(Use(doctor_designation.c.designation_id, "doctor", "doctors"),),
    derive=_with_slug,
)
SPECIALISATIONS = Vocabulary(
    model=Specialisation,
    noun="specialisation",
    plural="specialisations",
    about="What doctors treat, such as Cardiology. Patients search by it.",
    texts=_NAMED,
    order=(Specialisation.name_key,),
    uses=(Use(doctor_specialisation.c.specialisation_id, "doctor", "doctors"),),
    derive=_with_slug,
)
AVAILABLE_TIMES = Vocabulary(
    model=AvailableTime,
    noun="available time",
    plural="available times",
    about="Times of day by which programs book, such as 9:30 AM.",
    texts={
        "label": TextRule(
            longest=50,
            is_required=True,
            pattern="[0-9]",
            hint=day_times.NOT_A_TIME,
            label="Time",
            about="For example, 9:30 AM or 10:00 AM - 10:30 AM.",
        )
    },
    order=(AvailableTime.starts,),
    uses=(
        Use(WeeklyHours.available_time_id, "doctor", "doctors", counted=WeeklyHours.doctor_id),
        Use(Appointment.available_time_id, "appointment", "appointments"),
    ),
    derive=_with_times,
)
DEPARTMENTS = Vocabulary(
    model=Department,
    noun="department",
    plural="departments",
    about="The parts of the hospital. Doctors and clinical records belong to one.",
    texts={
        "name": _NAME,
        "location": TextRule(longest=200, label="Location (optional)", about="Where patients find it."),
        "description": _DESCRIPTION,
    },
    order=(Department.name_key,),
    added_by=Permission.CREATE_DEPARTMENT,
    uses=(
        Use(Doctor.department_id, "doctor", "doctors"),
        Use(ClinicalRecord.department_id, "clinical record", "clinical records"),
    ),
)
SERVICES = Vocabulary(
    model=Service,
    noun="service",
    plural="services",
    about="What the hospital offers, as everybody reads it.",
    texts={
        "name": TextRule(longest=200, is_required=True, pattern=r"[^\s\x1c-\x1f\x85]", hint="Enter a name."),
        "description": _DESCRIPTION,
    },
    order=(func.lower(Service.name),),
    has_picture=True,
)
CATALOGUE: tuple[Vocabulary[Any], ...] = (DESIGNATIONS, SPECIALISATIONS, AVAILABLE_TIMES, DEPARTMENTS, SERVICES)
"""Every list that an admin edits."""
