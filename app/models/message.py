"""The outbox: mail to be sent, written in the transaction of the event that it tells of."""

from __future__ import annotations

import enum

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base
from app.models.types import KEY, enum_type, foreign_key, pk, text, utc


class MessageState(enum.Enum):
    """Where a message stands; `dropped`: no longer true when its time came; `failed`: its tries are used up."""

    WAITING = "waiting"
    SENT = "sent"
    DROPPED = "dropped"
    FAILED = "failed"


class Message(Base):
    """One mail. `key` is unique for event and reader, and becomes the Message-ID; a lease keeps workers apart."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_state_due_at", "state", "due_at"),)

    id: Mapped[pk]
    key: Mapped[text] = mapped_column(unique=True)
    template: Mapped[text]
    account_id: Mapped[int | None] = mapped_column(KEY, foreign_key("account.id", ondelete="CASCADE"), index=True)
    recipient: Mapped[text]
    subject_id: Mapped[int | None] = mapped_column(KEY)
    subject_version: Mapped[int | None]
    state: Mapped[MessageState] = mapped_column(enum_type(MessageState, "state"), default=MessageState.WAITING)
    due_at: Mapped[utc] = mapped_column(default=now)
    lease_until: Mapped[utc | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[text] = mapped_column(default="")
    created_at: Mapped[utc] = mapped_column(default=now)
    sent_at: Mapped[utc | None]
