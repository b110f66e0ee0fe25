"""The HTML face: a package an audience, each with its views and forms."""

from __future__ import annotations

from flask import Flask
from flask_wtf.csrf import CSRFError

from app import http
from app.pages import account, admin, clinic, patient, public
from app.pages.errors import refuse_form, render_refusal
from app.pages.render import configure_templates

BLUEPRINTS = (public.blueprint, account.blueprint, account.own, patient.blueprint, clinic.blueprint, admin.blueprint)


def register(app: Flask) -> None:
    """Add the pages to an application."""
    configure_templates(app)
    http.register_face(app, "page", render_refusal)
    app.register_error_handler(CSRFError, refuse_form)
    app.url_map.strict_slashes = False  # document 003 says /admin/, others type a last slash by habit
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
