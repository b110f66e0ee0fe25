"""Which entry of the catalogue a doctor's slot was written as: several entries may start at the same time of day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("weekly_hours") as table:
        table.add_column(sa.Column("available_time_id", KEY, nullable=True))
        table.create_foreign_key(
            "fk_weekly_hours_available_time_id_available_time",
            "available_time",
            ["available_time_id"],
            ["id"],
            ondelete="RESTRICT",
        )
        table.create_index("ix_weekly_hours_available_time_id", ["available_time_id"])


def downgrade() -> None:
    with op.batch_alter_table("weekly_hours") as table:
        table.drop_index("ix_weekly_hours_available_time_id")
        table.drop_constraint("fk_weekly_hours_available_time_id_available_time", type_="foreignkey")
        table.drop_column("available_time_id")
