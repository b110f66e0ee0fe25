"""The time: hospital-local to UTC and back, right across changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import clock

ZONES = [
    ZoneInfo(name)
    for name in ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo")
]


@pytest.fixture(params=ZONES, ids=str)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ZoneInfo:
    """The hospital stands in this zone."""
    monkeypatch.setattr(clock, "hospital_zone", lambda: request.param)
    chosen: ZoneInfo = request.param
    return chosen


@pytest.fixture
def london(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hospital stands in London."""
    monkeypatch.setattr(clock, "hospital_zone", lambda: ZoneInfo("Europe/London"))


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC


@given(
    moment=st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (bounds are naive)
    zone=st.sampled_from(ZONES),
)
def test_the_first_occurrence_shows_that_time_and_no_earlier_moment_does(moment: datetime, zone: ZoneInfo) -> None:
    local = moment.astimezone(zone).replace(tzinfo=None)
    first = clock.first_occurrence(local, zone)
    assert first is not None
    assert first.astimezone(zone).replace(tzinfo=None) == local
    assert moment - first in {timedelta(0), timedelta(hours=1), timedelta(minutes=30)}
    earlier = [(first - timedelta(minutes=minutes)).astimezone(zone) for minutes in (30, 60)]
    assert local not in [each.replace(tzinfo=None) for each in earlier]


@pytest.mark.usefixtures("london")
class TestFromLocal:
    @pytest.mark.parametrize(
        ("local", "utc"),
        [
            ("2026-01-15T09:30", "2026-01-15T09:30"),
            ("2026-07-15T09:30", "2026-07-15T08:30"),
            ("2026-03-29T00:59", "2026-03-29T00:59"),
            ("2026-03-29T02:00", "2026-03-29T01:00"),
            ("2026-10-25T01:30", "2026-10-25T00:30"),  # occurs twice: the first
            ("2026-10-25T02:00", "2026-10-25T02:00"),
        ],
    )
    def test_it_gives_utc(self, local: str, utc: str) -> None:
        assert clock.from_local(datetime.fromisoformat(local)) == datetime.fromisoformat(utc).replace(tzinfo=UTC)

    def test_the_second_occurrence_counts_as_the_first(self) -> None:
        again = datetime.fromisoformat("2026-10-25T01:30").replace(fold=1)
        assert clock.from_local(again) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    @pytest.mark.parametrize("local", ["2026-03-29T01:00", "2026-03-29T01:30", "2026-03-29T01:59:59"])
    def test_a_time_that_the_clocks_skip_is_refused(self, local: str) -> None:
        with pytest.raises(ValueError, match="clocks go forward"):
            clock.from_local(datetime.fromisoformat(local))


def test_the_ends_of_the_calendar_are_refused_or_given(zone: ZoneInfo) -> None:
    for local in ("0001-01-01T00:00", "9999-12-31T23:59"):
        try:
            moment = clock.from_local(datetime.fromisoformat(local))
        except ValueError:
            continue
        assert moment.astimezone(zone).replace(tzinfo=None) == datetime.fromisoformat(local)


def test_to_local_and_back(zone: ZoneInfo) -> None:
    moment = datetime(2026, 7, 15, 12, 34, 56, tzinfo=UTC)
    local = clock.to_local(moment)
    assert local == moment
    assert str(local.tzinfo) == str(zone)
    assert clock.from_local(local.replace(tzinfo=None)) == moment


def test_today_is_the_hospitals_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "hospital_zone", lambda: ZoneInfo("Asia/Kolkata"))
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 1, 5, 20, tzinfo=UTC))
    assert clock.local_today() == date(2026, 1, 6)


@pytest.mark.usefixtures("london")
class TestDayBounds:
    @pytest.mark.parametrize(
        ("day", "hours"), [(date(2026, 1, 5), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)]
    )
    def test_a_day_has_the_hours_that_pass(self, day: date, hours: int) -> None:
        start, end = clock.day_bounds(day)
        assert end - start == timedelta(hours=hours)
        assert clock.to_local(start).date() == day
        assert clock.to_local(end - timedelta.resolution).date() == day

    def test_days_follow_one_another(self, zone: ZoneInfo) -> None:
        day = date(2026, 1, 1)
        for _ in range(400):
            following = day + timedelta(days=1)
            assert clock.day_bounds(day)[1] == clock.day_bounds(following)[0]
            day = following
