"""The admin's dashboard."""

from __future__ import annotations

from flask import Response

from app.identity import actor
from app.pages.admin.entrance import blueprint
from app.pages.render import render
from app.services import dashboard


@blueprint.get("")
def home() -> Response:
    """What waits, and how the hospital stands."""
    return render("admin/home.html", overview=dashboard.overview(actor()))
