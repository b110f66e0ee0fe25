"""Portraits made by code: calm, plain figures, drawn large and scaled down, so that edges are smooth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from random import Random

from PIL import Image, ImageChops, ImageDraw

CONTENT_TYPE = "image/webp"
SIZE = 256
"""Width and height of a finished portrait, in pixels."""

_SCALE = 3
_UNITS = 256
"""Portraits are described in units of 1/256 of their width."""

_FRAME = (15 * _SCALE, 10 * _SCALE, 241 * _SCALE, 236 * _SCALE)
"""The part of the drawing that is kept."""

Box = tuple[float, float, float, float]

BACKGROUNDS = ("#cfe3e4", "#d9e6d8", "#e9e1d2", "#dcdcea", "#e8d9d6", "#d3e0ec", "#e2e6d0", "#d7e8e0", "#eadfe6")
SKINS = ("#f6dcc8", "#efcaae", "#e3b391", "#cf9a74", "#b37c55", "#94613f", "#734730", "#56341f")
HAIRS = ("#211c1b", "#33261f", "#4b3426", "#6b4a32", "#8a6238", "#b98b52", "#8c4a2f")
GREYS = ("#8d9194", "#b4b8ba", "#d5d7d6")
CLOTHES = ("#0b5563", "#0f6e5a", "#3f5f7f", "#7a4d68", "#9a5b45", "#5b6770", "#4f6d46", "#b07d2b", "#6c63a0")
SCRUBS = ("#2f7f8a", "#3d8f78", "#4a78a8", "#5a6fa0")
COAT = "#f7f9f9"
COAT_SHADE = "#dbe4e5"

FEMININE_STYLES = ("long", "bob", "bun", "curls", "tied")
MASCULINE_STYLES = ("short", "parting", "crop", "short", "bald")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a portrait shows."""

    background: str
    skin: str
    hair: str
    style: str
    clothes: str
    coat: bool
    stethoscope: bool = False
    glasses: bool = False
    beard: bool = False


def look(random: Random, *, feminine: bool, doctor: bool, age: int) -> Look:
    """A look for somebody of that age in years; the same sequence of `random` gives the same looks."""
    style = random.choice(FEMININE_STYLES if feminine else MASCULINE_STYLES)
    grey = age > 55 and random.random() < 0.7  # noqa: PLR2004 (people go grey)
    coat = doctor and random.random() < 0.7  # noqa: PLR2004 (the others wear scrubs)
    skin = random.choice(SKINS)
    return Look(
        background=random.choice(BACKGROUNDS),
        skin=skin,
        hair=random.choice(GREYS if grey else HAIRS[:4] if _is_dark(skin) else HAIRS),
        style=style,
        clothes=random.choice(SCRUBS if doctor and not coat else CLOTHES),
        coat=coat,
        stethoscope=doctor and random.random() < 0.5,  # noqa: PLR2004 (half of them)
        glasses=random.random() < (0.35 if age > 40 else 0.2),  # noqa: PLR2004 (eyes grow old)
        beard=not feminine and age > 25 and random.random() < 0.35,  # noqa: PLR2004 (some do)
    )


def portrait(shown: Look) -> bytes:
    """A square WebP picture, SIZE pixels wide and below 10 kB."""
    canvas = _Canvas(shown.background)
    canvas.ellipse((18, 14, 238, 234), _mix(shown.background, "#ffffff", 0.38))
    _HAIR_BEHIND.get(shown.style, _nothing)(canvas, shown)
    _body(canvas, shown)
    _head(canvas, shown)
    _HAIR_BEFORE.get(shown.style, _nothing)(canvas, shown)
    if shown.glasses:
        _glasses(canvas, shown)
    return encode(canvas.image.crop(_FRAME), SIZE, SIZE)


def encode(image: Image.Image, width: int, height: int) -> bytes:
    """A picture scaled to its final size, as WebP."""
    output = BytesIO()
    image.resize((width, height), Image.Resampling.LANCZOS).save(output, "WEBP", quality=82, method=4)
    return output.getvalue()


class _Canvas:
    """A large picture that is drawn on in units."""

    def __init__(self, background: str) -> None:
        self.image = Image.new("RGB", (_UNITS * _SCALE, _UNITS * _SCALE), background)
        self._draw = ImageDraw.Draw(self.image)

    def ellipse(self, box: Box, colour: str) -> None:
        self._draw.ellipse(_scaled(box), fill=colour)

    def rounded(self, box: Box, radius: float, colour: str) -> None:
        self._draw.rounded_rectangle(_scaled(box), radius * _SCALE, fill=colour)

    def polygon(self, points: tuple[tuple[float, float], ...], colour: str) -> None:
        self._draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=colour)

    def arc(self, box: Box, start: float, end: float, colour: str, width: float) -> None:
        self._draw.arc(_scaled(box), start, end, fill=colour, width=round(width * _SCALE))

    def line(self, points: tuple[tuple[float, float], ...], colour: str, width: float) -> None:
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._draw.line(scaled, fill=colour, width=round(width * _SCALE), joint="curve")

    def within(self, outline: Box, cut: Box, colour: str) -> None:
        """Fill what lies in one ellipse but not in another: a fringe, a beard."""
        mask, hole = (Image.new("L", self.image.size, 0) for _ in range(2))
        ImageDraw.Draw(mask).ellipse(_scaled(outline), fill=255)
        ImageDraw.Draw(hole).ellipse(_scaled(cut), fill=255)
        self.image.paste(colour, mask=ImageChops.subtract(mask, hole))


