"""PDF files on A4 in the portal's look: text of any length, facts, headings, page numbers. fpdf2 draws them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import cast

from fontTools.ttLib import TTFont  # type: ignore[import-untyped] # ships no types
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, XPos, YPos
from fpdf.prefs import ViewerPreferences

from app.extensions import settings
from app.services import right_to_left
from app.services.wording import dated

MEDIA_TYPE = "application/pdf"

_FONTS = Path(__file__).with_name("pdf_fonts")
_TEXT, _OTHER_SCRIPTS = "PortalSans", "PortalScripts"
_REGULAR, _SEMIBOLD, _SCRIPTS = "portal-sans-regular.ttf", "portal-sans-semibold.ttf", "portal-scripts-regular.ttf"
_UNKNOWN = "\u25a1"
"""What stands for a letter that no font has: a picture, say, or Chinese."""

_BLACK, _GREY, _RULE = (29, 43, 47), (74, 95, 102), (169, 183, 187)
_MARGIN_MM = 20
_BOTTOM_MM = 24
_KEY_MM = 42
_LINE = 1.4
"""The height of a line, as a multiple of the letters' size."""

_LONGEST_LINE = 200
"""In characters: more fit into no line of a page."""

_MM_OF_POINT = 25.4 / 72


@cache
def _known() -> frozenset[int]:
    """The letters that the fonts have between them."""
    letters: set[int] = set()
    for name in (_REGULAR, _SCRIPTS):
        with TTFont(_FONTS / name) as font:
            letters.update(font.getBestCmap())
    return frozenset(letters)


