"""The audit trail: who did what, to which patient, when, from where. Insert-only, the database refuses the rest."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base
from app.models.types import KEY, document, pk, text, utc


class AuditEvent(Base):
    """One act. No account: the portal itself, or a stranger. No foreign keys: the trail outlives what it tells of."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_patient_id_at", "patient_id", "at"),
        Index("ix_audit_event_account_id_at", "account_id", "at"),
        Index("ix_audit_event_action_at", "action", "at"),
        Index("ix_audit_event_at", "at"),
    )

    id: Mapped[pk]
    at: Mapped[utc] = mapped_column(default=now)
    account_id: Mapped[int | None] = mapped_column(KEY)
    action: Mapped[text]
    object_type: Mapped[text] = mapped_column(default="")
    object_id: Mapped[int | None] = mapped_column(KEY)
    patient_id: Mapped[int | None] = mapped_column(KEY)
    details: Mapped[document] = mapped_column(default=dict)
    origin: Mapped[text] = mapped_column(default="")


class AuditEventPatient(Base):
    """One of several patients whom an event concerns, who finds it by this row; the event itself names them all."""

    __tablename__ = "audit_event_patient"
    __table_args__ = (Index("ix_audit_event_patient_patient_id_at", "patient_id", "at"),)

    event_id: Mapped[int] = mapped_column(KEY, primary_key=True, autoincrement=False)
    patient_id: Mapped[int] = mapped_column(KEY, primary_key=True, autoincrement=False)
    at: Mapped[utc]


class AuditSeal(Base):
    """A stretch of the trail, `first_id` to `last_id`, under one hash with all that was sealed before it.

    `hash` and `previous_hash` are SHA-256 in hexadecimal digits (services/audit_seals.py). Insert-only.
    """

    __tablename__ = "audit_seal"

    id: Mapped[pk]
    first_id: Mapped[int] = mapped_column(KEY)
    last_id: Mapped[int] = mapped_column(KEY, unique=True)
    count: Mapped[int]
    hash: Mapped[text]
    previous_hash: Mapped[text] = mapped_column(unique=True)
    sealed_at: Mapped[utc] = mapped_column(default=now)
