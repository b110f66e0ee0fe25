"""The real web server, in processes of its own, for browsers and races."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from config import Settings
from tests.support import databases
from tests.support.servers import end, free_port, wait_for_port
from tests.support.settings import as_environment, make_settings

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def serve(settings: Settings, *, processes: int = 1, threads: int = 4, **changes: Any) -> Iterator[str]:
    """Serve a portal as `make run` does, and yield its address such as `http://127.0.0.1:8123`.

    `changes` are fields of Settings. What the server printed stays in `server.log` in the settings' data folder.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    log = settings.data_dir / "server.log"
    environment = {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")},
        **as_environment(replace(settings, public_url=address, **changes)),
        "PORT": str(port),
        "WEB_WORKERS": str(processes),
        "WEB_THREADS": str(threads),
    }
    with log.open("ab") as output:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)  # noqa: S603  (our own server)
    try:
        wait_for_port(port, process, log)
        yield address
    finally:
        end(process.pid)
        process.wait()


class Standing:
    """A real server that many tests use one after the other, each with a fresh database: starting one takes seconds.

    The database is one file, put back through SQLite itself, under the server's open connections.
    """

    def __init__(self, folder: Path) -> None:
        self._migrated = folder / "migrated"
        self._migrated.mkdir()
        self._running = ExitStack()
        self._address: str | None = None
        with databases.sqlite_database(self._migrated):
            pass
        self.settings = make_settings(folder, f"sqlite:///{folder / 'portal.sqlite3'}")

    @property
    def address(self) -> str:
        """Where it listens; started on first use."""
        if self._address is None:
            self._address = self._running.enter_context(serve(self.settings))
        return self._address

    def restore(self) -> None:
        """Put back the database of an empty hospital, and throw the mail of the last test away."""
        file = self.settings.database_url.removeprefix("sqlite:///")
        with (
            closing(sqlite3.connect(self._migrated / "portal.sqlite3")) as migrated,
            closing(sqlite3.connect(file, timeout=15)) as used,
        ):
            migrated.backup(used)
        for letter in Path(self.settings.mail_url.removeprefix("file:")).glob("*"):
            letter.unlink(missing_ok=True)

    def stop(self) -> None:
        """End it: another server takes over its database, or there is no other test."""
        self._running.close()
        self._address = None
