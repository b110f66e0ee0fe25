"""What differs between two texts: told word by word, whole in both directions, and quickly whatever is compared."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.records import LONGEST_TEXT
from app.services.text_differences import Change, Piece, difference

SAME, ADDED, REMOVED = Change.SAME, Change.ADDED, Change.REMOVED
TEXTS = st.text(alphabet="ab .,\n", max_size=40)
SECONDS = 5.0
"""Far more than it takes, so that a busy machine is no failure; comparing all with all takes minutes."""


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
def test_the_longest_texts_are_compared_quickly(before: str, after: str) -> None:
    started = time.monotonic()

    difference(before, after)

    assert time.monotonic() - started < SECONDS


def test_a_word_in_a_long_text_is_found() -> None:
    text = "He slept well. " * 1_300

    assert difference(text, text + "Come again.")[-1] == Piece(ADDED, "Come again.")
