"""The hospital portal: create_app() is the only wiring."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import urlsplit

from werkzeug.middleware.proxy_fix import ProxyFix

from app import api, cli, http, identity, models, pages
from app.extensions import compress, csrf, db, job_queue, limiter, login_manager, mail, migrate
from app.jobs import mail as mail_jobs
from app.operations import edge
from app.services import hospital_settings
from config import ROOT, Settings

MEBIBYTE = 2**20


def create_app(settings: Settings | None = None) -> http.Portal:
    """The portal, ready to serve, for these settings or those of the environment. Raises SettingsError."""
    settings = settings or Settings.from_environment()
    app = http.Portal(__name__, template_folder=ROOT / "templates", static_folder=ROOT / "static")
    app.extensions["settings"] = settings
    app.extensions["chosen_settings"] = hospital_settings.chosen
    app.extensions["rate_limits"] = SimpleNamespace(key=identity.rate_limit_key, default=identity.default_rate_limit)
    app.config.from_mapping(_flask_configuration(settings))
    for extension in (db, login_manager, csrf, limiter, mail, compress, job_queue):
        extension.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    http.init_app(app, identity.note_refusal)
    app.after_request(identity.note_use)
    pages.register(app)
    api.register(app)
    cli.register(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign] # the documented way
    edge.wrap(app)
    return app


def _flask_configuration(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "TESTING": settings.env == "test",
        "DEBUG": settings.debug,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings),
        "TRUSTED_HOSTS": [urlsplit(settings.public_url).hostname] if settings.is_production else None,
        "MAX_CONTENT_LENGTH": 10 * MEBIBYTE,
        "MAX_FORM_MEMORY_SIZE": 2 * MEBIBYTE,
        "SESSION_COOKIE_NAME": "__Host-portal" if settings.is_production else "portal",
        "SESSION_COOKIE_SECURE": settings.is_production,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,
        "RATELIMIT_ENABLED": settings.ratelimit_enabled,
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        "COMPRESS_MIMETYPES": [
            "text/html",
            "application/json",
            "application/problem+json",
            "text/css",
            "text/javascript",
        ],
        **mail_jobs.flask_configuration(settings),
    }


def _engine_options(settings: Settings) -> dict[str, object]:
    if settings.database_url.startswith("sqlite"):
        # Last in, first out: the connection that was used last has most of what is asked for in its cache.
        return {"connect_args": {"timeout": 15, "check_same_thread": False}, "pool_use_lifo": True}
    return {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20, "pool_timeout": 10}


__all__ = ["create_app", "models"]
