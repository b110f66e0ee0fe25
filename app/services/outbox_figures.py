"""How the outbox is doing, for those who watch over the portal: what is due, for how long, and what was given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.extensions import db
from app.models import Message, MessageState


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """Messages that are due and not sent, and seconds since the oldest of them was (0: none); tried in vain; given up.

    One that was tried in vain is due anew at its next try, so a mail server that is away shows there, not in the age.
    """

    due: int
    oldest_seconds: float
    tried: int
    failed: int


def read(moment: datetime) -> OutboxFigures:
    """The outbox at a moment, in two statements."""
    due, tried = func.count().filter(Message.due_at <= moment), func.count().filter(Message.error != "")
    waiting = select(due, func.min(Message.due_at), tried).where(Message.state == MessageState.WAITING)
    number, oldest, in_vain = db.session.execute(waiting).one()
    failed = db.session.scalar(select(func.count()).select_from(Message).where(Message.state == MessageState.FAILED))
    seconds = max(0.0, (moment - oldest).total_seconds()) if oldest else 0.0
    return OutboxFigures(number, seconds, in_vain, failed or 0)
