"""Notes on their way into the record: what is typed is kept, and a draft becomes one entry."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import delete

from app import policy
from app.clock import now
from app.errors import NotFound
from app.extensions import db
from app.models import NoteDraft
from app.policy import Actor
from app.services.records import LONGEST_TEXT, TEXTS

LIFETIME = timedelta(days=7)
"""For how long a draft is kept after the last change: over a weekend, and a few days of illness."""

LONGEST_KEPT = 5 * LONGEST_TEXT
"""How many characters are kept of a text that is too long, so that it can be shortened."""


def start(
    actor: Actor, *, patient_id: int, appointment_id: int | None = None, record_id: int | None = None
) -> NoteDraft:
    """The actor's draft about the same thing that is not saved yet, else a new one.

    `record_id` is the entry that is to be changed. Whether the actor may, the caller says.
    """
    query = policy.visible(actor, NoteDraft).where(
        NoteDraft.account_id == actor.account_id,
        NoteDraft.patient_id == patient_id,
        NoteDraft.appointment_id.is_not_distinct_from(appointment_id),
        NoteDraft.record_id.is_not_distinct_from(record_id),
        NoteDraft.entry_id.is_(None),
        NoteDraft.expires_at > now(),
    )
    found = db.session.scalars(query.order_by(NoteDraft.id.desc()).limit(1)).one_or_none()
    return found or add(actor, patient_id=patient_id, appointment_id=appointment_id, record_id=record_id)


def add(actor: Actor, *, patient_id: int, appointment_id: int | None = None, record_id: int | None = None) -> NoteDraft:
    """A new draft, as `start` makes it, beside any that there is."""
    draft = NoteDraft(
        public_id=str(uuid.uuid4()),
        account_id=actor.account_id,
        patient_id=patient_id,
        appointment_id=appointment_id,
        record_id=record_id,
        expires_at=now() + LIFETIME,
    )
    db.session.add(draft)
    db.session.flush()
    return draft


def get(actor: Actor, public_id: str, *, lock: bool = False) -> NoteDraft:
    """One of the actor's drafts. `lock` holds it until the unit of work ends, so that of two clicks one waits.

    Raises NotFound, alike for a draft that is unknown, expired or another account's.
    """
    query = policy.visible(actor, NoteDraft).where(NoteDraft.public_id == public_id, NoteDraft.expires_at > now())
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    draft = db.session.scalars(query).one_or_none()
    if draft is None:
        raise NotFound
    return draft


def keep(draft: NoteDraft, texts: Mapping[str, str], *, based_on: int | None = None) -> None:
    """Keep what was typed, right or wrong; `based_on` is the version of the entry that was read with it.

    Where nothing is typed, nothing is kept.
    """
    for name, text in texts.items():
        setattr(draft, name, text[:LONGEST_KEPT])
    draft.kept_at = now() if any(text.strip() for text in texts.values()) else None
    draft.based_on, draft.expires_at = based_on, now() + LIFETIME
    db.session.flush()


def finish(draft: NoteDraft, entry_id: int) -> None:
    """Let a draft know which entry it became: the words are the entry's from now on."""
    for name in TEXTS:
        setattr(draft, name, "")
    draft.entry_id = entry_id
    db.session.flush()


def discard(actor: Actor, public_id: str) -> NoteDraft:
    """Delete a draft with all that was typed; returns what it was about. Raises NotFound as `get` does."""
    draft = get(actor, public_id, lock=True)
    db.session.delete(draft)
    db.session.flush()
    return draft


def forget() -> None:
    """Delete the drafts that have expired, whoever began them."""
    db.session.execute(delete(NoteDraft).where(NoteDraft.expires_at <= now()))
