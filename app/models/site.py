"""What the hospital shows and receives: services, pictures, contact messages; and what its admins have chosen."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base
from app.models.types import KEY, foreign_key, pk, text, utc


class Picture(Base):
    """A re-encoded picture, kept in the database so that every web process can show it."""

    __tablename__ = "picture"
    __table_args__ = (
        CheckConstraint("content_type IN ('image/jpeg', 'image/png', 'image/webp')", name="content_type"),
    )

    id: Mapped[pk]
    content_type: Mapped[text]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    created_at: Mapped[utc] = mapped_column(default=now)


class Service(Base):
    """Something that the hospital offers (document 001)."""

    __tablename__ = "service"

    id: Mapped[pk]
    name: Mapped[text]
    description: Mapped[text] = mapped_column(default="")
    picture_id: Mapped[int | None] = mapped_column(KEY, foreign_key("picture.id", ondelete="SET NULL"))


class ContactMessage(Base):
    """A question that a visitor sent to the hospital. `sent_key` is the same for one form that was sent twice."""

    __tablename__ = "contact_message"

    id: Mapped[pk]
    name: Mapped[text]
    phone: Mapped[text]
    message: Mapped[text]
    sent_key: Mapped[text | None] = mapped_column(unique=True)
    created_at: Mapped[utc] = mapped_column(default=now)
    handled_at: Mapped[utc | None] = mapped_column(index=True)


class HospitalSettings(Base):
    """The one row of what admins have chosen in place of the environment's settings; empty where they have not.

    The names and units are those of `config.Settings`.
    """

    __tablename__ = "hospital_settings"
    __table_args__ = (CheckConstraint("id = 1", name="is_the_only_one"),)

    id: Mapped[int] = mapped_column(KEY, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(default=1)
    hospital_name: Mapped[text | None]
    brand_colour: Mapped[text | None]
    logo_picture_id: Mapped[int | None] = mapped_column(KEY, foreign_key("picture.id", ondelete="SET NULL"))
    default_slot_minutes: Mapped[int | None]
    booking_horizon_days: Mapped[int | None]
    booking_cutoff_hours: Mapped[int | None]
    waiting_offer_hours: Mapped[int | None]
    reminder_first_hours: Mapped[int | None]
    reminder_second_hours: Mapped[int | None]
    doctor_approval: Mapped[text | None]
    second_factor_required: Mapped[text | None]
