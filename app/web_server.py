"""The web server: Granian, told the portal's settings (docs/adr/0001-wsgi-server.md says why so)."""

from __future__ import annotations

import logging
import multiprocessing

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from config import Settings

STOP_SECONDS = 20


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests that have begun get up to twenty seconds to finish."""
    # A forked worker would inherit this process's threads' locks and open descriptors; a spawned one begins clean.
    multiprocessing.set_start_method("spawn", force=True)
    # It warns of more threads than twice the cores; ours mostly wait for slow clients and for the database.
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    server = Granian(
        "wsgi:serving",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.web_workers,
        blocking_threads=settings.web_threads,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    server.on_startup(lambda: click.echo(f"{settings.hospital_name}: {settings.public_url} (Ctrl+C stops it)"))
    server.serve()
