"""Why an admin has booked a visit over others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in batch mode: that would make the table anew, and SQLite would lose the guards against overlaps.
    op.add_column("appointment", sa.Column("overbooking_reason", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("appointment", "overbooking_reason")
