"""The waiting list: who wants to be told of an earlier time with a doctor, and what was offered."""

from __future__ import annotations

import enum
from datetime import date

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.extensions import Base
from app.models.appointment import Appointment, VisitKind
from app.models.doctor import Doctor
from app.models.patient import Patient
from app.models.types import KEY, enum_type, foreign_key, pk, text, utc

EVERY_DAY = "0123456"

_WAITS = "ended_at IS NULL"
_IS_OPEN = "state = 'open'"


class HalfDay(enum.Enum):
    """Which part of a hospital-local day suits somebody; noon belongs to the afternoon."""

    ANY = "any"
    MORNING = "morning"
    AFTERNOON = "afternoon"


class EndReason(enum.Enum):
    """Why somebody waits no longer. `visit_over`: the visit to bring forward was cancelled, or is too near."""

    LEFT = "left"
    ACCEPTED = "accepted"
    BOOKED = "booked"
    VISIT_OVER = "visit_over"
    PERIOD_OVER = "period_over"
    PATIENT_LEFT = "patient_left"
    DOCTOR_LEFT = "doctor_left"


class OfferState(enum.Enum):
    """Where an offer stands; `withdrawn`: it was overtaken by something else than its answer or its time."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class WaitingEntry(Base):
    """A place on a doctor's waiting list; whoever came first is offered a time first.

    `visit_id`: the visit that is to be earlier, or, once an offer of a first visit is accepted, that visit.
    `weekdays` are the digits of the days that suit, 0 is Monday; dates are hospital-local, both included.
    `due_at`: when to look at the entry again, at the latest.
    """

    __tablename__ = "waiting_entry"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="end_has_a_reason"),
        CheckConstraint("visit_id IS NOT NULL OR wished_until IS NOT NULL", name="waiting_ends"),
        CheckConstraint("wished_until IS NULL OR wished_until >= wished_from", name="period"),
        Index(
            "uq_waiting_entry_patient_id_doctor_id",
            "patient_id",
            "doctor_id",
            unique=True,
            sqlite_where=sql(_WAITS),
            postgresql_where=sql(_WAITS),
        ),
        Index("ix_waiting_entry_doctor_id", "doctor_id", sqlite_where=sql(_WAITS), postgresql_where=sql(_WAITS)),
        Index("ix_waiting_entry_due_at", "due_at", sqlite_where=sql(_WAITS), postgresql_where=sql(_WAITS)),
        Index("ix_waiting_entry_patient_id", "patient_id"),
        Index("ix_waiting_entry_visit_id", "visit_id"),
    )

    id: Mapped[pk]
    patient_id: Mapped[int] = mapped_column(KEY, foreign_key("patient.id"))
    doctor_id: Mapped[int] = mapped_column(KEY, foreign_key("doctor.id"))
    visit_id: Mapped[int | None] = mapped_column(KEY, foreign_key("appointment.id"))
    kind: Mapped[VisitKind] = mapped_column(enum_type(VisitKind, "kind"))
    symptoms: Mapped[text] = mapped_column(default="")
    wished_from: Mapped[date]
    wished_until: Mapped[date | None]
    weekdays: Mapped[text] = mapped_column(default=EVERY_DAY)
    half_day: Mapped[HalfDay] = mapped_column(enum_type(HalfDay, "half_day"), default=HalfDay.ANY)
    due_at: Mapped[utc] = mapped_column(default=now)
    created_at: Mapped[utc] = mapped_column(default=now)
    ended_at: Mapped[utc | None]
    end_reason: Mapped[EndReason | None] = mapped_column(enum_type(EndReason, "end_reason"))

    patient: Mapped[Patient] = relationship(lazy="raise")
    doctor: Mapped[Doctor] = relationship(lazy="raise")
    visit: Mapped[Appointment | None] = relationship(lazy="raise")


class WaitingOffer(Base):
    """A time that is held for somebody on the waiting list until `expires_at`: `held`, an appointment that holds it."""

    __tablename__ = "waiting_offer"
    __table_args__ = (
        Index(
            "uq_waiting_offer_entry_id",
            "entry_id",
            unique=True,
            sqlite_where=sql(_IS_OPEN),
            postgresql_where=sql(_IS_OPEN),
        ),
        Index("ix_waiting_offer_entry_id_offered_at", "entry_id", "offered_at"),
    )

    id: Mapped[pk]
    entry_id: Mapped[int] = mapped_column(KEY, foreign_key("waiting_entry.id"))
    held_id: Mapped[int] = mapped_column(KEY, foreign_key("appointment.id"), unique=True)
    state: Mapped[OfferState] = mapped_column(enum_type(OfferState, "state"), default=OfferState.OPEN)
    offered_at: Mapped[utc] = mapped_column(default=now)
    expires_at: Mapped[utc]
    ended_at: Mapped[utc | None]

    entry: Mapped[WaitingEntry] = relationship(lazy="raise")
    held: Mapped[Appointment] = relationship(lazy="raise")
