"""How long before a visit each reminder comes, as admins choose; and wider indexes for the hospital's figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0021"
branch_labels = None
depends_on = None

_COLUMNS = ("reminder_first_hours", "reminder_second_hours")


def upgrade() -> None:
    # Not in batch mode: that would make the table anew, and SQLite would lose the trigger that keeps its row.
    for name in _COLUMNS:
        op.add_column("hospital_settings", sa.Column(name, sa.Integer(), nullable=True))


def downgrade() -> None:
    for name in _COLUMNS:
        op.drop_column("hospital_settings", name)
