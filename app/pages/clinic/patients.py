"""Patients: those whom a doctor treats, the directory, and one patient with visits and record."""

from __future__ import annotations

from flask import Response, request, url_for
from flask_wtf import FlaskForm
from wtforms import SearchField, StringField

from app.http import writes
from app.identity import actor
from app.pages.clinic.entrance import blueprint
from app.pages.free_times import read_date
from app.pages.paging import paged
from app.pages.render import render
from app.services import doctor_patients, doctor_record, emergency_access

PATIENTS_ON_A_PAGE = 20
ENTRIES_ON_A_PAGE = 10


class SearchForm(FlaskForm):
    """Whom one looks for. It changes nothing, so it needs no token."""

    q = SearchField("Name or telephone number")

    class Meta:
        csrf = False


class FilterForm(FlaskForm):
    """What the entries are narrowed by."""

    q = SearchField("Search the entries")
    since = StringField("From")
    until = StringField("Until")

    class Meta:
        csrf = False


@blueprint.get("/patients")
@writes
def patients() -> Response:
    """The own patients or, with `?q=`, what is found in the directory."""
    form = SearchForm(request.args)
    search = (form.q.data or "").strip()
    found, paging = paged(
        PATIENTS_ON_A_PAGE,
        lambda limit, offset: doctor_patients.find(actor(), search=search, limit=limit, offset=offset),
    )
    return render("clinic/patients.html", filters=form, search=search, lines=found.rows, paging=paging)


@blueprint.get("/patients/<int:patient_id>")
@writes
def patient(patient_id: int) -> Response:
    """What the hospital knows of a patient, the visits with this doctor, and the entries that the doctor may read."""
    sheet = doctor_patients.get(actor(), patient_id)
    filters = FilterForm(request.args)
    found, paging = paged(
        ENTRIES_ON_A_PAGE,
        lambda limit, offset: doctor_record.find(
            actor(),
            patient_id,
            search=filters.q.data or "",
            since=read_date(filters.since.data or ""),
            until=read_date(filters.until.data or ""),
            limit=limit,
            offset=offset,
        ),
    )
    opened = next((one for one in emergency_access.open_now(actor()) if one.patient_id == patient_id), None)
    is_narrowed = any((filters.q.data, filters.since.data, filters.until.data))
    return render(
        "clinic/patient.html",
        sheet=sheet,
        patient=sheet.patient,
        opened=opened,
        filters=filters,
        lines=found.rows,
        paging=paging,
        clear=url_for("clinic.patient", patient_id=patient_id) if is_narrowed else None,
    )
