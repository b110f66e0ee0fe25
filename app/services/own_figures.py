"""A doctor's own figures: visits by week, and how the rating has come about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from app import policy
from app.clock import local_today, now
from app.extensions import db
from app.models import Appointment, Review, VisitState
from app.policy import Actor, Permission
from app.services.local_days import Period, day_number
from app.services.percentages import percent
from app.services.ratings import is_verified, rounded

PERIODS = (4, 12, 26, 52)
"""For how many weeks, the present one included, the figures can be seen."""
USUAL_PERIOD = 12

_DAYS = 7
_WEEK = timedelta(days=_DAYS)
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
    period = Period(mondays[0], mondays[-1] + _WEEK - timedelta(days=1))
    visits, means = _visits(actor, period), _means(actor, period)
    return Figures([_week_of(monday, at, visits, means[at]) for at, monday in enumerate(mondays)])


def _week_of(monday: date, at: int, visits: Mapping[tuple[int, VisitState], int], mean: float | None) -> Week:
    completed, missed, cancelled = (visits.get((at, state), 0) for state in _COUNTED)
    return Week(monday, completed, missed, cancelled, mean)


def _mondays(weeks: int) -> list[date]:
    today = local_today()
    last = today - timedelta(days=today.weekday())
    return [last - _WEEK * before for before in reversed(range(weeks))]


def _visits(actor: Actor, period: Period) -> dict[tuple[int, VisitState], int]:
    """How many visits ended how, by the number of the week."""
    week = day_number(Appointment.starts_at, period) // _DAYS
    query = (
        select(week, Appointment.state, func.count())
        .where(
            Appointment.doctor_id == actor.doctor_id,
            Appointment.starts_at >= period.bounds[0],
            Appointment.starts_at < now(),
            Appointment.state.in_(_COUNTED),
            Appointment.removed_at.is_(None),
        )
        .group_by(week, Appointment.state)
    )
    return {(number, state): count for number, state, count in db.session.execute(query)}


def _means(actor: Actor, period: Period) -> list[float | None]:
    """The mean of all verified reviews at the end of each week, as they read today: those from before count in all."""
    week = day_number(Review.created_at, period) // _DAYS
    query = (
        select(week, func.count(), func.sum(Review.rating))
        .where(Review.doctor_id == actor.doctor_id, Review.hidden_at.is_(None), is_verified())
        .group_by(week)
    )
    found = {number: (count, int(total)) for number, count, total in db.session.execute(query)}
    count, total = found.get(None, (0, 0))  # before the first week
    means: list[float | None] = []
    for at in range(len(period.days) // _DAYS):
        more, stars = found.get(at, (0, 0))
        count, total = count + more, total + stars
        means.append(rounded(total / count) if count else None)
    return means
