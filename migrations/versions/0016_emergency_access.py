"""Emergency access: a doctor opens the record of somebody whom the doctor does not treat."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY, UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_AT_MOST_HALF_AN_HOUR = {
    "sqlite": "julianday(ends_at) - julianday(opened_at) <= 30.01 / 1440",
    "postgresql": "ends_at - opened_at <= interval '30 minutes'",
}


def upgrade() -> None:
    op.create_table(
        "emergency_access",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("doctor_id", KEY, nullable=False),
        sa.Column("patient_id", KEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("ends_at >= opened_at", name="ck_emergency_access_period"),
        sa.CheckConstraint(_AT_MOST_HALF_AN_HOUR[op.get_bind().dialect.name], name="ck_emergency_access_length"),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 500", name="ck_emergency_access_has_a_reason"),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name="fk_emergency_access_doctor_id_doctor", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name="fk_emergency_access_patient_id_patient", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_emergency_access"),
    )
    op.create_index("ix_emergency_access_doctor_id_ends_at", "emergency_access", ["doctor_id", "ends_at"])
    op.create_index("ix_emergency_access_patient_id", "emergency_access", ["patient_id"])


def downgrade() -> None:
    op.drop_table("emergency_access")
