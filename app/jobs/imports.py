"""Checking and importing files of doctors and patients: claim, read, write. Safe to run twice or never."""

from __future__ import annotations

from flask import current_app

from app.clock import now
from app.errors import PortalError
from app.models import ImportState
from app.services import imports
from app.services.import_checks import Check, Line
from app.services.imports import Claim, Lost
from app.unit_of_work import transaction

TRIES = 3
"""How often the import itself is tried, where others are quicker to take a username."""


def work(batch_id: int) -> None:
    """See to one batch, if there is something to be done and no other worker has it."""
    with transaction():
        claim = imports.claim(batch_id)
    if claim is None:
        return
    try:
        _check(claim) if claim.state is ImportState.CHECKING else _import(claim)
    except Lost:
        return
    except Exception as error:  # noqa: BLE001 (whatever it is, the one who waits has to be told)
        current_app.logger.warning("import %s failed: %s", batch_id, type(error).__name__)
        with transaction():
            imports.give_up(claim)


def sweep() -> None:
    """See to what a lost Redis or a killed worker has left, and delete the rows that are no longer kept."""
    with transaction():
        imports.forget(now())
        waiting = imports.due(now())
    for batch_id in waiting:
        work(batch_id)


def _check(claim: Claim) -> None:
    """Check all rows, some at a time: what a row says is read between short transactions."""
    check, lines, done = Check(claim.kind), _lines(claim), 0
    for some in imports.stretches(lines):
        check.read(some)
        done += len(some)
        with transaction():
            check.compare(claim.actor, some)
            imports.note_progress(claim, done)
    with transaction():
        imports.finish_check(claim, lines)


def _import(claim: Claim) -> None:
    """Read all rows anew, and then add them in one transaction, again where it was refused by what others did."""
    for left in reversed(range(TRIES)):
        check, lines, done = Check(claim.kind), _lines(claim), 0
        for some in imports.stretches(lines):
            check.read(some)
            done += len(some)
            with transaction():
                imports.note_progress(claim, done)
        try:
            with transaction():
                imports.finish_import(claim, check, lines)
        except PortalError:
            if not left:
                raise
        else:
            return


def _lines(claim: Claim) -> list[Line]:
    with transaction():
        return imports.lines(claim)
