"""Whose words a clinical record has now: its former versions say so of themselves. And the order of the whole list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_AUTHORS = """
    UPDATE clinical_record SET written_by_id = CASE
        WHEN reported_by_patient THEN (SELECT manager_id FROM patient WHERE patient.id = clinical_record.patient_id)
        ELSE (SELECT account_id FROM doctor WHERE doctor.id = clinical_record.author_id)
    END
"""


def upgrade() -> None:
    with op.batch_alter_table("clinical_record") as table:
        table.add_column(sa.Column("written_by_id", KEY, nullable=True))
        table.create_foreign_key(
            "fk_clinical_record_written_by_id_account", "account", ["written_by_id"], ["id"], ondelete="RESTRICT"
        )
        table.create_index("ix_clinical_record_created_at_id", ["created_at", "id"])
    op.execute(_AUTHORS)


def downgrade() -> None:
    with op.batch_alter_table("clinical_record") as table:
        table.drop_index("ix_clinical_record_created_at_id")
        table.drop_constraint("fk_clinical_record_written_by_id_account", type_="foreignkey")
        table.drop_column("written_by_id")
