"""The pages of a list."""

from __future__ import annotations

import pytest
from flask import Flask

from app.pages.paging import Paging


@pytest.mark.parametrize(
    ("page", "pages", "numbers"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (1, 9, [1, 2, None, 9]),
        (2, 9, [1, 2, 3, None, 9]),
        (4, 9, [1, 2, 3, 4, 5, None, 9]),
        (5, 9, [1, None, 4, 5, 6, None, 9]),
        (9, 9, [1, None, 8, 9]),
    ],
)
def test_it_shows_the_ends_and_the_neighbours(page: int, pages: int, numbers: list[int | None]) -> None:
    assert Paging(page, 10, pages * 10).numbers == numbers


@pytest.mark.parametrize(
    ("page", "count", "first", "last", "pages"), [(1, 0, 0, 0, 1), (1, 10, 1, 10, 1), (2, 11, 11, 11, 2)]
)
def test_it_knows_what_stands_on_the_page(page: int, count: int, first: int, last: int, pages: int) -> None:
    paging = Paging(page, 10, count)

    assert (paging.first, paging.last, paging.pages) == (first, last, pages)


@pytest.mark.parametrize(
    ("address", "number", "expected"),
    [
        ("/lists/7?q=heart&page=2", 3, "/lists/7?q=heart&page=3"),
        ("/lists/7?q=heart&page=2", 1, "/lists/7?q=heart"),
        ("/lists/7?day=1&day=2", 2, "/lists/7?day=1&day=2&page=2"),
        ("/lists/7", 1, "/lists/7"),
        ("/lists/7?_external=1&endpoint=x&key=8", 2, "/lists/7?_external=1&endpoint=x&key=8&page=2"),
        ("/lists/7?q=%22%3E%26", 2, "/lists/7?q=%22%3E%26&page=2"),
    ],
    ids=["next", "first", "repeated filter", "no filter", "names of url_for's own", "characters of markup"],
)
def test_links_keep_the_filters(address: str, number: int, expected: str) -> None:
    app = Flask("lists")
    app.add_url_rule("/lists/<int:key>", "lists", lambda **_: Paging(2, 10, 95).url(number))

    assert app.test_client().get(address).text == expected
