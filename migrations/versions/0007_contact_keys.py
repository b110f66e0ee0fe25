"""A contact form that arrives twice is one message: what was sent carries a key that only one row can have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("contact_message") as table:
        table.add_column(sa.Column("sent_key", sa.Text(), nullable=True))
        table.create_unique_constraint("uq_contact_message_sent_key", ["sent_key"])


def downgrade() -> None:
    with op.batch_alter_table("contact_message") as table:
        table.drop_constraint("uq_contact_message_sent_key", type_="unique")
        table.drop_column("sent_key")
