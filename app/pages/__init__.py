"""The HTML face: a package an audience, each with its views and forms."""

from __future__ import annotations

from flask import Flask

from app import http
from app.pages import errors
from app.pages.render import configure_templates


def register(app: Flask) -> None:
    """Add the pages to an application."""
    configure_templates(app)
    http.register_face(app, "page", errors.render_refusal)
