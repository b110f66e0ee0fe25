"""Writing notes: about a visit, about a patient, or to change an entry. What is typed is kept in a draft."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, request

from app.errors import NotFound
from app.http import writes
from app.identity import actor
from app.models import NoteDraft
from app.pages.clinic.entrance import blueprint
from app.pages.clinic.note_form import NoteForm, keep
from app.pages.render import render, see_other
from app.services import doctor_record, note_drafts, notes
from app.services.record_facts import SECTIONS
from app.services.records import LONGEST_TEXT

EARLIER_ENTRIES = 5


@blueprint.get("/appointments/<int:appointment_id>/note")
@writes
def write_note(appointment_id: int) -> Response:
    """Begin a note about a visit, or go on with one that is not saved."""
    return _to(notes.for_visit(actor(), appointment_id))


@blueprint.get("/patients/<int:patient_id>/note")
@writes
def write_patient_note(patient_id: int) -> Response:
    """Begin a note about a patient, without a visit, or go on with one that is not saved."""
    return _to(notes.for_patient(actor(), patient_id))


@blueprint.get("/records/<int:record_id>/amend")
@writes
def amend_record(record_id: int) -> Response:
    """Begin to change an entry, or go on with a change that is not saved."""
    return _to(notes.for_entry(actor(), record_id))


@blueprint.route("/notes/<uuid:draft_id>", methods=["GET", "POST"])
@writes
def note(draft_id: UUID) -> Response:
    """A note on its way; on POST it is saved, once. Where that cannot be any more, what was typed is shown."""
    form = NoteForm()
    with suppress(NotFound):
        draft = note_drafts.get(actor(), str(draft_id), lock=form.is_submitted())
        form = NoteForm.of(draft)
        return _save(draft, form) if form.is_submitted() else _open(draft, form)
    if not any(form.texts.values()):
        raise NotFound
    return render("clinic/note_lost.html", HTTPStatus.NOT_FOUND, form=form, sections=SECTIONS)


@blueprint.post("/notes/<uuid:draft_id>/keep")
def keep_note(draft_id: UUID) -> Response:
    """Keep what is being typed: the page sends it by itself."""
    draft = note_drafts.get(actor(), str(draft_id), lock=True)
    keep(draft, NoteForm.of(draft))
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.route("/notes/<uuid:draft_id>/discard", methods=["GET", "POST"])
def discard_note(draft_id: UUID) -> Response:
    """Ask on GET; on POST throw away what was typed and not saved. Twice is as once."""
    if request.method == "GET":
        draft = note_drafts.get(actor(), str(draft_id))
        return render("clinic/discard_note.html", draft=draft, form=NoteForm.of(draft), sections=SECTIONS)
    try:
        draft = note_drafts.discard(actor(), str(draft_id))
    except NotFound:
        return see_other("clinic.patients")
    flash("What you had not saved is discarded.")
    if draft.record_id is not None:
        return see_other("clinic.record", record_id=draft.record_id)
    return see_other("clinic.patient", patient_id=draft.patient_id)


def _to(draft: NoteDraft) -> Response:
    return see_other("clinic.note", draft_id=draft.public_id)


def _open(draft: NoteDraft, form: NoteForm) -> Response:
    if draft.entry_id is not None:
        return see_other("clinic.record", record_id=draft.entry_id)
    return _ask(draft, form)


def _save(draft: NoteDraft, form: NoteForm) -> Response:
    if draft.entry_id is not None:
        another = notes.save_again(actor(), draft, texts=form.texts, version=form.version_read)
        if another is None:
            return see_other("clinic.record", record_id=draft.entry_id)
        if draft.record_id is None:
            flash("You have saved this note already. Saving what is below changes the entry.", "notice")
        return _to(another)
    keep(draft, form)
    if form.validate():
        with form.refusals(keeps=True):
            entry_id = notes.save(actor(), draft, texts=form.texts, version=form.version_read)
            flash("The entry is changed." if draft.record_id else "The note is in the record.")
            return see_other("clinic.record", record_id=entry_id)
    return _ask(draft, form)


def _ask(draft: NoteDraft, form: NoteForm) -> Response:
    """The form: where an entry was changed meanwhile, with both sides brought together as far as that can be."""
    about = notes.subject(actor(), draft)
    merge = None
    if about.entry is not None:
        present = about.entry.present
        if not form.is_submitted() and draft.kept_at is None:
            form.process(data={**present.texts, "version": str(present.number)})
        elif form.version_read != present.number:
            merge = notes.merge(about.entry, form.texts, form.version_read)
            for name, text in merge.texts.items():
                form[name].data = text
            form.version.data = str(present.number)
    earlier = doctor_record.find(actor(), about.patient.id, limit=EARLIER_ENTRIES, offset=0)
    return render(
        "clinic/note.html",
        form=form,
        draft=draft,
        about=about,
        merge=merge,
        earlier=[line for line in earlier.rows if line.id != draft.record_id],
        sections=SECTIONS,
        longest=LONGEST_TEXT,
    )
