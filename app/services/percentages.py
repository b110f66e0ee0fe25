"""Shares in percent, the same wherever figures are shown."""

from __future__ import annotations


def percent(part: int, whole: int) -> float | None:
    """A part of a whole in percent, to one decimal; None where there is no whole. It may be more than 100."""
    return round(100 * part / whole, 1) if whole else None
