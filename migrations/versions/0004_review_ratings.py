"""Reviews are found and counted by their stars, or all that are shown, without reading their words."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_review_rating_hidden_at", "review", ["rating", "hidden_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_review_rating_hidden_at", table_name="review")
