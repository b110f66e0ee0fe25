"""What the hospital offers."""

from __future__ import annotations

from flask import Response

from app.identity import actor
from app.pages.render import render
from app.services import vocabularies
from app.services.catalogue import SERVICES


def show() -> Response:
    """The hospital's services, each with its picture."""
    return render("public/services.html", services=vocabularies.every(actor(), SERVICES))
