"""What the database refuses by itself: overlapping visits, changes to the audit trail."""

from __future__ import annotations

from alembic import op

from app.models import guards

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    guards.create(op.get_bind())


def downgrade() -> None:
    guards.drop(op.get_bind())
