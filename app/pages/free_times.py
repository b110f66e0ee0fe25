"""What pages with free times share: dates and moments in addresses, and looking again whether anything has changed."""

from __future__ import annotations

from datetime import UTC, date, datetime

from flask import Response, flash, request

from app import clock
from app.pages import live
from app.services.booking import Week


def read_date(text: str) -> date | None:
    """The date (ISO 8601) that an address names, in clock.YEARS; None for what names none."""
    try:
        named = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 (a date of the hospital has no zone)
    except ValueError:
        return None
    return named if named.year in clock.YEARS else None


def read_moment(text: str | None) -> datetime | None:
    """The moment that an address or a form names, in UTC; None for what names none in clock.YEARS."""
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.astimezone(UTC) if moment.tzinfo is not None and moment.year in clock.YEARS else None
    except (ValueError, OverflowError):
        return None


def say_unreadable(text: str | None) -> None:
    """On the next page, where an address or a form named a time that cannot be read."""
    if text:
        flash("That time could not be read. Choose one of the free times.", "notice")


def wanted_week() -> date | None:
    """The date in `?from=` from which on free times are wanted."""
    return read_date(request.args.get("from", ""))


def unchanged(week: Week) -> Response | None:
    """The answer to a page that looks again by itself and shows these very times already: nothing to replace."""
    return live.unchanged(week.fingerprint)
