"""Downloads of whole records: asked for by an account, made by a job, kept for a day."""

from __future__ import annotations

import enum
from datetime import timedelta

from sqlalchemy import Index, LargeBinary
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base
from app.models.types import KEY, enum_type, foreign_key, pk, utc

EXPORT_KEPT = timedelta(hours=24)
"""For how long a download that is ready, or has failed, is kept."""

_WAITS = "state = 'waiting'"


class ExportState(enum.Enum):
    """Where a download stands; while it is `waiting`, a lease says whether a worker has it."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


class RecordExport(Base):
    """A patient's whole record as one file, for one account. There is one at a time: who asks again gets the same.

    `done` of `total` entries are read. The file stands in the row, so that every worker can write it and every web
    process can hand it out; it goes with the row at `expires_at`.
    """

    __tablename__ = "record_export"
    __table_args__ = (
        Index(
            "uq_record_export_account_id_patient_id",
            "account_id",
            "patient_id",
            unique=True,
            sqlite_where=sql(_WAITS),
            postgresql_where=sql(_WAITS),
        ),
        Index("ix_record_export_account_id_asked_at", "account_id", "asked_at"),
        Index("ix_record_export_patient_id", "patient_id"),
        Index("ix_record_export_state_lease_until", "state", "lease_until"),
        Index("ix_record_export_expires_at", "expires_at"),
        # A key is never used again: a worker that has lost an export cannot take a later one for it.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[pk]
    account_id: Mapped[int] = mapped_column(KEY, foreign_key("account.id", ondelete="CASCADE"))
    patient_id: Mapped[int] = mapped_column(KEY, foreign_key("patient.id", ondelete="CASCADE"))
    state: Mapped[ExportState] = mapped_column(enum_type(ExportState, "state"), default=ExportState.WAITING)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[utc | None]
    asked_at: Mapped[utc] = mapped_column(default=now)
    expires_at: Mapped[utc | None]
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
