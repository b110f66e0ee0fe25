"""Which reminders of visits an account wants. One that has never chosen has no row, and gets all."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base
from app.models.types import KEY, foreign_key, pk, utc


class ReminderChoice(Base):
    """What an account has chosen: the first reminder of its patients' visits (`day_before`), the second, both or none.

    How long before a visit each comes is a setting of the hospital.
    """

    __tablename__ = "reminder_choice"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(KEY, foreign_key("account.id", ondelete="CASCADE"), unique=True)
    day_before: Mapped[bool]
    hours_before: Mapped[bool]
    updated_at: Mapped[utc] = mapped_column(default=now, onupdate=now)
