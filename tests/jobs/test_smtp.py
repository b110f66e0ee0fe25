"""Mail over TLS goes to a server that proves who it is, and to no other."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from app.models import MessageState
from config import Settings
from tests.conftest import cannot_run
from tests.jobs.test_mail import deliver, tell
from tests.support import servers
from tests.support.databases import Database


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 that it has signed itself, and its key, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        cannot_run("there is no openssl to make a certificate with")
    file = tmp_path / "certificate.pem"
    command = f"{openssl} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=127.0.0.1"
    command += " -addext subjectAltName=IP:127.0.0.1 -keyout"
    subprocess.run([*command.split(), file, "-out", file], check=True, capture_output=True)  # noqa: S603 (our own command)
    return file


@pytest.fixture
def received() -> list[Any]:
    """What the mail server got."""
    return []


@pytest.fixture
def settings(settings: Settings, certificate: Path, received: list[Any]) -> Iterator[Settings]:
    class Handler:
        async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
            received.append(envelope)
            return "250 OK"

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    port = servers.free_port()
    controller = Controller(Handler(), "127.0.0.1", port, tls_context=context, require_starttls=True)
    controller.start()
    yield replace(settings, mail_url=f"smtp://127.0.0.1:{port}?security=starttls")
    controller.stop()


def test_a_certificate_that_nobody_vouches_for_gets_no_mail(database: Database, received: list[Any]) -> None:
    message = deliver(database, tell(database))

    assert (message.state, message.error) == (MessageState.WAITING, "SSLCertVerificationError")
    assert received == []


def test_one_that_is_trusted_gets_it(
    database: Database, received: list[Any], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    assert deliver(database, tell(database)).state is MessageState.SENT
    assert len(received) == 1
