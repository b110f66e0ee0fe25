"""Sealing the audit trail now and then. Safe to run twice or never: what is not sealed waits for the next time."""

from __future__ import annotations

from app.clock import now
from app.errors import Unavailable
from app.services import audit_seals
from app.unit_of_work import transaction


def seal() -> int:
    """Seal all rows that are settled, and say how many seals that took. Raises Unavailable."""
    with transaction():
        up_to = audit_seals.settled()
    seals = 0
    while True:
        with transaction():
            more = audit_seals.seal(up_to)
        if not more:
            return seals
        seals += 1


def sweep() -> None:
    """Seal what waits, unless that was done a moment ago; where somebody writes for long, the next sweep does it."""
    with transaction():
        is_due = audit_seals.is_due(now())
    if is_due:
        try:
            seal()
        except Unavailable:
            return
