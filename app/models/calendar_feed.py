"""Calendar feeds: the secret address at which an account's visits can be read by a calendar elsewhere."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base
from app.models.types import KEY, foreign_key, pk, text, utc


class CalendarFeed(Base):
    """An account's feed; none where there is no row. `key` is a random part of the address, worth nothing unsigned."""

    __tablename__ = "calendar_feed"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(KEY, foreign_key("account.id", ondelete="CASCADE"), unique=True)
    key: Mapped[text] = mapped_column(unique=True)
    created_at: Mapped[utc] = mapped_column(default=now)
