"""Bookings on their way: what somebody has answered so far, kept until it is booked or forgotten."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base
from app.models.appointment import VisitKind
from app.models.types import KEY, enum_type, foreign_key, pk, text, utc


class BookingDraft(Base):
    """The answers of one account, page by page, in one tab of the browser.

    `public_id` stands in addresses and cannot be guessed. `version` grows with each change of an answer. Once booked,
    the draft only knows which visit it became: the words are the visit's.
    """

    __tablename__ = "booking_draft"

    id: Mapped[pk]
    public_id: Mapped[text] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(KEY, foreign_key("account.id", ondelete="CASCADE"))
    doctor_id: Mapped[int] = mapped_column(KEY, foreign_key("doctor.id", ondelete="CASCADE"))
    starts_at: Mapped[utc]
    patient_id: Mapped[int | None] = mapped_column(KEY, foreign_key("patient.id", ondelete="CASCADE"))
    kind: Mapped[VisitKind | None] = mapped_column(enum_type(VisitKind, "kind"))
    symptoms: Mapped[text] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    appointment_id: Mapped[int | None] = mapped_column(KEY, foreign_key("appointment.id", ondelete="CASCADE"))
    created_at: Mapped[utc] = mapped_column(default=now)
    updated_at: Mapped[utc] = mapped_column(default=now, onupdate=now)
    expires_at: Mapped[utc] = mapped_column(index=True)
