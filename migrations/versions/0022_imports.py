"""Files of doctors or patients that admins bring in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY, UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_STATES = ("checking", "checked", "importing", "turned_back", "done", "failed", "abandoned")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def upgrade() -> None:
    op.create_table(
        "import_batch",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("kind", _choice("kind", "doctors", "patients"), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("letters", sa.JSON(), nullable=False),
        sa.Column("state", _choice("state", *_STATES), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("imported_by_id", KEY, nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_import_batch_account_id_account", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["imported_by_id"], ["account.id"], name="fk_import_batch_imported_by_id_account", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_import_batch"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_import_batch_state_lease_until", "import_batch", ["state", "lease_until"])
    op.create_index("ix_import_batch_expires_at", "import_batch", ["expires_at"])
    op.create_table(
        "import_row",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("batch_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("is_accepted", sa.Boolean(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name="fk_import_row_batch_id_import_batch", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_import_row"),
    )
    op.create_index("ix_import_row_batch_id_is_accepted_number", "import_row", ["batch_id", "is_accepted", "number"])


def downgrade() -> None:
    op.drop_table("import_row")
    op.drop_table("import_batch")
