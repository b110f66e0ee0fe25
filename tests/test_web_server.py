"""The server that `make run` starts: it serves, says where, and stops when told."""

from __future__ import annotations

import httpx
import pytest


@pytest.mark.both_databases
def test_it_serves_the_portal_from_several_processes(live_server, settings):
    address = live_server(processes=2)

    answer = httpx.get(f"{address}/openapi.json")

    assert answer.status_code == 200
    assert address in (settings.data_dir / "server.log").read_text()
