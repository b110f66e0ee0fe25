"""Every page in each of its states, as the server sends it: complete, valid HTML, one heading, a title that says so."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from config import ROOT, Settings
from tests.architecture.permissions import pages
from tests.architecture.test_permissions import routes
from tests.conftest import cannot_run
from tests.pages import visiting
from tests.pages.states import NO_PAGES, STATES
from tests.support.clients import form_values, sign_in
from tests.support.databases import Database

CHECKER = ROOT / "node_modules/vnu-jar/build/dist/vnu.jar"
EXCUSED = re.compile(
    # htmx reads attributes of its own.
    r"Attribute “hx-[a-z:-]+” not allowed"
    # Tables become lists on narrow screens: without roles browsers would then take them for no tables at all.
    r"|The “role” attribute must not be used on a “(?:tr|th|td|thead|tbody)” element which has a “table” ancestor"
)
Pages = dict[str, str]


class Read(HTMLParser):
    """What the rules below ask of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.title = ""
        self.headings = 0
        self.summaries = 0
        self.action: str | None = None
        self._inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.headings += tag == "h1"
        self.summaries += "nhsuk-error-summary" in values.get("class", "").split()
        if tag in ("main", "title"):
            self._inside.append(tag)
        if tag == "form" and "main" in self._inside and values.get("method") == "post" and self.action is None:
            self.action = values.get("action", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            self._inside.remove(tag)

    def handle_data(self, data: str) -> None:
        if "title" in self._inside and "main" not in self._inside:  # drawings have titles, too
            self.title += data


def send(client: FlaskClient, visit: visiting.Visit, hospital: visiting.Hospital, page: TestResponse) -> TestResponse:
    """Send the first form of a page as the state says, and follow where it leads."""
    action = Read(page.text).action
    assert action is not None, f"{visit.name} has no form"
    fields = form_values(page.text) | visit.fields(hospital)
    return client.post(action or visit.address, data=fields, follow_redirects=True)


def collect(app: Flask, hospital: visiting.Hospital) -> Pages:
    """The source of every state, by its name."""
    clients = {who: app.test_client() for who in hospital.accounts}
    for who, account in hospital.accounts.items():
        if account is not None:
            sign_in(clients[who], account)
    found = {}
    for visit in visiting.visits(app, hospital):
        client = clients[visit.state.who] if hospital.accounts[visit.state.who] else app.test_client()
        answer = client.get(visit.address, headers={"Accept": "text/html"})
        if visit.state.fields is not None:
            answer = send(client, visit, hospital, answer)
            assert (answer.status_code >= 400) == visit.state.is_refused, f"{visit.name} answered {answer.status}"
        assert answer.mimetype == "text/html", visit.name
        assert not answer.location, f"{visit.name} leads to {answer.location}"
        found[visit.name] = answer.text
    return found


def test_every_page_is_in_the_table(app: Flask) -> None:
    of_programs = app.extensions["face_of_blueprint"]
    exist = {
        name
        for name, rule in routes(app).items()
        if name.startswith("GET ") and rule.endpoint.rpartition(".")[0] not in of_programs
    }
    is_page = {name for name in exist if name not in pages.ROWS or 200 in pages.ROWS[name].answers}

    assert sorted(is_page - STATES.keys() - NO_PAGES.keys()) == [], "write them into tests/pages/states.py"
    assert sorted((STATES.keys() | NO_PAGES.keys()) - exist) == [], "remove them from tests/pages/states.py"
    assert sorted(STATES.keys() & NO_PAGES.keys()) == []


@pytest.fixture
def sources(app: Flask, database: Database) -> Pages:
    """Every state of every page: first of an empty hospital, then of one with something of everything."""
    return {**collect(app, visiting.empty_hospital()), **collect(app, visiting.full_hospital())}


@pytest.mark.slow
def test_every_page_is_right(sources: Pages, settings: Settings, tmp_path: Path) -> None:
    wrong = [f"{name}: {what}" for name, page in sources.items() for what in complaints(name, page, settings)]

    assert wrong == []


def complaints(name: str, page: str, settings: Settings) -> list[str]:
    """What the source alone shows."""
    read = Read(page)
    title = r"(Error: )?\S.* \u2013 " + re.escape(settings.hospital_name)
    rules: dict[str, bool] = {
        f"has {read.headings} h1": read.headings == 1,
        f"is titled {read.title!r}": re.fullmatch(title, read.title) is not None,
        "says Error in its title exactly with an error summary": read.title.startswith("Error: ")
        == bool(read.summaries),
        "has an error summary exactly when it is refused": name.endswith(" refused") == bool(read.summaries),
    }
    return [what for what, is_kept in rules.items() if not is_kept]


@pytest.mark.slow
def test_every_page_is_valid_html(sources: Pages, tmp_path: Path) -> None:
    if not CHECKER.is_file():
        cannot_run("the HTML checker is not installed: npm ci")
    java = shutil.which("java")
    if java is None:
        cannot_run("the HTML checker needs Java")
    for number, page in enumerate(sources.values()):
        (tmp_path / f"{number}.html").write_text(page)
    command = [java, "-jar", str(CHECKER), "--format", "json", "--stdout", "--exit-zero-always", "--skip-non-html"]
    checked = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=True)  # noqa: S603  (our own command)

    names = list(sources)
    found: dict[str, str] = {}
    for message in json.loads(checked.stdout)["messages"]:
        text = f"{message['message']}\n    in {message.get('extract', '').strip()!r}"
        if message["type"] == "error" and not EXCUSED.match(text):
            found[text] = names[int(Path(message["url"]).stem)]
    assert not found, "\n".join(f"{text}\n    of {name}" for text, name in found.items())
