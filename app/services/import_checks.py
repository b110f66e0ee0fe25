"""Whether the rows of an import can be added: by the rules for adding one by hand, and against each other.

First each row by itself and against those before it (`Check.read`), which asks no database; then a stretch of rows
against what the hospital has (`Check.compare`), by a constant number of statements.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import func, or_, select

from app.errors import Invalid
from app.extensions import db
from app.models import Department, Designation, Doctor, ImportKind, Patient, Specialisation
from app.models.types import name_key
from app.policy import Actor
from app.services import doctor_changes, doctors, identities, patients
from app.services.import_columns import COLUMNS
from app.services.import_files import REST
from app.services.inserting import Values

WHOLE_ROW = ""
_ACCOUNT = ("username", "email")
_LISTS: Mapping[str, str] = {
    "department": Department.__tablename__,
    "specialisations": Specialisation.__tablename__,
    "designations": Designation.__tablename__,
}
"""The columns that name entries of lists, and what an entry of each is called."""

_LIKE_ANOTHER_DOCTOR = "There is already a doctor of this name in the same department."
_LIKE_ANOTHER_PATIENT = "There is already a patient of this name, with the same date of birth and telephone number."


@dataclass(slots=True)
class Line:
    """A row that is checked: `values` as they are kept, by column; `problems` as in ImportRow."""

    id: int
    number: int
    cells: Mapping[str, str]
    values: Values = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def has_account(self) -> bool:
        """Whether somebody is to sign in."""
        return bool(self.values["username"] or self.values["email"])

    @property
    def account_name(self) -> str:
        """What the account is called, as the form of a new doctor calls it."""
        return str(self.values["name"])[: identities.MAXIMUM_NAME]

    def refuse(self, errors: Mapping[str, Sequence[str]]) -> None:
        """Note what is wrong, the first in each column."""
        for column, sentences in errors.items():
            self.problems.setdefault(column, sentences[0])


class Check:
    """The check of one file, whose rows come in their order."""

    def __init__(self, kind: ImportKind) -> None:
        self.kind = kind
        self._seen: dict[Hashable, int] = {}

    def read(self, lines: Sequence[Line]) -> None:
        """Make values of cells, each by its column's rule and the services', and find what stands twice in the file."""
        for line in lines:
            if REST in line.cells:
                line.problems[WHOLE_ROW] = (
                    f"Column {line.cells[REST]} has no heading, but this row has something in it."
                )
            for column in COLUMNS[self.kind]:
                line.values[column.key] = column.empty
                try:
                    line.values[column.key] = column.value(line.cells.get(column.key, ""))
                except Invalid as error:
                    line.problems[column.key] = error.message
            _check_details(self.kind, line)
            if line.has_account:
                line.refuse(identities.errors(line.values["username"], line.values["email"], "", line.account_name))
            self._find_twins(line)

    def compare(self, actor: Actor, lines: Sequence[Line]) -> None:
        """Hold rows that were read against the hospital's: five statements for doctors, two for patients."""
        _refuse_taken(lines)
        _COMPARE[self.kind](actor, lines)

    def _find_twins(self, line: Line) -> None:
        """Refuse what an earlier row of the file has already."""
        for column in _ACCOUNT:
            key = name_key(line.values[column])
            first = self._seen.setdefault((column, key), line.number) if key else line.number
            if first != line.number:
                line.refuse({column: [f"Row {first:,} has the same."]})
        first = self._seen.setdefault(_IDENTITIES[self.kind](line), line.number)
        if first != line.number and line.values["name"]:
            line.refuse({WHOLE_ROW: [f"Row {first:,} is about the same {self.kind.value.removesuffix('s')}."]})


def _check_details(kind: ImportKind, line: Line) -> None:
    check, columns = _DETAILS[kind]
    try:
        line.values |= check({column: line.values[column] for column in columns})
    except Invalid as error:
        line.refuse(error.errors)


