"""Which page of a list this is, and the addresses of the others, which keep the filters in them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request, url_for

NEIGHBOURS = 1
"""How many page numbers stand on each side of the current one; the first and last always stand too."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Page `page` (from 1) of `count` things, `size` to a page."""

    page: int
    size: int
    count: int

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
        address = url_for(str(request.endpoint), **(request.view_args or {}))
        return f"{address}?{urlencode(arguments)}" if arguments else address
