"""The date that is typed as day, month and year, and the time of day."""

from __future__ import annotations

from datetime import date, time

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form
from wtforms.validators import DataRequired

from app.pages.fields import ClockField, DateInputField


class Birth(Form):
    """A form with one date."""

    born = DateInputField("Date of birth", [DataRequired("Enter the date of birth")])


def typed(day: str = "", month: str = "", year: str = "") -> Birth:
    """The form with these boxes filled in."""
    return Birth(MultiDict({"born-day": day, "born-month": month, "born-year": year}))


def test_it_reads_three_boxes() -> None:
    form = typed(" 4", "11", "1984 ")

    assert form.validate()
    assert form.born.data == date(1984, 11, 4)


@pytest.mark.parametrize(
    ("boxes", "sentence"),
    [
        (("", "", ""), "Enter the date of birth"),
        (("4", "11", ""), "Date of birth must include a year"),
        (("", "11", ""), "Date of birth must include a day and a year"),
        (("31", "2", "1984"), "Date of birth must be a real date"),
        (("4", "Nov", "1984"), "Date of birth must be made of numbers, such as 15 3 1984"),
        (("4", "11", "84"), "Date of birth must have a year of four digits"),
        (("٤", "11", "1984"), "Date of birth must be made of numbers, such as 15 3 1984"),
        (("4", "11", "0000"), "Date of birth must be a real date"),
    ],
)
def test_it_says_one_thing_that_is_wrong(boxes: tuple[str, str, str], sentence: str) -> None:
    form = typed(*boxes)

    assert not form.validate()
    assert form.errors == {"born": [sentence]}


def test_what_was_typed_stays_in_the_boxes() -> None:
    form = typed("31", "2", "")
    form.validate()

    assert [part.value for part in form.born.parts] == ["31", "2", ""]


def test_a_known_date_fills_the_boxes() -> None:
    form = Birth(data={"born": date(1984, 11, 4)})

    assert [part.value for part in form.born.parts] == ["4", "11", "1984"]


def test_a_date_may_be_left_out_where_it_is_optional() -> None:
    class Optional(Form):
        born = DateInputField("Date of birth")

    form = Optional(MultiDict({"born-day": "", "born-month": "", "born-year": ""}))

    assert form.validate()
    assert form.born.data is None


class Opening(Form):
    """A form with one time of day."""

    opens = ClockField("Start time (optional)")


@pytest.mark.parametrize(
    ("text", "read"), [("9am", time(9)), (" 13:30 ", time(13, 30)), ("12:05 AM", time(0, 5)), ("", None)]
)
def test_it_reads_a_time(text: str, read: time | None) -> None:
    form = Opening(MultiDict({"opens": text}))
    assert form.validate()
    assert form.opens.data == read


@pytest.mark.parametrize("text", ["9", "noon", "25:00", "9am to 10am"])
def test_what_is_no_time_stays_as_it_was_typed(text: str) -> None:
    form = Opening(MultiDict({"opens": text}))
    assert not form.validate()
    assert form.opens.errors == ["Start time must be a time, such as 9am or 13:30"]
    assert form.opens._value() == text


def test_a_time_that_is_known_is_shown() -> None:
    assert Opening(data={"opens": time(9, 30)}).opens._value() == "9:30am"
