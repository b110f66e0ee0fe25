"""Rows that what was sent names by their keys: an unknown one is an error at its field, not a page that is missing."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy.orm.interfaces import ORMOption

from app import policy
from app.errors import Invalid, NotFound
from app.extensions import Base
from app.policy import Actor

Row = TypeVar("Row", bound=Base)


def named(actor: Actor, model: type[Row], key: int, *options: ORMOption) -> Row:
    """The row of that key. Raises Invalid, at `<table>_id`, alike for an absent one and for one that is hidden."""
    try:
        return policy.fetch(actor, model, key, *options)
    except NotFound as error:
        noun = model.__tablename__
        raise Invalid(f"There is no such {noun}.", field=f"{noun}_id") from error
