"""Settings: each read once from the environment, typed, with its default; production refuses unsafe ones."""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import limits
import phonenumbers
from environs import Env, EnvError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent
MINIMUM_SECRET_LENGTH = 32
MINIMUM_SECRET_CHARACTERS = 8
SHORTEST_SLOT_MINUTES, LONGEST_SLOT_MINUTES = 5, 480
LONGEST_REMINDER_HOURS = 168
OLDEST_SQLITE = (3, 38, 0)
"""The first that has `unixepoch`."""

MAIL_SCHEMES = ("file", "smtp", "console")
USUAL_COLOUR = "#0b5563"
"""That of static/css/_theme.scss."""

HEX_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)


class SettingsError(Exception):
    """A setting is missing, malformed or unsafe; the text says which one and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one running portal is told from outside. Times are in the unit that the name ends with.

    Of CHANGEABLE the environment says the first values: what admins choose in the portal goes before it.
    """

    env: Literal["development", "production", "test"] = "development"
    debug: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    web_workers: int = 1
    web_threads: int = 16
    data_dir: Path = field(default=ROOT / "instance")
    database_url: str
    redis_url: str | None = None
    secret_key: str = field(repr=False)
    mail_url: str
    mail_from: str = "no-reply@hospital.example"
    hospital_name: str = "Larkfield Hospital"
    brand_colour: str = USUAL_COLOUR
    logo_picture_id: int | None = None
    hospital_timezone: str = "Europe/London"
    currency: str = "GBP"
    phone_region: str = "GB"
    public_url: str
    demo_data: bool = True
    doctor_approval: Literal["manual", "automatic"] = "manual"
    second_factor_required: Literal["none", "staff"] = "none"
    ratelimit_enabled: bool = True
    ratelimit_anonymous: str = "300 per minute"
    ratelimit_signed_in: str = "1200 per minute"
    ratelimit_sign_in: str = "10 per minute"
    ratelimit_contact: str = "10 per hour"
    ratelimit_forgotten: str = "10 per hour"
    trusted_proxies: int = 0
    access_token_hours: int = 12
    refresh_token_days: int = 30
    browser_session_hours: int = 12
    idle_minutes_staff: int = 15
    idle_minutes_patient: int = 30
    default_slot_minutes: int = 30
    working_days: str = "mon,tue,wed,thu,fri"
    booking_cutoff_hours: int = 2
    booking_horizon_days: int = 90
    waiting_offer_hours: int = 4
    reminder_first_hours: int = 24
    reminder_second_hours: int = 2
    idempotency_hours: int = 24
    metrics_token: str | None = field(default=None, repr=False)
    log_format: Literal["text", "json"] = "text"
    drain_seconds: int = 0

    @property
    def zone(self) -> ZoneInfo:
        """The hospital's time zone."""
        return ZoneInfo(self.hospital_timezone)

    @property
    def weekdays(self) -> tuple[int, ...]:
        """The working days, of whose hours the JSON documents tell: Monday is 0.

        Empty where `working_days` names none, or something else.
        """
        return _weekdays(self.working_days)

    @property
    def is_production(self) -> bool:
        """Whether the safe defaults of production hold."""
        return self.env == "production"

    @property
    def mail_scheme(self) -> str:
        """How mail leaves: `file`, `smtp` or `console`."""
        return self.mail_url.partition(":")[0]

    @classmethod
    def from_environment(cls) -> Self:
        """Read the settings from the environment and, where present, `.env`.

        Raises SettingsError for a value that is malformed, or unsafe in production.
        """
        env = Env()
        env.read_env(str(ROOT / ".env"), recurse=False)
        try:
            return cls._read(env)
        except EnvError as error:
            raise SettingsError(str(error)) from error

    @classmethod
    def _read(cls, env: Env) -> Self:
        mode = _choice(env, "ENV", _MODES)
        data_dir = Path(env.str("DATA_DIR", str(ROOT / "instance")))
        port = env.int("PORT", 8000)
        given: dict[str, Any] = {name: env.str(name.upper()) for name in _TEXTS if env.str(name.upper(), "")}
        given |= {name: env.int(name.upper()) for name in _NUMBERS if env.str(name.upper(), "")}
        if mode == "production":
            given.setdefault("host", "0.0.0.0")  # noqa: S104 (demo accounts stay on the machine, a hospital serves)
            given.setdefault("drain_seconds", 3)
        settings = cls(
            env=mode,
            debug=env.bool("FLASK_DEBUG", default=False),
            port=port,
            data_dir=data_dir,
            database_url=_database_url(env, data_dir),
            redis_url=env.str("REDIS_URL", "") or None,
            secret_key=env.str("SECRET_KEY", "") or _development_secret(mode, data_dir),
            mail_url=env.str("MAIL_URL", "") or f"file:{data_dir / 'mail'}",
            public_url=(env.str("PUBLIC_URL", "") or f"http://localhost:{port}").rstrip("/"),
            doctor_approval=_choice(env, "DOCTOR_APPROVAL", _APPROVALS),
            second_factor_required=_choice(env, "SECOND_FACTOR_REQUIRED", _REQUIRED_OF),
            metrics_token=env.str("METRICS_TOKEN", "") or None,
            log_format=_choice(env, "LOG_FORMAT", _FORMATS[::-1] if mode == "production" else _FORMATS),
            demo_data=env.bool("DEMO_DATA", default=mode == "development"),
            ratelimit_enabled=env.bool("RATELIMIT_ENABLED", default=True),
            **given,
        )
        settings.refuse_malformed()
        if settings.is_production:
            settings.refuse_unsafe()
        return settings

    def refuse_malformed(self) -> None:
        """Raise SettingsError for values that no environment can run with."""
        try:
            ZoneInfo(self.hospital_timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            message = f"HOSPITAL_TIMEZONE is {self.hospital_timezone!r}, which is no time zone such as Europe/London."
            raise SettingsError(message) from error
        if self.phone_region not in phonenumbers.SUPPORTED_REGIONS:
            message = f"PHONE_REGION is {self.phone_region!r}, which is no country's two letters such as GB."
            raise SettingsError(message)
        self._refuse_impossible_values()
        try:
            make_url(self.database_url)
        except ArgumentError:
            message = "DATABASE_URL is no address such as postgresql://user:password@host/name."
            raise SettingsError(message) from None  # the address holds a password
        if self.mail_scheme not in MAIL_SCHEMES or ":" not in self.mail_url:
            message = "MAIL_URL must start with file:, smtp: or console:."
            raise SettingsError(message)
        if not self.public_url.startswith(("http://", "https://")):
            message = "PUBLIC_URL must start with http:// or https://."
            raise SettingsError(message)
        for name in _LIMITS:
            try:
                limits.parse(getattr(self, name))
            except ValueError as error:
                message = f"{name.upper()} is {getattr(self, name)!r}, which is no limit such as '10 per minute'."
                raise SettingsError(message) from error
        for name in _NUMBERS:
            least = 0 if name in _MAY_BE_ZERO else 1
            if getattr(self, name) < least:
                message = f"{name.upper()} is {getattr(self, name)}; it must be at least {least}."
                raise SettingsError(message)

    def _refuse_impossible_values(self) -> None:
        if self.database_url.startswith("sqlite") and sqlite3.sqlite_version_info < OLDEST_SQLITE:
            found = sqlite3.sqlite_version
            message = f"This Python's SQLite {found} is too old: take a newer Python, or PostgreSQL by DATABASE_URL."
            raise SettingsError(message)
        if not HEX_COLOUR.fullmatch(self.brand_colour):
            message = f"BRAND_COLOUR is {self.brand_colour!r}, which is no colour such as #0b5563, in small letters."
            raise SettingsError(message)
        if not self.weekdays:
            message = f"WORKING_DAYS is {self.working_days!r}, which are no days such as mon,tue,wed,thu,fri."
            raise SettingsError(message)
        least, most = SHORTEST_SLOT_MINUTES, LONGEST_SLOT_MINUTES
        if not least <= self.default_slot_minutes <= most:
            message = f"DEFAULT_SLOT_MINUTES is {self.default_slot_minutes}; it must be from {least} to {most}."
            raise SettingsError(message)
        if not self.reminder_second_hours < self.reminder_first_hours <= LONGEST_REMINDER_HOURS:
            message = (
                f"REMINDER_FIRST_HOURS is {self.reminder_first_hours}; "
                f"it must be more than REMINDER_SECOND_HOURS and at most {LONGEST_REMINDER_HOURS}."
            )
            raise SettingsError(message)

    def refuse_unsafe(self) -> None:
        """Raise SettingsError where a production server would expose patients."""
        key = self.secret_key
        if len(key) < MINIMUM_SECRET_LENGTH or len(set(key)) < MINIMUM_SECRET_CHARACTERS:
            message = (
                f"SECRET_KEY is missing or weak: production needs at least {MINIMUM_SECRET_LENGTH} random characters. "
                'Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
            raise SettingsError(message)
        if self.metrics_token and len(self.metrics_token) < MINIMUM_SECRET_LENGTH:
            message = f"METRICS_TOKEN is weak: production needs at least {MINIMUM_SECRET_LENGTH} random characters."
            raise SettingsError(message)
        if self.debug:
            message = "FLASK_DEBUG is on: production refuses to start with debug, which shows patients' data in errors."
            raise SettingsError(message)
        if self.mail_scheme != "smtp":
            message = "MAIL_URL must be smtp:// in production: file and console mail reach no patient."
            raise SettingsError(message)
        if not self.public_url.startswith("https://"):
            message = "PUBLIC_URL must be the portal's https:// address in production: sessions travel over TLS only."
            raise SettingsError(message)


CHANGEABLE = frozenset(
    {
        "hospital_name",
        "brand_colour",
        "logo_picture_id",
        "default_slot_minutes",
        "booking_horizon_days",
        "booking_cutoff_hours",
        "waiting_offer_hours",
        "reminder_first_hours",
        "reminder_second_hours",
        "doctor_approval",
        "second_factor_required",
    }
)
"""What admins may change while the portal runs (docs/adr/0011)."""

_LIMITS = (
    "ratelimit_anonymous",
    "ratelimit_signed_in",
    "ratelimit_sign_in",
    "ratelimit_contact",
    "ratelimit_forgotten",
)
_TEXTS = (
    "host",
    "mail_from",
    "hospital_name",
    "brand_colour",
    "hospital_timezone",
    "currency",
    "phone_region",
    "working_days",
    *_LIMITS,
)
_NUMBERS = (
    "web_workers",
    "web_threads",
    "trusted_proxies",
    "access_token_hours",
    "refresh_token_days",
    "browser_session_hours",
    "idle_minutes_staff",
    "idle_minutes_patient",
    "default_slot_minutes",
    "booking_cutoff_hours",
    "booking_horizon_days",
    "waiting_offer_hours",
    "reminder_first_hours",
    "reminder_second_hours",
    "idempotency_hours",
    "drain_seconds",
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@lru_cache(maxsize=8)
def _weekdays(working_days: str) -> tuple[int, ...]:
    names = [name.strip().lower() for name in working_days.split(",")]
    return tuple(sorted({_WEEKDAYS.index(name) for name in names})) if set(names) <= set(_WEEKDAYS) else ()


_MAY_BE_ZERO = ("trusted_proxies", "booking_cutoff_hours", "drain_seconds")


Mode = Literal["development", "production", "test"]
DoctorApproval = Literal["manual", "automatic"]
RequiredOf = Literal["none", "staff"]
LogFormat = Literal["text", "json"]
Choice = TypeVar("Choice", bound=str)
_MODES: tuple[Mode, ...] = ("development", "production", "test")
_APPROVALS: tuple[DoctorApproval, ...] = ("manual", "automatic")
_REQUIRED_OF: tuple[RequiredOf, ...] = ("none", "staff")
_FORMATS: tuple[LogFormat, ...] = ("text", "json")
CHOICES: dict[str, tuple[str, ...]] = {"doctor_approval": _APPROVALS, "second_factor_required": _REQUIRED_OF}


def _choice(env: Env, name: str, choices: tuple[Choice, ...]) -> Choice:
    """One of a few words; the first is the default."""
    value = env.str(name, "") or choices[0]
    for choice in choices:
        if value == choice:
            return choice
    message = f"{name} is {value!r}; it must be one of: {', '.join(choices)}."
    raise SettingsError(message)


def _database_url(env: Env, data_dir: Path) -> str:
    """DATABASE_URL, else document 003's DB_* names, else SQLite in the data folder."""
    url = env.str("DATABASE_URL", "")
    if not url and env.str("DB_NAME", ""):
        user, password = quote(env.str("DB_USER", ""), safe=""), quote(env.str("DB_PASSWORD", ""), safe="")
        host, port = env.str("DB_HOST", "localhost"), env.int("DB_PORT", 5432)
        url = f"postgresql://{user}:{password}@{host}:{port}/{quote(env.str('DB_NAME'), safe='')}"
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url or f"sqlite:///{data_dir / 'portal.sqlite3'}"


def _development_secret(mode: str, data_dir: Path) -> str:
    """A random key kept in the data folder, so that restarts keep people signed in; none in production."""
    if mode == "production":
        return ""
    path = data_dir / "secret_key"
    data_dir.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()
