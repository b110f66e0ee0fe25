"""What a doctor types into a note is kept until it is in the record, so that nothing is lost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY, UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_REFERENCES = {
    "account_id": "account",
    "patient_id": "patient",
    "appointment_id": "appointment",
    "record_id": "clinical_record",
    "entry_id": "clinical_record",
}


def upgrade() -> None:
    op.create_table(
        "note_draft",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("patient_id", KEY, nullable=False),
        sa.Column("appointment_id", KEY, nullable=True),
        sa.Column("record_id", KEY, nullable=True),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("kept_at", UtcDateTime(), nullable=True),
        sa.Column("entry_id", KEY, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("diagnostics", "observations", "treatments", "misc", "notes")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_note_draft_{column}_{table}"), ondelete="CASCADE"
            )
            for column, table in _REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_draft")),
        sa.UniqueConstraint("public_id", name=op.f("uq_note_draft_public_id")),
    )
    op.create_index("ix_note_draft_account_id_patient_id", "note_draft", ["account_id", "patient_id"])
    op.create_index("ix_note_draft_expires_at", "note_draft", ["expires_at"])


def downgrade() -> None:
    op.drop_table("note_draft")
