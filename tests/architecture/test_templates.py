"""House rules of templates and static files that keep pages safe under the strict content security policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
PARTS = {"components", "email"}  # macros, and mail: not pages
LAYOUT = "layout.html"
STANDS_ALONE = {"docs.html"}  # Swagger UI brings its own look
MAY_NAME_HOSTS = re.compile(r"https?://(?:www\.w3\.org/|localhost\b|127\.0\.0\.1\b)")

FORBIDDEN = {
    "an inline style": re.compile(r"<[^>]*\sstyle\s*=|<style\b", re.IGNORECASE),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc\s*=)", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a javascript: link": re.compile(r"""=\s*["']?\s*javascript:""", re.IGNORECASE),
    "a switched-off escape": re.compile(r"\|\s*safe\b|\bautoescape\s+false|\bMarkup\("),
    "something from a foreign host": re.compile(r"""(?:src|href|action|@import|url\()\s*=?\s*["']?(?:https?:)?//"""),
}
JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}")
JINJA_TOO = {"a switched-off escape"}
ONLY_IN_PAGES = {"an inline style"}  # mail programs know no other, and no policy of ours holds there


def templates(*, pages_only: bool = False) -> list[Path]:
    found = sorted(TEMPLATES.rglob("*.html"))
    if pages_only:
        not_pages = PARTS | STANDS_ALONE | {LAYOUT}
        found = [file for file in found if file.relative_to(TEMPLATES).parts[0] not in not_pages]
        found = [file for file in found if not file.name.startswith("_")]  # included by pages
    return found


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


class Forms(HTMLParser):
    """The POST forms of a template: where each begins and ends."""

    def __init__(self) -> None:
        super().__init__()
        self.posting: list[tuple[int, int]] = []
        self._start: int | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form" and (dict(attrs).get("method") or "get").lower() == "post":
            self._start = self.getpos()[0]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._start is not None:
            self.posting.append((self._start, self.getpos()[0]))
            self._start = None


def posting_forms(file: Path) -> Iterator[str]:
    text = file.read_text()
    parser = Forms()
    parser.feed(text)
    lines = text.splitlines()
    for first, last in parser.posting:
        yield "\n".join(lines[first - 1 : last])


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_has(what):
    found = [
        f"{named(file)}:{number}: {line.strip()}"
        for file in templates()
        if not (what in ONLY_IN_PAGES and file.parent.name == "email")
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        if FORBIDDEN[what].search(line if what in JINJA_TOO else JINJA.sub("", line))
    ]

    assert found == []


@pytest.mark.parametrize("file", templates(pages_only=True), ids=named)
def test_every_page_extends_a_layout(file):
    text = file.read_text()

    assert re.search(r"""\{%-?\s*extends\s+["'](?:layout\.html|[a-z_]+/layout\.html)["']""", text), (
        f"{named(file)} must extend {LAYOUT} or its audience's own layout"
    )


@pytest.mark.parametrize("file", templates(), ids=named)
def test_every_posting_form_sends_the_csrf_token(file):
    for form in posting_forms(file):
        assert "csrf_token" in form or "hidden_tag" in form, f"{named(file)}: a form without a token:\n{form}"


def test_own_scripts_and_styles_name_no_foreign_host():
    own = [
        *(ROOT / "static/js").rglob("*.js"),
        *(ROOT / "static/js").rglob("*.mjs"),
        *(ROOT / "static/css").rglob("*.css"),
    ]
    found = [
        f"{named(file)}: {match.group()}"
        for file in own
        for match in re.finditer(r"""https?://[^\s"')]+""", file.read_text())
        if not MAY_NAME_HOSTS.match(match.group())
    ]

    assert found == []
