"""Offering free times to who waits for them. Safe to run twice or never: the sweep finds what is due."""

from __future__ import annotations

from flask import current_app

from app.clock import now
from app.services import waiting_offers
from app.unit_of_work import transaction


def offer(doctor_id: int) -> None:
    """Offer a doctor's free times to the waiting list, and end what is over."""
    with transaction():
        waiting_offers.settle(doctor_id)


def sweep() -> None:
    """See to the waiting lists that are due: after a lost job, an offer that ran out, a period that is over."""
    with transaction():
        due = waiting_offers.due(now())
    for doctor_id in due:
        try:
            offer(doctor_id)
        except Exception as error:  # noqa: BLE001 (whatever is wrong with one list, the others are seen to)
            current_app.logger.warning("waiting list of doctor %s: %s", doctor_id, type(error).__name__)
