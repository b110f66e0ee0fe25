"""Files for patients to keep: an entry or a visit as PDF, and the download of the whole record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import Response, request
from wtforms import PasswordField, SelectField
from wtforms.validators import InputRequired

from app.clock import to_local
from app.errors import NotFound
from app.http import writes
from app.identity import actor
from app.models import Patient
from app.pages import downloads
from app.pages.forms import PortalForm
from app.pages.patient.record import key_of
from app.pages.render import render, see_other
from app.services import own_account, own_record, patients, record_exports

PDF, ZIP = "application/pdf", "application/zip"


class DownloadForm(PortalForm):
    """Whose record, and the password that proves who asks."""

    patient = SelectField("Whose record", coerce=int, validate_choice=False)
    current_password = PasswordField("Password", [InputRequired("Enter your password.")])

    def offer(self, managed: Sequence[Patient]) -> None:
        """Fill in whose record there is to choose."""
        self.patient.choices = {str(patient.id): patient.name for patient in managed}


def _file(content: bytes, content_type: str, name: str, moment: datetime) -> Response:
    """A file to be kept, under a name that tells a date and nothing of anybody."""
    stem, _, ending = name.partition(".")
    return downloads.download(content, f"{stem}-{to_local(moment):%Y-%m-%d}.{ending}", content_type)


@writes
def entry_pdf(record_id: int) -> Response:
    """One entry."""
    entry, content = own_record.entry_pdf(actor(), record_id)
    return _file(content, PDF, "entry.pdf", entry.created_at)


@writes
def visit_pdf(appointment_id: int) -> Response:
    """One visit and its entries."""
    starts_at, content = own_record.visit_pdf(actor(), appointment_id)
    return _file(content, PDF, "appointment.pdf", starts_at)


@writes
def archive(export_id: int) -> Response:
    """The whole record, once it is ready."""
    asked_at, content = record_exports.fetch(actor(), export_id)
    return _file(content, ZIP, "record.zip", asked_at)


def download() -> Response:
    """On GET how the download stands, or the form to ask for one; on POST ask."""
    form = DownloadForm()
    managed = patients.managed(actor())
    form.offer(managed)
    if form.validate_on_submit():
        with form.refusals():
            record_exports.ask(actor(), patient_id=form.patient.data, current_password=form.current_password.data or "")
            return see_other("patient.record_download", patient=form.patient.data)
    patient = _chosen(form, managed)
    form.patient.data = patient.id if patient else None
    return render(
        "patient/record_download.html",
        form=form,
        managed=managed,
        patient=patient,
        export=record_exports.newest(actor(), patient.id) if patient else None,
        me=own_account.get(actor()),
    )


def _chosen(form: DownloadForm, managed: Sequence[Patient]) -> Patient | None:
    """Whose download is looked at: as the form or the address says, else the one that was asked for last."""
    by_key = {patient.id: patient for patient in managed}
    if form.is_submitted():
        return by_key.get(form.patient.data) or next(iter(managed), None)
    if "patient" in request.args:
        key = key_of(request.args["patient"])
        if key not in by_key:
            raise NotFound
        return by_key[key]
    last = record_exports.newest(actor())
    return by_key.get(last.patient_id) if last else next(iter(managed), None)
