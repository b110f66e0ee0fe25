"""Times of day are understood as people write them."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.services.day_times import parse


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("09:00", time(9)),
        ("9:30", time(9, 30)),
        ("14.30", time(14, 30)),
        ("09:00:00", time(9)),
        ("0:05", time(0, 5)),
        ("9:30 AM", time(9, 30)),
        ("9:30am", time(9, 30)),
        ("9am", time(9)),
        ("2 p.m.", time(14)),
        ("12 am", time(0)),
        ("12:15 PM", time(12, 15)),
        ("\u00a09:30\u202fPM ", time(21, 30)),  # blanks that do not break, as some programs write them
    ],
)
def test_a_start_alone(text: str, starts: time) -> None:
    assert parse(text, field="time") == (starts, None)


@pytest.mark.parametrize(
    ("text", "starts", "ends"),
    [
        ("10:00 AM - 10:30 AM", time(10), time(10, 30)),
        ("10:00-10:30", time(10), time(10, 30)),
        ("10:00 AM \N{EN DASH} 10:30 AM", time(10), time(10, 30)),
        ("10:00\N{EM DASH}10:30", time(10), time(10, 30)),
        ("10 am to 1 pm", time(10), time(13)),
        ("9-11 am", time(9), time(11)),
        ("11:30 - 12:30 PM", time(11, 30), time(12, 30)),
        ("2-4pm", time(14), time(16)),
        ("13:00 - 2 pm", time(13), time(14)),
        ("9 am - 17:00", time(9), time(17)),
    ],
)
def test_a_range(text: str, starts: time, ends: time) -> None:
    assert parse(text, field="time") == (starts, ends)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "9",  # in the morning, or in the evening?
        "9-10",
        "noonish",
        "24:00",
        "9:60",
        "9:5",
        "13 pm",
        "0 am",
        "09:00-",
        "09:00 - 10:00 - 11:00",
        "10:30-10:00",
        "10:00-10:00",
        "11 pm - 1 am",
        "-09:00",
        "9" * 5000,
    ],
)
def test_what_is_no_time_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(text, field="label")

    assert list(refusal.value.errors) == ["label"]


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        starts, ends = parse(text, field="time")
    except Invalid:
        return
    assert ends is None or starts < ends
