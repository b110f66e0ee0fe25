"""How long before a visit each reminder comes, as admins choose; and wider indexes for the hospital's figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_COLUMNS = ("reminder_first_hours", "reminder_second_hours")
_INDEXES = {
    "ix_appointment_doctor_id_starts_at": (["doctor_id", "starts_at"], ["state", "ends_at", "removed_at"]),
    "ix_appointment_starts_at": (["starts_at"], ["state", "removed_at"]),
    "ix_appointment_created_at": (["created_at"], ["state", "removed_at"]),
}
"""The columns that each had, and those that it has besides: the figures are then read from the indexes alone."""


def upgrade() -> None:
    # Not in batch mode: that would make the table anew, and SQLite would lose the trigger that keeps its row.
    for name in _COLUMNS:
        op.add_column("hospital_settings", sa.Column(name, sa.Integer(), nullable=True))
    for name, (former, more) in _INDEXES.items():
        op.drop_index(name, "appointment")
        op.create_index(name, "appointment", [*former, *more])


def downgrade() -> None:
    for name, (former, _) in _INDEXES.items():
        op.drop_index(name, "appointment")
        op.create_index(name, "appointment", former)
    for name in _COLUMNS:
        op.drop_column("hospital_settings", name)
