"""What somebody has answered on the way to a booking is kept, so that nothing that was typed is lost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "booking_draft",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("doctor_id", KEY, nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("patient_id", KEY, nullable=True),
        sa.Column(
            "kind",
            sa.Enum("in_person", "online", name="kind", native_enum=False, create_constraint=True, length=20),
            nullable=True,
        ),
        sa.Column("symptoms", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("appointment_id", KEY, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [f"{table}_id"], [f"{table}.id"], name=op.f(f"fk_booking_draft_{table}_id_{table}"), ondelete="CASCADE"
            )
            for table in ("account", "doctor", "patient", "appointment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_draft")),
        sa.UniqueConstraint("public_id", name=op.f("uq_booking_draft_public_id")),
    )
    op.create_index("ix_booking_draft_expires_at", "booking_draft", ["expires_at"])


def downgrade() -> None:
    op.drop_index("ix_booking_draft_expires_at", table_name="booking_draft")
    op.drop_table("booking_draft")
