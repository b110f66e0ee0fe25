"""Vocabularies, departments and services: listed, added to, changed, emptied; and entries named by id or by name.

What distinguishes one list from another stands in catalogue.py (contract, sections 1 and 6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import or_
from sqlalchemy.orm import InstrumentedAttribute

from app import policy, unit_of_work
from app.errors import Conflict, Invalid
from app.extensions import Base, db
from app.models import Department, Designation, Specialisation
from app.models.types import is_key, name_key
from app.policy import Actor, Permission
from app.services import audit, pictures
from app.services.catalogue import Vocabulary, refuse_used

Row = TypeVar("Row", bound=Base)
Named = TypeVar("Named", bound=Department | Designation | Specialisation)

MOST_ENTRIES = 100
"""How many entries may be named at once."""

_LONGEST_KEY = 20


def every(actor: Actor, vocabulary: Vocabulary[Row], *, key: int | None = None) -> Sequence[Row]:
    """All entries in the order of their list, or the one with that key, in one statement."""
    query = policy.visible(actor, vocabulary.model)
    if key is not None:
        query = query.where(_id_of(vocabulary) == key)
    return db.session.scalars(query.order_by(*vocabulary.order, _id_of(vocabulary))).all()


def get(actor: Actor, vocabulary: Vocabulary[Row], key: int) -> Row:
    """One entry. Raises NotFound."""
    return policy.fetch(actor, vocabulary.model, key)


def add(actor: Actor, vocabulary: Vocabulary[Row], **values: Any) -> Row:
    """Write a new entry of texts, by their names, and a `picture` where the list has them.

    Raises Unauthorized, Forbidden, Invalid at a field, and Conflict for a name, slug or time that is there already.
    """
    policy.require(actor, vocabulary.added_by)
    row = vocabulary.model(**_settled(vocabulary, None, values))
    with unit_of_work.saving():
        db.session.add(row)
    audit.record(actor, f"{row.__tablename__}.added", row)
    return row


def change(actor: Actor, vocabulary: Vocabulary[Row], key: int, **values: Any) -> Row:
    """Change what is given and keep the rest; values that say what is so already change nothing.

    Raises as `add` does, and NotFound.
    """
    policy.require(actor, Permission.ADMINISTER)
    row = policy.fetch(actor, vocabulary.model, key, lock=True)
    changed = {name: value for name, value in _settled(vocabulary, row, values).items() if getattr(row, name) != value}
    if changed:
        with unit_of_work.saving():
            for name, value in changed.items():
                setattr(row, name, value)
        audit.record(actor, f"{row.__tablename__}.changed", row, fields=", ".join(sorted(changed)))
    return row


def remove(actor: Actor, vocabulary: Vocabulary[Row], key: int) -> None:
    """Delete an entry, and its picture. Raises Unauthorized, Forbidden, NotFound, and Conflict where it is in use."""
    policy.require(actor, Permission.ADMINISTER)
    row = policy.fetch(actor, vocabulary.model, key, lock=True)
    try:
        with unit_of_work.saving():
            db.session.delete(row)
    except Conflict:
        # A foreign key has held, also against a use that began just now: say which.
        refuse_used(vocabulary, row, "be deleted")
        raise
    if vocabulary.has_picture:
        pictures.replaced(getattr(row, "picture_id", None), None)
    audit.record(actor, f"{row.__tablename__}.removed", row)


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


def _id_of(vocabulary: Vocabulary[Any]) -> InstrumentedAttribute[int]:
    key: InstrumentedAttribute[int] = vocabulary.model.id
    return key


def _settled(vocabulary: Vocabulary[Row], row: Row | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that follow from what was given and differs from what is, checked."""
    given = {name: values[name].strip() for name in vocabulary.texts if name in values}
    texts = {name: text for name, text in given.items() if row is None or getattr(row, name) != text}
    problems = {name: vocabulary.texts[name].problem(text) for name, text in texts.items()}
    if row is None:
        missing = (name for name, rule in vocabulary.texts.items() if rule.is_required and name not in texts)
        problems |= {name: vocabulary.texts[name].hint for name in missing}
    errors = {name: [problem] for name, problem in problems.items() if problem}
    if errors:
        raise Invalid(errors=errors)
    settled: dict[str, Any] = {**texts, **vocabulary.derive(vocabulary, row, texts)}
    if vocabulary.has_picture and "picture" in values:
        settled["picture_id"] = pictures.replaced(getattr(row, "picture_id", None), values["picture"])
    return settled


def _key(text: str) -> int:
    """The id that a text could be, or 0."""
    digits = text.strip().lstrip("0")
    number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < _LONGEST_KEY else 0
    return number if is_key(number) else 0
