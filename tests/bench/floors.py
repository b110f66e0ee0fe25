"""What the portal is compared with, under the same server: a bare Flask hello, and bare WSGI over the driver.

The limit answers a list with one SELECT through sqlite3, dumped by orjson, and a booking with one durable INSERT: no
framework, no tokens, no rules. Nothing in Python can be much quicker.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson
from flask import Flask
from sqlalchemy import make_url

from app import web_server
from config import Settings
from tests.bench import selects

Wsgi = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]
Parameters = dict[str, Any]

PRAGMAS = ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "busy_timeout=15000")
"""As the portal has them: app/extensions.py."""

LISTS = {
    "/doctors": selects.DOCTORS,
    "/appointments": selects.APPOINTMENTS,
    "/reviews": selects.REVIEWS,
    "/rows": selects.ROWS_OF_DOCTORS,
}


def hello() -> Flask:
    """The least that a Flask application can answer as JSON."""
    app = Flask(__name__)

    @app.get("/")
    def greet() -> dict[str, str]:
        return {"message": "hello"}

    return app


def limit() -> Wsgi:
    """A WSGI function over the driver, with a connection a thread."""
    path = cast("str", make_url(Settings.from_environment().database_url).database)
    local = threading.local()

    def connection() -> sqlite3.Connection:
        if not hasattr(local, "connection"):
            local.connection = sqlite3.connect(path, isolation_level=None)
            for pragma in PRAGMAS:
                local.connection.execute(f"PRAGMA {pragma}")
        opened: sqlite3.Connection = local.connection
        return opened

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            content = _insert(connection(), orjson.loads(environ["wsgi.input"].read()))
        else:
            content = _select(connection(), LISTS[environ["PATH_INFO"]], dict(parse_qsl(environ["QUERY_STRING"])))
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
        return [content]

    return answer


def _select(connection: sqlite3.Connection, statement: str, parameters: Parameters) -> bytes:
    rows = connection.execute(statement, parameters)
    names = [column[0] for column in rows.description]
    fragments = [number for number, name in enumerate(names) if name in selects.JSON_COLUMNS]
    results = []
    for row in rows:
        values = list(row)
        for number in fragments:
            if values[number] is not None:
                values[number] = orjson.Fragment(values[number])
        results.append(dict(zip(names, values, strict=True)))
    return orjson.dumps({"results": results})


def _insert(connection: sqlite3.Connection, body: Parameters) -> bytes:
    starts_at = datetime.fromisoformat(body["appointment_time"]).replace(tzinfo=None)
    values = {
        "patient_id": body["patient"],
        "doctor_id": body["doctor"],
        "starts_at": str(starts_at),
        "ends_at": str(starts_at + timedelta(minutes=30)),
        "now": str(datetime.now(UTC).replace(tzinfo=None)),
    }
    connection.execute("BEGIN IMMEDIATE")
    (key,) = connection.execute(selects.INSERT, values).fetchone()
    connection.execute("COMMIT")
    return orjson.dumps({"id": key})


def serve() -> None:
    """Serve the floor that is named on the command line as the portal is served, with the same settings."""
    web_server.serve(Settings.from_environment(), target=f"tests.bench.floors:{sys.argv[1]}")


if __name__ == "__main__":
    serve()
