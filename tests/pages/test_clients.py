"""The page for those who write clients: its examples are taken from the page and run against a real server."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app.demo import PASSWORD as DEMO_PASSWORD
from app.services import passwords
from tests.conftest import cannot_run
from tests.factories import (
    AccountFactory,
    AvailableTimeFactory,
    ClinicalRecordFactory,
    DoctorFactory,
    ReviewFactory,
)
from tests.support.databases import Database

CURL_THAT_TELLS = 'curl() { command curl --write-out "%{stderr}%{http_code}\\n" "$@"; }'
SECONDS = 60


@dataclass
class Examples(HTMLParser):
    """The examples of the page, by language and in order, and where its links within the page lead."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    anchors: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        self._inside: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if attributes.get("id"):
            self.anchors.add(str(attributes["id"]))
        if tag == "a":
            self.links.add(str(attributes["href"]))
        if tag == "pre":
            self._inside = self.texts.setdefault(str(attributes["data-language"]), [])
            self._inside.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            self._inside[-1] += data


def examples(page: str) -> Examples:
    """Read the page."""
    found = Examples()
    found.feed(page)
    return found


@pytest.fixture
def address(database: Database, live_server: Callable[..., str]) -> str:
    """A hospital with the doctor whom the examples sign in as, who is free at 9 and has written a record."""
    account = AccountFactory(username="your-username", password_hash=passwords.hashed("your-password"))
    doctor = DoctorFactory(account=account, hours=True)
    record = ClinicalRecordFactory(author=doctor)
    ReviewFactory(patient=record.patient, doctor=doctor)
    ReviewFactory(doctor=doctor)
    AvailableTimeFactory()
    return live_server()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the examples run: the picture that they send lies there."""
    content = BytesIO()
    Image.new("RGB", (40, 40), "teal").save(content, "JPEG")
    place = tmp_path / "examples"
    place.mkdir()
    (place / "me.jpg").write_bytes(content.getvalue())
    return place


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run what somebody has copied."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603  (our own page)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done


@pytest.mark.slow
def test_every_curl_example_works(address: str, folder: Path) -> None:
    if not shutil.which("curl") or not shutil.which("bash"):
        cannot_run("curl or bash was not found")
    found = examples(httpx.get(f"{address}/docs/clients").text)

    done = run(["bash", "-euo", "pipefail", "-c", "\n".join([CURL_THAT_TELLS, *found.texts["sh"]])], folder)

    *statuses, refused = [int(status) for status in done.stderr.split()]
    assert refused == 400
    assert statuses
    assert max(statuses) < 300, f"{statuses}\n{done.stdout}"
    assert json.loads(done.stdout[done.stdout.rindex('{"type"') :]) == json.loads(found.texts["json"][0])


@pytest.mark.slow
def test_every_python_example_works(address: str, folder: Path) -> None:
    found = examples(httpx.get(f"{address}/docs/clients").text)

    done = run([sys.executable, "-c", "\n".join(found.texts["py"])], folder)

    assert "2 of 2" in done.stdout
    assert "400 password: Missing data for required field." in done.stdout


def test_each_document_has_an_example_in_both_languages(client: FlaskClient) -> None:
    page = client.get("/docs/clients").text
    found = examples(page)

    assert len(found.texts["sh"]) == len(found.texts["py"])
    for number in ("000", "001", "002", "003", "004"):
        assert f"document-{number}" in found.anchors
        assert f"curl with document {number}" in page
        assert f"Python with document {number}" in page


def test_links_within_the_page_lead_somewhere(client: FlaskClient) -> None:
    found = examples(client.get("/docs/clients").text)

    assert {link[1:] for link in found.links if link.startswith("#")} <= found.anchors


def test_a_portal_with_demo_data_shows_the_demo_doctor(make_app: Callable[..., Flask]) -> None:
    page = make_app(demo_data=True, public_url="https://portal.example").test_client().get("/docs/clients").text

    assert f"username=doctor -d password={DEMO_PASSWORD}" in page
    assert "PORTAL=https://portal.example\n" in page
    assert "your-username" not in page


@pytest.mark.parametrize("address", ["/docs", "/"])
def test_the_documentation_and_every_footer_lead_to_it(client: FlaskClient, address: str) -> None:
    assert 'href="/docs/clients"' in client.get(address).text
