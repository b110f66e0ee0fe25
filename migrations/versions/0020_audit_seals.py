"""The audit trail is sealed; it is searched, and visits are counted, by indexes of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import guards
from app.models.types import KEY, UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("first_id", KEY, nullable=False),
        sa.Column("last_id", KEY, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("sealed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("last_id", name=op.f("uq_audit_seal_last_id")),
        sa.UniqueConstraint("previous_hash", name=op.f("uq_audit_seal_previous_hash")),
    )
    guards.make_insert_only(op.get_bind(), "audit_seal")
    op.create_index("ix_audit_event_at", "audit_event", ["at"])
    op.create_index("ix_appointment_created_at", "appointment", ["created_at"])


def downgrade() -> None:
    op.drop_index("ix_appointment_created_at", "appointment")
    op.drop_index("ix_audit_event_at", "audit_event")
    op.drop_table("audit_seal")
