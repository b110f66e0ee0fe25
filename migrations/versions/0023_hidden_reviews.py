"""Why admins hide reviews, and what came of looking into emergency accesses; how admins find both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY, UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "review_hiding",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("review_id", KEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 500", name=op.f("ck_review_hiding_has_a_reason")),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_hiding_review_id_review"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_hiding")),
        sa.UniqueConstraint("review_id", name=op.f("uq_review_hiding_review_id")),
    )
    op.create_table(
        "emergency_check",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("access_id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("checked_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(note) <= 1000", name=op.f("ck_emergency_check_length")),
        sa.ForeignKeyConstraint(
            ["access_id"],
            ["emergency_access.id"],
            name=op.f("fk_emergency_check_access_id_emergency_access"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_emergency_check_account_id_account"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_check")),
        sa.UniqueConstraint("access_id", name=op.f("uq_emergency_check_access_id")),
    )
    op.create_index("ix_review_hidden_at", "review", ["hidden_at"])
    op.create_index("ix_emergency_access_opened_at", "emergency_access", ["opened_at"])


def downgrade() -> None:
    op.drop_index("ix_emergency_access_opened_at", table_name="emergency_access")
    op.drop_index("ix_review_hidden_at", table_name="review")
    op.drop_table("emergency_check")
    op.drop_table("review_hiding")
