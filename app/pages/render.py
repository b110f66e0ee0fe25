"""How pages are answered: whole or, for htmx, the one block it replaces; and what every template knows."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, make_response, redirect, render_template, request, url_for
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader
from jinja2.environment import TemplateModule
from jinja2_fragments.flask import render_block
from werkzeug.local import LocalProxy

from app import identity
from app.extensions import settings
from app.pages import form_parts, wording
from app.pages.brand import brand_url
from app.pages.destination import way_back
from app.pages.static_files import configure_static_files
from app.policy import Actor, Permission, can
from app.services import pictures, sessions

COMPONENTS = {
    "forms": ("components/forms.html",),
    "ui": (
        "components/basics.html",
        "components/lists.html",
        "components/visits.html",
        "components/doctors.html",
        "components/records.html",
        "components/reviews.html",
        "components/people.html",
    ),
    "charts": ("components/charts.html",),
}
"""Names that every template knows, and the files whose macros stand behind them."""

Entry = tuple[str, str]
"""An endpoint and its label."""


def navigation(actor: Actor) -> tuple[Entry, ...]:
    """The header's entries, as endpoint and label, for somebody who may be patient, doctor and admin at once.

    Work first: a narrow screen shows the first two.
    """
    is_staff = actor.is_doctor or actor.is_admin
    table: tuple[tuple[bool, str, str], ...] = (
        (actor.is_doctor, "clinic.today", "Today"),
        (actor.is_doctor, "clinic.requests", "Requests"),
        (actor.is_doctor, "clinic.patients", "Patients"),
        (actor.is_doctor, "clinic.department_records", "Department"),
        (actor.is_doctor, "clinic.hours", "Hours"),
        (actor.is_doctor, "clinic.figures", "My figures"),
        (actor.is_admin, "admin.home", "Dashboard"),
        (actor.is_admin, "admin.doctors", "Doctors"),
        (actor.is_admin, "admin.patients_list", "Patients"),
        (actor.is_admin, "admin.accounts", "Accounts"),
        (actor.is_admin, "admin.reviews", "Reviews"),
        (actor.is_admin, "admin.lists", "Lists"),
        (actor.is_admin, "admin.hospital", "Hospital"),
        (actor.is_admin, "admin.audit", "Audit"),
        (actor.is_signed_in and not is_staff, "patient.home", "Home"),
        (True, "public.find_doctors", "Find a doctor"),
        (actor.is_signed_in and not is_staff, "patient.appointments", "My appointments"),
        (actor.is_signed_in and not is_staff, "patient.record", "My record"),
        (is_staff, "patient.home", "My care"),
        (not is_staff, "public.services", "Our services"),
        (not is_staff, "public.contact", "Contact us"),
    )
    return tuple((endpoint, label) for shown, endpoint, label in table if shown)


def render(template: str, status: int | None = None, **context: Any) -> Response:
    """Answer with a template; for htmx with that block of it which has the name of the element to be replaced.

    Without `status` a page is as its `form` says, see PortalForm: a refusal is never a success.
    """
    block = _wanted_block(template)
    body = render_block(template, block, **context) if block else render_template(template, **context)
    response = make_response(body, status or getattr(context.get("form"), "status", HTTPStatus.OK))
    response.vary.update(("HX-Request", "HX-Target"))
    return response


def _wanted_block(template: str) -> str | None:
    """The block of the template that htmx asks for; None where the whole page is to be sent.

    htmx 4 sends `HX-Target: tag#id`, and `HX-History-Restore-Request` when somebody goes back.
    """
    headers = request.headers
    if "HX-Request" not in headers or "HX-History-Restore-Request" in headers:
        return None
    block = headers.get("HX-Target", "").partition("#")[2]
    return block if block in current_app.jinja_env.get_template(template).blocks else None


def see_other(endpoint: str, **values: Any) -> Response:
    """Send the browser to another page after a form was accepted, by GET (303)."""
    return leave_for(url_for(endpoint, **values))


def leave_for(address: str) -> Response:
    """Send the browser to a path of this site, by GET (303).

    htmx would follow a 303 and put that page into its target: it is told to leave the page instead.
    """
    if "HX-Request" in request.headers:
        return Response(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": address})
    return make_response(redirect(address, HTTPStatus.SEE_OTHER))


class Components:
    """Macros of some template files under one name.

    Templates need no `{% import %}`, which `render_block` would leave blank at the top of a template.
    """

    def __init__(self, environment: Environment, files: tuple[str, ...]) -> None:
        self._environment = environment
        self._files = files

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not name.startswith("_"):
            for file in self._files:
                macro = getattr(self._module(file), name, None)
                if macro is not None:
                    return macro  # type: ignore[no-any-return] # a template's macros have no types
        raise AttributeError(f"{' and '.join(self._files)} have no macro {name!r}.")

    def _module(self, file: str) -> TemplateModule:
        return self._environment.get_template(file).module


def _may(permission: str, row: object = None) -> bool:
    """For templates: whether the one who looks may do what a permission, by its name, is for."""
    return can(identity.actor(), Permission[permission], row)


def configure_templates(app: Flask) -> None:
    """Set up what all templates rely on: escaping everywhere but in mail, the design system, filters and names."""
    environment = app.jinja_env
    environment.autoescape = lambda name: name is None or not name.endswith(".txt")  # O'Neill reads plain text
    environment.undefined = ChainableUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    loaders = [loader for loader in (environment.loader,) if loader is not None]
    environment.loader = ChoiceLoader([*loaders, PackageLoader("nhsuk_frontend_jinja")])
    environment.filters.update(wording.FILTERS)
    environment.tests.update(wording.TESTS)
    environment.globals.update(
        {name: Components(environment, files) for name, files in COMPONENTS.items()},
        form_parts=form_parts,
        settings=settings,
        brand_url=brand_url,
        actor=LocalProxy(identity.actor),
        navigation=navigation,
        can=_may,
        idle_limit=sessions.idle_limit,
        picture_url=pictures.picture_url,
        way_back=way_back,
    )
    configure_static_files(app)
