"""Files of doctors or patients that admins bring in: each a batch with its rows, which are kept only while needed."""

from __future__ import annotations

import enum
from datetime import timedelta

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base
from app.models.types import KEY, document, enum_type, foreign_key, pk, text, utc

ROWS_KEPT = timedelta(hours=24)
"""For how long the rows of a batch wait for an admin's decision."""


class ImportKind(enum.Enum):
    """Whom the rows of a file are about."""

    DOCTORS = "doctors"
    PATIENTS = "patients"


class ImportState(enum.Enum):
    """Where an import stands; while it is `checking` or `importing`, a lease says whether a worker has it.

    `turned_back`: nothing was imported, since rows that were fine when they were checked were refused in the end.
    `abandoned`: its rows are deleted, and nothing was imported.
    """

    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    TURNED_BACK = "turned_back"
    DONE = "done"
    FAILED = "failed"
    ABANDONED = "abandoned"


WORKING = (ImportState.CHECKING, ImportState.IMPORTING)
WAITING = (ImportState.CHECKED, ImportState.TURNED_BACK, ImportState.FAILED)
"""The states in which a batch waits for an admin, and its rows are kept until `expires_at`."""


class ImportBatch(Base):
    """One file. `letters` are its columns: the letter of each in a spreadsheet, by the name that the portal has for it.

    `done` of `total` rows are read in the work that runs; `refused` of them were refused when they were last checked.
    `holder` is the worker that has the lease.
    """

    __tablename__ = "import_batch"
    __table_args__ = (
        Index("ix_import_batch_state_lease_until", "state", "lease_until"),
        Index("ix_import_batch_expires_at", "expires_at"),
        # A key is never used again: a worker that has lost a batch cannot take a later one for it.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[pk]
    kind: Mapped[ImportKind] = mapped_column(enum_type(ImportKind, "kind"))
    file_name: Mapped[text]
    letters: Mapped[document]
    state: Mapped[ImportState] = mapped_column(enum_type(ImportState, "state"), default=ImportState.CHECKING)
    account_id: Mapped[int] = mapped_column(KEY, foreign_key("account.id"))
    imported_by_id: Mapped[int | None] = mapped_column(KEY, foreign_key("account.id"))
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    holder: Mapped[text | None]
    lease_until: Mapped[utc | None]
    created_at: Mapped[utc] = mapped_column(default=now)
    ended_at: Mapped[utc | None]
    expires_at: Mapped[utc | None]

    @property
    def is_working(self) -> bool:
        """Whether a job has it in hand, or is to take it."""
        return self.state in WORKING

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for an admin to decide."""
        return self.state in WAITING

    @property
    def is_ready(self) -> bool:
        """Whether it can be imported as it is."""
        return self.state is ImportState.CHECKED and not self.refused


class ImportRow(Base):
    """One row of a file. `number` is its own in the file, `cells` are texts by column.

    `problems` are what is wrong, a sentence by column; the column "" stands for the whole row.
    """

    __tablename__ = "import_row"
    __table_args__ = (Index("ix_import_row_batch_id_is_accepted_number", "batch_id", "is_accepted", "number"),)

    id: Mapped[pk]
    batch_id: Mapped[int] = mapped_column(KEY, foreign_key("import_batch.id", ondelete="CASCADE"))
    number: Mapped[int]
    cells: Mapped[document]
    is_accepted: Mapped[bool] = mapped_column(default=True)
    problems: Mapped[document] = mapped_column(default=dict)
