"""The time: now in UTC, and hospital-local time to UTC and back, right across daylight-saving changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.extensions import settings

YEARS = range(1900, 3000)
"""Years of moments that people and programs may name: at the ends of the calendar no hours can be added or taken."""


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def hospital_zone() -> ZoneInfo:
    """The hospital's time zone."""
    return settings.zone


def to_local(moment: datetime) -> datetime:
    """An aware moment in the hospital's time zone."""
    return moment.astimezone(hospital_zone())


def first_occurrence(local: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment (UTC) at which the clocks of a zone show a wall-clock time (naive); None where they skip it."""
    moment = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == local else None


def from_local(local: datetime) -> datetime:
    """A hospital-local wall-clock time (naive) as UTC.

    A time that occurs twice (clocks go back) is its first occurrence. Raises ValueError for a time that the
    clocks skip (they go forward), and for one at the ends of the calendar that has no UTC form.
    """
    try:
        moment = first_occurrence(local, hospital_zone())
    except OverflowError as error:
        raise ValueError("That time is too far away.") from error
    if moment is None:
        raise ValueError("That time does not exist on that day: the clocks go forward.")
    return moment


def local_today() -> date:
    """Today's date in the hospital."""
    return to_local(now()).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The UTC moments at which a hospital-local day starts and ends: 23, 24 or 25 hours apart."""
    zone = hospital_zone()
    first, last = (datetime.combine(d, time.min, tzinfo=zone).astimezone(UTC) for d in (day, day + timedelta(days=1)))
    return first, last
