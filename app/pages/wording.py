"""Times, money and kinds of visit in words, as people read them: in hospital time, in the hospital's currency."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from app.clock import local_today, to_local
from app.extensions import settings
from app.models import VisitKind
from app.services.devices import device_name
from app.services.wording import VISIT_KINDS, clock_time, day, period, short_day, time_of_day, when, whole_date

__all__ = [
    "FILTERS",
    "TESTS",
    "VISIT_KINDS",
    "clock_time",
    "day",
    "isodate",
    "money",
    "period",
    "short_day",
    "time_of_day",
    "visit_kind",
    "when",
    "whole_date",
]

CURRENCY_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$", "INR": "₹", "BDT": "৳", "JPY": "¥"}

TITLES = frozenset({"dr", "mr", "mrs", "ms", "miss", "mx", "prof", "professor"})


def isodate(moment: date | datetime) -> str:
    """For addresses and `datetime` attributes: a date as ISO 8601, an aware moment as ISO 8601 in UTC with `Z`."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return moment.isoformat()


def money(amount: Decimal | int | None) -> str:
    """An amount in the hospital's currency: `£85`, `£85.50`; nothing for None."""
    if amount is None:
        return ""
    code = settings.currency
    figure = f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}"
    sign = CURRENCY_SIGNS.get(code)
    return f"{sign}{figure}" if sign else f"{figure} {code}"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 review`, `3 reviews`, `1,204 patients`; `many` where the plural is not one + s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def initials(name: str) -> str:
    """At most two letters that stand for a name without a picture; titles such as `Dr` do not count."""
    words = [word for word in name.split() if word.rstrip(".").casefold() not in TITLES and word[:1].isalpha()]
    return "".join(word[0].upper() for word in (words[:1] + words[1:][-1:]))


def age(born: date) -> str:
    """How old somebody is today: `41 years`, and below two years `7 months`."""
    today = local_today()
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    return count(months, "month") if months < 24 else count(months // 12, "year")  # noqa: PLR2004 (two years)


def visit_kind(kind: VisitKind) -> str:
    """How patient and doctor meet: `In person` or `Video call`."""
    return VISIT_KINDS[kind]


def period_of(row: Any) -> str:
    """When something is that lasts from `starts_at` to `ends_at`, as `period` says it."""
    return period(row.starts_at, row.ends_at)


def one_line(text: str) -> str:
    """A text whose line breaks and rows of blanks are one blank each: for names where lines have a meaning."""
    return " ".join(text.split())


def is_morning(moment: datetime) -> bool:
    """Whether an aware moment lies before noon in the hospital."""
    return to_local(moment).hour < 12  # noqa: PLR2004 (noon)


FILTERS: dict[str, Callable[..., Any]] = {
    "time_of_day": time_of_day,
    "clock_time": clock_time,
    "day": day,
    "date": whole_date,
    "short_day": short_day,
    "when": when,
    "period": period_of,
    "isodate": isodate,
    "money": money,
    "count_of": count,
    "initials": initials,
    "visit_kind": visit_kind,
    "device": device_name,
    "one_line": one_line,
    "age": age,
}
TESTS: dict[str, Callable[..., bool]] = {"morning": is_morning}
