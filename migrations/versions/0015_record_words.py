"""The words of clinical records, for searching; who has written records of a department is told by an index."""

from __future__ import annotations

from alembic import op

from app.models import record_words

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_clinical_record_author_id_department_id", "clinical_record", ["author_id", "department_id"])
    op.drop_index("ix_clinical_record_author_id", table_name="clinical_record")
    record_words.create(op.get_bind())


def downgrade() -> None:
    record_words.drop(op.get_bind())
    op.create_index("ix_clinical_record_author_id", "clinical_record", ["author_id"])
    op.drop_index("ix_clinical_record_author_id_department_id", table_name="clinical_record")
