"""The web server: Granian, told the portal's settings (docs/adr/0001-wsgi-server.md says why so)."""

from __future__ import annotations

import logging
import multiprocessing
import socket
from typing import Any

import click
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.net import SocketSpec  # type: ignore[attr-defined] # as its own servers import it
from granian.server import MPServer

from app.operations import logs, metrics
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
    counted = metrics.open_folder() if settings.metrics_token else None
    server = _SharingServer(
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
    logs.configure(settings.log_format)
    try:
        server.serve()
    finally:
        if counted:
            metrics.close_folder(counted)


class _SharingServer(MPServer):
    """Granian with one listening socket for all its processes, as it has for Unix sockets.

    With a socket each, as it does it for TCP, the connections that wait at a process which stops are reset.
    """

    def _init_shared_socket(self) -> None:
        specification = SocketSpec(self.bind_addr, self.bind_port, self.backlog)
        self._shd: Any = specification.build()
        self._sfd = self._shd.get_fd()
        self._sso = socket.socket(fileno=self._sfd)
        self._sso.set_inheritable(True)
        self._ssp = None


def _refuse_taken_address(settings: Settings) -> None:
    """Granian's workers share a port, so a second server would silently get some of the first one's requests."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        message = f"HOST {settings.host} and PORT {settings.port} cannot be used: {error.strerror}."
        raise click.ClickException(message) from error
