"""Doing something once, however often the request for it arrives: double clicks, resent forms, retrying programs."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.exc import IntegrityError

from app import unit_of_work
from app.clock import now
from app.errors import Conflict, Invalid
from app.extensions import db, settings
from app.models import IdempotencyKey
from app.policy import Actor

_USED_BEFORE = "uq_idempotency_key_account_id_key"


def once(actor: Actor, *, key: str, fingerprint: str, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `act` returned when this account first used this key; `act` runs only then.

    Keys are kept for `idempotency_hours`. A refusal raised by `act` is not kept, so the same key may be tried again.
    Raises Conflict where the key came before with another `fingerprint`. Of two at the same moment, the second waits
    for the first.
    """
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.account_id == actor.account_id, _is_over()))
    row = IdempotencyKey(account_id=actor.account_id, key=key, fingerprint=fingerprint)
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()
    except IntegrityError as error:
        if unit_of_work.violated_guard(error) != _USED_BEFORE:
            raise unit_of_work.explain(error) from error
        return _replay(actor, key, fingerprint)
    row.response = act()
    return row.response


def once_for_form(
    actor: Actor, *, key: str, values: Sequence[object], act: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """As `once`, for a page's form with these values; `key` is the UUID that was made with it.

    Raises what `once` raises, and Invalid for a key that is no UUID.
    """
    try:
        key = str(uuid.UUID(key))
    except ValueError:
        raise Invalid("The form was damaged on its way. Check your answers and go on.", field="key") from None
    fingerprint = hashlib.sha256(json.dumps(values).encode()).hexdigest()
    return once(actor, key=key, fingerprint=fingerprint, act=act)


def forget() -> None:
    """Delete what is no longer promised, whoever asked: the answers tell of visits."""
    db.session.execute(delete(IdempotencyKey).where(_is_over()))


def _is_over() -> ColumnElement[bool]:
    return IdempotencyKey.created_at < now() - timedelta(hours=settings.idempotency_hours)


def _replay(actor: Actor, key: str, fingerprint: str) -> dict[str, Any]:
    known = db.session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.account_id == actor.account_id, IdempotencyKey.key == key)
    ).one()
    if known.fingerprint != fingerprint or known.response is None:
        message = "This key was used before for another request. Use a new one."
        raise Conflict(message)
    return known.response
