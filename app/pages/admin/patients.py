"""Patients as admins manage them: found, saved as CSV, added, changed, voided. Nothing clinical is here."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Response, flash, request
from wtforms import SearchField, SelectField

from app.http import writes
from app.identity import actor
from app.pages.admin.entrance import blueprint
from app.pages.downloads import download_csv
from app.pages.filters import FilterForm
from app.pages.forms import PortalForm
from app.pages.paging import paged
from app.pages.person_form import PersonForm
from app.pages.render import render, see_other
from app.services import patient_lists, patients
from app.services.idempotency import once_for_form
from app.services.listing import MOST_IN_FILE, Listing
from app.services.patient_lists import Line

PAGE_SIZE = 20
_ORDERS: dict[str, tuple[str, Sequence[Any]]] = {
    "name": ("Name", patient_lists.BY_NAME),
    "newest": ("Newest", patient_lists.NEWEST),
}
_MANAGED: dict[str, tuple[str, Sequence[Any]]] = {
    "": ("All", ()),
    "yes": ("An account", (patient_lists.MANAGED,)),
    "no": ("Nobody", (patient_lists.UNMANAGED,)),
}
_COLUMNS = ("id", "name", "date of birth", "telephone", "insurance number", "address", "managed by", "added")


class Filters(FilterForm):
    """Which patients the list shows, and in which order."""

    search = SearchField("Name, username, telephone number or key")
    managed = SelectField("Managed by", choices={value: label for value, (label, _) in _MANAGED.items()})
    order = SelectField("Sort by", choices={value: label for value, (label, _) in _ORDERS.items()})


@blueprint.get("/patients")
@writes
def patients_list() -> Response:
    """All patients, or those whom the search finds."""
    filters = Filters(request.args)
    found, paging = paged(PAGE_SIZE, lambda limit, offset: _find(filters, limit, offset), shrinks=True)
    return render("admin/patients.html", filters=filters, lines=found.rows, paging=paging)


@blueprint.get("/patients/patients.csv")
@writes
def patients_file() -> Response:
    """The patients whom the search finds, as CSV."""
    rows = [
        [
            line.id,
            line.name,
            line.date_of_birth.isoformat() if line.date_of_birth else None,
            line.phone,
            line.insurance_number,
            line.address,
            line.username,
            line.created_at.isoformat(),
        ]
        for line in _find(Filters(request.args), MOST_IN_FILE, 0).rows
    ]
    return download_csv("patients", _COLUMNS, rows)


@blueprint.get("/patients/<int:patient_id>")
@writes
def patient(patient_id: int) -> Response:
    """What the hospital knows of a patient, without the record."""
    return render("admin/patient.html", person=patient_lists.look_up(actor(), patient_id))


@blueprint.route("/patients/add", methods=["GET", "POST"])
def add_patient() -> Response:
    """Ask on GET for a patient who has no account; on POST add the patient, once."""
    form = PersonForm()
    if form.validate_on_submit():
        with form.refusals():
            values = form.values()
            made = once_for_form(
                actor(),
                key=form.key.data or "",
                values=["patient", *map(str, values.values())],
                act=lambda: {"id": patients.register(actor(), **values).id},
            )
            flash(f"{values['name'].strip()} is added.")
            return see_other("admin.patient", patient_id=made["id"])
    form.key.data = form.key.data or str(uuid.uuid4())
    return render("admin/edit_patient.html", form=form, person=None)


@blueprint.route("/patients/<int:patient_id>/edit", methods=["GET", "POST"])
@writes
def edit_patient(patient_id: int) -> Response:
    """Show on GET what is known of a patient, to be changed; on POST change it."""
    person = patient_lists.look_up(actor(), patient_id)
    form = PersonForm(obj=person)
    if form.validate_on_submit():
        with form.refusals():
            changed = patients.change(actor(), patient_id, **form.values())
            flash(f"{changed.name} is saved.")
            return see_other("admin.patient", patient_id=patient_id)
    return render("admin/edit_patient.html", form=form, person=person)


@blueprint.route("/patients/<int:patient_id>/void", methods=["GET", "POST"])
@writes
def void_patient(patient_id: int) -> Response:
    """Say on GET what happens, and to which visits; on POST take the patient out of the portal."""
    form, person = PortalForm(), patient_lists.look_up(actor(), patient_id)
    if form.validate_on_submit():
        with form.refusals():
            patients.void(actor(), patient_id)
            flash(f"{person.name} is voided.")
            return see_other("admin.patients_list")
    visits = patients.coming_visits(actor(), patient_id)
    return render("admin/void_patient.html", form=form, person=person, visits=visits)


def _find(filters: Filters, limit: int, offset: int) -> Listing[Line]:
    _, order = _ORDERS[filters.order.data]
    _, conditions = _MANAGED[filters.managed.data]
    return patient_lists.find(
        actor(), *conditions, search=filters.search.data or "", order=order, limit=limit, offset=offset
    )
