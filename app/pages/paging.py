"""Which page of a list this is, and the addresses of the others, which keep the filters in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from flask import request, url_for

from app.errors import NotFound
from app.services.listing import Listing

Item = TypeVar("Item")
MOST_DIGITS = 9

NEIGHBOURS = 1
"""How many page numbers stand on each side of the current one; the first and last always stand too."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Page `page` (from 1) of `count` things, `size` to a page.

    `endpoint` names the list where it is shown at another address: after a refused POST, say.
    """

    page: int
    size: int
    count: int
    endpoint: str | None = None

    @property
    def pages(self) -> int:
        """How many pages there are: at least one."""
        return max(1, -(-self.count // self.size))

    @property
    def first(self) -> int:
        """The number of the page's first thing, from 1; 0 when there is none."""
        return (self.page - 1) * self.size + 1 if self.count else 0

    @property
    def last(self) -> int:
        """The number of the page's last thing."""
        return min(self.page * self.size, self.count)

    @property
    def numbers(self) -> list[int | None]:
        """The page numbers to show; None stands for those left out."""
        shown = sorted(
            {1, self.pages, *range(max(1, self.page - NEIGHBOURS), min(self.pages, self.page + NEIGHBOURS) + 1)}
        )
        numbers: list[int | None] = []
        for number in shown:
            gap = number - (numbers[-1] or 0) if numbers else 1
            if gap == 2:  # noqa: PLR2004 (an ellipsis never stands for a single page)
                numbers.append(number - 1)
            elif gap > 1:
                numbers.append(None)
            numbers.append(number)
        return numbers

    def url(self, number: int) -> str:
        """The address of page `number` of the list at the current address."""
        arguments = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
        if number > 1:
            arguments.append(("page", str(number)))
        # Not url_for(**arguments): a visitor's `?_external=` or `?endpoint=` would become its own parameters.
        address = (
            url_for(self.endpoint) if self.endpoint else url_for(str(request.endpoint), **(request.view_args or {}))
        )
        return f"{address}?{urlencode(arguments)}" if arguments else address


def paged(
    size: int, load: Callable[[int, int], Listing[Item]], *, endpoint: str | None = None, shrinks: bool = False
) -> tuple[Listing[Item], Paging]:
    """The page of a list that `?page=` asks for, `size` things long; `load` gets the limit and the offset.

    `endpoint` as in Paging. Raises NotFound for what is no page of the list; past the end of one that `shrinks` as
    people work on it, the last page is shown.
    """
    asked = request.args.get("page", "1")
    if not (asked.isascii() and asked.isdigit() and len(asked) <= MOST_DIGITS):
        raise NotFound
    page = int(asked)
    if page < 1:
        raise NotFound
    loaded = load(size, (page - 1) * size)
    paging = Paging(page, size, loaded.count, endpoint)
    if page <= paging.pages:
        return loaded, paging
    if not shrinks:
        raise NotFound
    return load(size, (paging.pages - 1) * size), Paging(paging.pages, size, loaded.count, endpoint)
