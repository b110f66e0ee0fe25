"""Which reminders of visits an account wants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reminder_choice",
        sa.Column("id", KEY, sa.Identity(), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("day_before", sa.Boolean(), nullable=False),
        sa.Column("hours_before", sa.Boolean(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_reminder_choice_account_id_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reminder_choice"),
        sa.UniqueConstraint("account_id", name="uq_reminder_choice_account_id"),
    )


def downgrade() -> None:
    op.drop_table("reminder_choice")
