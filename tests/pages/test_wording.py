"""Times and money, in the hospital's words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask

from app.pages import wording
from app.services import wording as spoken
from app.services.wording import before
from tests.support.settings import make_settings


@pytest.fixture(autouse=True)
def london(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A hospital in London, on 20 November 2026."""
    app = Flask("wording")
    app.extensions["settings"] = make_settings(tmp_path, "sqlite://")
    monkeypatch.setattr(spoken, "now", lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))
    with app.app_context():
        yield


def utc(*parts: int) -> datetime:
    """A moment in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type] # year to minute, by position


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (utc(2026, 11, 23, 9, 30), "9:30am"),
        (utc(2026, 11, 23, 12, 0), "12pm"),
        (utc(2026, 11, 23, 0, 5), "12:05am"),
        (utc(2026, 11, 23, 23, 59), "11:59pm"),
        (utc(2026, 7, 1, 9, 0), "10am"),
        (datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=5, minutes=30))), "3:30am"),
    ],
    ids=["half past", "noon", "after midnight", "late", "summer time", "another zone"],
)
def test_a_time_is_said_in_hospital_time(moment: datetime, words: str) -> None:
    assert wording.time_of_day(moment) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (utc(2026, 11, 24, 9, 0), "Tuesday 24 November"),
        (utc(2027, 1, 6, 9, 0), "Wednesday 6 January 2027"),
        (utc(2026, 6, 30, 23, 30), "Wednesday 1 July"),
        (date(2026, 11, 24), "Tuesday 24 November"),
    ],
    ids=["this year", "another year", "past midnight in the hospital", "a date"],
)
def test_a_day_has_its_year_only_when_it_is_another(moment: date | datetime, words: str) -> None:
    assert wording.day(moment) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (utc(2026, 11, 20, 23, 0), "Today"),
        (utc(2026, 11, 21, 0, 0), "Tomorrow"),
        (utc(2026, 11, 23, 9, 0), "Mon 23 Nov"),
        (utc(2026, 11, 19, 9, 0), "Thu 19 Nov"),
    ],
)
def test_a_short_day_says_today_and_tomorrow(moment: datetime, words: str) -> None:
    assert wording.short_day(moment) == words


def test_a_moment_is_said_with_time_and_day() -> None:
    assert wording.when(utc(2026, 11, 24, 9, 30)) == "9:30am, Tuesday 24 November"


def test_addresses_carry_utc() -> None:
    summer = datetime(2026, 7, 1, 10, 0, tzinfo=timezone(timedelta(hours=1)))

    assert wording.isodate(summer) == "2026-07-01T09:00:00Z"
    assert wording.isodate(date(2026, 7, 1)) == "2026-07-01"


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (1, "an hour before"),
        (2, "2 hours before"),
        (24, "a day before"),
        (36, "36 hours before"),
        (48, "2 days before"),
    ],
)
def test_how_long_before_is_said_in_whole_days_where_it_can_be(hours: int, words: str) -> None:
    assert before(hours) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [(85, "£85"), (Decimal("85.5"), "£85.50"), (Decimal("1200.00"), "£1,200"), (0, "£0"), (None, "")],
)
def test_money_is_in_the_hospitals_currency(amount: Decimal | int | None, words: str) -> None:
    assert wording.money(amount) == words


def test_a_currency_without_a_sign_has_its_code(tmp_path: Path) -> None:
    app = Flask("zurich")
    app.extensions["settings"] = make_settings(tmp_path, "sqlite://", currency="CHF")

    with app.app_context():
        assert wording.money(85) == "85 CHF"


def test_a_number_is_said_with_its_noun() -> None:
    assert wording.count(1, "review") == "1 review"
    assert wording.count(0, "review") == "0 reviews"
    assert wording.count(1204, "speciality", "specialities") == "1,204 specialities"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Dr Samuel Okafor", "SO"), ("Prof. Ana de la Cruz", "AC"), ("Cher", "C"), ("Dr", ""), ("", "")],
)
def test_initials_stand_for_a_name(name: str, letters: str) -> None:
    assert wording.initials(name) == letters


def test_a_date_of_birth_needs_no_weekday() -> None:
    assert wording.whole_date(date(2019, 3, 5)) == "5 March 2019"


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "words"),
    [
        (utc(2026, 11, 23), utc(2026, 11, 24), "Monday 23 November"),
        (utc(2026, 11, 23), utc(2026, 12, 5), "Monday 23 November to Friday 4 December"),
        (utc(2026, 11, 23, 13), utc(2026, 11, 23, 17, 30), "1pm to 5:30pm, Monday 23 November"),
        (utc(2026, 11, 23, 13), utc(2026, 11, 24), "1pm, Monday 23 November to 12am, Tuesday 24 November"),
    ],
)
def test_a_period(starts_at: datetime, ends_at: datetime, words: str) -> None:
    assert spoken.period(starts_at, ends_at) == words


@pytest.mark.parametrize(
    ("born", "words"),
    [
        (date(1950, 11, 20), "76 years"),
        (date(1950, 11, 21), "75 years"),
        (date(2024, 11, 20), "2 years"),
        (date(2024, 11, 21), "23 months"),
        (date(2026, 10, 20), "1 month"),
        (date(2026, 11, 1), "0 months"),
    ],
)
def test_an_age_is_in_years_and_of_the_smallest_in_months(
    born: date, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wording, "local_today", lambda: date(2026, 11, 20))

    assert wording.age(born) == words
