"""Notes that doctors write: what is typed so far, kept until it is in the record or forgotten."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base
from app.models.record import ClinicalTexts
from app.models.types import KEY, foreign_key, pk, text, utc


class NoteDraft(ClinicalTexts, Base):
    """The five texts of one account about one patient: from a visit, to change an entry (`record_id`), or of neither.

    `public_id` stands in addresses and cannot be guessed. `kept_at` is None until something is typed; `based_on` is
    the version of the entry that was read then. Once saved, the draft only knows which entry it became.
    """

    __tablename__ = "note_draft"
    __table_args__ = (Index("ix_note_draft_account_id_patient_id", "account_id", "patient_id"),)

    id: Mapped[pk]
    public_id: Mapped[text] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(KEY, foreign_key("account.id", ondelete="CASCADE"))
    patient_id: Mapped[int] = mapped_column(KEY, foreign_key("patient.id", ondelete="CASCADE"))
    appointment_id: Mapped[int | None] = mapped_column(KEY, foreign_key("appointment.id", ondelete="CASCADE"))
    record_id: Mapped[int | None] = mapped_column(KEY, foreign_key("clinical_record.id", ondelete="CASCADE"))
    based_on: Mapped[int | None]
    kept_at: Mapped[utc | None]
    entry_id: Mapped[int | None] = mapped_column(KEY, foreign_key("clinical_record.id", ondelete="CASCADE"))
    created_at: Mapped[utc] = mapped_column(default=now)
    expires_at: Mapped[utc] = mapped_column(index=True)
