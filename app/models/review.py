"""Reviews: what patients say of doctors."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.extensions import Base
from app.models.doctor import Doctor
from app.models.patient import Patient
from app.models.types import KEY, foreign_key, pk, text, utc


class Review(Base):
    """One per patient and doctor. Whether it is verified is not stored: a completed visit makes it so."""

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        Index("uq_review_patient_id_doctor_id", "patient_id", "doctor_id", unique=True),
        Index("ix_review_doctor_id_created_at", "doctor_id", "created_at"),
        Index("ix_review_doctor_id_hidden_at", "doctor_id", "hidden_at", "patient_id", "rating"),
        Index("ix_review_rating_hidden_at", "rating", "hidden_at", "id"),
    )

    id: Mapped[pk]
    patient_id: Mapped[int] = mapped_column(KEY, foreign_key("patient.id"))
    doctor_id: Mapped[int] = mapped_column(KEY, foreign_key("doctor.id"))
    rating: Mapped[int]
    body: Mapped[text] = mapped_column(default="")
    created_at: Mapped[utc] = mapped_column(default=now)
    updated_at: Mapped[utc] = mapped_column(default=now, onupdate=now)
    hidden_at: Mapped[utc | None]

    patient: Mapped[Patient] = relationship(lazy="raise")
    doctor: Mapped[Doctor] = relationship(lazy="raise")
