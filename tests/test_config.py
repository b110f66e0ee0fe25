"""Settings: every variable, the database's older names, and what production refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import config
from config import ROOT, Settings, SettingsError

STRONG = "a-strong-secret-0123456789-ABCDEFGHIJKLMNOP"
PRODUCTION = {
    "ENV": "production",
    "SECRET_KEY": STRONG,
    "MAIL_URL": "smtp://user:password@mail.example.org:587",
    "PUBLIC_URL": "https://portal.example.org",
}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Settings]:
    """Reads the settings from exactly these variables, and from a `.env` in an empty folder."""
    for name in list(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.setattr(config, "ROOT", tmp_path)

    def act(**variables: str) -> Settings:
        for name, value in ({"DATA_DIR": str(tmp_path / "data")} | variables).items():
            monkeypatch.setenv(name, value)
        return Settings.from_environment()

    return act


class TestFromEnvironment:
    def test_nothing_need_be_set(self, read: Callable[..., Settings], tmp_path: Path) -> None:
        settings = read()

        assert (settings.env, settings.port, settings.demo_data) == ("development", 8000, True)
        assert settings.database_url == f"sqlite:///{tmp_path / 'data' / 'portal.sqlite3'}"
        assert settings.mail_url == f"file:{tmp_path / 'data' / 'mail'}"
        assert settings.public_url == "http://localhost:8000"
        assert settings.redis_url is None
        assert settings.doctor_approval == "manual"
        assert settings.ratelimit_enabled

    @pytest.mark.parametrize(
        ("variable", "value", "field", "expected"),
        [
            ("PORT", "9000", "port", 9000),
            ("PORT", "9000", "public_url", "http://localhost:9000"),
            ("DATABASE_URL", "sqlite:////srv/portal.sqlite3", "database_url", "sqlite:////srv/portal.sqlite3"),
            ("DATABASE_URL", "postgres://a:b@db/portal", "database_url", "postgresql+psycopg://a:b@db/portal"),
            ("DATABASE_URL", "postgresql://a:b@db/portal", "database_url", "postgresql+psycopg://a:b@db/portal"),
            ("REDIS_URL", "redis://redis:6379/0", "redis_url", "redis://redis:6379/0"),
            ("REDIS_URL", "", "redis_url", None),
            ("SECRET_KEY", STRONG, "secret_key", STRONG),
            ("MAIL_URL", "console:", "mail_scheme", "console"),
            ("MAIL_URL", "smtp://mail.example.org", "mail_scheme", "smtp"),
            ("HOSPITAL_NAME", "St Mary's", "hospital_name", "St Mary's"),
            ("HOSPITAL_TIMEZONE", "Asia/Kolkata", "zone", ZoneInfo("Asia/Kolkata")),
            ("DEMO_DATA", "0", "demo_data", False),
            ("DEMO_DATA", "1", "demo_data", True),
            ("DOCTOR_APPROVAL", "automatic", "doctor_approval", "automatic"),
            ("SECOND_FACTOR_REQUIRED", "staff", "second_factor_required", "staff"),
            ("RATELIMIT_ENABLED", "0", "ratelimit_enabled", False),
            ("PUBLIC_URL", "https://portal.example.org/", "public_url", "https://portal.example.org"),
            ("ACCESS_TOKEN_HOURS", "1", "access_token_hours", 1),
            ("REFRESH_TOKEN_DAYS", "7", "refresh_token_days", 7),
            ("BOOKING_CUTOFF_HOURS", "24", "booking_cutoff_hours", 24),
            ("BOOKING_HORIZON_DAYS", "30", "booking_horizon_days", 30),
            ("DEFAULT_SLOT_MINUTES", "20", "default_slot_minutes", 20),
            ("REMINDER_FIRST_HOURS", "48", "reminder_first_hours", 48),
            ("METRICS_TOKEN", "", "metrics_token", None),
            ("METRICS_TOKEN", STRONG, "metrics_token", STRONG),
            ("LOG_FORMAT", "", "log_format", "text"),
            ("LOG_FORMAT", "json", "log_format", "json"),
            ("DRAIN_SECONDS", "5", "drain_seconds", 5),
            ("WORKING_DAYS", "", "weekdays", (0, 1, 2, 3, 4)),
            ("WORKING_DAYS", "Sun, mon,tue,wed,thu", "weekdays", (0, 1, 2, 3, 6)),
            ("FLASK_DEBUG", "1", "debug", True),
        ],
    )
    def test_a_variable_is_read(
        self, read: Callable[..., Settings], variable: str, value: str, field: str, expected: object
    ) -> None:
        assert getattr(read(**{variable: value}), field) == expected

    def test_the_databases_older_names_count_where_its_address_is_absent(self, read: Callable[..., Settings]) -> None:
        names = {"DB_NAME": "portal", "DB_USER": "me", "DB_PASSWORD": "p@ss/word:1", "DB_HOST": "db", "DB_PORT": "5433"}

        assert read(**names).database_url == "postgresql+psycopg://me:p%40ss%2Fword%3A1@db:5433/portal"
        assert read(**names, DATABASE_URL="sqlite:///x").database_url == "sqlite:///x"

    def test_the_databases_older_names_have_defaults(self, read: Callable[..., Settings]) -> None:
        assert read(DB_NAME="portal").database_url == "postgresql+psycopg://:@localhost:5432/portal"

    def test_a_file_gives_what_the_environment_does_not(self, read: Callable[..., Settings], tmp_path: Path) -> None:
        (tmp_path / ".env").write_text("HOSPITAL_NAME=From the file\nPORT=9000\n")

        settings = read(PORT="9001")

        assert (settings.hospital_name, settings.port) == ("From the file", 9001)

    def test_a_development_secret_is_made_once_and_kept_from_others(
        self, read: Callable[..., Settings], tmp_path: Path
    ) -> None:
        first, second = read().secret_key, read().secret_key

        assert first == second
        assert len(first) >= config.MINIMUM_SECRET_LENGTH
        assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o777 == 0o600

    def test_the_secret_is_not_shown(self, read: Callable[..., Settings]) -> None:
        assert STRONG not in repr(read(SECRET_KEY=STRONG))

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("PORT", "eighty"),
            ("DB_PORT", "x"),
            ("HOSPITAL_TIMEZONE", "Europe/Atlantis"),
            ("HOSPITAL_TIMEZONE", "../../etc/passwd"),
            ("MAIL_URL", "pigeon://loft"),
            ("MAIL_URL", "smtp"),
            ("PUBLIC_URL", "portal.example.org"),
            ("DATABASE_URL", "hospital"),
            ("DOCTOR_APPROVAL", "maybe"),
            ("SECOND_FACTOR_REQUIRED", "everybody"),
            ("LOG_FORMAT", "xml"),
            ("DRAIN_SECONDS", "-1"),
            ("ENV", "prod"),
            ("DEMO_DATA", "perhaps"),
            ("RATELIMIT_ENABLED", "2"),
            ("ACCESS_TOKEN_HOURS", "1.5"),
            ("RATELIMIT_SIGN_IN", "often"),
            ("RATELIMIT_CONTACT", "seldom"),
            ("RATELIMIT_FORGOTTEN", "seldom"),
            ("PHONE_REGION", "Britain"),
            ("RATELIMIT_ANONYMOUS", "10 per fortnight"),
            ("DEFAULT_SLOT_MINUTES", "0"),
            ("DEFAULT_SLOT_MINUTES", "4"),
            ("DEFAULT_SLOT_MINUTES", "481"),
            ("REMINDER_FIRST_HOURS", "169"),
            ("REMINDER_FIRST_HOURS", "2"),
            ("REMINDER_SECOND_HOURS", "0"),
            ("WORKING_DAYS", "mon,someday"),
            ("WORKING_DAYS", ","),
            ("BOOKING_CUTOFF_HOURS", "-1"),
            ("WEB_WORKERS", "0"),
        ],
    )
    def test_a_malformed_value_is_refused_by_its_name(
        self, read: Callable[..., Settings], variable: str, value: str
    ) -> None:
        with pytest.raises(SettingsError, match=variable):
            read(**{variable: value}, **({"DB_NAME": "portal"} if variable == "DB_PORT" else {}))

    def test_an_sqlite_that_is_too_old_is_refused(
        self, read: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("config.sqlite3.sqlite_version_info", (3, 34, 1))

        with pytest.raises(SettingsError, match="DATABASE_URL"):
            read()
        assert read(DATABASE_URL="postgresql://portal@localhost/portal").database_url.startswith("postgresql")


class TestProduction:
    def test_it_starts_when_all_is_safe(self, read: Callable[..., Settings]) -> None:
        settings = read(**PRODUCTION)

        assert settings.is_production
        assert not settings.demo_data
        assert (settings.log_format, settings.drain_seconds) == ("json", 3)

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"SECRET_KEY": ""}, "SECRET_KEY is missing or weak"),
            ({"SECRET_KEY": "short"}, "SECRET_KEY is missing or weak"),
            ({"SECRET_KEY": "a" * 64}, "SECRET_KEY is missing or weak"),
            ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN is weak"),
            ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
            ({"MAIL_URL": ""}, "MAIL_URL must be smtp://"),
            ({"MAIL_URL": "file:/tmp/mail"}, "MAIL_URL must be smtp://"),
            ({"MAIL_URL": "console:"}, "MAIL_URL must be smtp://"),
            ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
            ({"PUBLIC_URL": "http://portal.example.org"}, "PUBLIC_URL"),
        ],
    )
    def test_it_refuses_what_is_unsafe(self, read: Callable[..., Settings], change: dict[str, str], told: str) -> None:
        with pytest.raises(SettingsError, match=told):
            read(**PRODUCTION | change)

    def test_it_makes_no_secret_of_its_own(self, read: Callable[..., Settings], tmp_path: Path) -> None:
        with pytest.raises(SettingsError):
            read(**PRODUCTION | {"SECRET_KEY": ""})

        assert not (tmp_path / "data" / "secret_key").exists()

    @pytest.mark.parametrize("change", [{"FLASK_DEBUG": "1"}, {"MAIL_URL": "file:/tmp/mail"}])
    def test_the_operator_reads_one_clear_sentence(self, tmp_path: Path, change: dict[str, str]) -> None:
        environment = PRODUCTION | {"DATA_DIR": str(tmp_path)} | change

        ended = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", "routes"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

        assert ended.returncode != 0
        assert next(iter(change)) in ended.stderr
        assert "Traceback" not in ended.stderr
        assert len(ended.stderr.strip().splitlines()) == 1
