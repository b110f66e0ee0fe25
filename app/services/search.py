"""What somebody typed to find something, as words that a database can look for."""

from __future__ import annotations

MOST_WORDS = 8


def words(search: str) -> list[str]:
    """The first MOST_WORDS words, without what no database stores: NUL, and halves of surrogate pairs."""
    storable = search.replace("\0", " ").encode(errors="ignore").decode()
    return storable.split()[:MOST_WORDS]
