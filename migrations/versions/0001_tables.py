"""All tables of the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models.types import KEY, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("username_key", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("pending_email", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("username NOT LIKE '%@%'", name=op.f("ck_account_username_is_no_email")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email_key", name=op.f("uq_account_email_key")),
        sa.UniqueConstraint("username_key", name=op.f("uq_account_username_key")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("account_id", KEY, nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", KEY, nullable=True),
        sa.Column("patient_id", KEY, nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_account_id_at", "audit_event", ["account_id", "at"], unique=False)
    op.create_index("ix_audit_event_action_at", "audit_event", ["action", "at"], unique=False)
    op.create_index("ix_audit_event_patient_id_at", "audit_event", ["patient_id", "at"], unique=False)

    op.create_table(
        "available_time",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=True),
        sa.CheckConstraint("ends IS NULL OR ends > starts", name=op.f("ck_available_time_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_available_time")),
        sa.UniqueConstraint("label", name=op.f("uq_available_time_label")),
    )
    op.create_index("ix_available_time_starts", "available_time", ["starts"], unique=False)

    op.create_table(
        "contact_message",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("handled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_message")),
    )
    op.create_index("ix_contact_message_handled_at", "contact_message", ["handled_at"], unique=False)

    op.create_table(
        "department",
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sa.UniqueConstraint("name_key", name=op.f("uq_department_name_key")),
    )
    op.create_table(
        "designation",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_designation")),
        sa.UniqueConstraint("name_key", name=op.f("uq_designation_name_key")),
        sa.UniqueConstraint("slug", name=op.f("uq_designation_slug")),
    )
    op.create_table(
        "picture",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "content_type IN ('image/jpeg', 'image/png', 'image/webp')", name=op.f("ck_picture_content_type")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture")),
    )
    op.create_table(
        "specialisation",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specialisation")),
        sa.UniqueConstraint("name_key", name=op.f("uq_specialisation_name_key")),
        sa.UniqueConstraint("slug", name=op.f("uq_specialisation_slug")),
    )
    op.create_table(
        "doctor",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("account_id", KEY, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("department_id", KEY, nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("specialization", sa.Text(), nullable=True),
        sa.Column("fee", sa.Integer(), nullable=True),
        sa.Column("meet_link", sa.Text(), nullable=False),
        sa.Column("accepts_in_person", sa.Boolean(), nullable=False),
        sa.Column("accepts_online", sa.Boolean(), nullable=False),
        sa.Column("picture_id", KEY, nullable=True),
        sa.Column(
            "approval",
            sa.Enum(
                "pending", "approved", "rejected", name="approval", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("decided_by_id", KEY, nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("accepts_in_person OR accepts_online", name=op.f("ck_doctor_accepts_some_visits")),
        sa.CheckConstraint("fee >= 0", name=op.f("ck_doctor_fee_not_negative")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_doctor_account_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["account.id"], name=op.f("fk_doctor_created_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["account.id"], name=op.f("fk_doctor_decided_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_doctor_department_id_department"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["picture.id"], name=op.f("fk_doctor_picture_id_picture"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doctor")),
        sa.UniqueConstraint("account_id", name=op.f("uq_doctor_account_id")),
    )
    op.create_index("ix_doctor_approval_name", "doctor", ["approval", "name"], unique=False)
    op.create_index("ix_doctor_department_id_approval", "doctor", ["department_id", "approval"], unique=False)
    op.create_index("ix_doctor_fee", "doctor", ["fee"], unique=False)

    op.create_table(
        "idempotency_key",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("response", sa.JSON(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_idempotency_key_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"], unique=False)
    op.create_index("uq_idempotency_key_account_id_key", "idempotency_key", ["account_id", "key"], unique=True)

    op.create_table(
        "message",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("account_id", KEY, nullable=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject_id", KEY, nullable=True),
        sa.Column("subject_version", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sent",
                "dropped",
                "failed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_message_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("key", name=op.f("uq_message_key")),
    )
    op.create_index("ix_message_account_id", "message", ["account_id"], unique=False)
    op.create_index("ix_message_state_due_at", "message", ["state", "due_at"], unique=False)

    op.create_table(
        "patient",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("manager_id", KEY, nullable=True),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("insurance_number", sa.Text(), nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("picture_id", KEY, nullable=True),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("voided_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["account.id"], name=op.f("fk_patient_created_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["manager_id"], ["account.id"], name=op.f("fk_patient_manager_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["picture.id"], name=op.f("fk_patient_picture_id_picture"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
    )
    op.create_index("ix_patient_manager_id", "patient", ["manager_id"], unique=False)
    op.create_index("ix_patient_name", "patient", ["name"], unique=False)
    op.create_index("ix_patient_phone", "patient", ["phone"], unique=False)
    op.create_index(
        "uq_patient_manager_id",
        "patient",
        ["manager_id"],
        unique=True,
        sqlite_where=sa.text("is_own AND voided_at IS NULL"),
        postgresql_where=sa.text("is_own AND voided_at IS NULL"),
    )

    op.create_table(
        "profile",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("bio", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("picture_id", KEY, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_profile_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["picture.id"], name=op.f("fk_profile_picture_id_picture"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile")),
        sa.UniqueConstraint("account_id", name=op.f("uq_profile_account_id")),
    )
    op.create_table(
        "service",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("picture_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["picture.id"], name=op.f("fk_service_picture_id_picture"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
    )
    op.create_table(
        "session",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column(
            "kind",
            sa.Enum("browser", "api", name="kind", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_session_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
    )
    op.create_index("ix_session_account_id_ended_at", "session", ["account_id", "ended_at"], unique=False)

    op.create_table(
        "appointment",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", KEY, nullable=False),
        sa.Column("doctor_id", KEY, nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "held",
                "pending",
                "confirmed",
                "in_progress",
                "completed",
                "no_show",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum("in_person", "online", name="kind", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("symptoms", sa.Text(), nullable=False),
        sa.Column("available_time_id", KEY, nullable=True),
        sa.Column("patient_agreed", sa.Boolean(), nullable=False),
        sa.Column("overbooked", sa.Boolean(), nullable=False),
        sa.Column("hold_expires_at", UtcDateTime(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=False),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("booked_by_id", KEY, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(state = 'held') = (hold_expires_at IS NOT NULL)", name=op.f("ck_appointment_only_holds_expire")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointment_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["available_time_id"],
            ["available_time.id"],
            name=op.f("fk_appointment_available_time_id_available_time"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["booked_by_id"], ["account.id"], name=op.f("fk_appointment_booked_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_appointment_doctor_id_doctor"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_appointment_patient_id_patient"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    op.create_index("ix_appointment_available_time_id", "appointment", ["available_time_id"], unique=False)
    op.create_index("ix_appointment_doctor_id_starts_at", "appointment", ["doctor_id", "starts_at"], unique=False)
    op.create_index("ix_appointment_doctor_id_state", "appointment", ["doctor_id", "state"], unique=False)
    op.create_index(
        "ix_appointment_patient_id_doctor_id_state", "appointment", ["patient_id", "doctor_id", "state"], unique=False
    )
    op.create_index("ix_appointment_patient_id_starts_at", "appointment", ["patient_id", "starts_at"], unique=False)
    op.create_index("ix_appointment_starts_at", "appointment", ["starts_at"], unique=False)

    op.create_table(
        "care_team_member",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", KEY, nullable=False),
        sa.Column("doctor_id", KEY, nullable=False),
        sa.Column("created_by_id", KEY, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["account.id"],
            name=op.f("fk_care_team_member_created_by_id_account"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_care_team_member_doctor_id_doctor"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_care_team_member_patient_id_patient"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_team_member")),
    )
    op.create_index("ix_care_team_member_doctor_id", "care_team_member", ["doctor_id"], unique=False)
    op.create_index(
        "uq_care_team_member_patient_id_doctor_id", "care_team_member", ["patient_id", "doctor_id"], unique=True
    )

    op.create_table(
        "doctor_designation",
        sa.Column("doctor_id", KEY, nullable=False),
        sa.Column("designation_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["designation_id"],
            ["designation.id"],
            name=op.f("fk_doctor_designation_designation_id_designation"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_doctor_designation_doctor_id_doctor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("doctor_id", "designation_id", name=op.f("pk_doctor_designation")),
    )
    op.create_index("ix_doctor_designation_designation_id", "doctor_designation", ["designation_id"], unique=False)

    op.create_table(
        "doctor_specialisation",
        sa.Column("doctor_id", KEY, nullable=False),
        sa.Column("specialisation_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_doctor_specialisation_doctor_id_doctor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["specialisation_id"],
            ["specialisation.id"],
            name=op.f("fk_doctor_specialisation_specialisation_id_specialisation"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("doctor_id", "specialisation_id", name=op.f("pk_doctor_specialisation")),
    )
    op.create_index(
        "ix_doctor_specialisation_specialisation_id",
        "doctor_specialisation",
        ["specialisation_id"],
        unique=False,
    )

    op.create_table(
        "review",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", KEY, nullable=False),
        sa.Column("doctor_id", KEY, nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("hidden_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_review_rating")),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_review_doctor_id_doctor"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_review_patient_id_patient"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index("ix_review_doctor_id_created_at", "review", ["doctor_id", "created_at"], unique=False)
    op.create_index("uq_review_patient_id_doctor_id", "review", ["patient_id", "doctor_id"], unique=True)

    op.create_table(
        "time_off",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("doctor_id", KEY, nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_time_off_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["account.id"], name=op.f("fk_time_off_created_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_time_off_doctor_id_doctor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_off")),
    )
    op.create_index("ix_time_off_doctor_id_ends_at", "time_off", ["doctor_id", "ends_at"], unique=False)

    op.create_table(
        "weekly_hours",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("doctor_id", KEY, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("slot_minutes", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("ends > starts", name=op.f("ck_weekly_hours_ends_after_start")),
        sa.CheckConstraint("slot_minutes BETWEEN 5 AND 480", name=op.f("ck_weekly_hours_slot_minutes")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from", name=op.f("ck_weekly_hours_validity")
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_weekly_hours_weekday")),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_weekly_hours_doctor_id_doctor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_hours")),
    )
    op.create_index("ix_weekly_hours_doctor_id_weekday", "weekly_hours", ["doctor_id", "weekday"], unique=False)

    op.create_table(
        "clinical_record",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", KEY, nullable=False),
        sa.Column("author_id", KEY, nullable=True),
        sa.Column("department_id", KEY, nullable=True),
        sa.Column("appointment_id", KEY, nullable=True),
        sa.Column("reported_by_patient", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("voided_at", UtcDateTime(), nullable=True),
        sa.Column("voided_by_id", KEY, nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=False),
        sa.Column("diagnostics", sa.Text(), nullable=False),
        sa.Column("observations", sa.Text(), nullable=False),
        sa.Column("treatments", sa.Text(), nullable=False),
        sa.Column("misc", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_clinical_record_version")),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
            name=op.f("fk_clinical_record_appointment_id_appointment"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["doctor.id"], name=op.f("fk_clinical_record_author_id_doctor"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
            name=op.f("fk_clinical_record_department_id_department"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_clinical_record_patient_id_patient"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["voided_by_id"], ["account.id"], name=op.f("fk_clinical_record_voided_by_id_account"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinical_record")),
    )
    op.create_index("ix_clinical_record_appointment_id", "clinical_record", ["appointment_id"], unique=False)
    op.create_index("ix_clinical_record_author_id", "clinical_record", ["author_id"], unique=False)
    op.create_index(
        "ix_clinical_record_department_id_created_at", "clinical_record", ["department_id", "created_at"], unique=False
    )
    op.create_index(
        "ix_clinical_record_patient_id_created_at", "clinical_record", ["patient_id", "created_at"], unique=False
    )

    op.create_table(
        "clinical_record_version",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("record_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("written_by_id", KEY, nullable=True),
        sa.Column("replaced_at", UtcDateTime(), nullable=False),
        sa.Column("diagnostics", sa.Text(), nullable=False),
        sa.Column("observations", sa.Text(), nullable=False),
        sa.Column("treatments", sa.Text(), nullable=False),
        sa.Column("misc", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["clinical_record.id"],
            name=op.f("fk_clinical_record_version_record_id_clinical_record"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"],
            ["account.id"],
            name=op.f("fk_clinical_record_version_written_by_id_account"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinical_record_version")),
    )
    op.create_index(
        "uq_clinical_record_version_record_id_version", "clinical_record_version", ["record_id", "version"], unique=True
    )


def downgrade() -> None:
    op.drop_index("uq_clinical_record_version_record_id_version", table_name="clinical_record_version")

    op.drop_table("clinical_record_version")
    op.drop_index("ix_clinical_record_patient_id_created_at", table_name="clinical_record")
    op.drop_index("ix_clinical_record_department_id_created_at", table_name="clinical_record")
    op.drop_index("ix_clinical_record_author_id", table_name="clinical_record")
    op.drop_index("ix_clinical_record_appointment_id", table_name="clinical_record")

    op.drop_table("clinical_record")
    op.drop_index("ix_weekly_hours_doctor_id_weekday", table_name="weekly_hours")

    op.drop_table("weekly_hours")
    op.drop_index("ix_time_off_doctor_id_ends_at", table_name="time_off")

    op.drop_table("time_off")
    op.drop_index("uq_review_patient_id_doctor_id", table_name="review")
    op.drop_index("ix_review_doctor_id_created_at", table_name="review")

    op.drop_table("review")
    op.drop_index("ix_doctor_specialisation_specialisation_id", table_name="doctor_specialisation")

    op.drop_table("doctor_specialisation")
    op.drop_index("ix_doctor_designation_designation_id", table_name="doctor_designation")

    op.drop_table("doctor_designation")
    op.drop_index("uq_care_team_member_patient_id_doctor_id", table_name="care_team_member")
    op.drop_index("ix_care_team_member_doctor_id", table_name="care_team_member")

    op.drop_table("care_team_member")
    op.drop_index("ix_appointment_starts_at", table_name="appointment")
    op.drop_index("ix_appointment_patient_id_starts_at", table_name="appointment")
    op.drop_index("ix_appointment_patient_id_doctor_id_state", table_name="appointment")
    op.drop_index("ix_appointment_doctor_id_state", table_name="appointment")
    op.drop_index("ix_appointment_doctor_id_starts_at", table_name="appointment")
    op.drop_index("ix_appointment_available_time_id", table_name="appointment")

    op.drop_table("appointment")
    op.drop_index("ix_session_account_id_ended_at", table_name="session")

    op.drop_table("session")
    op.drop_table("service")
    op.drop_table("profile")
    op.drop_index("uq_patient_manager_id", table_name="patient")
    op.drop_index("ix_patient_phone", table_name="patient")
    op.drop_index("ix_patient_name", table_name="patient")
    op.drop_index("ix_patient_manager_id", table_name="patient")

    op.drop_table("patient")
    op.drop_index("ix_message_state_due_at", table_name="message")
    op.drop_index("ix_message_account_id", table_name="message")

    op.drop_table("message")
    op.drop_index("uq_idempotency_key_account_id_key", table_name="idempotency_key")
    op.drop_index("ix_idempotency_key_created_at", table_name="idempotency_key")

    op.drop_table("idempotency_key")
    op.drop_index("ix_doctor_fee", table_name="doctor")
    op.drop_index("ix_doctor_department_id_approval", table_name="doctor")
    op.drop_index("ix_doctor_approval_name", table_name="doctor")

    op.drop_table("doctor")
    op.drop_table("specialisation")
    op.drop_table("picture")
    op.drop_table("designation")
    op.drop_table("department")
    op.drop_index("ix_contact_message_handled_at", table_name="contact_message")

    op.drop_table("contact_message")
    op.drop_index("ix_available_time_starts", table_name="available_time")

    op.drop_table("available_time")
    op.drop_index("ix_audit_event_patient_id_at", table_name="audit_event")
    op.drop_index("ix_audit_event_action_at", table_name="audit_event")
    op.drop_index("ix_audit_event_account_id_at", table_name="audit_event")

    op.drop_table("audit_event")
    op.drop_table("account")
