"""The JSON face: one file a resource, on the same services as the pages."""

from __future__ import annotations

from flask import Flask

from app import http
from app.api import (
    accounts,
    appointments,
    contacts,
    department_people,
    departments,
    doctors,
    mappings,
    patients,
    profiles,
    records,
    reviews,
    services,
    vocabularies,
)
from app.api.openapi import PortalApi, documentation
from app.api.problem import problem_response
from app.api.resource import JsonBlueprint
from app.api.wire import OrjsonProvider
from app.extensions import csrf

RESOURCES: tuple[JsonBlueprint, ...] = (
    accounts.blp,
    profiles.blp,
    patients.blp,
    doctors.blp,
    appointments.blp,
    reviews.blp,
    records.blp,
    mappings.blp,
    vocabularies.blp,
    departments.blp,
    department_people.blp,
    services.blp,
    contacts.blp,
)


def register(app: Flask) -> PortalApi:
    """Give an application its JSON face."""
    app.json = OrjsonProvider(app)
    api = PortalApi(app)
    for blueprint in RESOURCES:
        register_resource(app, api, blueprint)
    http.register_face(app, "api", problem_response, blueprints=[documentation.name])
    app.register_blueprint(documentation)
    return api


def register_resource(app: Flask, api: PortalApi, blueprint: JsonBlueprint) -> None:
    """Add one resource file: its routes, its documentation, its refusals as problem bodies."""
    http.register_face(app, "api", problem_response, blueprints=[blueprint.name])
    # Cookies never count on these routes (identity.py), so there is nothing for a forged request to ride on.
    csrf.exempt(blueprint)
    api.register_blueprint(blueprint)
