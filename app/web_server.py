"""The web server: Granian, told the portal's settings (docs/adr/0001-wsgi-server.md says why so)."""

from __future__ import annotations

import logging
import multiprocessing
import socket

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from config import Settings

STOP_SECONDS = 20


def serve(settings: Settings, target: str = "wsgi:serving") -> None:
    """Serve until SIGTERM or SIGINT; requests that have begun get up to twenty seconds to finish.

    `target` names what makes the WSGI application: another one than the portal only to measure it beside the portal.
    Raises click.ClickException where another program has the address.
    """
    _refuse_taken_address(settings)
    # A forked worker would inherit this process's threads' locks and open descriptors; a spawned one begins clean.
    multiprocessing.set_start_method("spawn", force=True)
    # It warns of more threads than twice the cores; ours mostly wait for slow clients and for the database.
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    server = Granian(
        target,
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


def _refuse_taken_address(settings: Settings) -> None:
    """Granian's workers share a port, so a second server would silently get some of the first one's requests."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        message = f"HOST {settings.host} and PORT {settings.port} cannot be used: {error.strerror}."
        raise click.ClickException(message) from error
