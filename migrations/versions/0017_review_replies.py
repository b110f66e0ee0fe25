"""Doctors' replies to reviews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY, UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "review_reply",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("review_id", KEY, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(body) BETWEEN 1 AND 2000", name="ck_review_reply_length"),
        sa.CheckConstraint("version >= 1", name="ck_review_reply_version"),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name="fk_review_reply_review_id_review", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_review_reply"),
        sa.UniqueConstraint("review_id", name="uq_review_reply_review_id"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("review_reply")
