"""The form of a note: its five texts, and how they are kept while they are typed, and when a session has run out."""

from __future__ import annotations

from contextlib import suppress

from flask import request
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length

from app import identity, unit_of_work
from app.errors import PortalError
from app.models import NoteDraft
from app.pages.forms import PortalForm, as_typed
from app.services import note_drafts
from app.services.record_facts import SECTIONS
from app.services.records import LONGEST_TEXT

MOST_DIGITS = 9


def _text(name: str) -> TextAreaField:
    limit = Length(max=LONGEST_TEXT, message=f"{SECTIONS[name]}: use {LONGEST_TEXT:,} characters or fewer.")
    return TextAreaField(SECTIONS[name], [limit], filters=[as_typed])


class VersionForm(PortalForm):
    """A form about an entry. `version` is the one that stood on the page."""

    version = HiddenField()

    @property
    def version_read(self) -> int | None:
        """The version that the writer has read; None where the form does not say."""
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


class NoteForm(VersionForm):
    """The five texts of an entry."""

    diagnostics = _text("diagnostics")
    observations = _text("observations")
    treatments = _text("treatments")
    misc = _text("misc")
    notes = _text("notes")

    @property
    def texts(self) -> dict[str, str]:
        """What was typed, by the names of the texts."""
        return {name: self[name].data or "" for name in SECTIONS}

    @classmethod
    def of(cls, draft: NoteDraft) -> NoteForm:
        """What was sent, else what the draft has kept."""
        kept = {name: getattr(draft, name) for name in SECTIONS}
        return cls(data=kept | {"version": str(draft.based_on or "")})


def keep(draft: NoteDraft, form: NoteForm) -> None:
    """Keep what was sent, unless it is in the record already."""
    if draft.entry_id is None:
        note_drafts.keep(draft, form.texts, based_on=form.version_read)


def keep_of_who_was_away() -> None:
    """Keep what a doctor sends whose session has run out meanwhile: it is there after signing in again."""
    if request.method != "POST" or request.endpoint not in ("clinic.note", "clinic.keep_note"):
        return
    left = identity.left_alone()
    if left is None:
        return
    with suppress(PortalError), unit_of_work.transaction():
        draft = note_drafts.get(left, str((request.view_args or {})["draft_id"]), lock=True)
        keep(draft, NoteForm.of(draft))