def _body(canvas: _Canvas, shown: Look) -> None:
    shade = _mix(shown.skin, "#5a2f1c", 0.16)
    shoulders: Box = (38, 190, 218, 330)
    canvas.rounded(shoulders, 62, COAT if shown.coat else shown.clothes)
    if shown.coat:
        canvas.polygon(((97, 190), (159, 190), (128, 262)), shown.clothes)
    canvas.rounded((107, 150, 149, 214), 21, shade)
    if shown.coat:
        canvas.polygon(((106, 188), (96, 192), (84, 212), (122, 262), (128, 252)), COAT_SHADE)
        canvas.polygon(((150, 188), (160, 192), (172, 212), (134, 262), (128, 252)), COAT_SHADE)
    else:
        canvas.polygon(((107, 196), (149, 196), (128, 224)), shade)
        canvas.line(((103, 192), (128, 226), (153, 192)), _mix(shown.clothes, "#ffffff", 0.28), 5)
    if shown.stethoscope:
        tube = "#2b3a40"
        canvas.line(((100, 190), (92, 216), (98, 244)), tube, 4.5)
        canvas.line(((156, 190), (163, 210), (163, 222)), tube, 4.5)
        canvas.ellipse((154, 214, 172, 232), tube)
        canvas.ellipse((158, 218, 168, 228), "#c5d0d3")


_HEAD: Box = (84, 56, 172, 168)


def _head(canvas: _Canvas, shown: Look) -> None:
    shade = _mix(shown.skin, "#5a2f1c", 0.16)
    features = _mix(shown.skin, "#1c110d", 0.85)
    for left in (76, 164):
        canvas.ellipse((left, 104, left + 16, 130), shade)
    canvas.ellipse(_HEAD, shown.skin)
    if shown.beard:
        canvas.within(_HEAD, (70, 4, 186, 141), shown.hair)
    for centre in (109, 147):
        canvas.ellipse((centre - 3.6, 108, centre + 3.6, 116), features)
        canvas.arc((centre - 10, 94, centre + 10, 112), 215, 325, _mix(shown.hair, features, 0.45), 3.2)
    canvas.arc((121, 114, 135, 130), 30, 150, shade, 3)
    mouth = _mix(shown.skin, "#d9827a" if _is_dark(shown.skin) else "#8c2f2a", 0.62)
    canvas.arc((112, 122, 144, 148), 35, 145, mouth, 3.6)


def _nothing(_canvas: _Canvas, _shown: Look) -> None:
    """No hair there."""


def _long_behind(canvas: _Canvas, shown: Look) -> None:
    canvas.rounded((68, 42, 188, 222), 58, shown.hair)


def _bob_behind(canvas: _Canvas, shown: Look) -> None:
    canvas.rounded((68, 44, 188, 166), 54, shown.hair)


def _bun_behind(canvas: _Canvas, shown: Look) -> None:
    canvas.ellipse((104, 16, 152, 62), shown.hair)
    canvas.ellipse((78, 44, 178, 150), shown.hair)


def _curls_behind(canvas: _Canvas, shown: Look) -> None:
    for x, y, radius in (
        (128, 66, 38),
        (94, 76, 32),
        (162, 76, 32),
        (80, 108, 28),
        (176, 108, 28),
        (84, 138, 24),
        (172, 138, 24),
    ):
        canvas.ellipse((x - radius, y - radius, x + radius, y + radius), shown.hair)


def _tied_behind(canvas: _Canvas, shown: Look) -> None:
    canvas.ellipse((78, 44, 178, 150), shown.hair)
    canvas.rounded((158, 120, 190, 226), 16, shown.hair)


def _short_behind(canvas: _Canvas, shown: Look) -> None:
    canvas.ellipse((79, 44, 177, 142), shown.hair)


def _crop_behind(canvas: _Canvas, shown: Look) -> None:
    canvas.ellipse((81, 50, 175, 140), shown.hair)


def _middle_before(canvas: _Canvas, shown: Look) -> None:
    canvas.within((80, 46, 176, 150), (76, 88, 180, 240), shown.hair)


def _side_before(canvas: _Canvas, shown: Look) -> None:
    canvas.within((80, 46, 176, 150), (84, 82, 214, 250), shown.hair)


def _parting_before(canvas: _Canvas, shown: Look) -> None:
    canvas.within((80, 44, 176, 140), (40, 80, 172, 240), shown.hair)


def _crop_before(canvas: _Canvas, shown: Look) -> None:
    canvas.within((82, 50, 174, 150), (78, 78, 178, 240), shown.hair)


_HAIR_BEHIND: dict[str, Callable[[_Canvas, Look], None]] = {
    "long": _long_behind,
    "bob": _bob_behind,
    "bun": _bun_behind,
    "curls": _curls_behind,
    "tied": _tied_behind,
    "short": _short_behind,
    "parting": _short_behind,
    "crop": _crop_behind,
}
_HAIR_BEFORE: dict[str, Callable[[_Canvas, Look], None]] = {
    "long": _side_before,
    "bob": _middle_before,
    "bun": _middle_before,
    "curls": _crop_before,
    "tied": _parting_before,
    "short": _crop_before,
    "parting": _parting_before,
    "crop": _crop_before,
}


def _glasses(canvas: _Canvas, shown: Look) -> None:
    frame = "#d8b878" if _is_dark(shown.skin) else "#35454b"
    for left in (95, 133):
        canvas.arc((left, 99, left + 28, 125), 0, 360, frame, 2.6)
    canvas.line(((122, 111), (134, 111)), frame, 2.6)


def _is_dark(skin: str) -> bool:
    return SKINS.index(skin) >= len(SKINS) - 4


def _mix(colour: str, other: str, share: float) -> str:
    """A colour with a share (0 to 1) of another one in it."""
    pairs = ((int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _scaled(box: Box) -> Box:
    left, top, right, bottom = box
    return left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE
