"""Bookings on their way: what was answered is kept from step to step, and a draft is booked once."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete

from app import policy
from app.clock import now
from app.errors import Invalid, NotFound, Outdated
from app.extensions import db
from app.models import BookingDraft, VisitKind
from app.models.types import is_key
from app.policy import Actor
from app.services import appointments, booking
from app.services.appointments import LONGEST_TEXT
from app.services.booking import Offer

LIFETIME = timedelta(hours=24)
"""For how long a draft is kept after the last change."""

LONGEST_KEPT = 5 * LONGEST_TEXT
"""How many characters are kept of a reason that is too long, so that it can be shortened."""


def start(actor: Actor, doctor_id: int, starts_at: datetime) -> BookingDraft:
    """A new draft for a free time (aware), with the answers that leave no choice; raises what `booking.offer` does."""
    offer = booking.offer(actor, doctor_id, starts_at)
    draft = BookingDraft(
        public_id=str(uuid.uuid4()),
        account_id=actor.account_id,
        doctor_id=doctor_id,
        starts_at=offer.starts_at,
        patient_id=offer.patients[0].id if len(offer.patients) == 1 else None,
        kind=offer.kinds[0] if len(offer.kinds) == 1 else None,
        expires_at=now() + LIFETIME,
    )
    db.session.add(draft)
    db.session.flush()
    return draft


def get(actor: Actor, doctor_id: int, public_id: str, *, lock: bool = False) -> BookingDraft:
    """One of the actor's drafts. `lock` holds it until the unit of work ends, so that two steps follow each other.

    Raises NotFound, alike for a draft that is unknown, expired, another account's or for another doctor.
    """
    query = policy.visible(actor, BookingDraft).where(
        BookingDraft.public_id == public_id, BookingDraft.doctor_id == doctor_id, BookingDraft.expires_at > now()
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    draft = db.session.scalars(query).one_or_none() if is_key(doctor_id) else None
    if draft is None:
        raise NotFound
    return draft


def keep(
    draft: BookingDraft,
    *,
    patient_id: int | None = None,
    kind: VisitKind | None = None,
    symptoms: str | None = None,
    starts_at: datetime | None = None,
) -> None:
    """Keep answers as they were given, right or wrong: booking looks at them again. None keeps the present one."""
    answers = {
        "patient_id": patient_id,
        "kind": kind,
        "symptoms": None if symptoms is None else symptoms[:LONGEST_KEPT],
        "starts_at": starts_at,
    }
    changed = {name: value for name, value in answers.items() if value not in (None, getattr(draft, name))}
    for name, value in changed.items():
        setattr(draft, name, value)
    draft.version += bool(changed)
    draft.expires_at = now() + LIFETIME
    db.session.flush()


def is_answered(draft: BookingDraft, offer: Offer) -> bool:
    """Whether all is answered that booking asks for."""
    return (
        draft.patient_id in {patient.id for patient in offer.patients}
        and draft.kind in offer.kinds
        and 0 < len(draft.symptoms.strip()) <= LONGEST_TEXT
    )


def book(actor: Actor, draft: BookingDraft, *, version: int) -> int:
    """Book a draft that was fetched with `lock`; returns the visit's id, of a draft that is booked already the same.

    `version` is that of the answers which the actor has checked. Raises what `appointments.book` raises, Outdated
    where they were changed since, and Invalid where one is missing.
    """
    if draft.appointment_id is not None:
        return draft.appointment_id
    if version != draft.version:
        raise Outdated("Your answers were changed meanwhile, perhaps in another tab. Check them again.")
    if draft.patient_id is None or draft.kind is None:
        raise Invalid("Answer all questions first.")
    booked = appointments.book(
        actor,
        patient_id=draft.patient_id,
        doctor_id=draft.doctor_id,
        starts_at=draft.starts_at,
        kind=draft.kind,
        symptoms=draft.symptoms,
    )
    draft.appointment_id, draft.symptoms = booked.id, ""
    db.session.flush()
    return booked.id


def forget() -> None:
    """Delete the drafts that have expired, whoever began them."""
    db.session.execute(delete(BookingDraft).where(BookingDraft.expires_at <= now()))
