"""A doctor's own figures: visits by week, and how the rating has come about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, select

from app import policy
from app.clock import day_bounds, local_today, now
from app.extensions import db
from app.models import Appointment, Review, VisitState
from app.policy import Actor, Permission
from app.services.local_days import spans, within
from app.services.percentages import percent
from app.services.ratings import is_verified, rounded

PERIODS = (4, 12, 26, 52)
"""For how many weeks, the present one included, the figures can be seen."""
USUAL_PERIOD = 12

_WEEK = timedelta(days=7)
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTED = (VisitState.COMPLETED, VisitState.NO_SHOW, VisitState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Week:
    """A hospital-local week from `monday` on: how its visits ended, and the mean rating at its end, if there was one.

    A visit belongs to the week in which it was to start.
    """

    monday: date
    completed: int
    missed: int
    cancelled: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The weeks of a period, the oldest first."""

    weeks: Sequence[Week]

    @property
    def completed(self) -> int:
        """How many visits took place."""
        return sum(week.completed for week in self.weeks)

    @property
    def missed(self) -> int:
        """How many patients did not come."""
        return sum(week.missed for week in self.weeks)

    @property
    def cancelled(self) -> int:
        """How many visits were called off."""
        return sum(week.cancelled for week in self.weeks)

    @property
    def missed_percent(self) -> float | None:
        """The share of missed visits among those that were not called off, in percent; None without any."""
        return percent(self.missed, self.completed + self.missed)


def find(actor: Actor, weeks: int) -> Figures:
    """The figures of the doctor who asks, of the last weeks: two statements. Raises Forbidden for anyone else."""
    policy.require(actor, Permission.RUN_CLINIC)
    mondays = _mondays(weeks)
    starts = [day_bounds(monday)[0] for monday in [*mondays, mondays[-1] + _WEEK]]
    columns = zip(mondays, _visits(actor, starts), _means(actor, starts), strict=True)
    return Figures(
        [Week(monday, completed, missed, cancelled, mean) for monday, (completed, missed, cancelled), mean in columns]
    )


def _mondays(weeks: int) -> list[date]:
    today = local_today()
    last = today - timedelta(days=today.weekday())
    return [last - _WEEK * before for before in reversed(range(weeks))]


def _visits(actor: Actor, starts: Sequence[datetime]) -> list[list[int]]:
    """How many visits of each week were completed, missed and cancelled."""
    span = spans(starts)
    theirs = (
        Appointment.doctor_id == actor.doctor_id,
        Appointment.starts_at < now(),
        Appointment.removed_at.is_(None),
    )
    counts = (
        within(span, Appointment.starts_at, func.count(), Appointment.state == state, *theirs) for state in _COUNTED
    )
    return [counts for _, *counts in db.session.execute(select(span.c.number, *counts).order_by(span.c.number))]


def _means(actor: Actor, starts: Sequence[datetime]) -> list[float | None]:
    """The mean of all verified reviews at the end of each week, as they read today: those from before count in all."""
    span = spans([_BEFORE_ALL, *starts])
    theirs = (Review.doctor_id == actor.doctor_id, Review.hidden_at.is_(None), is_verified())
    numbers = (within(span, Review.created_at, what, *theirs) for what in (func.count(), func.sum(Review.rating)))
    count, total = 0, 0
    means: list[float | None] = []
    for _, more, stars in db.session.execute(select(span.c.number, *numbers).order_by(span.c.number)):
        count, total = count + more, total + int(stars or 0)
        means.append(rounded(total / count) if count else None)
    return means[1:]
