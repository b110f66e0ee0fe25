"""My record: the entries of the patients whom somebody acts for, one of them, and one as it read before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import Response, request, url_for
from flask_wtf import FlaskForm
from wtforms import SearchField, SelectField, StringField

from app.errors import NotFound
from app.http import writes
from app.identity import actor
from app.models import Patient
from app.pages.free_times import read_date
from app.pages.paging import paged
from app.pages.render import render
from app.services import own_record, patients

ENTRIES_ON_A_PAGE = 20
MOST_DIGITS = 18


class FilterForm(FlaskForm):
    """What the list is narrowed by. It changes nothing, so it needs no token."""

    patient = SelectField("Whose record", validate_choice=False)
    q = SearchField("Search the entries")
    since = StringField("From")
    until = StringField("Until")

    class Meta:
        csrf = False

    def offer(self, managed: Sequence[Patient]) -> None:
        """Fill in whose record there is to choose."""
        self.patient.choices = {"": "Everybody"} | {str(patient.id): patient.name for patient in managed}

    @property
    def patient_id(self) -> int | None:
        """The patient who is asked for, or None for all. Raises NotFound for what is no key."""
        return key_of(self.patient.data or "") if self.patient.data else None

    @property
    def since_day(self) -> date | None:
        """The first day that is asked for, if any."""
        return read_date(self.since.data or "")

    @property
    def until_day(self) -> date | None:
        """The last day that is asked for, if any."""
        return read_date(self.until.data or "")


def key_of(text: str) -> int:
    """The key that an address names. Raises NotFound for what is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise NotFound
    return int(text)


@writes
def show_all() -> Response:
    """The entries, the newest first."""
    filters = FilterForm(request.args)
    managed = patients.managed(actor())
    filters.offer(managed)
    found, paging = paged(
        ENTRIES_ON_A_PAGE,
        lambda limit, offset: own_record.find(
            actor(),
            patient_id=filters.patient_id,
            search=filters.q.data or "",
            since=filters.since_day,
            until=filters.until_day,
            limit=limit,
            offset=offset,
        ),
    )
    shown = [patient for patient in managed if filters.patient_id in (None, patient.id)]
    is_narrowed = any((filters.q.data, filters.since.data, filters.until.data))
    return render(
        "patient/record.html",
        lines=found.rows,
        paging=paging,
        filters=filters,
        managed=managed,
        shown=shown,
        clear=url_for("patient.record", patient=filters.patient_id) if is_narrowed else None,
    )


@writes
def show(record_id: int) -> Response:
    """One entry as it reads now, and the list of its versions."""
    entry = own_record.get(actor(), record_id)
    return render("patient/record_entry.html", entry=entry, version=entry.present)


@writes
def show_version(record_id: int, version: int) -> Response:
    """One entry as it read in one of its versions."""
    entry = own_record.get(actor(), record_id)
    shown = next((one for one in entry.versions if one.number == version), None)
    if shown is None:
        raise NotFound
    return render("patient/record_entry.html", entry=entry, version=shown)
