"""Doctors: who they are, what they do, and whether the hospital has approved them."""

from __future__ import annotations

import enum

from sqlalchemy import CheckConstraint, Column, Index, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.extensions import Base
from app.models.account import Account
from app.models.department import Department, Designation, Specialisation
from app.models.types import KEY, enum_type, foreign_key, pk, text, utc

doctor_designation = Table(
    "doctor_designation",
    Base.metadata,
    Column("doctor_id", KEY, foreign_key("doctor.id", ondelete="CASCADE"), primary_key=True),
    Column("designation_id", KEY, foreign_key("designation.id"), primary_key=True, index=True),
)
doctor_specialisation = Table(
    "doctor_specialisation",
    Base.metadata,
    Column("doctor_id", KEY, foreign_key("doctor.id", ondelete="CASCADE"), primary_key=True),
    Column("specialisation_id", KEY, foreign_key("specialisation.id"), primary_key=True, index=True),
)


class Approval(enum.Enum):
    """Whether an admin has let a doctor practise in the portal."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class Doctor(Base):
    """A doctor, with or without an account. Only an approved one is listed, booked, and has a doctor's rights."""

    __tablename__ = "doctor"
    __table_args__ = (
        CheckConstraint("fee >= 0", name="fee_not_negative"),
        CheckConstraint("accepts_in_person OR accepts_online", name="accepts_some_visits"),
        Index("ix_doctor_approval_name", "approval", "name"),
        Index("ix_doctor_department_id_approval", "department_id", "approval"),
        Index("ix_doctor_fee", "fee"),
    )

    id: Mapped[pk]
    account_id: Mapped[int | None] = mapped_column(KEY, foreign_key("account.id"), unique=True)
    name: Mapped[text]
    department_id: Mapped[int | None] = mapped_column(KEY, foreign_key("department.id"))
    about: Mapped[text] = mapped_column(default="")
    specialization: Mapped[text | None]
    fee: Mapped[int | None]
    meet_link: Mapped[text] = mapped_column(default="")
    accepts_in_person: Mapped[bool] = mapped_column(default=True)
    accepts_online: Mapped[bool] = mapped_column(default=True)
    picture_id: Mapped[int | None] = mapped_column(KEY, foreign_key("picture.id", ondelete="SET NULL"))
    approval: Mapped[Approval] = mapped_column(enum_type(Approval, "approval"), default=Approval.PENDING)
    decision_reason: Mapped[text] = mapped_column(default="")
    decided_by_id: Mapped[int | None] = mapped_column(KEY, foreign_key("account.id"))
    decided_at: Mapped[utc | None]
    created_by_id: Mapped[int | None] = mapped_column(KEY, foreign_key("account.id"))
    created_at: Mapped[utc] = mapped_column(default=now)
    deleted_at: Mapped[utc | None]

    account: Mapped[Account | None] = relationship(lazy="raise", foreign_keys=[account_id])
    department: Mapped[Department | None] = relationship(lazy="raise")
    designations: Mapped[list[Designation]] = relationship(
        secondary=doctor_designation, order_by=Designation.name, lazy="raise"
    )
    specialisations: Mapped[list[Specialisation]] = relationship(
        secondary=doctor_specialisation, order_by=Specialisation.name, lazy="raise"
    )

    @property
    def speciality(self) -> str:
        """What the doctor treats, in words: as written, else the first specialisation, which must be loaded."""
        return self.specialization or next((entry.name for entry in self.specialisations), "")

    @property
    def is_waiting(self) -> bool:
        """Whether the hospital has yet to decide about the application."""
        return self.approval is Approval.PENDING

    @property
    def is_rejected(self) -> bool:
        """Whether the hospital has decided not to list the doctor, who may apply again."""
        return self.approval is Approval.REJECTED

    @property
    def is_proposed(self) -> bool:
        """Whether somebody else made the entry: a doctor who proposes this one, or an admin."""
        return self.created_by_id is not None and self.created_by_id != self.account_id

    @property
    def is_listed(self) -> bool:
        """Whether people can find and book the doctor."""
        return self.approval is Approval.APPROVED and self.deleted_at is None
