"""The waiting list: its entries, and the times that were offered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KIND = ("in_person", "online")
_HALF_DAY = ("any", "morning", "afternoon")
_END_REASON = ("left", "accepted", "booked", "visit_over", "period_over", "patient_left", "doctor_left")
_STATE = ("open", "accepted", "declined", "expired", "withdrawn")
_WAITS = sa.text("ended_at IS NULL")
_IS_OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    op.create_table(
        "waiting_entry",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", KEY, nullable=False),
        sa.Column("doctor_id", KEY, nullable=False),
        sa.Column("visit_id", KEY, nullable=True),
        sa.Column("kind", _one_of("kind", _KIND), nullable=False),
        sa.Column("symptoms", sa.Text(), nullable=False),
        sa.Column("wished_from", sa.Date(), nullable=False),
        sa.Column("wished_until", sa.Date(), nullable=True),
        sa.Column("weekdays", sa.Text(), nullable=False),
        sa.Column("half_day", _one_of("half_day", _HALF_DAY), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("end_reason", _one_of("end_reason", _END_REASON), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_waiting_entry_end_has_a_reason")),
        sa.CheckConstraint(
            "visit_id IS NOT NULL OR wished_until IS NOT NULL", name=op.f("ck_waiting_entry_waiting_ends")
        ),
        sa.CheckConstraint("wished_until IS NULL OR wished_until >= wished_from", name=op.f("ck_waiting_entry_period")),
        _reference("waiting_entry", "patient_id", "patient"),
        _reference("waiting_entry", "doctor_id", "doctor"),
        _reference("waiting_entry", "visit_id", "appointment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_entry")),
    )
    op.create_index(
        "uq_waiting_entry_patient_id_doctor_id",
        "waiting_entry",
        ["patient_id", "doctor_id"],
        unique=True,
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
    for column in ("doctor_id", "due_at"):
        op.create_index(
            f"ix_waiting_entry_{column}", "waiting_entry", [column], sqlite_where=_WAITS, postgresql_where=_WAITS
        )
    for column in ("patient_id", "visit_id"):
        op.create_index(f"ix_waiting_entry_{column}", "waiting_entry", [column])

    op.create_table(
        "waiting_offer",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("entry_id", KEY, nullable=False),
        sa.Column("held_id", KEY, nullable=False),
        sa.Column("state", _one_of("state", _STATE), nullable=False),
        sa.Column("offered_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        _reference("waiting_offer", "entry_id", "waiting_entry"),
        _reference("waiting_offer", "held_id", "appointment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_offer")),
        sa.UniqueConstraint("held_id", name=op.f("uq_waiting_offer_held_id")),
    )
    op.create_index(
        "uq_waiting_offer_entry_id",
        "waiting_offer",
        ["entry_id"],
        unique=True,
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    )
    op.create_index("ix_waiting_offer_entry_id_offered_at", "waiting_offer", ["entry_id", "offered_at"])


def downgrade() -> None:
    op.drop_table("waiting_offer")
    op.drop_table("waiting_entry")


def _one_of(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")
