"""The hospital's own colour, as a style sheet whose address says the colour: browsers may keep it for a year."""

from __future__ import annotations

from flask import Response, url_for

from app.errors import NotFound
from app.extensions import settings
from app.pages.static_files import YEAR
from config import HEX_COLOUR, USUAL_COLOUR

_DARK, _LIGHT = (0.0, 0.35), (1.0, 0.2)
"""Towards black (0) or white (1), and how far."""


def show(colour: str) -> Response:
    """What of the portal's own style sheet the colour, six hexadecimal digits, takes the place of."""
    if not HEX_COLOUR.fullmatch(f"#{colour}"):
        raise NotFound
    dark, light = (_mixed(colour, *shade) for shade in (_DARK, _LIGHT))
    style = f":root{{--nhsuk-brand-colour:#{colour};--portal-brand-dark:{dark};--portal-brand-light:{light}}}\n"
    response = Response(style, mimetype="text/css")
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response


def brand_url() -> str | None:
    """The address of the style sheet that templates link to; None for the colour that the portal has by itself."""
    colour = settings.brand_colour
    return None if colour == USUAL_COLOUR else url_for("public.brand", colour=colour.removeprefix("#"))


def _mixed(colour: str, other: float, share: float) -> str:
    channels = (int(colour[place : place + 2], 16) for place in (0, 2, 4))
    return "#" + "".join(f"{round(channel + (other * 255 - channel) * share):02x}" for channel in channels)
