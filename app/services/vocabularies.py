"""Vocabulary entries, named by id or by name (contract, section 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import or_

from app import policy
from app.errors import Invalid
from app.extensions import db
from app.models import Department, Designation, Specialisation
from app.models.types import is_key, name_key
from app.policy import Actor

Named = TypeVar("Named", Department, Designation, Specialisation)

MOST_ENTRIES = 100
"""How many entries may be named at once."""

_LONGEST_KEY = 20


def entries(actor: Actor, model: type[Named], named: Sequence[int | str], *, field: str) -> list[Named]:
    """The entries of these ids or names, in their order and each once, by one statement.

    Digits as text are an id first. Raises Invalid, at `field`, where one of them is no entry.
    """
    if len(named) > MOST_ENTRIES:
        raise Invalid(f"Name at most {MOST_ENTRIES} entries.", field=field)
    if not named:
        return []
    wanted = [(_key(text), name_key(text)) for text in map(str, named)]
    keys, names = [key for key, _ in wanted if key], [name for _, name in wanted]
    query = policy.visible(actor, model).where(or_(model.id.in_(keys), model.name_key.in_(names)))
    rows = db.session.scalars(query).all()
    by_key, by_name = {row.id: row for row in rows}, {row.name_key: row for row in rows}
    found: dict[int, Named] = {}
    for number, (key, name) in enumerate(wanted, 1):
        row = by_key.get(key) or by_name.get(name)
        if row is None:
            place = f"Entry {number}: " if len(named) > 1 else ""
            raise Invalid(f"{place}There is no such {model.__tablename__}.", field=field)
        found[row.id] = row
    return list(found.values())


def entry(actor: Actor, model: type[Named], named: int | str, *, field: str) -> Named:
    """The entry of that id or name. Raises Invalid, at `field`, where there is none."""
    (found,) = entries(actor, model, [named], field=field)
    return found


def department(actor: Actor, named: int | str) -> Department:
    """The department of that id or name. Raises Invalid where there is none."""
    return entry(actor, Department, named, field="department")


def _key(text: str) -> int:
    """The id that a text could be, or 0."""
    digits = text.strip().lstrip("0")
    number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < _LONGEST_KEY else 0
    return number if is_key(number) else 0
