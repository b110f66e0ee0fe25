"""The real web server, in processes of its own, for browsers and races."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from config import Settings
from tests.support.servers import end, free_port, wait_for_port
from tests.support.settings import as_environment

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
