"""Clinical records: what was found and done, with every former version kept."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.extensions import Base
from app.models.department import Department
from app.models.doctor import Doctor
from app.models.patient import Patient
from app.models.types import KEY, foreign_key, pk, text, utc


class ClinicalTexts:
    """The five texts of an entry (documents 000 and 004)."""

    diagnostics: Mapped[text] = mapped_column(default="")
    observations: Mapped[text] = mapped_column(default="")
    treatments: Mapped[text] = mapped_column(default="")
    misc: Mapped[text] = mapped_column(default="")
    notes: Mapped[text] = mapped_column(default="")


class ClinicalRecord(ClinicalTexts, Base):
    """One entry of a patient's record, as it reads now: in whose words, `written_by_id` says.

    Without an author, the patient reported it at registration.
    """

    __tablename__ = "clinical_record"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version"),
        Index("ix_clinical_record_patient_id_created_at", "patient_id", "created_at"),
        Index("ix_clinical_record_department_id_created_at", "department_id", "created_at"),
        Index("ix_clinical_record_author_id_department_id", "author_id", "department_id"),
        Index("ix_clinical_record_created_at_id", "created_at", "id"),
    )

    id: Mapped[pk]
    patient_id: Mapped[int] = mapped_column(KEY, foreign_key("patient.id"))
    author_id: Mapped[int | None] = mapped_column(KEY, foreign_key("doctor.id"))
    department_id: Mapped[int | None] = mapped_column(KEY, foreign_key("department.id"))
    appointment_id: Mapped[int | None] = mapped_column(KEY, foreign_key("appointment.id"), index=True)
    reported_by_patient: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    written_by_id: Mapped[int | None] = mapped_column(KEY, foreign_key("account.id"))
    created_at: Mapped[utc] = mapped_column(default=now)
    updated_at: Mapped[utc] = mapped_column(default=now, onupdate=now)
    voided_at: Mapped[utc | None]
    voided_by_id: Mapped[int | None] = mapped_column(KEY, foreign_key("account.id"))
    void_reason: Mapped[text] = mapped_column(default="")

    patient: Mapped[Patient] = relationship(lazy="raise")
    author: Mapped[Doctor | None] = relationship(lazy="raise")
    department: Mapped[Department | None] = relationship(lazy="raise")


class ClinicalRecordVersion(ClinicalTexts, Base):
    """A former version of an entry: what it read until `replaced_at`, and whose words they were."""

    __tablename__ = "clinical_record_version"
    __table_args__ = (Index("uq_clinical_record_version_record_id_version", "record_id", "version", unique=True),)

    id: Mapped[pk]
    record_id: Mapped[int] = mapped_column(KEY, foreign_key("clinical_record.id"))
    version: Mapped[int]
    written_by_id: Mapped[int | None] = mapped_column(KEY, foreign_key("account.id"))
    replaced_at: Mapped[utc] = mapped_column(default=now)
