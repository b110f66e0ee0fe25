"""PDF files: every name can be in them, long texts break over pages, and they say what they are."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest
from flask import Flask
from fpdf import FPDF

from app.services import pdf, right_to_left
from app.services.pdf import Document

MADE_AT = datetime(2026, 1, 6, 9, 30, tzinfo=UTC)


@pytest.fixture
def written(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written into files, line by line."""
    texts: list[str] = []

    def note(name: str) -> None:
        original = getattr(FPDF, name)

        def noting(self, w, h, text, **options):
            if not options.get("dry_run"):
                texts.append(text)
            return original(self, w, h, text, **options)

        monkeypatch.setattr(FPDF, name, noting)

    note("cell")
    note("multi_cell")
    return texts


def document(app: Flask, title: str = "A title", about: str = "Amira Hassan") -> Document:
    with app.app_context():
        return Document(title, about=about, made_at=MADE_AT)


def pages(content: bytes) -> int:
    return content.count(b"/Type /Page\n")


def test_it_says_what_it_is(app: Flask, written: list[str]) -> None:
    with app.app_context():
        content = document(app).content()

    for entry in (b"/Title ", b"/Author ", b"/Lang (en-GB)", b"/DisplayDocTitle true"):
        assert entry in content
    for text in (
        "Larkfield Hospital",
        "Amira Hassan",
        "Page 1 of {nb}",
        "Made at 9:30am, 6 January 2026 (hospital time)",
    ):
        assert text in written


@pytest.mark.parametrize("name", ["Zoë O'Neill", "Łukasz Żółć", "Μαρία", "Ayşe Öğüt", "Nguyễn Văn Ắn", "Иванов"])
def test_names_of_many_scripts_are_shown_as_they_are(
    app: Flask, written: list[str], caplog: pytest.LogCaptureFixture, name: str
) -> None:
    with app.app_context(), caplog.at_level(logging.WARNING):
        made = document(app, about=name)
        made.facts([("For", name)])
        made.content()

    assert written.count(name) == 2
    assert caplog.messages == []


def test_what_no_font_has_is_marked_and_explained(app: Flask, written: list[str]) -> None:
    with app.app_context():
        made = document(app)
        made.text_block("Well 😀, 中文\ufe0f\x07\ttoo")
        made.content()

    assert "Well □, □□    too" in written
    assert "A letter that this file cannot show stands as □. The portal shows it." in written


def test_arabic_is_joined_and_stands_in_the_order_of_the_eye(app: Flask, written: list[str]) -> None:
    with app.app_context():
        made = document(app, about="سلام")
        made.text_block("سلام " * 60)
        made.content()

    joined = "\ufee1\ufefc\ufeb3"
    assert joined in written
    lines = [text for text in written if joined in text and len(text) > len(joined)]
    assert len(lines) > 1
    assert all(line.strip().split() == [joined] * len(line.split()) for line in lines)


class TestRightToLeft:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("ببب", "\ufe90\ufe92\ufe91"),
            ("دار", "\ufead\ufe8d\ufea9"),
            ("لا", "\ufefb"),
            ("بَب", "\ufe90\u064e\ufe91"),
            ("שלום", "םולש"),
            ("Mr سلام 12", "Mr 12 \ufee1\ufefc\ufeb3"),
            ("plain", "plain"),
        ],
        ids=["joined", "joining one side only", "two as one", "marks between", "Hebrew", "mixed", "none"],
    )
    def test_a_line_is_put_in_order(self, text: str, shown: str) -> None:
        assert right_to_left.line(text) == shown

    def test_it_says_where_it_is_needed(self) -> None:
        assert right_to_left.is_needed("Mr سلام")
        assert not right_to_left.is_needed("Mr Smith 12")
        assert right_to_left.begins_right("سلام Smith")
        assert not right_to_left.begins_right("Smith سلام")


def test_long_texts_break_and_headings_stay_with_what_they_head(app: Flask) -> None:
    with app.app_context():
        made = document(app)
        for number in range(30):
            made.heading(f"Section {number}")
            made.text_block("Words that fill a line or two, as people write them. " * 8)
            assert made.get_y() > 40 or made.page == 1
        content = made.content()

    assert pages(content) > 3


@pytest.mark.parametrize("text", ["", " ", "x" * 5000, "\n" * 200, "a\r\nb"])
def test_no_text_breaks_it(app: Flask, text: str) -> None:
    with app.app_context():
        made = document(app, title=text or "A title", about=text)
        made.heading(text, level=2)
        made.facts([("Long", text)])
        made.text_block(text)
        assert made.content().startswith(b"%PDF-")


def test_the_fonts_are_small_and_their_licences_are_beside_them() -> None:
    fonts = list(pdf._FONTS.glob("*.ttf"))
    assert len(fonts) == 3
    assert sum(font.stat().st_size for font in fonts) < 500_000
    assert len(list(pdf._FONTS.glob("*LICENSE.txt"))) == 2
