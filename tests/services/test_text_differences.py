"""What differs between two texts: told word by word, whole in both directions, by bounded work."""

from __future__ import annotations

import random
from collections import Counter
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services import text_differences
from app.services.records import LONGEST_TEXT
from app.services.text_differences import Change, Piece, difference

SAME, ADDED, REMOVED = Change.SAME, Change.ADDED, Change.REMOVED
TEXTS = st.text(alphabet="ab .,\n", max_size=40)
MOST_PAIRS = 100_000
"""Equal pieces that may be weighed against each other: some milliseconds. All with all are up to a hundred million."""


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("Rest.", "Rest.", [(SAME, "Rest.")]),
        ("", "Rest.", [(ADDED, "Rest.")]),
        ("Rest.", "", [(REMOVED, "Rest.")]),
        ("", "", []),
        ("Rest at home.", "Rest well at home.", [(SAME, "Rest "), (ADDED, "well "), (SAME, "at home.")]),
        ("Come in a week.", "Come in two weeks.", [(SAME, "Come in "), (REMOVED, "a week."), (ADDED, "two weeks.")]),
        ("One\nTwo\nThree", "One\nThree", [(SAME, "One\n"), (REMOVED, "Two\n"), (SAME, "Three")]),
    ],
)
def test_it_tells_what_was_removed_and_added(before: str, after: str, told: list[tuple[Change, str]]) -> None:
    assert difference(before, after) == told


@given(TEXTS, TEXTS)
def test_both_texts_are_whole_in_it(before: str, after: str) -> None:
    found = difference(before, after)

    assert "".join(piece.text for piece in found if piece.change is not ADDED) == before
    assert "".join(piece.text for piece in found if piece.change is not REMOVED) == after
    assert all(piece.text for piece in found)
    assert all(one.change is not other.change for one, other in pairwise(found))


def _random(*grains: str) -> str:
    chance = random.Random(1)
    return "".join(chance.choices(grains, k=LONGEST_TEXT))[:LONGEST_TEXT]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_random("a", "b", " "), _random("b", " ", "a")),
        (_random("a", "b", "\n"), _random("b", "\n", "a")),
        (_random("well. ", "rest, ", "a dose ", "\n"), _random("dose. ", "well, ", "\n", "a rest ")),
        ("x " * 10_000, "y " * 10_000),
    ],
    ids=["words", "lines", "prose", "nothing alike"],
)
def test_the_longest_texts_are_compared_by_few_pairs(before: str, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    weighed: list[int] = []

    def weigh(is_junk: Any, old: list[str], new: list[str], **options: Any) -> SequenceMatcher[str]:
        often = Counter(grain for grain in new if not is_junk(grain))
        weighed.append(sum(often[grain] for grain in old))
        assert sum(weighed) <= MOST_PAIRS
        return SequenceMatcher(is_junk, old, new, **options)

    monkeypatch.setattr(text_differences, "SequenceMatcher", weigh)

    assert difference(before, after)


def test_a_word_in_a_long_text_is_found() -> None:
    text = "He slept well. " * 1_300

    assert difference(text, text + "Come again.")[-1] == Piece(ADDED, "Come again.")
