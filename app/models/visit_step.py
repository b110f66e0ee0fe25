"""Steps that staff took with visits: what each visit was like before, so that a mistake can be taken back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base
from app.models.appointment import VisitState
from app.models.types import KEY, UtcDateTime, enum_type, foreign_key, pk, utc


class VisitStep(Base):
    """A step from one state to another, or the patient's arrival, which keeps the state.

    `version` is that of the visit after the step: what moves, cancels or alters the visit changes it.
    """

    __tablename__ = "visit_step"

    id: Mapped[pk]
    appointment_id: Mapped[int] = mapped_column(KEY, foreign_key("appointment.id", ondelete="CASCADE"), index=True)
    state_before: Mapped[VisitState] = mapped_column(enum_type(VisitState, "state_before"))
    state_after: Mapped[VisitState] = mapped_column(enum_type(VisitState, "state_after"))
    arrived_before: Mapped[datetime | None] = mapped_column(UtcDateTime())
    version: Mapped[int]
    at: Mapped[utc] = mapped_column(default=now)
    undone_at: Mapped[utc | None]