def _refuse_taken(lines: Sequence[Line]) -> None:
    keys = {
        line.id: (name_key(line.values["username"]), name_key(line.values["email"]))
        for line in lines
        if line.has_account
    }
    if not keys:
        return
    taken = identities.taken_keys({username for username, _ in keys.values()}, {email for _, email in keys.values()})
    for line in lines:
        if line.id in keys:
            line.refuse(identities.clashes(*keys[line.id], taken))


def _doctor(line: Line) -> Hashable:
    """What tells a doctor from another: the name, and the department."""
    return name_key(line.values["name"]), name_key(line.values["department"] or "")


def _patient(line: Line) -> Hashable:
    """What tells a patient from another: the name, the date of birth, and the telephone number; nothing counts, too."""
    return _identity(line.values["name"], line.values["date_of_birth"], line.values["phone"])


def _identity(name: str, date_of_birth: object, phone: str) -> Hashable:
    return name_key(name), date_of_birth, "".join(filter(str.isdigit, phone))


def _compare_doctors(actor: Actor, lines: Sequence[Line]) -> None:
    choices = doctors.choices(actor)
    lists: dict[str, dict[str, int]] = {
        column: {row.name_key: row.id for row in cast("Sequence[Department]", rows)}
        for column, rows in (
            ("department", choices.departments),
            ("specialisations", choices.specialisations),
            ("designations", choices.designations),
        )
    }
    for line in lines:
        for column, entries in lists.items():
            _look_up(line, column, entries)
    names = {line.values["name"].lower() for line in lines}
    alike = (func.lower(Doctor.name).in_(names), Doctor.deleted_at.is_(None))
    found = select(Doctor.name, Doctor.department_id).where(*alike)
    there = {(name_key(name), department_id) for name, department_id in db.session.execute(found)}
    for line in lines:
        if (name_key(line.values["name"]), line.values.get("department_id")) in there:
            line.refuse({WHOLE_ROW: [_LIKE_ANOTHER_DOCTOR]})


def _look_up(line: Line, column: str, entries: Mapping[str, int]) -> None:
    """Find the entries of a list that a row names."""
    named = line.values[column] or ()
    names: Collection[str] = [named] if isinstance(named, str) else named
    unknown = [name for name in names if name_key(name) not in entries]
    if unknown:
        line.refuse({column: [f"There is no {_LISTS[column]} “{unknown[0]}”."]})
        return
    keys = list(dict.fromkeys(entries[name_key(name)] for name in names))
    if column == "department":
        line.values["department_id"] = keys[0] if keys else None
    else:
        line.values[f"{column}_keys"] = keys


def _compare_patients(_actor: Actor, lines: Sequence[Line]) -> None:
    names = {line.values["name"] for line in lines}
    numbers = {line.values["phone"] for line in lines} - {""}
    alike = or_(Patient.name.in_(names), Patient.phone.in_(numbers))
    found = select(Patient.name, Patient.date_of_birth, Patient.phone).where(alike, Patient.voided_at.is_(None))
    there = {_identity(*row) for row in db.session.execute(found)}
    for line in lines:
        if _patient(line) in there:
            line.refuse({WHOLE_ROW: [_LIKE_ANOTHER_PATIENT]})


_DETAILS: Mapping[ImportKind, tuple[Callable[[Mapping[str, Any]], dict[str, Any]], tuple[str, ...]]] = {
    ImportKind.DOCTORS: (
        doctor_changes.checked_details,
        ("name", "about", "fee", "meet_link", "accepts_in_person", "accepts_online"),
    ),
    ImportKind.PATIENTS: (
        patients.checked_details,
        ("name", "date_of_birth", "phone", "insurance_number", "address"),
    ),
}
"""The services' own check of each kind, and what it is given."""

_IDENTITIES: Mapping[ImportKind, Callable[[Line], Hashable]] = {
    ImportKind.DOCTORS: _doctor,
    ImportKind.PATIENTS: _patient,
}
_COMPARE: Mapping[ImportKind, Callable[[Actor, Sequence[Line]], None]] = {
    ImportKind.DOCTORS: _compare_doctors,
    ImportKind.PATIENTS: _compare_patients,
}
