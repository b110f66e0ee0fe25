"""Accounts: who signs in, their profile, and their server-side sessions."""

from __future__ import annotations

import enum
from datetime import date

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from app.clock import now
from app.extensions import Base
from app.models.types import KEY, document, enum_type, foreign_key, name_key, pk, text, utc


class Account(Base):
    """Somebody who can sign in. What they may do follows from what they are: admin, doctor, manager of patients."""

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("username NOT LIKE '%@%'", name="username_is_no_email"),)

    id: Mapped[pk]
    username: Mapped[text]
    username_key: Mapped[text] = mapped_column(unique=True)
    email: Mapped[text]
    email_key: Mapped[text] = mapped_column(unique=True)
    pending_email: Mapped[text | None]
    password_hash: Mapped[text | None]
    first_name: Mapped[text] = mapped_column(default="")
    last_name: Mapped[text] = mapped_column(default="")
    is_admin: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[utc] = mapped_column(default=now)

    profile: Mapped[Profile] = relationship(back_populates="account", lazy="raise")

    @validates("username", "email")
    def _keep_key(self, column: str, value: str) -> str:
        setattr(self, f"{column}_key", name_key(value))
        return value

    @property
    def display_name(self) -> str:
        """The person's name, or the username where none was given."""
        return f"{self.first_name} {self.last_name}".strip() or self.username


class Profile(Base):
    """What an account tells about itself (document 001)."""

    __tablename__ = "profile"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(KEY, foreign_key("account.id", ondelete="CASCADE"), unique=True)
    bio: Mapped[text] = mapped_column(default="")
    address: Mapped[text] = mapped_column(default="")
    date_of_birth: Mapped[date | None]
    picture_id: Mapped[int | None] = mapped_column(KEY, foreign_key("picture.id", ondelete="SET NULL"))
    created_at: Mapped[utc] = mapped_column(default=now)
    updated_at: Mapped[utc] = mapped_column(default=now, onupdate=now)

    account: Mapped[Account] = relationship(back_populates="profile", lazy="raise")


class SessionKind(enum.Enum):
    """Where a session lives: in a browser's cookie, or in a program's tokens."""

    BROWSER = "browser"
    API = "api"


class Session(Base):
    """One sign-in. Cookies and tokens only point at it, so ending the row ends them at once."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_account_id_ended_at", "account_id", "ended_at"),)

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(KEY, foreign_key("account.id", ondelete="CASCADE"))
    kind: Mapped[SessionKind] = mapped_column(enum_type(SessionKind, "kind"))
    token_hash: Mapped[text] = mapped_column(unique=True)
    user_agent: Mapped[text] = mapped_column(default="")
    origin: Mapped[text] = mapped_column(default="")
    created_at: Mapped[utc] = mapped_column(default=now)
    last_seen_at: Mapped[utc] = mapped_column(default=now)
    expires_at: Mapped[utc]
    ended_at: Mapped[utc | None]

    account: Mapped[Account] = relationship(lazy="raise")


class IdempotencyKey(Base):
    """A promise that a repeated request is answered like the first: by key, for one account."""

    __tablename__ = "idempotency_key"

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(KEY, foreign_key("account.id", ondelete="CASCADE"))
    key: Mapped[text]
    fingerprint: Mapped[text]
    response: Mapped[document | None]
    created_at: Mapped[utc] = mapped_column(default=now, index=True)
    __table_args__ = (Index("uq_idempotency_key_account_id_key", "account_id", "key", unique=True),)
