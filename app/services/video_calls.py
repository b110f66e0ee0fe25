"""When the patient's side can join the video call of a visit: near its time, not weeks before.

A doctor has one link for all patients: shown too early or too long it would lead into somebody else's visit.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from app.clock import now
from app.models import Appointment, VisitState
from app.services.appointments import meet_link

OPENS_BEFORE = timedelta(minutes=15)
LONGEST_OVERRUN = timedelta(hours=1)
"""How long after its planned end a visit that is still in progress can be joined again."""


def opens_at(visit: Appointment) -> datetime:
    """From when (UTC) the patient's side can join, if the visit is confirmed by then."""
    return visit.starts_at - OPENS_BEFORE


def join_link(visit: Appointment) -> str | None:
    """Where the patient's side joins the video call now; None where it cannot.

    From 15 minutes before the start until the planned end. What the doctor has started early can be joined at once,
    and what runs over time still. The doctor must be loaded.
    """
    runs = visit.state is VisitState.IN_PROGRESS
    closes_at = visit.ends_at + (LONGEST_OVERRUN if runs else timedelta())
    return meet_link(visit) if (runs or now() >= opens_at(visit)) and now() < closes_at else None


def will_open(visit: Appointment) -> bool:
    """Whether there will be something to join, which is not there yet."""
    return meet_link(visit) is not None and visit.state is not VisitState.IN_PROGRESS and now() < opens_at(visit)
