"""What the portal says of itself: whom it is made for, and what it keeps."""

from __future__ import annotations

from flask import Response

from app.pages.render import render


def accessibility() -> Response:
    """How the portal is made for everyone, and what to do where it fails somebody."""
    return render("public/accessibility.html")


def privacy() -> Response:
    """What the portal keeps of people, who sees it, and for how long."""
    return render("public/privacy.html")
