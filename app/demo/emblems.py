"""Pictures of the hospital's services made by code: one plain emblem each on a calm ground."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw

from app.demo.pictures import encode

WIDTH, HEIGHT = 480, 300
"""Size of a finished picture, in pixels."""

_SCALE = 2
Draw = ImageDraw.ImageDraw

WHITE = "#ffffff"
GROUNDS = {
    "heart": ("#e8d9d6", "#b5473c"),
    "drop": ("#ead9dc", "#a83a4c"),
    "scan": ("#d3e0ec", "#33567d"),
    "shield": ("#d7e8e0", "#0f6e5a"),
    "screen": ("#cfe3e4", "#0b5563"),
    "movement": ("#e9e1d2", "#9a6a2a"),
}
"""The ground and the main colour of each emblem."""


def emblem(name: str) -> bytes:
    """The picture of an emblem by its name, a key of GROUNDS, as WebP below 10 kB."""
    ground, colour = GROUNDS[name]
    image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), ground)
    draw = ImageDraw.Draw(image)
    _ellipse(draw, (-110, 130, 190, 430), _lighter(ground, 0.35))
    _ellipse(draw, (330, -140, 590, 120), _lighter(ground, 0.35))
    _ellipse(draw, (140, 50, 340, 250), _lighter(ground, 0.75))
    _DRAWINGS[name](draw, colour)
    return encode(image, WIDTH, HEIGHT)


def _heart(draw: Draw, colour: str) -> None:
    _ellipse(draw, (186, 100, 246, 160), colour)
    _ellipse(draw, (234, 100, 294, 160), colour)
    _polygon(draw, ((191, 148), (240, 206), (289, 148), (240, 116)), colour)
    _line(draw, ((176, 146), (216, 146), (228, 124), (244, 172), (256, 146), (304, 146)), WHITE, 6)


def _drop(draw: Draw, colour: str) -> None:
    _ellipse(draw, (202, 130, 278, 206), colour)
    _polygon(draw, ((240, 84), (205, 152), (275, 152)), colour)
    draw.arc(_scaled((216, 142, 264, 192)), 95, 175, fill=WHITE, width=6 * _SCALE)


def _scan(draw: Draw, colour: str) -> None:
    _rounded(draw, (190, 94, 290, 206), 12, colour)
    _line(draw, ((240, 108), (240, 192)), WHITE, 6)
    for y, half in ((122, 26), (140, 32), (158, 32), (176, 24)):
        _line(draw, ((240 - half, y + 5), (240 - half // 2, y), (240 + half // 2, y), (240 + half, y + 5)), WHITE, 5)


def _shield(draw: Draw, colour: str) -> None:
    _polygon(
        draw,
        (
            (240, 88),
            (288, 104),
            (288, 146),
            (280, 172),
            (264, 192),
            (240, 208),
            (216, 192),
            (200, 172),
            (192, 146),
            (192, 104),
        ),
        colour,
    )
    _rounded(draw, (232, 118, 248, 178), 3, WHITE)
    _rounded(draw, (210, 140, 270, 156), 3, WHITE)


def _screen(draw: Draw, colour: str) -> None:
    _rounded(draw, (178, 98, 302, 184), 10, colour)
    _rounded(draw, (188, 108, 292, 174), 4, _lighter(colour, 0.85))
    _rounded(draw, (230, 184, 250, 198), 1, colour)
    _rounded(draw, (210, 196, 270, 204), 4, colour)
    _ellipse(draw, (226, 114, 254, 142), colour)
    draw.pieslice(_scaled((210, 146, 270, 202)), 180, 360, fill=colour)


def _movement(draw: Draw, colour: str) -> None:
    _ellipse(draw, (246, 84, 272, 110), colour)
    _line(draw, ((250, 116), (232, 156)), colour, 18)
    _line(draw, ((250, 120), (276, 138), (296, 126)), colour, 9)
    _line(draw, ((246, 120), (216, 126), (202, 148)), colour, 9)
    _line(draw, ((234, 154), (262, 174), (256, 206)), colour, 11)
    _line(draw, ((232, 156), (218, 184), (188, 190)), colour, 11)


_DRAWINGS: dict[str, Callable[[Draw, str], None]] = {
    "heart": _heart,
    "drop": _drop,
    "scan": _scan,
    "shield": _shield,
    "screen": _screen,
    "movement": _movement,
}

Box = tuple[float, float, float, float]
Points = tuple[tuple[float, float], ...]


def _ellipse(draw: Draw, box: Box, colour: str) -> None:
    draw.ellipse(_scaled(box), fill=colour)


def _rounded(draw: Draw, box: Box, radius: int, colour: str) -> None:
    draw.rounded_rectangle(_scaled(box), radius * _SCALE, fill=colour)


def _polygon(draw: Draw, points: Points, colour: str) -> None:
    draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=colour)


def _line(draw: Draw, points: Points, colour: str, width: int) -> None:
    """A line with round joints and ends."""
    draw.line([(x * _SCALE, y * _SCALE) for x, y in points], fill=colour, width=width * _SCALE, joint="curve")
    for x, y in points:
        _ellipse(draw, (x - width / 2, y - width / 2, x + width / 2, y + width / 2), colour)


def _lighter(colour: str, share: float) -> str:
    levels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(level + (255 - level) * share):02x}" for level in levels)


def _scaled(box: Box) -> Box:
    left, top, right, bottom = box
    return left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE
