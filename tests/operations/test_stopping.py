"""Stopping and reloading under load: no request that was sent stays without its answer."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from threading import Event

import pytest

from tests.support.databases import Database

pytestmark = pytest.mark.slow

CLIENTS = 8
DRAIN_SECONDS = 2
PATIENCE_SECONDS = 60


@dataclass
class Load:
    """Clients that ask one thing after the other on kept connections, each at one of some addresses.

    As a proxy does, one goes on at the next address when the server says that the connection ends, or does not take a
    new one. A request that was sent is never sent again.
    """

    ports: list[int]
    answered: list[int] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _over: Event = field(default_factory=Event)

    def ask(self) -> None:
        """One client, until the load is over."""
        places = cycle(self.ports)
        connection = _connect(places)
        while not self._over.is_set():
            try:
                connection.request("GET", "/our-services")
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error))
                connection.close()
                connection = _connect(places)
                continue
            self.answered.append(response.status)
            if response.getheader("Connection") == "close":
                connection.close()
                connection = _connect(places)
        connection.close()

    def wait_for_more(self) -> None:
        """Return once the clients have had a hundred more answers."""
        wanted = len(self.answered) + 100
        wait_until(lambda: len(self.answered) >= wanted)

    @contextmanager
    def running(self) -> Iterator[Load]:
        """The clients at work."""
        with ThreadPoolExecutor(CLIENTS) as pool:
            asking = [pool.submit(self.ask) for _ in range(CLIENTS)]
            try:
                self.wait_for_more()
                yield self
                self.wait_for_more()
            finally:
                self._over.set()
            for client in asking:
                client.result()


def _connect(places: Iterator[int]) -> http.client.HTTPConnection:
    for port in places:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        try:
            connection.connect()
        except ConnectionRefusedError:
            connection.close()
            continue
        return connection
    raise AssertionError


def wait_until(is_so: Callable[[], bool]) -> None:
    """Other processes work on it: there is nothing to wait on but what they do."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children_of(pid: int) -> dict[int, str]:
    """The processes that a process has started and that still run, with how each was started."""
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(OSError):
            found[int(child)] = Path(f"/proc/{child}/cmdline").read_text()
    return {child: command for child, command in found.items() if command}  # a dead one has none


def server_at(port: int) -> int:
    """The process that serves a port."""
    setting = f"\0PORT={port}\0"
    return next(child for child in children_of(os.getpid()) if setting in Path(f"/proc/{child}/environ").read_text())


def workers_of(server: int) -> set[int]:
    """The processes that answer."""
    return {child for child, command in children_of(server).items() if "spawn_main" in command}


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


@pytest.fixture
def start(database: Database, live_server: Callable[..., str]) -> Callable[[], int]:
    """Starter of servers of two processes each; their ports."""
    return lambda: port_of(live_server(processes=2, drain_seconds=DRAIN_SECONDS))


def test_a_reload_changes_every_process_and_loses_no_request(start: Callable[[], int]) -> None:
    port = start()
    server = server_at(port)
    with Load([port]).running() as load:
        before = workers_of(server)
        os.kill(server, signal.SIGHUP)
        wait_until(lambda: len(workers_of(server)) == 2 and not before & workers_of(server))

    assert load.failed == []
    assert set(load.answered) == {200}


def test_one_process_of_two_stops_and_no_request_is_lost(start: Callable[[], int]) -> None:
    port = start()
    server = server_at(port)
    with Load([port]).running() as load:
        stopped = min(workers_of(server))
        os.kill(stopped, signal.SIGTERM)
        wait_until(lambda: stopped not in workers_of(server) and len(workers_of(server)) == 2)

    assert load.failed == []
    assert set(load.answered) == {200}


def test_one_server_of_two_stops_and_no_request_is_lost(start: Callable[[], int]) -> None:
    ports = [start(), start()]
    server = server_at(ports[0])
    with Load(ports).running() as load:
        os.kill(server, signal.SIGTERM)
        wait_until(lambda: server not in children_of(os.getpid()))

    assert load.failed == []
    assert set(load.answered) == {200}


def test_a_request_that_has_begun_is_finished(database: Database, live_server: Callable[..., str]) -> None:
    """Its body comes slowly: the server is told to stop while it is still on its way."""
    port = port_of(live_server(drain_seconds=1))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    connection.putrequest("POST", "/login")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", "2")
    connection.endheaders(b"{")
    server = server_at(port)
    os.kill(server, signal.SIGTERM)
    wait_until(lambda: is_refused(port))
    connection.send(b"}")
    answer = connection.getresponse()

    assert answer.status == 400
    answer.read()
    connection.close()


def is_refused(port: int) -> bool:
    """Whether nobody listens any more."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
