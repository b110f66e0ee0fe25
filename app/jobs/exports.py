"""Making downloads of whole records: claim, read some entries at a time, keep the file. Safe to run twice or never."""

from __future__ import annotations

from flask import current_app

from app.clock import now
from app.services import record_exports
from app.services.record_exports import Claim, Lost
from app.unit_of_work import transaction

ENTRIES_AT_ONCE = 20


def make(export_id: int) -> None:
    """Make one file, if it waits and no other worker has it.

    Reading and noting are short transactions; drawing, which takes long, is done between them.
    """
    with transaction():
        claim = record_exports.claim(export_id)
    if claim is None:
        return
    try:
        content = _content(claim)
        with transaction():
            record_exports.finish(claim, content)
    except Lost:
        return
    except Exception as error:  # noqa: BLE001 (whatever it is, the one who waits for the file has to be told)
        current_app.logger.warning("download %s could not be made: %s", export_id, type(error).__name__)
        with transaction():
            record_exports.give_up(claim)


def sweep() -> None:
    """Make what a lost Redis or a killed worker has left, and delete what is no longer kept."""
    with transaction():
        record_exports.forget(now())
        waiting = record_exports.due(now())
    for export_id in waiting:
        make(export_id)


def _content(claim: Claim) -> bytes:
    from app.services.record_archive import Archive  # noqa: PLC0415 (fpdf2 is slow to load, and is needed here only)

    with transaction():
        outline = record_exports.outline(claim)
    archive = Archive(outline, now())
    total = len(outline.entry_ids)
    for start in range(0, total, ENTRIES_AT_ONCE):
        with transaction():
            entries = record_exports.entries(claim, outline.entry_ids[start : start + ENTRIES_AT_ONCE])
        archive.add(entries)
        with transaction():
            record_exports.note_progress(claim, min(start + ENTRIES_AT_ONCE, total), total)
    return archive.content()
