"""Vocabulary entries, named by id or by name (contract, section 1)."""

from __future__ import annotations

from sqlalchemy import or_

from app import policy
from app.errors import Invalid
from app.extensions import db
from app.models import Department
from app.models.types import is_key, name_key
from app.policy import Actor


def department(actor: Actor, entry: int | str) -> Department:
    """The department of that id or name; digits as text are an id first. Raises Invalid where there is none."""
    text = str(entry).strip()
    named = Department.name_key == name_key(text)
    query = policy.visible(actor, Department)
    if text.isascii() and text.isdecimal() and is_key(int(text[:20])):
        query = query.where(or_(Department.id == int(text), named)).order_by(Department.id != int(text))
    else:
        query = query.where(named)
    found = db.session.scalars(query.limit(1)).one_or_none()
    if found is None:
        raise Invalid("There is no such department.", field="department")
    return found
