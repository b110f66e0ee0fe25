"""The arithmetic of free times, against a slow version that looks at every minute around changes of the clocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.timetable import Hours, Interval, Slot, WeekdayHours, free_between, slots_of_day

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
ROUND = 5
"""Hours are made in multiples of so many minutes, so that rows touch and overlap often."""

CHANGES = [
    ("Europe/London", date(2026, 3, 29)),  # 01:00 becomes 02:00
    ("Europe/London", date(2026, 10, 25)),  # 02:00 becomes 01:00
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),  # half an hour forward
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour back
    ("America/Sao_Paulo", date(2018, 11, 4)),  # midnight becomes 01:00: the day starts at one
    ("America/Sao_Paulo", date(2018, 2, 17)),  # midnight becomes 23:00: the day has that hour twice
    ("America/St_Johns", date(2006, 10, 28)),  # 00:01 becomes 23:01: back over midnight
    ("America/St_Johns", date(2006, 4, 2)),
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that never was
    ("Asia/Kolkata", date(2026, 3, 29)),  # nothing ever happens
]


class Case(NamedTuple):
    """Hours, what is taken, and a window, near a date."""

    week: list[WeekdayHours]
    taken: list[Interval]
    start: datetime
    end: datetime
    zone: ZoneInfo
    around: date

    def free(self) -> list[Slot]:
        """The free slots, as the portal finds them."""
        return list(free_between(self.week, self.taken, self.start, self.end, self.zone))


# The slow, obvious version


@cache
def wall_clock(zone: ZoneInfo, around: date) -> dict[datetime, datetime]:
    """What the clocks showed at every minute (UTC) of a week around a date."""
    start = datetime.combine(around - 3 * DAY, time.min, UTC)
    minutes = (start + number * MINUTE for number in range(7 * 24 * 60))
    return {minute: minute.astimezone(zone).replace(tzinfo=None) for minute in minutes}


@cache
def first_shown(zone: ZoneInfo, around: date) -> dict[datetime, datetime]:
    """When (UTC) the clocks first showed a wall-clock minute; what they skipped is not there."""
    shown: dict[datetime, datetime] = {}
    for minute, wall in wall_clock(zone, around).items():
        shown.setdefault(wall, minute)
    return shown


def slow_slots(week: Sequence[WeekdayHours], zone: ZoneInfo, around: date) -> Iterator[Slot]:
    """Every slot that exists, whether it overlaps another one or not."""
    clock, shown = wall_clock(zone, around), first_shown(zone, around)
    for number in range(-2, 3):
        day = around + number * DAY
        for row in week:
            if row.weekday != day.weekday() or (row.valid_from or day) > day or (row.valid_to or day) < day:
                continue
            opening, closing = (datetime.combine(day, at) for at in (row.hours.starts, row.hours.ends))
            length = row.hours.slot_minutes * MINUTE
            wall = opening
            while wall + length <= closing:
                if wall in shown:
                    minutes = [shown[wall] + step * MINUTE for step in range(row.hours.slot_minutes)]
                    if all(clock[minute] < closing for minute in minutes):
                        yield Slot(minutes[0], minutes[-1] + MINUTE)
                wall += length


def slow_free(case: Case) -> list[Slot]:
    """The free slots of a case, minute by minute."""
    timetabled: set[datetime] = set()
    busy = {minute for block in case.taken for minute in each_minute(block)}
    free: list[Slot] = []
    for slot in sorted(slow_slots(case.week, case.zone, case.around)):
        minutes = set(each_minute(slot))
        if minutes & timetabled:
            continue
        timetabled |= minutes
        if case.start <= slot.starts_at < case.end and not minutes & busy:
            free.append(slot)
    return free


def each_minute(stretch: Slot | Interval) -> Iterator[datetime]:
    """The whole minutes that a stretch of time touches."""
    minute = stretch.starts_at.replace(second=0)
    while minute < stretch.ends_at:
        yield minute
        minute += MINUTE


# What there may be


def times_of_day() -> st.SearchStrategy[time]:
    """Any time, but mostly those at which clocks are changed."""
    at_any_hour = st.integers(0, 24 * 60 // ROUND - 1)
    at_night = st.integers(0, 5 * 60 // ROUND) | st.integers(22 * 60 // ROUND, 24 * 60 // ROUND - 1)
    return (at_night | at_any_hour).map(lambda number: time(*divmod(number * ROUND, 60)))


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    starts, ends = sorted(draw(st.lists(times_of_day(), min_size=2, max_size=2, unique=True)))
    return Hours(starts, ends, draw(st.sampled_from([5, 7, 15, 20, 30, 45, 50, 60, 90, 120, 240, 480])))


@st.composite
def weeks(draw: st.DrawFn, around: date) -> list[WeekdayHours]:
    days = st.integers(-1, 1).map(lambda number: around + number * DAY)
    rows = []
    for row in draw(st.lists(hours(), min_size=1, max_size=5)):
        validity = draw(st.sampled_from([(None, None), (-1, None), (0, None), (None, 0), (0, 0), (0, 1), (1, 1)]))
        first, last = (None if number is None else around + number * DAY for number in validity)
        rows.append(WeekdayHours(draw(days).weekday(), row, first, last))
    return rows


def moments(around: date) -> st.SearchStrategy[datetime]:
    """Moments (UTC) from the day before to the day after; most are such as slots have, others have seconds."""
    noon = datetime.combine(around, time(12), UTC)
    seconds = st.integers(-36 * 12, 36 * 12).map(lambda number: number * ROUND * 60) | st.integers(
        -36 * 3600, 36 * 3600
    )
    return seconds.map(lambda number: noon + timedelta(seconds=number))


@st.composite
def intervals(draw: st.DrawFn, around: date) -> Interval:
    lengths = st.sampled_from([5 * 60, 30 * 60, 90 * 60]) | st.integers(1, 24 * 3600)
    start = draw(moments(around))
    return Interval(start, start + timedelta(seconds=draw(lengths)))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    name, around = draw(st.sampled_from(CHANGES))
    taken = draw(st.lists(intervals(around), max_size=6))
    start, end = sorted(draw(st.lists(moments(around), min_size=2, max_size=2)))
    return Case(draw(weeks(around)), taken, start, end, ZoneInfo(name), around)


class TestFreeBetween:
    @settings(max_examples=200)
    @given(cases())
    def test_it_agrees_with_looking_at_every_minute(self, case: Case) -> None:
        assert case.free() == slow_free(case)

    @pytest.mark.slow
    @settings(max_examples=2000)
    @given(cases())
    def test_it_agrees_with_looking_at_every_minute_again_and_again(self, case: Case) -> None:
        assert case.free() == slow_free(case)

    @given(cases())
    def test_slots_of_one_doctor_never_overlap_and_last_what_the_hours_say(self, case: Case) -> None:
        slots = case.free()
        assert all(one.ends_at <= other.starts_at for one, other in pairwise(slots))
        assert {slot.ends_at - slot.starts_at for slot in slots} <= {
            row.hours.slot_minutes * MINUTE for row in case.week
        }
        for slot in slots:
            assert not any(block.starts_at < slot.ends_at and slot.starts_at < block.ends_at for block in case.taken)

    @given(cases(), st.floats(0, 1))
    def test_two_windows_show_what_one_over_both_shows(self, case: Case, share: float) -> None:
        between = case.start + (case.end - case.start) * share
        assert case._replace(end=between).free() + case._replace(start=between).free() == case.free()

    def test_a_window_may_end_on_the_day_before_that_of_a_slot_where_clocks_go_back_over_midnight(self) -> None:
        zone = ZoneInfo("America/St_Johns")
        week = [WeekdayHours(6, Hours(time(0), time(0, 30), 30))]
        midnight = datetime(2006, 10, 29, tzinfo=zone).astimezone(UTC)
        end = midnight + timedelta(minutes=20)
        assert end.astimezone(zone).date() == date(2006, 10, 28)
        assert list(free_between(week, [], midnight - DAY, end, zone)) == [Slot(midnight, midnight + 30 * MINUTE)]

    def test_slots_are_made_only_when_asked_for(self) -> None:
        week = [WeekdayHours(weekday, Hours(time(9), time(17), 30)) for weekday in range(7)]
        start = datetime(2026, 1, 5, tzinfo=UTC)
        slots_of_day.cache_clear()
        next(free_between(week, [], start, start + 3650 * DAY, ZoneInfo("Europe/London")))
        assert slots_of_day.cache_info().misses == 1


class TestSlotsOfDay:
    def local(self, zone: str, day: date, *rows: Hours) -> list[str]:
        """The slots of a day as the wall clock shows them, with the offset from UTC."""
        place = ZoneInfo(zone)
        return [
            f"{slot.starts_at.astimezone(place):%H:%M%z}-{slot.ends_at.astimezone(place):%H:%M%z}"
            for slot in slots_of_day(tuple(sorted(rows)), day, place)
        ]

    def test_an_ordinary_day_is_cut_from_the_start_and_the_rest_is_left(self) -> None:
        slots = self.local("Europe/London", date(2026, 1, 5), Hours(time(9), time(10, 40), 30))
        assert slots == ["09:00+0000-09:30+0000", "09:30+0000-10:00+0000", "10:00+0000-10:30+0000"]

    def test_starts_that_the_clocks_skip_are_not_offered(self) -> None:
        slots = self.local("Europe/London", date(2026, 3, 29), Hours(time(0, 30), time(2, 30), 30))
        assert slots == ["00:30+0000-02:00+0100", "02:00+0100-02:30+0100"]

    def test_of_a_time_that_occurs_twice_the_first_counts(self) -> None:
        slots = self.local("Europe/London", date(2026, 10, 25), Hours(time(0, 30), time(2, 30), 30))
        assert slots == [
            "00:30+0100-01:00+0100",
            "01:00+0100-01:30+0100",
            "01:30+0100-01:00+0000",
            "02:00+0000-02:30+0000",
        ]

    def test_a_slot_over_a_gap_lasts_its_real_minutes_and_takes_the_place_of_those_it_reaches_into(self) -> None:
        slots = self.local("Europe/London", date(2026, 3, 29), Hours(time(0), time(4), 45))
        assert slots == ["00:00+0000-00:45+0000", "00:45+0000-02:30+0100", "03:00+0100-03:45+0100"]

    def test_a_slot_must_be_over_when_the_hours_are(self) -> None:
        assert self.local("Europe/London", date(2026, 3, 29), Hours(time(0, 30), time(2), 90)) == []

    def test_hours_that_overlap_make_one_row_of_slots(self) -> None:
        slots = self.local(
            "Asia/Kolkata",
            date(2026, 1, 5),
            Hours(time(9), time(10), 30),
            Hours(time(9), time(10), 60),
            Hours(time(9, 45), time(11, 15), 30),
        )
        assert [slot[:5] for slot in slots] == ["09:00", "09:30", "10:15", "10:45"]

    def test_a_day_that_never_was_has_none(self) -> None:
        assert self.local("Pacific/Apia", date(2011, 12, 30), Hours(time(0), time(23, 59), 30)) == []

    @pytest.mark.parametrize("ends", [time(23, 59), time(23, 59, 59), time.max])
    def test_no_slot_crosses_midnight(self, ends: time) -> None:
        slots = self.local("Europe/London", date(2026, 1, 5), Hours(time(23), ends, 30))
        assert slots == ["23:00+0000-23:30+0000"]
