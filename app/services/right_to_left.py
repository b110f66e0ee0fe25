"""Lines of Arabic and Hebrew for files whose letters stand where they are put: joined, and in the order of the eye."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from fpdf.bidi import BidiParagraph, auto_detect_base_direction
from fpdf.enums import TextDirection

_PRESENTATION_FORMS = range(0xFE70, 0xFEFD)
_PLACES = ("<isolated>", "<final>", "<initial>", "<medial>")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_TATWEEL = "\u0640"


def _forms() -> Mapping[str, Mapping[str, str]]:
    """How each letter, and each pair of lam and alef, looks by its place in a word: Unicode's own table."""
    forms: dict[str, dict[str, str]] = {}
    for code in _PRESENTATION_FORMS:
        place, _, letters = unicodedata.decomposition(chr(code)).partition(" ")
        if place in _PLACES:
            plain = "".join(chr(int(letter, 16)) for letter in letters.split())
            forms.setdefault(plain, {})[place] = chr(code)
    return {plain: places for plain, places in forms.items() if not plain.startswith(" ")}


_FORMS = _forms()


def is_needed(text: str) -> bool:
    """Whether a text has letters that are written from right to left."""
    return any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text)


def begins_right(text: str) -> bool:
    """Whether a paragraph as a whole goes from right to left, and not only some of its words."""
    return auto_detect_base_direction(text) is TextDirection.RTL


def line(text: str) -> str:
    """One line, its letters joined and in the order in which they stand from left to right."""
    return BidiParagraph(_joined(text)).get_reordered_string()


def _joined(text: str) -> str:
    units = _units(text)
    shaped: list[str] = []
    for index, unit in enumerate(units):
        places = _FORMS.get(unit, {})
        before, after = _neighbour(units, index, -1), _neighbour(units, index, 1)
        is_joined_before = "<final>" in places and _reaches_on(before)
        is_joined_after = "<initial>" in places and _takes(after)
        place = {
            (False, False): "<isolated>",
            (True, False): "<final>",
            (False, True): "<initial>",
            (True, True): "<medial>",
        }[is_joined_before, is_joined_after]
        shaped.append(places.get(place, unit))
    return "".join(shaped)


def _units(text: str) -> list[str]:
    """The letters, with lam and alef as the one that they are written as."""
    units: list[str] = []
    for character in text:
        if units and units[-1] == "\u0644" and units[-1] + character in _FORMS:
            units[-1] += character
        else:
            units.append(character)
    return units


def _neighbour(units: list[str], index: int, step: int) -> str:
    """The next letter on one side; marks above and below letters do not count."""
    index += step
    while 0 <= index < len(units):
        if not unicodedata.combining(units[index][0]):
            return units[index]
        index += step
    return ""


def _reaches_on(unit: str) -> bool:
    """Whether a letter joins the one that follows it."""
    return unit == _TATWEEL or "<initial>" in _FORMS.get(unit, {})


def _takes(unit: str) -> bool:
    """Whether a letter joins the one before it."""
    return unit == _TATWEEL or "<final>" in _FORMS.get(unit, {})
