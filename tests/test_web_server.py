"""The server that `make run` starts: it serves, says where, and refuses to start unsafely."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace

import httpx
import pytest
from click import ClickException

from app.web_server import serve
from tests.support.live import ROOT


@pytest.mark.slow
@pytest.mark.both_databases
def test_it_serves_the_portal_from_several_processes(live_server, settings):
    address = live_server(processes=2)

    answer = httpx.get(f"{address}/openapi.json")

    assert answer.status_code == 200
    assert address in (settings.data_dir / "server.log").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("command", [["serve"], ["db", "current"]], ids=" ".join)
def test_it_refuses_unsafe_settings_in_one_sentence(command, tmp_path):
    environment = {"PATH": os.environ["PATH"], "ENV": "production", "DATA_DIR": str(tmp_path), "SECRET_KEY": "short"}

    refused = subprocess.run(  # noqa: S603  (our own server)
        [sys.executable, "-m", "flask", "--app", "wsgi", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 1
    assert refused.stderr.startswith("The portal does not start. SECRET_KEY is missing or weak")
    assert len(refused.stderr.splitlines()) == 1


def test_it_refuses_a_port_that_another_server_has(settings):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind((settings.host, 0))
        other.listen()

        with pytest.raises(ClickException, match="cannot be used: Address already in use"):
            serve(replace(settings, port=other.getsockname()[1]))
