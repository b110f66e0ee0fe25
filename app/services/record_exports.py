"""Downloads of a patient's whole record: asked for with the password, made by a job under a lease, kept for a day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, CursorResult, Select, delete, or_, select, update
from sqlalchemy.orm import undefer

from app import policy, unit_of_work
from app.clock import now
from app.errors import NotFound
from app.extensions import db
from app.models import EXPORT_KEPT, Account, ClinicalRecord, ExportState, RecordExport
from app.models.types import is_key
from app.policy import Actor
from app.services import audit, outbox, own_account, own_record, record_facts
from app.services.record_facts import Entry, Outline

LEASE = timedelta(minutes=2)
"""Each step of the work renews it."""

MAXIMUM_ATTEMPTS = 3
MAKE = "app.jobs.exports.make"
SWEEP_BATCH = 20


class Lost(Exception):
    """The lease of a download has run out, and another worker makes it, or it is gone."""


class Claim(NamedTuple):
    """A worker's hold on a download: good while the row still tells of this attempt."""

    id: int
    patient_id: int
    attempt: int
    actor: Actor


def ask(actor: Actor, *, patient_id: int, current_password: str) -> RecordExport:
    """Have the whole record of a patient made into a file; the one that is being made, where there is one.

    A former file of the same record is deleted. It comes first in its unit of work. Raises NotFound for a patient
    whom the actor does not act for, Invalid for a wrong password, and TooMany for who has tried too often.
    """
    own_record.patient(actor, patient_id)
    own_account.hold(actor, own_account.prove(actor, current_password))
    mine = (RecordExport.account_id == actor.account_id, RecordExport.patient_id == patient_id)
    running = db.session.scalars(
        select(RecordExport).where(*mine, RecordExport.state == ExportState.WAITING)
    ).one_or_none()
    if running is not None:
        return running
    db.session.execute(delete(RecordExport).where(*mine))
    export = RecordExport(account_id=actor.account_id, patient_id=patient_id)
    with unit_of_work.saving():
        db.session.add(export)
    audit.record(actor, "record.export_asked", export, patient_id=patient_id)
    unit_of_work.after_commit(MAKE, export.id)
    return export


def newest(actor: Actor, patient_id: int | None = None) -> RecordExport | None:
    """The download that the account asked for last, of one patient or of any; None for none that is kept."""
    query = _kept(actor).order_by(RecordExport.asked_at.desc(), RecordExport.id.desc()).limit(1)
    if patient_id is not None:
        query = query.where(RecordExport.patient_id == patient_id)
    return db.session.scalars(query).one_or_none()


def fetch(actor: Actor, export_id: int) -> tuple[datetime, bytes]:
    """When a file was asked for, and the file; that it was fetched is noted.

    Raises NotFound for one that is not ready, no longer kept, or asked for by another account.
    """
    query = _kept(actor).where(RecordExport.id == export_id).options(undefer(RecordExport.content))
    export = db.session.scalars(query).one_or_none() if is_key(export_id) else None
    if export is None or export.content is None:
        raise NotFound
    audit.record(actor, "record.downloaded", export, patient_id=export.patient_id)
    return export.asked_at, export.content


def due(moment: datetime) -> list[int]:
    """The keys of downloads that no worker makes, the oldest first."""
    query = select(RecordExport.id).where(RecordExport.state == ExportState.WAITING, _unclaimed(moment))
    return list(db.session.scalars(query.order_by(RecordExport.id).limit(SWEEP_BATCH)))


def forget(moment: datetime) -> None:
    """Delete what is no longer kept, files and all."""
    db.session.execute(delete(RecordExport).where(RecordExport.expires_at <= moment))


def claim(export_id: int) -> Claim | None:
    """Take the lease of a download that waits; None where another worker has it, or it is done.

    One at which too many workers have died is given up.
    """
    moment = now()
    row = db.session.execute(
        update(RecordExport)
        .where(RecordExport.id == export_id, RecordExport.state == ExportState.WAITING, _unclaimed(moment))
        .values(lease_until=moment + LEASE, attempts=RecordExport.attempts + 1)
        .returning(RecordExport.account_id, RecordExport.patient_id, RecordExport.attempts)
    ).one_or_none()
    if row is None:
        return None
    account_id, patient_id, attempt = row
    claimed = Claim(export_id, patient_id, attempt, Actor(account_id=account_id))
    if attempt > MAXIMUM_ATTEMPTS:
        give_up(claimed)
        return None
    return claimed


def outline(claimed: Claim) -> Outline:
    """What stands around the entries. Raises NotFound where the account no longer acts for the patient, and Lost."""
    found = record_facts.outline(claimed.actor, own_record.patient(claimed.actor, claimed.patient_id))
    note_progress(claimed, 0, len(found.entry_ids))
    return found


def entries(claimed: Claim, keys: Collection[int]) -> list[Entry]:
    """Some of the entries, the newest first; those that were taken out of use meanwhile are left out."""
    return record_facts.entries(record_facts.mine(claimed.actor), ClinicalRecord.id.in_(keys))


def note_progress(claimed: Claim, done: int, total: int) -> None:
    """Note how far the work is, and renew the lease. Raises Lost."""
    _write(claimed, done=done, total=total, lease_until=now() + LEASE)


def finish(claimed: Claim, content: bytes) -> None:
    """Keep the file, and tell the account by mail. Raises Lost."""
    until = now() + EXPORT_KEPT
    _write(claimed, state=ExportState.READY, content=content, lease_until=None, expires_at=until)
    account = db.session.get_one(Account, claimed.actor.account_id)
    outbox.tell_about_account(outbox.Template.RECORD_READY, account, account.email)


def give_up(claimed: Claim) -> None:
    """The file cannot be made: whoever asked reads so, and can ask again. Raises Lost."""
    _write(claimed, state=ExportState.FAILED, lease_until=None, expires_at=now() + EXPORT_KEPT)


def _write(claimed: Claim, **values: object) -> None:
    held = (
        RecordExport.id == claimed.id,
        RecordExport.state == ExportState.WAITING,
        RecordExport.attempts == claimed.attempt,
    )
    written: CursorResult[object] = db.session.execute(update(RecordExport).where(*held).values(**values))  # type: ignore[assignment] # of an UPDATE
    if written.rowcount == 0:
        raise Lost


def _kept(actor: Actor) -> Select[RecordExport]:
    is_kept = or_(RecordExport.expires_at.is_(None), RecordExport.expires_at > now())
    return policy.visible(actor, RecordExport).where(is_kept)


def _unclaimed(moment: datetime) -> ColumnElement[bool]:
    return or_(RecordExport.lease_until.is_(None), RecordExport.lease_until < moment)
