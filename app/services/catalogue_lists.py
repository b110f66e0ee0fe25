"""The lists of the catalogue as admins go through them: searched, put in order, with how often each entry is in use."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select

from app import policy
from app.errors import NotFound
from app.extensions import db
from app.models.types import is_key
from app.policy import Actor, Permission
from app.services.catalogue import Vocabulary, counts
from app.services.listing import Listing
from app.services.search import words


class Order(enum.Enum):
    """In which order a list is shown."""

    USUAL = "name"
    MOST_USED = "used"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Line:
    """An entry, and what has it: `("3 doctors", "1 clinical record")`; nothing where it can be deleted."""

    row: Any
    uses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """A list of the catalogue, and how many entries it has."""

    vocabulary: Vocabulary[Any]
    count: int


def overviews(actor: Actor, vocabularies: Sequence[Vocabulary[Any]]) -> list[Overview]:
    """How many entries each list has, in one statement. Raises Unauthorized and Forbidden for whoever is no admin."""
    policy.require(actor, Permission.ADMINISTER)
    counts = [
        policy.visible(actor, vocabulary.model).with_only_columns(func.count(vocabulary.model.id)).scalar_subquery()
        for vocabulary in vocabularies
    ]
    numbers = db.session.execute(select(*counts)).one()
    return [Overview(vocabulary, number) for vocabulary, number in zip(vocabularies, numbers, strict=True)]


def find(
    actor: Actor,
    vocabulary: Vocabulary[Any],
    *,
    search: str = "",
    is_used: bool | None = None,
    order: Order = Order.USUAL,
    limit: int,
    offset: int,
) -> Listing[Line]:
    """The entries in one of whose texts each word of `search` occurs: two statements.

    `is_used` keeps only those that something has, or that nothing has. Raises Unauthorized and Forbidden.
    """
    policy.require(actor, Permission.ADMINISTER)
    used = sum(counts(vocabulary, vocabulary.model.id), start=literal(0))
    conditions = [_mentions(vocabulary, word) for word in words(search)]
    if is_used is not None:
        conditions.append(used > 0 if is_used else used == 0)
    orders: dict[Order, tuple[Any, ...]] = {
        Order.USUAL: vocabulary.order,
        Order.MOST_USED: (used.desc(), *vocabulary.order),
        Order.NEWEST: (vocabulary.model.id.desc(),),
    }
    query = _lines(actor, vocabulary).where(*conditions)
    count = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = query.order_by(*orders[order], vocabulary.model.id).limit(limit).offset(offset)
    return Listing([_line(vocabulary, found) for found in db.session.execute(page)] if count else [], count)


def get(actor: Actor, vocabulary: Vocabulary[Any], key: int) -> Line:
    """One entry with its uses. Raises Unauthorized, Forbidden and NotFound."""
    policy.require(actor, Permission.ADMINISTER)
    query = _lines(actor, vocabulary).where(vocabulary.model.id == key)
    found = db.session.execute(query).one_or_none() if is_key(key) else None
    if found is None:
        raise NotFound
    return _line(vocabulary, found)


def _lines(actor: Actor, vocabulary: Vocabulary[Any]) -> Select[*tuple[Any, ...]]:
    return policy.visible(actor, vocabulary.model).add_columns(*counts(vocabulary, vocabulary.model.id))


def _line(vocabulary: Vocabulary[Any], found: Any) -> Line:
    row, *numbers = found
    pairs = zip(vocabulary.uses, numbers, strict=True)
    return Line(row, tuple(use.told(number) for use, number in pairs if number))


def _mentions(vocabulary: Vocabulary[Any], word: str) -> ColumnElement[bool]:
    columns = (getattr(vocabulary.model, name) for name in vocabulary.texts)
    return or_(*(func.lower(column).contains(word.lower(), autoescape=True) for column in columns))
