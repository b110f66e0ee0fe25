"""What differs between two texts: by lines, within changed lines by sentences, within those by words."""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

_GRAINS = tuple(map(re.compile, (r"[^\n]*\n|[^\n]+", r"(?s).+?(?:[.!?;:,]\s+|\Z)", r"\s+|\S+")))
"""Lines, sentences and their parts, words and what is between them: each takes up the whole text."""

_MOST_PAIRS = 50_000
"""Pairs of equal grains that are weighed, at most: with more, all is told as replaced. The worst texts stay quick."""


class Change(enum.Enum):
    """What became of a piece of text."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


class Piece(NamedTuple):
    """A stretch of text."""

    change: Change
    text: str


def difference(before: str, after: str) -> list[Piece]:
    """The pieces, in reading order, of which `before` is those not added, and `after` those not removed."""
    joined: list[Piece] = []
    for piece in _compared(before, after, _GRAINS):
        if joined and joined[-1].change is piece.change:
            joined[-1] = Piece(piece.change, joined[-1].text + piece.text)
        elif piece.text:
            joined.append(piece)
    return joined


def _compared(before: str, after: str, grains: Sequence[re.Pattern[str]]) -> Iterator[Piece]:
    if before == after:
        yield Piece(Change.SAME, before)
        return
    if not (grains and before and after):
        yield Piece(Change.REMOVED, before)
        yield Piece(Change.ADDED, after)
        return
    old, new = grains[0].findall(before), grains[0].findall(after)
    shorter = min(len(old), len(new))
    start = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    end = next((at for at in range(shorter - start) if old[-1 - at] != new[-1 - at]), shorter - start)
    yield Piece(Change.SAME, "".join(old[:start]))
    yield from _matched(old[start : len(old) - end], new[start : len(new) - end], grains[1:])
    yield Piece(Change.SAME, "".join(old[len(old) - end :]))


def _matched(old: Sequence[str], new: Sequence[str], finer: Sequence[re.Pattern[str]]) -> Iterator[Piece]:
    """What differs between two texts in grains that neither begin nor end alike."""
    often = Counter(grain for grain in new if not grain.isspace())
    if sum(often[grain] for grain in old) > _MOST_PAIRS:
        yield from _compared("".join(old), "".join(new), ())
        return
    for _, i, j, m, n in SequenceMatcher(str.isspace, old, new, autojunk=False).get_opcodes():
        yield from _compared("".join(old[i:j]), "".join(new[m:n]), finer)
