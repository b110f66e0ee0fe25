"""When patients arrived, and the steps that staff took with visits, so that one can be taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_STATES = ("held", "pending", "confirmed", "in_progress", "completed", "no_show", "cancelled")


def _state(name: str) -> sa.Column[str]:
    return sa.Column(
        name, sa.Enum(*_STATES, name=name, native_enum=False, create_constraint=True, length=20), nullable=False
    )


def upgrade() -> None:
    # Not in batch mode: that would make the table anew, and SQLite would lose the guards against overlaps.
    op.add_column("appointment", sa.Column("arrived_at", UtcDateTime(), nullable=True))
    op.create_table(
        "visit_step",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("appointment_id", KEY, nullable=False),
        _state("state_before"),
        _state("state_after"),
        sa.Column("arrived_before", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
            name="fk_visit_step_appointment_id_appointment",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_visit_step"),
    )
    op.create_index("ix_visit_step_appointment_id", "visit_step", ["appointment_id"])


def downgrade() -> None:
    op.drop_table("visit_step")
    op.drop_column("appointment", "arrived_at")
