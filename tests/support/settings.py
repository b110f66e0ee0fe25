"""Settings of a portal under test: everything in a temporary folder, nothing reaches out."""

from __future__ import annotations

from pathlib import Path

from config import Settings

SECRET_KEY = "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"


def make_settings(folder: Path, database_url: str, **changes: object) -> Settings:
    """Settings for a portal that keeps its mail and data in `folder`; `changes` are fields of Settings."""
    values: dict[str, object] = {
        "env": "test",
        "database_url": database_url,
        "data_dir": folder,
        "mail_url": f"file:{folder / 'mail'}",
        "public_url": "http://localhost",
        "secret_key": SECRET_KEY,
        "demo_data": False,
        "ratelimit_enabled": False,
    }
    return Settings(**(values | changes))  # type: ignore[arg-type]  # fields are named by the test


def as_environment(settings: Settings) -> dict[str, str]:
    """The environment variables that give a server process these settings."""
    return {
        "ENV": settings.env,
        "DATABASE_URL": settings.database_url,
        "DATA_DIR": str(settings.data_dir),
        "MAIL_URL": settings.mail_url,
        "PUBLIC_URL": settings.public_url,
        "SECRET_KEY": settings.secret_key,
        "REDIS_URL": settings.redis_url or "",
        "DEMO_DATA": str(int(settings.demo_data)),
        "RATELIMIT_ENABLED": str(int(settings.ratelimit_enabled)),
        "RATELIMIT_CONTACT": settings.ratelimit_contact,
        "DOCTOR_APPROVAL": settings.doctor_approval,
        "SECOND_FACTOR_REQUIRED": settings.second_factor_required,
        "METRICS_TOKEN": settings.metrics_token or "",
        "LOG_FORMAT": settings.log_format,
        "DRAIN_SECONDS": str(settings.drain_seconds),
        "HOSPITAL_NAME": settings.hospital_name,
        "HOSPITAL_TIMEZONE": settings.hospital_timezone,
    }
