"""A patient's own record: downloads that a job makes, and the lists of several patients' entries that were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_PATIENTS_OF_LISTS = {
    "sqlite": """
        INSERT INTO audit_event_patient (event_id, patient_id, at)
        SELECT DISTINCT audit_event.id, patient.value, audit_event.at
        FROM audit_event, json_each(audit_event.details, '$.patients') AS patient
        WHERE audit_event.action = 'records.listed' AND audit_event.patient_id IS NULL
    """,
    "postgresql": """
        INSERT INTO audit_event_patient (event_id, patient_id, at)
        SELECT DISTINCT audit_event.id, patient.value::bigint, audit_event.at
        FROM audit_event, json_array_elements_text(audit_event.details -> 'patients') AS patient
        WHERE audit_event.action = 'records.listed' AND audit_event.patient_id IS NULL
    """,
}


def upgrade() -> None:
    op.create_table(
        "audit_event_patient",
        sa.Column("event_id", KEY, autoincrement=False, nullable=False),
        sa.Column("patient_id", KEY, autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "patient_id", name="pk_audit_event_patient"),
    )
    op.create_index("ix_audit_event_patient_patient_id_at", "audit_event_patient", ["patient_id", "at"])
    op.execute(_PATIENTS_OF_LISTS[op.get_bind().dialect.name])
    op.create_table(
        "record_export",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("patient_id", KEY, nullable=False),
        sa.Column(
            "state",
            sa.Enum("waiting", "ready", "failed", name="state", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_record_export_account_id_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name="fk_record_export_patient_id_patient", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_record_export"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_record_export_account_id_patient_id",
        "record_export",
        ["account_id", "patient_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_record_export_account_id_asked_at", "record_export", ["account_id", "asked_at"])
    op.create_index("ix_record_export_patient_id", "record_export", ["patient_id"])
    op.create_index("ix_record_export_state_lease_until", "record_export", ["state", "lease_until"])
    op.create_index("ix_record_export_expires_at", "record_export", ["expires_at"])


def downgrade() -> None:
    op.drop_table("record_export")
    op.drop_table("audit_event_patient")
