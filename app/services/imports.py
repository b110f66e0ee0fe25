"""Imports of doctors and patients from files: brought in, checked by a job, then imported by a job, all or nothing.

A dry run says of each row whether it can be added; an admin decides; the import checks all rows anew in the one
transaction that adds them (docs/adr/0014). Jobs hold a batch by a lease, and the sweep finds what they have left.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CursorResult, bindparam, delete, insert, or_, select, update

from app import policy, unit_of_work
from app.clock import now
from app.errors import Conflict
from app.extensions import db
from app.models import ROWS_KEPT, Account, ImportBatch, ImportKind, ImportRow, ImportState
from app.models.import_batch import WAITING, WORKING
from app.policy import Actor, Permission
from app.services import audit, import_files, import_writing
from app.services.import_checks import Check, Line
from app.services.import_columns import COLUMNS
from app.services.import_files import Table
from app.services.listing import Listing, listing

LEASE = timedelta(minutes=2)
"""Each step of the work renews it."""

MAXIMUM_ATTEMPTS = 3
WORK = "app.jobs.imports.work"
ROWS_AT_ONCE = 500
SWEEP_BATCH = 20
LONGEST_FILE_NAME = 100


class Lost(Exception):
    """The lease of a batch has run out, and another worker has it, or an admin has decided meanwhile."""


class Claim(NamedTuple):
    """A worker's hold on a batch: good while the row still tells of this `holder`."""

    id: int
    kind: ImportKind
    state: ImportState
    holder: str
    actor: Actor


def read(kind: ImportKind, content: bytes) -> Table:
    """What a file holds. It comes before anything is written: nobody waits for the database meanwhile.

    Raises Invalid, at `file`, as import_files.read does.
    """
    unit_of_work.pause()
    return import_files.read(content, COLUMNS[kind])


def start(actor: Actor, kind: ImportKind, file_name: str, table: Table) -> ImportBatch:
    """Keep the rows of a file, and have a job check them. Raises Unauthorized and Forbidden for anyone but admins."""
    policy.require(actor, Permission.ADMINISTER)
    batch = ImportBatch(
        kind=kind,
        file_name=_short(file_name),
        letters=table.letters,
        account_id=actor.account_id,
        total=len(table.rows),
    )
    db.session.add(batch)
    db.session.flush()
    rows = [{"batch_id": batch.id, "number": number, "cells": cells} for number, cells in table.rows]
    db.session.connection().execute(insert(ImportRow), rows)
    audit.record(actor, "import.uploaded", batch, kind=kind.value, number=len(rows))
    unit_of_work.after_commit(WORK, batch.id)
    return batch


def find(actor: Actor, *, limit: int, offset: int) -> Listing[ImportBatch]:
    """All imports, the newest first: two statements."""
    policy.require(actor, Permission.ADMINISTER)
    return listing(policy.visible(actor, ImportBatch).order_by(ImportBatch.id.desc()), limit=limit, offset=offset)


def get(actor: Actor, batch_id: int) -> ImportBatch:
    """One import. Raises NotFound."""
    return policy.fetch(actor, ImportBatch, batch_id)


def who(actor: Actor, batches: Sequence[ImportBatch]) -> dict[int, str]:
    """The usernames of those who have brought in, or imported, by their keys."""
    policy.require(actor, Permission.ADMINISTER)
    keys = {key for batch in batches for key in (batch.account_id, batch.imported_by_id) if key}
    return dict(iter(db.session.execute(select(Account.id, Account.username).where(Account.id.in_(keys)))))


def rows(
    actor: Actor, batch: ImportBatch, *, is_accepted: bool | None = None, limit: int, offset: int
) -> Listing[ImportRow]:
    """The rows of a batch, those that are refused first, in the order of the file: two statements."""
    query = policy.visible(actor, ImportRow).where(ImportRow.batch_id == batch.id)
    if is_accepted is not None:
        query = query.where(ImportRow.is_accepted.is_(is_accepted))
    return listing(query.order_by(ImportRow.is_accepted, ImportRow.number), limit=limit, offset=offset)


