"""Second factors of signing in, and their recovery codes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("session_id", KEY, nullable=True),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("last_step", KEY, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_second_factor_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
        sa.UniqueConstraint("account_id", name=op.f("uq_second_factor_account_id")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("factor_id", KEY, nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["factor_id"],
            ["second_factor.id"],
            name=op.f("fk_recovery_code_factor_id_second_factor"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_code_code_hash")),
    )
    op.create_index("ix_recovery_code_factor_id", "recovery_code", ["factor_id"])


def downgrade() -> None:
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
