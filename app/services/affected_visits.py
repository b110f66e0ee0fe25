"""The visits that a change of a doctor's calendar leaves without their time, and cancelling those that were seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, true

from app import policy
from app.clock import now
from app.errors import Outdated
from app.extensions import db
from app.models import OPEN, Appointment, VisitState
from app.policy import Actor
from app.services import calendars, cancellations, waiting_offers
from app.services.appointments import WITH_PEOPLE
from app.services.availability import LONGEST_VISIT
from app.services.timetable import Interval


@dataclass(frozen=True, slots=True)
class Affected:
    """What loses its time, soonest first: `visits` with their people, and times that the waiting list was offered.

    Where there are more visits than can be cancelled at once, `too_many` says how many, and none is loaded.
    """

    visits: Sequence[Appointment] = ()
    held: Sequence[Appointment] = ()
    too_many: int = 0

    @property
    def seal(self) -> str:
        """The same for the same visits at the same times: by it an action says which ones were seen."""
        seen = [(visit.id, visit.starts_at.isoformat()) for visit in self.visits]
        return hashlib.sha256(repr(sorted(seen)).encode()).hexdigest()[:32]


NOTHING_SEEN = Affected().seal


class Unseen(Outdated):
    """Other visits are affected than the actor has seen: nothing was changed."""

    default = "The visits below have changed since you looked. Check them again."


def within(
    actor: Actor, doctor_id: int | None, starts_at: datetime, ends_at: datetime, *, most: int | None = None
) -> Affected:
    """What is still to come or under way of a doctor, or of all, and touches the time between two moments.

    `most` is how many visits can be cancelled at once. Two statements.
    """
    return _affected(
        actor,
        doctor_id,
        starts_at,
        until=ends_at,
        most=most,
        loses=lambda visit: visit.starts_at < ends_at and visit.ends_at > starts_at,
    )


def coming(actor: Actor, doctor_id: int, *, loses: Callable[[Interval], bool]) -> Affected:
    """What is still to come of a doctor and loses its time, as a rule about its interval says: two statements."""
    return _affected(actor, doctor_id, now(), until=None, loses=loses)


def lock_patients(doctor_ids: Collection[int], affected: Affected) -> None:
    """Lock the calendars that cancelling what is affected changes, once those of its doctors are locked."""
    offered = [offer.held.patient_id for doctor_id in doctor_ids for offer in waiting_offers.of_doctor(doctor_id)]
    calendars.lock([], sorted({visit.patient_id for visit in affected.visits}.union(offered)))


def cancel(actor: Actor, affected: Affected, reason: str) -> None:
    """Cancel the visits, whose calendars are locked, and tell each patient's side."""
    cancellations.call_off(actor, affected.visits, reason)


def _affected(
    actor: Actor,
    doctor_id: int | None,
    start: datetime,
    *,
    until: datetime | None,
    loses: Callable[[Interval], bool],
    most: int | None = None,
) -> Affected:
    moment = now()
    query = policy.visible(actor, Appointment).where(
        true() if doctor_id is None else Appointment.doctor_id == doctor_id,
        Appointment.starts_at > max(start, moment) - LONGEST_VISIT,
        Appointment.ends_at > moment,
        _takes_time(moment),
    )
    if until is not None:
        query = query.where(Appointment.starts_at < until)
    times = query.with_only_columns(Appointment.id, Appointment.state, Appointment.starts_at, Appointment.ends_at)
    losing = {key: state for key, state, *time in db.session.execute(times) if loses(Interval(*time))}
    number = sum(state in OPEN for state in losing.values())
    if most is not None and number > most:
        return Affected(too_many=number)
    keys = list(losing)
    rows = select(Appointment).where(Appointment.id.in_(keys)).order_by(Appointment.starts_at, Appointment.id)
    rows = rows.options(*WITH_PEOPLE).execution_options(populate_existing=True)
    found = db.session.scalars(rows).all() if keys else []
    return Affected(
        [visit for visit in found if visit.state in OPEN],
        [visit for visit in found if visit.state is VisitState.HELD],
    )


def _takes_time(moment: datetime) -> ColumnElement[bool]:
    """Visits that can be cancelled, and offers that have not run out."""
    return or_(
        Appointment.state.in_(OPEN), and_(Appointment.state == VisitState.HELD, Appointment.hold_expires_at > moment)
    )
