"""Static files: kept by browsers for a year, small, and all our own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import brotli  # type: ignore[import-untyped] # ships no types
import pytest
from flask import Flask

from app.pages.static_files import static_url
from config import ROOT
from tests.support.frame import make_frame

STATIC = ROOT / "static"
FIRST_VISIT_BYTES = 120_000
WOULD_GROW = {".woff2", ".png"}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Flask:
    """The frame alone."""
    app = make_frame(monkeypatch, tmp_path, {"page.html": '{% extends "layout.html" %}'})
    app.add_url_rule("/page", "page", lambda: app.jinja_env.get_template("page.html").render())
    return app


def addresses(page: str) -> list[str]:
    """The static files that a page fetches."""
    return [address for address in re.findall(r'(?:src|href)="(/static/[^"]*)"', page) if "icon-180" not in address]


def test_a_file_with_its_fingerprint_is_kept_for_a_year(app: Flask) -> None:
    with app.test_request_context():
        address = static_url("css/portal.css")

    with app.test_client().get(address) as answer:
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("address", ["/static/css/portal.css", "/static/css/portal.css?v=0123456789ab"])
def test_a_file_without_its_fingerprint_is_asked_for_again(app: Flask, address: str) -> None:
    with app.test_client().get(address) as answer:
        assert answer.headers["Cache-Control"] == "no-cache"


def test_a_text_with_its_fingerprint_goes_out_packed(app: Flask) -> None:
    with app.test_request_context():
        address = static_url("css/portal.css")
    client = app.test_client()

    with client.get(address, headers={"Accept-Encoding": "gzip, br"}) as packed, client.get(address) as plain:
        assert packed.headers["Content-Encoding"] == "br"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert packed.headers["ETag"] != plain.headers["ETag"]
        assert brotli.decompress(packed.data) == plain.data
        assert len(packed.data) < len(plain.data) / 10


@pytest.mark.parametrize("asked", ["css/portal.css", "fonts/source-sans-3-latin-400-normal.woff2"])
def test_other_files_go_out_as_they_are(app: Flask, asked: str) -> None:
    with app.test_client().get(f"/static/{asked}", headers={"Accept-Encoding": "br"}) as answer:
        assert "Content-Encoding" not in answer.headers


def test_fonts_are_kept_under_their_names(app: Flask) -> None:
    with app.test_client().get("/static/fonts/source-sans-3-latin-400-normal.woff2") as answer:
        assert "immutable" in answer.headers["Cache-Control"]


def test_a_file_that_is_not_there_is_not_found(app: Flask) -> None:
    assert app.test_client().get("/static/none.css?v=1").status_code == 404
    with app.test_request_context(), pytest.raises(FileNotFoundError):
        static_url("none.css")


def test_the_preloaded_fonts_are_those_of_the_style_sheet(app: Flask) -> None:
    page = app.test_client().get("/page").text
    preloaded = re.findall(r'<link rel="preload" href="/static/([^"]*)"', page)
    used = re.findall(r'url\("\.\./(fonts/[^"]*)"\)', (STATIC / "css/portal.css").read_text())

    assert sorted(preloaded) == sorted(used)


def test_a_first_visit_is_small(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/page").text
    sizes = {"the page": len(brotli.compress(page.encode(), quality=5))}
    for address in addresses(page):
        with client.get(address) as answer:
            body = answer.data
        compressed = body if Path(address).suffix in WOULD_GROW else brotli.compress(body, quality=5)
        sizes[address] = len(compressed)

    assert len(sizes) >= 7
    assert sum(sizes.values()) < FIRST_VISIT_BYTES, sizes


def test_the_style_sheet_is_our_brand_and_fetches_nothing_foreign() -> None:
    style = (STATIC / "css/portal.css").read_text()

    assert not re.search(r"Frutiger|https?:(?!//www\.w3\.org)|#005eb8|#003087", style, re.IGNORECASE)
    for name in re.findall(r'url\("\.\./([^"]*)"\)', style):
        assert (STATIC / name).is_file(), name


@pytest.mark.parametrize("folder", ["htmx", "swagger-ui", "nhsuk-frontend"])
def test_what_others_wrote_has_its_licence(folder: str) -> None:
    assert list((STATIC / "vendor" / folder).glob("LICENSE*"))


def test_the_lock_file_does_not_say_where_packages_came_from() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())

    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
