"""The figures that an admin looks at first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from app import policy
from app.clock import day_bounds, local_today, now
from app.extensions import db
from app.models import Appointment, Approval, Doctor, VisitState
from app.policy import Actor, Permission
from app.services import contacts, emergency_oversight, outbox

_NO_VISIT = (VisitState.HELD, VisitState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Overview:
    """What waits: applications, mail, questions of visitors, emergency accesses that nobody has looked into.

    And today's visits (hospital-local), no cancelled ones.
    """

    waiting_doctors: int
    visits_today: int
    undelivered_mail: int
    waiting_contacts: int
    unchecked_emergencies: int


def overview(actor: Actor) -> Overview:
    """How the hospital stands now, in a few statements. Raises Unauthorized or Forbidden for who is no admin."""
    policy.require(actor, Permission.ADMINISTER)
    first, last = day_bounds(local_today())
    waiting = policy.visible(actor, Doctor).where(Doctor.approval == Approval.PENDING)
    today = policy.visible(actor, Appointment).where(
        Appointment.starts_at >= first, Appointment.starts_at < last, Appointment.state.not_in(_NO_VISIT)
    )
    return Overview(
        _count(waiting),
        _count(today),
        outbox.count_undelivered(now()),
        contacts.count_waiting(actor),
        emergency_oversight.count_unchecked(actor),
    )


def _count(query: Select[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
