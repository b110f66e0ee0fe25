"""Charts: where everything stands, and the same numbers as a table."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import render_template

from app.pages import charts
from app.pages.charts import BOTTOM, FULL, LEFT, TOP, Series
from tests.support.frame import make_frame

HOSTILE = "\"'><script>alert(1)</script>"
WEEKS = [f"week {number}" for number in range(52)]


class TestColumns:
    def test_pieces_stand_on_each_other_and_fill_the_plot(self) -> None:
        chart = charts.columns(["a", "b"], [Series("Done", [4, 1]), Series("Missed", [2, 0])])
        done, missed, other = chart.pieces

        assert done.y + done.height == BOTTOM
        assert missed.y + missed.height == done.y
        assert missed.y == TOP
        assert (done.height, missed.height, other.height) == (112, 56, 28)
        assert (done.style, missed.style, other.style) == ("solid", "hatched", "solid")
        assert done.x == missed.x > LEFT
        assert done.x + done.width < other.x
        assert other.x + other.width < FULL
        assert [total.text for total in chart.totals] == ["6", "1"]

    @pytest.mark.parametrize(
        ("most", "top"),
        [
            (0, "1"),
            (1, "1"),
            (2, "2"),
            (3, "4"),
            (5, "6"),
            (7, "10"),
            (10, "10"),
            (11, "20"),
            (37, "40"),
            (1001, "2,000"),
        ],
    )
    def test_the_axis_ends_at_a_round_number(self, most: int, top: str) -> None:
        ticks = charts.columns(["a"], [Series("Visits", [most])]).ticks

        assert (ticks[0].text, ticks[0].y) == ("0", BOTTOM)
        assert (ticks[-1].text, ticks[-1].y) == (top, TOP)

    def test_few_columns_have_all_labels_and_many_as_many_as_fit_the_last_among_them(self) -> None:
        few = charts.columns(WEEKS[:12], [Series("Visits", [1] * 12)])
        many = charts.columns(WEEKS, [Series("Visits", [1] * 52)])

        assert [mark.text for mark in few.marks] == WEEKS[:12]
        assert len([mark for mark in few.marks if not mark.is_spare]) == 4
        assert [mark.text for mark in many.marks][-2:] == ["week 45", "week 51"]
        assert len([mark for mark in many.marks if not mark.is_spare]) == 5
        assert not many.marks[-1].is_spare
        assert (many.marks[-1].x, many.marks[-1].anchor) == (FULL, "end")
        assert many.totals == []

    def test_series_are_named_where_there_are_several(self) -> None:
        one, two = Series("Done", [1]), Series("Missed", [1])

        assert charts.columns(["a"], [one]).legend == []
        assert charts.columns(["a"], [one, two]).legend == [("solid", "Done"), ("hatched", "Missed")]

    def test_without_numbers_it_is_empty(self) -> None:
        assert charts.columns(["a"], [Series("Done", [0])]).is_empty
        assert charts.columns([], [Series("Done", [])]).is_empty

    def test_uneven_and_too_many_series_are_refused(self) -> None:
        for series in ([Series("Done", [1, 2])], [Series("Done", [1])] * 4):
            with pytest.raises(ValueError, match="series"):
                charts.columns(["a"], series)


class TestLine:
    def test_it_goes_through_its_values_and_stops_where_there_is_none(self) -> None:
        chart = charts.line(["a", "b", "c", "d"], [1, 5, None, 3], lowest=1, highest=5)

        assert [dot.y for dot in chart.dots] == [BOTTOM, TOP, (TOP + BOTTOM) / 2]
        assert chart.stretches == [(chart.dots[0], chart.dots[1])]
        assert [tick.text for tick in chart.ticks] == ["1", "2", "3", "4", "5"]
        assert charts.line(["a"], [None], lowest=1, highest=5).is_empty


TEMPLATE = """
{{ charts.columns(columns, "visits", title, "What it is about.", "Week") }}
{{ charts.line(line, "means", "Mean", "How it went.", "Week", "Mean") }}
"""


def test_a_chart_is_drawn_without_styles_and_has_a_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    app = make_frame(monkeypatch, tmp_path, {"charts.html": TEMPLATE})
    columns = charts.columns([HOSTILE, "b"], [Series("Done", [3, 1]), Series("Missed", [0, 2])])
    line = charts.line(["a", "b"], [None, 4.5], lowest=1, highest=5)
    with app.test_request_context():
        page = render_template("charts.html", columns=columns, line=line, title=HOSTILE)

    assert "<script>" not in page
    assert "style=" not in page
    assert page.count('role="img"') == 2
    assert 'fill="url(#visits-hatch)"' in page
    assert 'id="visits-about">What it is about.</desc>' in page
    cells = [part.partition("</td>")[0] for part in page.split('nhsuk-table__cell--numeric">')[1:]]
    assert cells == ["3", "0", "1", "2", "\u2013", "4.5"]


class TestBars:
    def test_the_longest_leaves_room_for_its_number(self) -> None:
        chart = charts.bars(["Cardiology", "Ear, nose and throat"], Series("Visits", [20, 5]))

        assert [(bar.label, bar.width, bar.end, bar.text) for bar in chart.bars] == [
            ("Cardiology", 88, 89, "20"),
            ("Ear, nose and throat", 22, 23, "5"),
        ]
        assert (chart.bars[0].y, chart.bars[1].y, chart.height) == (0, charts.BAR_ROW, 2 * charts.BAR_ROW)
        assert not chart.is_empty

    def test_without_anything_there_is_nothing_to_draw(self) -> None:
        assert charts.bars([], Series("Visits", [])).is_empty
        assert charts.bars(["a"], Series("Visits", [0])).is_empty