def all_rows(actor: Actor, batch: ImportBatch) -> Sequence[ImportRow]:
    """The rows of a batch in the order of the file, for a file with their problems; that it was taken is noted."""
    query = policy.visible(actor, ImportRow).where(ImportRow.batch_id == batch.id).order_by(ImportRow.number)
    audit.record(actor, "import.saved", batch)
    return db.session.scalars(query).all()


def carry_out(actor: Actor, batch_id: int) -> None:
    """Have a job import the rows, once, however often and by whomever it is asked.

    Raises NotFound, and Conflict for a batch with refused rows, and for one that is no longer there to be imported.
    """
    policy.require(actor, Permission.ADMINISTER)
    batch = policy.fetch(actor, ImportBatch, batch_id, lock=True)
    if batch.state in (ImportState.IMPORTING, ImportState.DONE):
        return
    if not batch.is_ready:
        raise Conflict("This cannot be imported as it is. See below why.")
    batch.imported_by_id = actor.account_id
    _hand_over(batch, ImportState.IMPORTING)
    audit.record(actor, "import.ordered", batch, kind=batch.kind.value, number=batch.total)


def check_again(actor: Actor, batch_id: int) -> None:
    """Have a job check the rows anew: the hospital has changed. Raises NotFound, and Conflict for deleted rows."""
    policy.require(actor, Permission.ADMINISTER)
    batch = policy.fetch(actor, ImportBatch, batch_id, lock=True)
    if batch.is_working:
        return
    if not batch.is_waiting:
        raise Conflict("The rows of this file are no longer kept. Upload it again.")
    _hand_over(batch, ImportState.CHECKING)


def abandon(actor: Actor, batch_id: int) -> None:
    """Delete the rows of a batch that is not to be imported. Raises NotFound, and Conflict while a job has it."""
    policy.require(actor, Permission.ADMINISTER)
    batch = policy.fetch(actor, ImportBatch, batch_id, lock=True)
    if batch.is_waiting:
        audit.record(actor, "import.abandoned", batch)
        _abandon([batch.id])
    elif batch.state is not ImportState.ABANDONED:
        raise Conflict("The rows are being imported, or checked. Look again in a moment.")


def due(moment: datetime) -> list[int]:
    """The keys of batches that no worker has in hand, the oldest first."""
    query = select(ImportBatch.id).where(ImportBatch.state.in_(WORKING), _unclaimed(moment))
    return list(db.session.scalars(query.order_by(ImportBatch.id).limit(SWEEP_BATCH)))


def forget(moment: datetime) -> None:
    """Delete the rows that nobody has decided about in time; what the batch was stays known."""
    over = select(ImportBatch.id).where(ImportBatch.state.in_(WAITING), ImportBatch.expires_at <= moment)
    _abandon(list(db.session.scalars(over.with_for_update())))


def claim(batch_id: int) -> Claim | None:
    """Take the lease of a batch that a job is to see to; None where another worker has it, or nothing is to be done.

    One at which too many workers have died is given up, and so is one of whom is no longer an admin.
    """
    moment = now()
    holder = secrets.token_hex(8)
    row = db.session.execute(
        update(ImportBatch)
        .where(ImportBatch.id == batch_id, ImportBatch.state.in_(WORKING), _unclaimed(moment))
        .values(lease_until=moment + LEASE, attempts=ImportBatch.attempts + 1, holder=holder)
        .returning(
            ImportBatch.kind,
            ImportBatch.state,
            ImportBatch.attempts,
            ImportBatch.account_id,
            ImportBatch.imported_by_id,
        )
    ).one_or_none()
    if row is None:
        return None
    kind, state, attempts, account_id, imported_by_id = row
    account = db.session.get_one(Account, imported_by_id if state is ImportState.IMPORTING else account_id)
    is_admin = account.is_admin and account.is_active
    claimed = Claim(batch_id, kind, state, holder, Actor(account_id=account.id, is_admin=is_admin))
    if attempts > MAXIMUM_ATTEMPTS or not is_admin:
        give_up(claimed)
        return None
    return claimed


def lines(claimed: Claim) -> list[Line]:
    """All rows of a batch, in the order of the file, to be checked."""
    query = select(ImportRow.id, ImportRow.number, ImportRow.cells).where(ImportRow.batch_id == claimed.id)
    return [Line(*row) for row in db.session.execute(query.order_by(ImportRow.number))]


