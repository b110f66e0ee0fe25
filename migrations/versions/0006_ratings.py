"""Ratings are worked out from an index alone: who gave a doctor how many stars, hidden reviews left out."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_review_doctor_id_hidden_at", "review", ["doctor_id", "hidden_at", "patient_id", "rating"])


def downgrade() -> None:
    op.drop_index("ix_review_doctor_id_hidden_at", table_name="review")
