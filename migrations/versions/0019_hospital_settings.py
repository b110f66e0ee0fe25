"""What admins choose in place of the environment's settings: one row, which stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TEXTS = ("hospital_name", "brand_colour", "doctor_approval", "second_factor_required")
_NUMBERS = ("default_slot_minutes", "booking_horizon_days", "booking_cutoff_hours", "waiting_offer_hours")
_SQLITE = (
    """CREATE TRIGGER hospital_settings_stays BEFORE DELETE ON hospital_settings
    BEGIN SELECT RAISE(ABORT, 'hospital_settings stays'); END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION keep_hospital_settings() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'hospital_settings stays'; END $$""",
    """CREATE TRIGGER hospital_settings_stays BEFORE DELETE OR TRUNCATE ON hospital_settings
    FOR EACH STATEMENT EXECUTE FUNCTION keep_hospital_settings()""",
)


def upgrade() -> None:
    table = op.create_table(
        "hospital_settings",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in _TEXTS),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in _NUMBERS),
        sa.Column("logo_picture_id", KEY, nullable=True),
        sa.CheckConstraint("id = 1", name="ck_hospital_settings_is_the_only_one"),
        sa.ForeignKeyConstraint(
            ["logo_picture_id"],
            ["picture.id"],
            name="fk_hospital_settings_logo_picture_id_picture",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_hospital_settings"),
    )
    op.bulk_insert(table, [{"id": 1, "version": 1}])
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("hospital_settings")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION keep_hospital_settings()")
