"""The clients of the races: a server that hangs up on whoever is idle, as every server does, is no failure."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import pytest

from tests.reliability.people import Client


@pytest.fixture
def hanging_up() -> Iterator[str]:
    """A server that answers one request a connection, and closes it without having said so."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(5)

    def serve() -> None:
        with suppress(TimeoutError):
            for _ in range(2):
                connection, _address = listening.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    answering = Thread(target=serve)
    answering.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    answering.join()
    listening.close()


def test_who_was_hung_up_on_connects_anew(hanging_up: str) -> None:
    client = Client(hanging_up)
    assert client.send("GET", "/").status == 200
    wait_for_the_end(client)

    assert client.send("GET", "/").status == 200
    client.connection.close()


def wait_for_the_end(client: Client) -> None:
    """Return once the server has closed the client's connection."""
    assert client.connection.sock.recv(1, socket.MSG_PEEK) == b""
