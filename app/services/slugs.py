"""Slugs: names as addresses have them, in small letters, digits and hyphens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from itertools import count

LONGEST = 200
PATTERN = r"^([a-z0-9]+(-[a-z0-9]+)*)?$"
"""What a slug looks like, in the words that Python and JavaScript share; empty where none is given."""

_LONGEST_MADE = LONGEST - 10
_NOT_DECOMPOSED = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})


def slug_of(name: str, *, nameless: str) -> str:
    """A name's slug; it starts with `nameless` where no letter of the name has a Latin form."""
    plain = unicodedata.normalize("NFKD", name).casefold().translate(_NOT_DECOMPOSED)
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    slug = re.sub(r"[^a-z0-9]+", "-", letters)[:_LONGEST_MADE].strip("-")
    return slug if re.search("[a-z]", slug) else f"{nameless}-{slug}".strip("-")


def first_free(slug: str, taken: Collection[str]) -> str:
    """The slug, or with the first number from 2 that makes it another than those taken."""
    if slug not in taken:
        return slug
    return next(numbered for number in count(2) if (numbered := f"{slug}-{number}") not in taken)
