"""Appointments: intervals of a doctor's and a patient's time. The database refuses overlaps."""

from __future__ import annotations

import enum

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.extensions import Base
from app.models.doctor import Doctor
from app.models.patient import Patient
from app.models.types import KEY, enum_type, foreign_key, pk, text, utc


class VisitState(enum.Enum):
    """Where an appointment stands."""

    HELD = "held"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


BLOCKING = (VisitState.HELD, VisitState.PENDING, VisitState.CONFIRMED, VisitState.IN_PROGRESS, VisitState.COMPLETED)
"""The states in which an appointment takes the doctor's and the patient's time; guards.py lists the same."""

OPEN = (VisitState.PENDING, VisitState.CONFIRMED)
"""The states in which a visit is still to come and can be moved or cancelled."""

FIRM = (VisitState.CONFIRMED, VisitState.IN_PROGRESS)
"""The states in which a visit certainly takes place: who takes part in an online one may see its video link."""


class VisitKind(enum.Enum):
    """How patient and doctor meet."""

    IN_PERSON = "in_person"
    ONLINE = "online"


class Appointment(Base):
    """One visit. `patient_agreed`: the patient's side asked for or accepted it; only then does it open the record.

    `arrived_at`: since when the patient waits in the hospital; a fact, which changes no state.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("(state = 'held') = (hold_expires_at IS NOT NULL)", name="only_holds_expire"),
        # The hospital's figures read these three alone, hence their further columns.
        Index("ix_appointment_doctor_id_starts_at", "doctor_id", "starts_at", "state", "ends_at", "removed_at"),
        Index("ix_appointment_patient_id_starts_at", "patient_id", "starts_at"),
        Index("ix_appointment_doctor_id_state", "doctor_id", "state"),
        Index("ix_appointment_patient_id_doctor_id_state", "patient_id", "doctor_id", "state"),
        Index("ix_appointment_starts_at", "starts_at", "state", "removed_at"),
        Index("ix_appointment_created_at", "created_at", "state", "removed_at"),
    )

    id: Mapped[pk]
    patient_id: Mapped[int] = mapped_column(KEY, foreign_key("patient.id"))
    doctor_id: Mapped[int] = mapped_column(KEY, foreign_key("doctor.id"))
    starts_at: Mapped[utc]
    ends_at: Mapped[utc]
    state: Mapped[VisitState] = mapped_column(enum_type(VisitState, "state"), default=VisitState.PENDING)
    kind: Mapped[VisitKind] = mapped_column(enum_type(VisitKind, "kind"), default=VisitKind.IN_PERSON)
    symptoms: Mapped[text] = mapped_column(default="")
    available_time_id: Mapped[int | None] = mapped_column(KEY, foreign_key("available_time.id"), index=True)
    patient_agreed: Mapped[bool] = mapped_column(default=False)
    overbooked: Mapped[bool] = mapped_column(default=False)
    overbooking_reason: Mapped[text] = mapped_column(default="", server_default="")
    hold_expires_at: Mapped[utc | None]
    cancel_reason: Mapped[text] = mapped_column(default="")
    cancelled_at: Mapped[utc | None]
    removed_at: Mapped[utc | None]
    arrived_at: Mapped[utc | None]
    version: Mapped[int] = mapped_column(default=1)
    booked_by_id: Mapped[int | None] = mapped_column(KEY, foreign_key("account.id"))
    created_at: Mapped[utc] = mapped_column(default=now)
    updated_at: Mapped[utc] = mapped_column(default=now, onupdate=now)

    patient: Mapped[Patient] = relationship(lazy="raise")
    doctor: Mapped[Doctor] = relationship(lazy="raise")

    @property
    def is_open(self) -> bool:
        """Whether the visit is still to come, as far as its state tells."""
        return self.state in OPEN
