"""The home page: what one can do here."""

from __future__ import annotations

from flask import Response

from app.identity import actor
from app.pages.render import render
from app.services import doctors


def show() -> Response:
    """The home page."""
    return render("public/home.html", departments=doctors.choices(actor()).departments)
