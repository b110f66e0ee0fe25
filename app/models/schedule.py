"""When doctors see patients: weekly hours, and exceptions to them."""

from __future__ import annotations

from datetime import date, time

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base
from app.models.types import KEY, foreign_key, pk, text, utc


class WeeklyHours(Base):
    """One row of a doctor's week, hospital-local: `weekday` is 0 on Monday; the first slot starts at `starts`.

    `available_time_id`: the row is one slot, written as that entry of the catalogue.
    """

    __tablename__ = "weekly_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("ends > starts", name="ends_after_start"),
        CheckConstraint("slot_minutes BETWEEN 5 AND 480", name="slot_minutes"),
        CheckConstraint("valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from", name="validity"),
        Index("ix_weekly_hours_doctor_id_weekday", "doctor_id", "weekday"),
    )

    id: Mapped[pk]
    doctor_id: Mapped[int] = mapped_column(KEY, foreign_key("doctor.id", ondelete="CASCADE"))
    weekday: Mapped[int]
    starts: Mapped[time]
    ends: Mapped[time]
    slot_minutes: Mapped[int]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    available_time_id: Mapped[int | None] = mapped_column(KEY, foreign_key("available_time.id"), index=True)


class TimeOff(Base):
    """When a doctor, or with no doctor the whole hospital, sees nobody."""

    __tablename__ = "time_off"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index("ix_time_off_doctor_id_ends_at", "doctor_id", "ends_at"),
    )

    id: Mapped[pk]
    doctor_id: Mapped[int | None] = mapped_column(KEY, foreign_key("doctor.id", ondelete="CASCADE"))
    starts_at: Mapped[utc]
    ends_at: Mapped[utc]
    reason: Mapped[text] = mapped_column(default="")
    created_by_id: Mapped[int | None] = mapped_column(KEY, foreign_key("account.id"))
    created_at: Mapped[utc] = mapped_column(default=now)
