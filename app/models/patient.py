"""Patients: an account's own, and those it manages for others."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.extensions import Base
from app.models.account import Account
from app.models.doctor import Doctor
from app.models.types import KEY, foreign_key, pk, text, utc

_OWN = "is_own AND voided_at IS NULL"


class Patient(Base):
    """A person who is treated. The account `manager` acts for the patient; `is_own`: it is the account's own person."""

    __tablename__ = "patient"
    __table_args__ = (
        Index("uq_patient_manager_id", "manager_id", unique=True, sqlite_where=sql(_OWN), postgresql_where=sql(_OWN)),
        Index("ix_patient_manager_id", "manager_id"),
        Index("ix_patient_name", "name"),
        Index("ix_patient_phone", "phone"),
    )

    id: Mapped[pk]
    manager_id: Mapped[int | None] = mapped_column(KEY, foreign_key("account.id"))
    is_own: Mapped[bool] = mapped_column(default=False)
    name: Mapped[text]
    phone: Mapped[text] = mapped_column(default="")
    insurance_number: Mapped[text] = mapped_column(default="")
    date_of_birth: Mapped[date | None]
    address: Mapped[text] = mapped_column(default="")
    picture_id: Mapped[int | None] = mapped_column(KEY, foreign_key("picture.id", ondelete="SET NULL"))
    created_by_id: Mapped[int | None] = mapped_column(KEY, foreign_key("account.id"))
    created_at: Mapped[utc] = mapped_column(default=now)
    voided_at: Mapped[utc | None]

    manager: Mapped[Account | None] = relationship(lazy="raise", foreign_keys=[manager_id])
    created_by: Mapped[Account | None] = relationship(lazy="raise", foreign_keys=[created_by_id])


class CareTeamMember(Base):
    """A doctor whom the patient's side lets treat the patient (document 003's mapping)."""

    __tablename__ = "care_team_member"
    __table_args__ = (
        Index("uq_care_team_member_patient_id_doctor_id", "patient_id", "doctor_id", unique=True),
        Index("ix_care_team_member_doctor_id", "doctor_id"),
    )

    id: Mapped[pk]
    patient_id: Mapped[int] = mapped_column(KEY, foreign_key("patient.id"))
    doctor_id: Mapped[int] = mapped_column(KEY, foreign_key("doctor.id"))
    created_by_id: Mapped[int] = mapped_column(KEY, foreign_key("account.id"))
    created_at: Mapped[utc] = mapped_column(default=now)

    patient: Mapped[Patient] = relationship(lazy="raise")
    doctor: Mapped[Doctor] = relationship(lazy="raise")
