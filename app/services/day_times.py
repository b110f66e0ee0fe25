"""Times of day as people write them: `09:00`, `9:30 AM`, `9am`, `10:00 AM - 10:30 AM` (contract, section 6)."""

from __future__ import annotations

import re
import unicodedata
from datetime import time

from app.errors import Invalid

NOT_A_TIME = "Write a time such as 09:00 or 9:30 AM, or a range such as 10:00 AM - 10:30 AM."
BACKWARDS = "The end must come after the start, on the same day."

_TIME = re.compile(r"(\d{1,2})(?:[:.](\d\d)(?:[:.]00)?)? ?(?:([ap])\.?m\.?)?", re.ASCII)
_BETWEEN = re.compile(r" ?[-‐-―−] ?| (?:to|till|until) ")  # noqa: RUF001 (hyphen, dashes, minus)
_HALF_DAY = 12
_OTHER_HALF = {"a": "p", "p": "a"}


def parse(text: str, *, field: str) -> tuple[time, time | None]:
    """The start and, of a range, the end, hospital-local.

    An hour alone needs `am` or `pm`; in `9-11 am` that of the end counts for both. Raises Invalid, at `field`, for
    what is no time and for a range that does not end after its start.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    first, *rest = _BETWEEN.split(plain, maxsplit=1)
    if not rest:
        return _time(first, field), None
    (last,) = rest
    ends = _time(last, field)
    half = _half(last)
    if half and not _half(first):
        return _start_before(ends, first, half, field), ends
    return _ordered(_time(first, field), ends, field)


def _time(text: str, field: str) -> time:
    match = _TIME.fullmatch(text)
    if match is None:
        raise Invalid(NOT_A_TIME, field=field)
    hours, minutes, half = match.groups()
    hour = int(hours)
    if half:
        if not 1 <= hour <= _HALF_DAY:
            raise Invalid(NOT_A_TIME, field=field)
        hour = hour % _HALF_DAY + (_HALF_DAY if half == "p" else 0)
    elif minutes is None:
        raise Invalid(NOT_A_TIME, field=field)
    try:
        return time(hour, int(minutes or 0))
    except ValueError as error:
        raise Invalid(NOT_A_TIME, field=field) from error


def _half(text: str) -> str:
    """`a` or `p` where a text says which half of the day it means."""
    match = _TIME.fullmatch(text)
    return (match and match[3]) or ""


def _start_before(ends: time, first: str, half: str, field: str) -> time:
    """The start of `9 - 11 am` or `11 - 1 pm`: in the half of the end, else in the other; `13:00 - 2 pm` says it."""
    match = _TIME.fullmatch(first)
    if match is None:
        raise Invalid(NOT_A_TIME, field=field)
    if not 1 <= int(match[1]) <= _HALF_DAY:
        return _ordered(_time(first, field), ends, field)[0]
    same, other = (_time(f"{first} {each}m", field) for each in (half, _OTHER_HALF[half]))
    return _ordered(same if same < ends else other, ends, field)[0]


def _ordered(starts: time, ends: time, field: str) -> tuple[time, time]:
    if starts >= ends:
        raise Invalid(BACKWARDS, field=field)
    return starts, ends
