"""The servers of a measurement: the portal as in production, the floors beside it, and a mail server that takes all."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from config import ROOT, Settings
from tests.bench.client import HOST
from tests.support.servers import end, free_port, wait_for_port
from tests.support.settings import as_environment

SECRET_KEY = "bench-only-0123456789-abcdefghijklmnopqrstuvwxyz"
_PORTAL = ("flask", "--app", "wsgi", "serve")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where they listen on 127.0.0.1."""

    portal: int
    hello: int
    limit: int


def make_settings(folder: Path, name: str, mail_port: int) -> Settings:
    """Settings of production, over a SQLite file of that name; only requests are not limited."""
    return Settings(
        env="production",
        host="127.0.0.1",
        database_url=f"sqlite:///{folder / name}.sqlite3",
        data_dir=folder,
        secret_key=SECRET_KEY,
        mail_url=f"smtp://127.0.0.1:{mail_port}?security=none",
        public_url=f"https://{HOST}",
        demo_data=False,
        ratelimit_enabled=False,
    )


@contextmanager
def mail_server(folder: Path) -> Iterator[int]:
    """The port of a mail server that forgets what it gets."""
    port = free_port()
    command = ("aiosmtpd", "--nosetuid", "--listen", f"127.0.0.1:{port}", "--class", "aiosmtpd.handlers.Sink")
    with _running(command, port, {}, folder / "mail-server.log"):
        yield port


@contextmanager
def serve(portal: Settings, floors: Settings) -> Iterator[Ports]:
    """The portal over its database and both floors over theirs, each with one worker of as many threads."""
    with ExitStack() as stack:
        ports = Ports(free_port(), free_port(), free_port())
        for name, port, settings, command in (
            ("portal", ports.portal, portal, _PORTAL),
            ("hello", ports.hello, floors, ("tests.bench.floors", "hello")),
            ("limit", ports.limit, floors, ("tests.bench.floors", "limit")),
        ):
            environment = as_environment(settings) | {"HOST": settings.host, "PORT": str(port), "WEB_WORKERS": "1"}
            stack.enter_context(_running(command, port, environment, settings.data_dir / f"{name}.log"))
        yield ports


@contextmanager
def _running(module: tuple[str, ...], port: int, environment: dict[str, str], log: Path) -> Iterator[None]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    command = [sys.executable, "-m", *module]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=kept | environment, stdout=output, stderr=output)  # noqa: S603 (our own servers)
    try:
        wait_for_port(port, process, log)
        yield
    finally:
        end(process.pid)
        process.wait()
