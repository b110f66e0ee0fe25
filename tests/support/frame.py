"""A small app around the pages' templates: their frame and components without a database, seen by any actor."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from flask import Flask
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect
from jinja2 import ChoiceLoader, DictLoader

from app import identity
from app.pages.render import configure_templates
from app.policy import Actor
from config import ROOT
from tests.support.settings import SECRET_KEY, make_settings

LINKED = {
    "public.home": "/",
    "public.find_doctors": "/find-a-doctor",
    "public.doctor": "/find-a-doctor/<int:doctor_id>",
    "public.services": "/our-services",
    "public.contact": "/contact",
    "public.accessibility": "/accessibility",
    "public.privacy": "/privacy",
    "public.clients": "/docs/clients",
    "account.sign_in": "/sign-in",
    "account.sign_up": "/sign-up",
    "account.sign_out": "/sign-out",
    "own_account.show": "/my/account",
    "account.stay": "/presence",
    "patient.home": "/my",
    "patient.book": "/book/<int:doctor_id>",
    "patient.appointments": "/my/appointments",
    "patient.record": "/my/record",
    "clinic.today": "/clinic",
    "clinic.requests": "/clinic/requests",
    "clinic.hours": "/clinic/hours",
    "clinic.figures": "/clinic/figures",
    "clinic.department_records": "/clinic/department",
    "clinic.patients": "/clinic/patients",
    "admin.home": "/admin",
    "admin.doctors": "/admin/doctors",
    "admin.patients_list": "/admin/patients",
    "admin.accounts": "/admin/accounts",
    "admin.reviews": "/admin/reviews",
    "admin.lists": "/admin/lists",
    "admin.hospital": "/admin/hospital",
    "public.brand": "/brand/<colour>.css",
    "admin.audit": "/admin/audit",
}
"""The pages that the frame and the components link to."""


def make_frame(
    monkeypatch: pytest.MonkeyPatch, folder: Path, templates: Mapping[str, str], actor: Actor | None = None
) -> Flask:
    """An app that knows these templates besides the portal's, and takes every visitor for `actor`."""
    monkeypatch.setattr(identity, "actor", lambda: actor or Actor())
    app = Flask("frame", template_folder=ROOT / "templates", static_folder=ROOT / "static")
    app.extensions["settings"] = make_settings(folder, "sqlite://")
    app.config.from_mapping(SECRET_KEY=SECRET_KEY, TESTING=True)
    CSRFProtect(app)
    configure_templates(app)
    loader = app.jinja_env.loader
    app.jinja_env.loader = ChoiceLoader([DictLoader(templates), *([loader] if loader else [])])
    for endpoint, path in LINKED.items():
        app.add_url_rule(path, endpoint, _nothing)
    return app


def _nothing(**_values: object) -> ResponseReturnValue:
    return ""