def stretches(checked: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """So many rows at once as one step of the work sees to."""
    for first in range(0, len(checked), ROWS_AT_ONCE):
        yield checked[first : first + ROWS_AT_ONCE]


def note_progress(claimed: Claim, done: int) -> None:
    """Note how many rows are read, and renew the lease. Raises Lost."""
    _write(claimed, done=done, lease_until=now() + LEASE)


def finish_check(claimed: Claim, checked: Sequence[Line]) -> None:
    """Keep what the check has found of each row, for the admin to decide. Raises Lost."""
    refused = _keep(claimed, checked)
    _let_go(claimed, ImportState.CHECKED, done=len(checked), refused=refused)


def finish_import(claimed: Claim, check: Check, checked: Sequence[Line]) -> None:
    """Add all that the rows are about, or nothing: checked anew against the hospital as it is in this transaction.

    `checked` have been read by `check`. Imports queue up, so that two of the same file see each other. Raises Lost, and
    what the database says where somebody else was quicker: then it is to be done anew.
    """
    under_way = select(ImportBatch.id).where(ImportBatch.state == ImportState.IMPORTING).order_by(ImportBatch.id)
    db.session.execute(under_way.with_for_update())
    _write(claimed, lease_until=now() + LEASE)
    for some in stretches(checked):
        check.compare(claimed.actor, some)
    refused = sum(bool(line.problems) for line in checked)
    if refused:
        _keep(claimed, checked)
        _let_go(claimed, ImportState.TURNED_BACK, refused=refused)
        return
    with unit_of_work.inserting():
        import_writing.write(claimed.actor, claimed.kind, claimed.id, checked)
    db.session.execute(delete(ImportRow).where(ImportRow.batch_id == claimed.id))
    _let_go(claimed, ImportState.DONE, ended_at=now(), expires_at=None)


def give_up(claimed: Claim) -> None:
    """It cannot be done: whoever asked reads so, and can try again. Raises Lost."""
    _let_go(claimed, ImportState.FAILED)


def _hand_over(batch: ImportBatch, state: ImportState) -> None:
    """Leave a batch, which is locked, to the next worker."""
    batch.state, batch.done, batch.attempts, batch.holder, batch.lease_until, batch.expires_at = (
        state,
        0,
        0,
        None,
        None,
        None,
    )
    db.session.flush()
    unit_of_work.after_commit(WORK, batch.id)


def _keep(claimed: Claim, checked: Sequence[Line]) -> int:
    """Keep what is wrong with each row, and say with how many something is."""
    found = [{"key": line.id, "is_accepted": False, "problems": line.problems} for line in checked if line.problems]
    mine = update(ImportRow).where(ImportRow.batch_id == claimed.id, ImportRow.is_accepted.is_(False))
    db.session.execute(mine.values(is_accepted=True, problems={}))
    if found:
        refusing = update(ImportRow).where(ImportRow.id == bindparam("key"))
        db.session.connection().execute(refusing, found)
    return len(found)


def _let_go(claimed: Claim, state: ImportState, **values: Any) -> None:
    values = {"expires_at": now() + ROWS_KEPT, **values}
    _write(claimed, state=state, holder=None, lease_until=None, **values)


def _write(claimed: Claim, **values: Any) -> None:
    held = (ImportBatch.id == claimed.id, ImportBatch.holder == claimed.holder)
    written: CursorResult[object] = db.session.execute(update(ImportBatch).where(*held).values(**values))  # type: ignore[assignment] # of an UPDATE
    if written.rowcount == 0:
        raise Lost


def _abandon(keys: Sequence[int]) -> None:
    db.session.execute(delete(ImportRow).where(ImportRow.batch_id.in_(keys)))
    ended = {"state": ImportState.ABANDONED, "ended_at": now(), "expires_at": None}
    db.session.execute(update(ImportBatch).where(ImportBatch.id.in_(keys)).values(**ended))


def _unclaimed(moment: datetime) -> ColumnElement[bool]:
    return or_(ImportBatch.lease_until.is_(None), ImportBatch.lease_until < moment)


def _short(name: str) -> str:
    """A file's name without folders before it, and not too long."""
    name = " ".join(name.replace("\\", "/").rpartition("/")[2].replace("\0", "").split())
    return name[-LONGEST_FILE_NAME:] or "A file without a name"