class Document(FPDF):
    """A file with a title, made for a person at a moment. What is added last stands last; pages break by themselves."""

    def __init__(self, title: str, *, about: str, made_at: datetime) -> None:
        super().__init__(format="A4", unit="mm")
        self._about = about
        self._made_at = made_at
        self._lacks_letters = False
        self.set_margin(_MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=_BOTTOM_MM)
        self._add_fonts()
        self.set_fallback_fonts([_OTHER_SCRIPTS], exact_match=False)
        self.set_lang("en-GB")
        self.set_title(title)
        self.set_author(settings.hospital_name)
        self.set_creator(f"{settings.hospital_name} patient portal")
        self.set_creation_date(made_at)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.add_page()
        self._write(title, size=22, bold=True)
        self.ln(2)

    def header(self) -> None:
        """The hospital and whom the file is about, on every page."""
        self.set_y(12)
        half = self.epw / 2
        self._cell(settings.hospital_name, half, size=10, bold=True)
        self._cell(self._about, half, size=10, align="R")
        self.set_draw_color(*_RULE)
        self.line(self.l_margin, 18, self.w - self.r_margin, 18)
        self.set_y(24)

    def footer(self) -> None:
        """When the file was made, and the page's number."""
        self.set_y(-16)
        half = self.epw / 2
        # The number of pages is put in afterwards: right-aligned, it would not end at the margin.
        self._cell(f"Page {self.page_no()} of {self.str_alias_nb_pages}", half, size=9, colour=_GREY)
        self._cell(f"Made at {dated(self._made_at)} (hospital time)", half, size=9, align="R", colour=_GREY)

    def heading(self, text: str, *, level: int = 1) -> None:
        """A heading that is never the last line of a page, and stands in the file's outline."""
        size = {1: 15, 2: 11.5}[level]
        if self.will_page_break(4 * size * _LINE * _MM_OF_POINT):
            self.add_page()
        else:
            self.ln({1: 5, 2: 2}[level])
        self.start_section(" ".join(text.split()), level=level - 1)
        self._write(text, size=size, bold=True)
        self.ln(0.5)

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Names and values side by side; those without a value are left out."""
        for name, value in rows:
            if value:
                if self.will_page_break(2 * 11 * _LINE * _MM_OF_POINT):
                    self.add_page()
                top, page = self.get_y(), self.page
                self._cell(name, _KEY_MM, size=11, bold=True)
                self.set_xy(self.l_margin + _KEY_MM, top)
                self._write(value, indent=_KEY_MM)
                if self.page == page:
                    self.set_y(max(self.get_y(), top + 11 * _LINE * _MM_OF_POINT))
                self.ln(0.8)

    def text_block(self, text: str) -> None:
        """Somebody's words, with their own line breaks."""
        self._write(text)
        self.ln(1.5)

    def note(self, text: str) -> None:
        """A sentence about the file itself, or about what stands above it."""
        self._write(text, size=10, colour=_GREY)
        self.ln(1)

    def content(self) -> bytes:
        """The whole file."""
        if self._lacks_letters:
            self.ln(3)
            self.note(f"A letter that this file cannot show stands as {_UNKNOWN}. The portal shows it.")
        return bytes(self.output())

    def _add_fonts(self) -> None:
        """Load the fonts, and close their files: fpdf2 would keep them open for as long as the document is there."""
        for family, style, name in ((_TEXT, "", _REGULAR), (_TEXT, "B", _SEMIBOLD), (_OTHER_SCRIPTS, "", _SCRIPTS)):
            self.add_font(family, style, _FONTS / name)
            reader = self.fonts[f"{family.lower()}{style}"].ttfont.reader  # type: ignore[union-attr] # a TrueType font
            with reader.file as file:
                file.seek(0)
                reader.file = BytesIO(file.read())

    def _cell(
        self,
        text: str,
        width: float,
        *,
        size: float = 11,
        bold: bool = False,
        align: str = "L",
        colour: tuple[int, int, int] = _BLACK,
    ) -> None:
        """A single line, cut where it would not fit."""
        self._take_font(size, colour, bold=bold)
        shown = self._in_order(self._letters(" ".join(text.split())))[:_LONGEST_LINE]
        while len(shown) > 1 and self.get_string_width(shown) > width - 2:
            shown = shown[:-2].rstrip() + "…"
        self.cell(width, size * _LINE * _MM_OF_POINT, shown, align=align, new_x=XPos.RIGHT, new_y=YPos.TOP)

    def _write(
        self,
        text: str,
        *,
        size: float = 11,
        bold: bool = False,
        indent: float = 0,
        colour: tuple[int, int, int] = _BLACK,
    ) -> None:
        """Text on as many lines as it needs. What goes from right to left is broken first, and then put in order."""
        self._take_font(size, colour, bold=bold)
        height, width = size * _LINE * _MM_OF_POINT, self.epw - indent
        for paragraph in self._letters(text).split("\n"):
            lines, align = [paragraph], "L"
            if right_to_left.is_needed(paragraph):
                lines = [right_to_left.line(one) for one in self._broken(paragraph, width, height)]
                align = "R" if right_to_left.begins_right(paragraph) and not indent else "L"
            for one in lines:
                self._take_font(size, colour, bold=bold)
                self.set_x(self.l_margin + indent)
                self.multi_cell(width, height, one, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _take_font(self, size: float, colour: tuple[int, int, int], *, bold: bool) -> None:
        """Set the font on the page anew: fpdf2 takes the one in which a rare letter was written last for ours."""
        self.set_font(_TEXT, "B" if bold else "", size)
        self.current_font_is_set_on_page = False
        self.set_text_color(*colour)

    def _broken(self, text: str, width: float, height: float) -> list[str]:
        return cast("list[str]", self.multi_cell(width, height, text, dry_run=True, output=MethodReturnValue.LINES))

    def _in_order(self, text: str) -> str:
        return right_to_left.line(text) if right_to_left.is_needed(text) else text

    def _letters(self, text: str) -> str:
        """A text of letters that the fonts have, without characters that only steer."""
        letters = []
        for character in unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\t", "    "):
            if ord(character) in _known() or character == "\n":
                letters.append(character)
            elif unicodedata.category(character) not in ("Cc", "Cf", "Mn"):
                letters.append(_UNKNOWN)
                self._lacks_letters = True
        return "".join(letters)
