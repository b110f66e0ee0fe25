"""Slugs: made from names in any script, each another one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services import slugs


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Cardiology", "cardiology"),
        ("  Ear, nose & throat ", "ear-nose-throat"),
        ("Ärztin für Größe", "arztin-fur-grosse"),
        ("Łódź Ærø", "lodz-aero"),
        ("心臓外科", "grade"),
        ("心臓 2", "grade-2"),
        ("Grade 3", "grade-3"),
    ],
)
def test_a_name_has_a_slug(name: str, slug: str) -> None:
    assert slugs.slug_of(name, nameless="grade") == slug


@given(st.text(max_size=300))
def test_every_name_has_a_sound_slug(name: str) -> None:
    slug = slugs.slug_of(name, nameless="grade")

    assert slug
    assert len(slug) < slugs.LONGEST
    assert re.search(slugs.PATTERN, slug)


def test_a_slug_that_is_taken_gets_a_number() -> None:
    assert slugs.first_free("heart", set()) == "heart"
    assert slugs.first_free("heart", {"heart", "heart-3"}) == "heart-2"
    assert slugs.first_free("heart", {"heart", "heart-2"}) == "heart-3"
