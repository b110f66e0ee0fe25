"""One entry of a record as doctors read it: now, as it was, what changed between; and taking it out of use."""

from __future__ import annotations

from flask import Response, request
from wtforms import TextAreaField

from app.errors import NotFound
from app.http import writes
from app.identity import actor
from app.pages.clinic.entrance import blueprint
from app.pages.clinic.note_form import VersionForm
from app.pages.forms import as_typed
from app.pages.render import render, see_other
from app.services import doctor_record, notes, record_facts
from app.services.record_facts import Entry, Version


class VoidForm(VersionForm):
    """Why an entry is taken out of use."""

    reason = TextAreaField(
        "Why is it taken out of use?", filters=[as_typed], description="For example: written about the wrong patient."
    )


@blueprint.get("/records/<int:record_id>")
@writes
def record(record_id: int) -> Response:
    """An entry as it reads now, and the list of its versions."""
    entry = doctor_record.get(actor(), record_id)
    can_change = doctor_record.is_changeable(actor(), entry)
    return render("clinic/record.html", entry=entry, version=entry.present, can_change=can_change)


@blueprint.get("/records/<int:record_id>/versions/<int:version>")
@writes
def record_version(record_id: int, version: int) -> Response:
    """An entry as it read in one of its versions."""
    entry = doctor_record.get(actor(), record_id)
    return render("clinic/record.html", entry=entry, version=_version(entry, version))


@blueprint.get("/records/<int:record_id>/changes")
@writes
def record_changes(record_id: int) -> Response:
    """What changed from version `?from=` to version `?to=`; to the present one from the one before, unless told."""
    entry = doctor_record.get(actor(), record_id)
    after = _version(entry, request.args.get("to", entry.present.number, type=int))
    before = _version(entry, request.args.get("from", max(1, after.number - 1), type=int))
    return render(
        "clinic/record_changes.html",
        entry=entry,
        before=before,
        after=after,
        changes=record_facts.changes(before, after),
    )


@blueprint.route("/records/<int:record_id>/void", methods=["GET", "POST"])
@writes
def void_record(record_id: int) -> Response:
    """Ask on GET why; on POST take an entry out of use. Twice is as once."""
    try:
        notes.changeable(actor(), record_id)
    except NotFound:
        if notes.voided(actor(), record_id) is None:
            raise
        return see_other("clinic.voided_record", record_id=record_id)
    form = VoidForm()
    if form.validate_on_submit():
        with form.refusals():
            notes.void(actor(), record_id, reason=form.reason.data or "", version=form.version_read)
            return see_other("clinic.voided_record", record_id=record_id)
    entry = doctor_record.get(actor(), record_id)
    form.version.data = str(entry.present.number)
    return render("clinic/void.html", form=form, entry=entry, longest_reason=notes.LONGEST_REASON)


@blueprint.get("/records/<int:record_id>/voided")
def voided_record(record_id: int) -> Response:
    """That an entry is out of use, to whoever took it out."""
    found = notes.voided(actor(), record_id)
    if found is None:
        raise NotFound
    return render("clinic/voided.html", voided=found)


def _version(entry: Entry, number: int) -> Version:
    """One of an entry's versions. Raises NotFound for a number that it has not."""
    found = next((one for one in entry.versions if one.number == number), None)
    if found is None:
        raise NotFound
    return found
