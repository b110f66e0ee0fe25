"""Reviews: what patients say of doctors, and what doctors reply."""

from __future__ import annotations

import hashlib

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
        Index("ix_review_hidden_at", "hidden_at"),
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
    # The database deletes it with the review.
    reply: Mapped[ReviewReply | None] = relationship(lazy="raise", viewonly=True)
    hiding: Mapped[ReviewHiding | None] = relationship(lazy="raise", viewonly=True)

    @property
    def fingerprint(self) -> str:
        """What the review says now, as a hash: a reply keeps what it answers, and not a patient's former words."""
        return hashlib.sha256(f"{self.rating} {self.body}".encode(errors="replace")).hexdigest()

    @property
    def was_changed_after_reply(self) -> bool:
        """Whether it says something else than what the reply, which must be loaded, answers."""
        return self.reply is not None and self.reply.answers != self.fingerprint


class ReviewReply(Base):
    """What the doctor publicly replies to a review, whose `fingerprint` at that time is `answers`."""

    __tablename__ = "review_reply"
    __table_args__ = (
        CheckConstraint("length(body) BETWEEN 1 AND 2000", name="length"),
        CheckConstraint("version >= 1", name="version"),
        # A key is never used again: the mail that tells of a reply is one for its key.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[pk]
    review_id: Mapped[int] = mapped_column(KEY, foreign_key("review.id", ondelete="CASCADE"), unique=True)
    body: Mapped[text]
    answers: Mapped[text]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[utc] = mapped_column(default=now)
    updated_at: Mapped[utc] = mapped_column(default=now, onupdate=now)

    review: Mapped[Review] = relationship(lazy="raise")


class ReviewHiding(Base):
    """Why an admin has hidden a review, which the author's side reads. It goes as the review is shown again."""

    __tablename__ = "review_hiding"
    __table_args__ = (CheckConstraint("length(reason) BETWEEN 1 AND 500", name="has_a_reason"),)

    id: Mapped[pk]
    review_id: Mapped[int] = mapped_column(KEY, foreign_key("review.id", ondelete="CASCADE"), unique=True)
    reason: Mapped[text]

    review: Mapped[Review] = relationship(lazy="raise")
