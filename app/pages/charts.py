"""Charts as plain geometry, which `templates/components/charts.html` draws as SVG, with a table of the same numbers.

Across, everything is a share of the chart's width in percent, so that a chart fits any screen and its words stay as
large as they are; down, it is in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

HEIGHT = 220
TOP, BOTTOM = 24, 192
"""Between them is the plot: above it there is room for a number, below for the labels."""
LEFT = 9.0
"""Where the plot begins, in percent: before it there is room for the numbers of the axis."""
FULL = 100.0
NEAR_THE_END = 95.0
"""A label whose middle is further on would stick out of the chart: it ends where the chart does."""
GAP = 0.3
"""The part of a column's place that stays empty."""
ALL_LABELS = 13
MOST_LABELS = 9
MOST_LABELS_NARROW = 5
"""Up to ALL_LABELS labels have room on a wide screen; of more, MOST_LABELS stand there, since some are longer."""
BAR_ROW = 48
BAR_LONGEST = 88.0
"""How high the place of a bar with its word is, in pixels, and how long the longest bar, in percent."""
STYLES = ("solid", "hatched", "hollow")
"""How the series of a chart are told apart, without colours: the first is at the bottom."""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers that belong together, one for each label."""

    name: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the chart, and the number that it stands for."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """A word below the chart, with its middle at `x` percent, its end at 100; a narrow screen leaves spare ones out."""

    x: float
    text: str
    is_spare: bool

    @property
    def anchor(self) -> str:
        """How SVG calls the part of the word that stands at `x`."""
        return "end" if self.x == FULL else "middle"


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle: `x` and `width` in percent, `y` and `height` in pixels, drawn in one of STYLES."""

    x: float
    y: float
    width: float
    height: float
    style: str


@dataclass(frozen=True, slots=True)
class Total:
    """The whole of a column, written above it."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of one or several stacked series, with what a table of them needs."""

    labels: Sequence[str]
    series: Sequence[Series]
    ticks: Sequence[Tick]
    marks: Sequence[Label]
    pieces: Sequence[Piece]
    totals: Sequence[Total]

    @property
    def legend(self) -> Sequence[tuple[str, str]]:
        """The style and the name of each series; none for a single one."""
        return [] if len(self.series) == 1 else [(STYLES[at], one.name) for at, one in enumerate(self.series)]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.pieces


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a bar chart: a word, below it the bar, both from the left edge; `end` is where its number stands."""

    label: str
    y: float
    width: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Bars:
    """One bar for each label, from the top: for words that are too long to stand below columns."""

    labels: Sequence[str]
    series: Series
    bars: Sequence[Bar]

    @property
    def height(self) -> int:
        """In pixels."""
        return BAR_ROW * len(self.bars)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(self.series.values)


@dataclass(frozen=True, slots=True)
class Dot:
    """A value of a line, at `x` percent."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line through values, broken where there is none."""

    labels: Sequence[str]
    values: Sequence[float | None]
    ticks: Sequence[Tick]
    marks: Sequence[Label]
    dots: Sequence[Dot]
    stretches: Sequence[tuple[Dot, Dot]]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.dots


def columns(labels: Sequence[str], series: Sequence[Series]) -> Columns:
    """Stacked columns, one for each label. Raises ValueError for more series than STYLES, and for uneven ones."""
    if len(series) > len(STYLES) or any(len(one.values) != len(labels) for one in series):
        message = f"A chart has up to {len(STYLES)} series, each with a number for each label."
        raise ValueError(message)
    stacks = [[one.values[at] for one in series] for at in range(len(labels))]
    top = _top(max(map(sum, stacks), default=0))
    pieces = [piece for at, stack in enumerate(stacks) for piece in _stack(_place(at, len(labels)), stack, top)]
    totals = [
        Total(_middle(at, len(labels)), _y(sum(stack), 0, top) - 6, f"{sum(stack):,}")
        for at, stack in enumerate(stacks)
        if sum(stack) and len(labels) <= ALL_LABELS
    ]
    half = [Tick(_y(top / 2, 0, top), f"{top // 2:,}")] if top % 2 == 0 else []
    ticks = [Tick(_y(0, 0, top), "0"), *half, Tick(_y(top, 0, top), f"{top:,}")]
    return Columns(labels, series, ticks, _marks(labels), pieces, totals)


def _stack(place: tuple[float, float], values: Sequence[int], top: int) -> Iterator[Piece]:
    """The pieces of a column, from the bottom."""
    left, width = place
    below = 0
    for style, value in zip(STYLES, values, strict=False):
        if value:
            upper, lower = _y(below + value, 0, top), _y(below, 0, top)
            yield Piece(
                x=round(left + width * GAP / 2, 3),
                y=upper,
                width=round(width * (1 - GAP), 3),
                height=round(lower - upper, 2),
                style=style,
            )
        below += value


def bars(labels: Sequence[str], series: Series, *, unit: str = "", whole: int = 1) -> Bars:
    """Bars that lie, one for each label, with the unit after each number.

    The longest is as long as can be, or, where all stay below the `whole`, shorter in proportion.
    """
    most = max([*series.values, whole])
    widths = [round(value / most * BAR_LONGEST, 3) for value in series.values]
    drawn = [
        Bar(label, at * BAR_ROW, width, width + 1, f"{value:,}{unit}")
        for at, (label, value, width) in enumerate(zip(labels, series.values, widths, strict=True))
    ]
    return Bars(labels, series, drawn)


def line(labels: Sequence[str], values: Sequence[float | None], *, lowest: int, highest: int) -> Line:
    """A line through one value for each label, on a scale of whole numbers. None: there is no value there."""
    dots = [
        None if value is None else Dot(_middle(at, len(labels)), _y(value, lowest, highest))
        for at, value in enumerate(values)
    ]
    stretches = [(one, other) for one, other in pairwise(dots) if one and other]
    ticks = [Tick(_y(number, lowest, highest), str(number)) for number in range(lowest, highest + 1)]
    return Line(labels, values, ticks, _marks(labels), [dot for dot in dots if dot], stretches)


def _top(most: int) -> int:
    """Where the axis ends: 1, 2, 4, 6 or 10 times a power of ten, with room for all."""
    if most <= 1:
        return max(most, 1)
    power = int(10 ** math.floor(math.log10(most)))
    return next(step * power for step in (1, 2, 4, 6, 10) if step * power >= most)


def _y(value: float, lowest: float, highest: float) -> float:
    return round(BOTTOM - (value - lowest) / (highest - lowest) * (BOTTOM - TOP), 2)


def _place(at: int, count: int) -> tuple[float, float]:
    """Where the place of one of several labels begins, and how wide it is."""
    width = (FULL - LEFT) / count
    return LEFT + at * width, width


def _middle(at: int, count: int) -> float:
    left, width = _place(at, count)
    return round(left + width / 2, 3)


def _marks(labels: Sequence[str]) -> list[Label]:
    """As many labels as fit, counted from the last, which people look for first."""
    count = len(labels)
    step = 1 if count <= ALL_LABELS else math.ceil(count / MOST_LABELS)
    narrow = step * max(1, math.ceil(count / step / MOST_LABELS_NARROW))
    return [
        Label(_inside(_middle(at, count)), text, is_spare=(count - 1 - at) % narrow != 0)
        for at, text in enumerate(labels)
        if (count - 1 - at) % step == 0
    ]


def _inside(x: float) -> float:
    return FULL if x > NEAR_THE_END else x
