"""Whom an event of the audit trail concerns is insert-only, as the event itself is."""

from __future__ import annotations

from alembic import op

from app.models import guards

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLE = "audit_event_patient"


def upgrade() -> None:
    guards.make_insert_only(op.get_bind(), TABLE)


def downgrade() -> None:
    guards.make_changeable(op.get_bind(), TABLE)
