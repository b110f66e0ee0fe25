"""The gist of a text on one line, and in it the words that somebody looked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from app.services.record_search import pieces_of, without_accents

LONGEST = 160
BEFORE = 60
"""How much of a text stands before the first word that was found, in characters; LONGEST: how much in all."""


class Piece(NamedTuple):
    """A piece of a text, and whether it is a word that was looked for."""

    text: str
    is_found: bool = False


def excerpt(texts: Iterable[str], search: str = "") -> list[Piece]:
    """The first text in which a word of `search` stands, from shortly before it; else the first that says something."""
    lines = [line for text in texts if (line := " ".join(text.split()))]
    if not lines:
        return [Piece("No text")]
    pattern = _pattern(search)
    for line in lines if pattern else ():
        if spans := _spans(pattern, line):
            return _around(line, spans)
    return [Piece(_cut(lines[0], 0))]


def _pattern(search: str) -> re.Pattern[str] | None:
    """The words of a search with what follows them up to the end of a word."""
    wanted = [r"[\W_]+".join(map(re.escape, pieces)) for pieces in pieces_of(search)]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(wanted)})[^\W_]*", re.IGNORECASE) if wanted else None


def _spans(pattern: re.Pattern[str] | None, line: str) -> list[tuple[int, int]]:
    """Where they stand in a line, with or without accents."""
    if pattern is None:
        return []
    if line.isascii():
        return [found.span() for found in pattern.finditer(line)]
    plain = [(place, character) for place, letter in enumerate(line) for character in _plain(letter)]
    places = [place for place, _ in plain] + [len(line)]
    text = "".join(character for _, character in plain)
    return [(places[found.start()], places[found.end()]) for found in pattern.finditer(text)]


@cache
def _plain(letter: str) -> str:
    return without_accents(letter)


def _around(line: str, spans: list[tuple[int, int]]) -> list[Piece]:
    start = 0 if spans[0][0] <= BEFORE else line.find(" ", spans[0][0] - BEFORE, spans[0][0]) + 1 or spans[0][0]
    text = _cut(line, start)
    shift = start - text.startswith("… ") * 2
    within = [(max(0, one - shift), min(len(text), other - shift)) for one, other in spans]
    cuts = [0, *(cut for one, other in within if one < len(text) for cut in (one, other)), len(text)]
    pieces = (Piece(text[one:other], bool(number % 2)) for number, (one, other) in enumerate(pairwise(cuts)))
    return [piece for piece in pieces if piece.text]


def _cut(line: str, start: int) -> str:
    """LONGEST characters of a line at most, in whole words, with dots where something is left out."""
    text = line[start:]
    if len(text) > LONGEST:
        text = text[:LONGEST].rsplit(" ", 1)[0] + " …"
    return f"… {text}" if start else text
