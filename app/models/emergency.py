"""Emergency access: a doctor opened the record of somebody whom the doctor does not treat, for a while and a reason."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.extensions import Base
from app.models.account import Account
from app.models.doctor import Doctor
from app.models.patient import Patient
from app.models.types import KEY, foreign_key, pk, text, utc

EMERGENCY_LASTS = timedelta(minutes=30)
"""For how long a record stays open (contract, section 8)."""


class EmergencyAccess(Base):
    """A doctor may read a patient's record until `ends_at`, which is earlier where the doctor has ended it.

    The migration adds to the checks that none is longer than EMERGENCY_LASTS: each database counts time its own way.
    """

    __tablename__ = "emergency_access"
    __table_args__ = (
        CheckConstraint("ends_at >= opened_at", name="period"),
        CheckConstraint("length(reason) BETWEEN 1 AND 500", name="has_a_reason"),
        Index("ix_emergency_access_doctor_id_ends_at", "doctor_id", "ends_at"),
        Index("ix_emergency_access_patient_id", "patient_id"),
        Index("ix_emergency_access_opened_at", "opened_at"),
    )

    id: Mapped[pk]
    doctor_id: Mapped[int] = mapped_column(KEY, foreign_key("doctor.id"))
    patient_id: Mapped[int] = mapped_column(KEY, foreign_key("patient.id"))
    reason: Mapped[text]
    opened_at: Mapped[utc] = mapped_column(default=now)
    ends_at: Mapped[utc]

    doctor: Mapped[Doctor] = relationship(lazy="raise")
    patient: Mapped[Patient] = relationship(lazy="raise")
    check: Mapped[EmergencyCheck | None] = relationship(lazy="raise", viewonly=True)


class EmergencyCheck(Base):
    """An admin has looked into an emergency access afterwards, and what came of that."""

    __tablename__ = "emergency_check"
    __table_args__ = (CheckConstraint("length(note) <= 1000", name="length"),)

    id: Mapped[pk]
    access_id: Mapped[int] = mapped_column(KEY, foreign_key("emergency_access.id"), unique=True)
    account_id: Mapped[int] = mapped_column(KEY, foreign_key("account.id"))
    note: Mapped[text] = mapped_column(default="")
    checked_at: Mapped[utc] = mapped_column(default=now)

    account: Mapped[Account] = relationship(lazy="raise")
