"""Pages of a list: `page` and `limits` in, `count`, `next`, `previous` and `results` out (document 001, Pagination)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request
from marshmallow import Schema, fields

from app.api.schemas.fields import GREATEST_INTEGER, Incoming, WholeNumber
from app.errors import NotFound
from app.services.listing import Listing

DEFAULT_SIZE = 100
GREATEST_SIZE = 1000
Row = TypeVar("Row")
_DIGITS = re.compile(r"0*[1-9][0-9]*", re.ASCII)


class _Count(fields.Integer):
    """A whole number from 1, however large: a page past the end is 404, not 400."""

    default_error_messages = {"invalid": "Not a whole number from 1."}

    def _validated(self, value: Any) -> int:
        text = str(value)
        if not _DIGITS.fullmatch(text):
            raise self.make_error("invalid", input=value)
        digits = text.lstrip("0")
        return GREATEST_INTEGER if len(digits) >= len(str(GREATEST_INTEGER)) else int(digits)


class PageQuery(Incoming):
    """The query parameters of every list that can grow; filters of a list are a subclass."""

    page = _Count(load_default=1, metadata={"description": "Page number, from 1.", "minimum": 1})
    limits = _Count(
        load_default=DEFAULT_SIZE,
        metadata={"description": f"Items a page; above {GREATEST_SIZE} it is {GREATEST_SIZE}.", "minimum": 1},
    )


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, as asked for: `number` from 1, at most `limit` items."""

    number: int
    limit: int

    @classmethod
    def take(cls, query: dict[str, Any]) -> Page:
        """Take `page` and `limits` out of parsed query parameters; the filters stay in."""
        return cls(number=query.pop("page"), limit=min(query.pop("limits"), GREATEST_SIZE))

    @property
    def offset(self) -> int:
        """How many items stand before this page; bounded by what a database can count."""
        return min((self.number - 1) * self.limit, GREATEST_INTEGER)

    def envelope(self, listing: Listing[Row], represent: Callable[[Row], object]) -> dict[str, object]:
        """The page as clients get it. Raises NotFound (`Invalid page.`) past the end; page 1 of nothing is a page."""
        if self.number > 1 and self.offset >= listing.count:
            raise NotFound("Invalid page.")
        last = self.offset + self.limit >= listing.count
        return {
            "count": listing.count,
            "next": None if last else _address(self.number + 1),
            "previous": None if self.number == 1 else _address(self.number - 1),
            "results": [represent(row) for row in listing.rows],
        }


def _address(number: int) -> str:
    """The absolute address of another page, the other query parameters kept."""
    others = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
    return f"{request.base_url}?{urlencode([*others, ('page', str(number))])}"


@cache
def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a page of `item`s: one, however many lists have it."""
    return Schema.from_dict(
        {
            "count": WholeNumber(required=True, metadata={"description": "Items on all pages.", "minimum": 0}),
            "next": fields.Url(required=True, allow_none=True),
            "previous": fields.Url(required=True, allow_none=True),
            "results": fields.List(fields.Nested(item), required=True),
        },
        name=f"{item.__name__.removesuffix('Schema').removesuffix('Out')}Page",
    )
