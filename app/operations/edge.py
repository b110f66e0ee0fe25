"""What stands around the application: request ids, a line and a count for each request, and three paths of its own.

`/healthz`, `/readyz` and `/metrics` are answered here, before hosts are checked, a session is read or a limit is
counted: whoever watches asks an address inside the cluster, often, and when the database does not answer.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import orjson
from flask import Flask
from prometheus_client import CONTENT_TYPE_LATEST

from app.extensions import request_id
from app.operations import logs, metrics, stopping
from app.operations.health import Health

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]
Own = Callable[["WSGIEnvironment"], tuple[str, Headers, bytes]]

_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_PLAIN, _JSON = ("Content-Type", "text/plain; charset=utf-8"), ("Content-Type", "application/json")
_NO_ROUTE = "none"
_GUARDS = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]


class Edge:
    """The outermost WSGI application of a portal."""

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        settings = app.extensions["settings"]
        self._app = app
        self._inner = inner
        self._health = Health(app)
        self._token: str | None = settings.metrics_token
        self._trusts_request_ids = settings.trusted_proxies > 0
        self._own: dict[str, Own] = {"/healthz": _alive, "/readyz": self._ready}
        if self._token:
            self._own["/metrics"] = self._metrics

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, and tell afterwards how."""
        own = self._own.get(environ["PATH_INFO"])
        if own is not None:
            status, headers, body = own(environ)
            start_response(status, [*headers, *_GUARDS, *_ending()])
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
        known = self._id_of(environ)
        answered, route = 500, _NO_ROUTE

        def start(status: str, headers: Headers, error: OptExcInfo | None = None) -> Callable[[bytes], object]:
            nonlocal answered, route
            answered, route = int(status[:3]), _route_of(environ)
            return start_response(status, [*headers, ("X-Request-ID", known), *_ending()], error)

        before = request_id.set(known)
        started = time.perf_counter()
        try:
            return self._inner(environ, start)
        finally:
            seconds = time.perf_counter() - started
            if self._token:
                metrics.count_request(environ["REQUEST_METHOD"], route, answered, seconds)
            logs.tell_request(environ["REQUEST_METHOD"], route, answered, seconds)
            request_id.reset(before)

    def _id_of(self, environ: WSGIEnvironment) -> str:
        """The proxy's, where one is trusted and has given one that can stand in a log; else a new one."""
        given: str = environ.get("HTTP_X_REQUEST_ID", "") if self._trusts_request_ids else ""
        return given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(8)

    def _ready(self, _environ: WSGIEnvironment) -> tuple[str, Headers, bytes]:
        found = self._health.readiness()
        status = "200 OK" if found.is_fit else "503 Service Unavailable"
        return status, [_JSON], orjson.dumps({"status": found.word, "checks": found.checks})

    def _metrics(self, environ: WSGIEnvironment) -> tuple[str, Headers, bytes]:
        shown = environ.get("HTTP_AUTHORIZATION", "").encode()
        if not hmac.compare_digest(shown, f"Bearer {self._token}".encode()):
            return "401 Unauthorized", [_PLAIN, ("WWW-Authenticate", 'Bearer realm="metrics"')], b"unauthorized\n"
        return "200 OK", [("Content-Type", CONTENT_TYPE_LATEST)], metrics.exposition(self._app)


def _alive(_environ: WSGIEnvironment) -> tuple[str, Headers, bytes]:
    return "200 OK", [_PLAIN], b"ok\n"


def _route_of(environ: WSGIEnvironment) -> str:
    """The rule that matched; Flask forgets the request before the application returns."""
    request = environ.get("werkzeug.request")
    rule = getattr(request, "url_rule", None)
    return rule.rule if rule is not None else _NO_ROUTE


def _ending() -> Headers:
    return [("Connection", "close")] if stopping.begun.is_set() else []


def wrap(app: Any) -> None:
    """Put the edge around an application, as the last thing that is put around it."""
    app.wsgi_app = Edge(app, app.wsgi_app)
