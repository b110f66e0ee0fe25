"""A doctor's own figures: visits by week, and how the rating has come about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from app import policy
from app.clock import day_bounds, local_today, now
from app.extensions import db
from app.models import Appointment, Review, VisitState
from app.policy import Actor, Permission
from app.services.ratings import is_verified, rounded

PERIODS = (4, 12, 26, 52)
"""For how many weeks, the present one included, the figures can be seen."""
USUAL_PERIOD = 12

_WEEK = timedelta(days=7)
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
        expected = self.completed + self.missed
        return round(100 * self.missed / expected, 1) if expected else None


def find(actor: Actor, weeks: int) -> Figures:
    """The figures of the doctor who asks, of the last weeks: two statements. Raises Forbidden for anyone else."""
    policy.require(actor, Permission.RUN_CLINIC)
    mondays = _mondays(weeks)
    starts = [day_bounds(monday)[0] for monday in mondays]
    visits, means = _visits(actor, starts), _means(actor, starts)
    return Figures([_week_of(monday, at, visits, means[at]) for at, monday in enumerate(mondays)])


def _week_of(monday: date, at: int, visits: Mapping[tuple[int, VisitState], int], mean: float | None) -> Week:
    completed, missed, cancelled = (visits.get((at, state), 0) for state in _COUNTED)
    return Week(monday, completed, missed, cancelled, mean)


def _mondays(weeks: int) -> list[date]:
    today = local_today()
    last = today - timedelta(days=today.weekday())
    return [last - _WEEK * before for before in reversed(range(weeks))]


def _visits(actor: Actor, starts: Sequence[datetime]) -> dict[tuple[int, VisitState], int]:
    """How many visits ended how, by the number of the week."""
    visit = (
        select(_week(Appointment.starts_at, starts), Appointment.state)
        .where(
            Appointment.doctor_id == actor.doctor_id,
            Appointment.starts_at >= starts[0],
            Appointment.starts_at < now(),
            Appointment.state.in_(_COUNTED),
            Appointment.removed_at.is_(None),
        )
        .subquery()
    )
    query = select(visit.c.week, visit.c.state, func.count()).group_by(visit.c.week, visit.c.state)
    return {(week, state): count for week, state, count in db.session.execute(query)}


def _means(actor: Actor, starts: Sequence[datetime]) -> list[float | None]:
    """The mean of all verified reviews at the end of each week, as they read today: those from before count in all."""
    review = (
        select(_week(Review.created_at, starts), Review.rating)
        .where(Review.doctor_id == actor.doctor_id, Review.hidden_at.is_(None), is_verified())
        .subquery()
    )
    query = select(review.c.week, func.count(), func.sum(review.c.rating)).group_by(review.c.week)
    found = {week: (count, int(total)) for week, count, total in db.session.execute(query)}
    count, total = found.get(-1, (0, 0))
    means: list[float | None] = []
    for at in range(len(starts)):
        more, stars = found.get(at, (0, 0))
        count, total = count + more, total + stars
        means.append(rounded(total / count) if count else None)
    return means


def _week(moment: Any, starts: Sequence[datetime]) -> ColumnElement[int]:
    """The number of the week, from 0, in which a moment lies; -1 for one before the first."""
    weeks = [(moment >= start, at) for at, start in reversed(list(enumerate(starts)))]
    return case(*weeks, else_=-1).label("week")
