"""The second factor of signing in: an app that shows codes, and recovery codes for when it is lost."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base
from app.models.types import KEY, foreign_key, pk, text, utc


class SecondFactor(Base):
    """An account's second factor; it counts once a code has confirmed it.

    The app's secret is in no column: it is derived from `seed` and the portal's own key (docs/adr). `last_step` is the
    time step of the last code that was taken, so that none is taken twice. Until it is confirmed, only the session
    that has proved the password, `session_id`, sees the secret.
    """

    __tablename__ = "second_factor"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(KEY, foreign_key("account.id", ondelete="CASCADE"), unique=True)
    session_id: Mapped[int | None] = mapped_column(KEY)
    seed: Mapped[text]
    last_step: Mapped[int] = mapped_column(KEY, default=0)
    created_at: Mapped[utc] = mapped_column(default=now)
    confirmed_at: Mapped[utc | None]


class RecoveryCode(Base):
    """A code that stands in for the app, once. Only its hash is kept."""

    __tablename__ = "recovery_code"

    id: Mapped[pk]
    factor_id: Mapped[int] = mapped_column(KEY, foreign_key("second_factor.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[text] = mapped_column(unique=True)
    used_at: Mapped[utc | None]
