"""Sealing the audit trail: stretches of it under chained hashes, by which a changed byte or a missing row is found.

A seal covers all rows after the last one that is sealed, the rows of `audit_event_patient` among them. Only settled
rows are sealed: those whose keys no unit of work can come before any more. Whoever can write to the database can also
make all seals anew; whoever keeps the newest hash elsewhere finds that, too (`verify(known_hash=…)`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Text, cast, func, select, text, tuple_
from sqlalchemy.exc import OperationalError

from app import policy
from app.clock import now
from app.errors import Unavailable
from app.extensions import db
from app.models import AuditEvent, AuditEventPatient, AuditSeal
from app.models.types import BIGGEST_KEY
from app.policy import Actor, Permission

MOST_IN_SEAL = 5000
SEALED_EVERY = timedelta(minutes=1)
FIRST_HASH = "0" * 64
"""What stands before the first seal."""

# The JSON columns as the text that is stored: every byte of it counts, and it is the same on both databases.
_EVENT = (
    AuditEvent.id,
    AuditEvent.at,
    AuditEvent.account_id,
    AuditEvent.action,
    AuditEvent.object_type,
    AuditEvent.object_id,
    AuditEvent.patient_id,
    cast(AuditEvent.details, Text),
    AuditEvent.origin,
)


class _Rows:
    """Rows in the order of their key, the first columns, MOST_IN_SEAL of them in memory."""

    def __init__(self, query: Any, *key: Any) -> None:
        self._rows = self._read(query.order_by(*key).limit(MOST_IN_SEAL), key)
        self._next = next(self._rows, None)

    @staticmethod
    def _read(query: Any, key: tuple[Any, ...]) -> Iterator[Any]:
        page = db.session.execute(query).all()
        while page:
            yield from page
            page = db.session.execute(query.where(tuple_(*key) > tuple_(*page[-1][: len(key)]))).all()

    def up_to(self, key: int) -> Iterator[Any]:
        """The rows that come next, as far as their first column is not above the key."""
        while self._next is not None and self._next[0] <= key:
            yield self._next
            self._next = next(self._rows, None)


@dataclass(frozen=True, slots=True)
class State:
    """How much of the trail is sealed: `events` of it under `seals`, the newest made at `sealed_at`; others wait."""

    seals: int
    events: int
    unsealed: int
    sealed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking has found: `problem` is the first bad place in words, None where there is none.

    `seals` and `events` are how many were found right before it; `hash` is that of the last of these seals.
    """

    seals: int
    events: int
    hash: str
    problem: str | None = None


def settled() -> int:
    """The key up to which no row of the trail can appear any more.

    On PostgreSQL writers are kept out for as long as the unit of work lasts: end it at once. On SQLite it must be one
    that writes. Raises Unavailable where somebody has been writing for more than a second.
    """
    _wait_for_writers(AuditEvent.__tablename__)
    return db.session.scalar(select(func.max(AuditEvent.id))) or 0


def is_due(moment: datetime) -> bool:
    """Whether rows wait to be sealed, and the last seal is SEALED_EVERY old."""
    last = _last()
    if last is not None and last.sealed_at > moment - SEALED_EVERY:
        return False
    waiting = _following(select(AuditEvent.id), AuditEvent.id, last.last_id if last else None)
    return db.session.scalar(waiting.limit(1)) is not None


def seal(up_to: int) -> bool:
    """Seal the next MOST_IN_SEAL rows up to a key that is `settled`, and say whether there were any.

    Of two that seal at once, the second goes on where the first has ended. Raises Unavailable as `settled` does.
    """
    _wait_for_writers(AuditSeal.__tablename__)
    last = _last()
    start, previous = (None, FIRST_HASH) if last is None else (last.last_id, last.hash)
    waiting = _following(select(AuditEvent.id), AuditEvent.id, start).where(AuditEvent.id <= up_to)
    keys = db.session.scalars(waiting.order_by(AuditEvent.id).limit(MOST_IN_SEAL)).all()
    if not keys:
        return False
    row = AuditSeal(first_id=keys[0], last_id=keys[-1], count=len(keys), previous_hash=previous, sealed_at=now())
    row.hash, _ = _hash(row, _events(start, row.last_id), _of_several(start, row.last_id))
    db.session.add(row)
    db.session.flush()
    return True


def state(actor: Actor) -> State:
    """How much is sealed: two statements. Raises Unauthorized and Forbidden for anyone but admins."""
    policy.require(actor, Permission.ADMINISTER)
    seals, events, last_id, sealed_at = db.session.execute(
        select(
            func.count(), func.sum(AuditSeal.count), func.max(AuditSeal.last_id), func.max(AuditSeal.sealed_at)
        ).select_from(AuditSeal)
    ).one()
    waiting = _following(select(func.count()).select_from(AuditEvent), AuditEvent.id, last_id)
    return State(seals, int(events or 0), db.session.scalar(waiting) or 0, sealed_at)


def verify_for(actor: Actor) -> Verdict:
    """As `verify`, for an admin. Raises Unauthorized and Forbidden for anyone else."""
    policy.require(actor, Permission.ADMINISTER)
    return verify()


def verify(*, known_hash: str | None = None) -> Verdict:
    """Work out all seals anew, up to the first that is not right; what is not sealed yet is passed by.

    `known_hash`: the hash of a seal, noted earlier, which must still be one.
    """
    count, last_hash = 0, FIRST_HASH
    known = {known_hash} if known_hash else set()
    number, events, of_several = 0, _events(None), _of_several(None)
    for row in _Rows(select(*AuditSeal.__table__.c), AuditSeal.id).up_to(BIGGEST_KEY):
        problem = _problem(row, last_hash, events, of_several)
        if problem:
            place = f"Events {row.first_id} to {row.last_id}, sealed at {_text(row.sealed_at)}"
            return Verdict(number, count, last_hash, f"{place}: {problem}.")
        number, count, last_hash = number + 1, count + row.count, row.hash
        known.discard(row.hash)
    missing = "No seal has the hash that was noted: seals are missing, or were made anew." if known else None
    return Verdict(number, count, last_hash, missing)


def _problem(row: Any, last_hash: str, events: _Rows, of_several: _Rows) -> str | None:
    """What is wrong with a seal, in words."""
    if row.previous_hash != last_hash:
        return "the seal does not follow the one before it"
    digest, count = _hash(row, events, of_several)
    if count != row.count:
        return f"there are {count:,} where {row.count:,} were sealed"
    return None if digest == row.hash else "something in them, or in the seal, was changed"


def _hash(row: Any, events: _Rows, of_several: _Rows) -> tuple[str, int]:
    """The hash that belongs to a seal, and how many events there are up to its last."""
    digest, count = hashlib.sha256(), 0
    _add(digest, [row.previous_hash, row.first_id, row.last_id, row.count, row.sealed_at])
    for line in events.up_to(row.last_id):
        _add(digest, line)
        count += 1
    for line in of_several.up_to(row.last_id):
        _add(digest, line)
    return digest.hexdigest(), count


def _events(after: int | None, last: int = BIGGEST_KEY) -> _Rows:
    query = _following(select(*_EVENT), AuditEvent.id, after)
    return _Rows(query.where(AuditEvent.id <= last), AuditEvent.id)


def _of_several(after: int | None, last: int = BIGGEST_KEY) -> _Rows:
    key = (AuditEventPatient.event_id, AuditEventPatient.patient_id)
    query = _following(select(*key, AuditEventPatient.at), AuditEventPatient.event_id, after)
    return _Rows(query.where(AuditEventPatient.event_id <= last), *key)


def _following(query: Any, key: Any, after: int | None) -> Any:
    """The rows after a key; None: all, whatever keys they have."""
    return query if after is None else query.where(key > after)


def _add(digest: Any, values: Any) -> None:
    """One line of canonical JSON: an array without spaces, in ASCII, moments as ISO 8601 in UTC."""
    digest.update(json.dumps(list(values), separators=(",", ":"), default=_text).encode() + b"\n")


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _last() -> AuditSeal | None:
    return db.session.scalars(select(AuditSeal).order_by(AuditSeal.id.desc()).limit(1)).one_or_none()


def _wait_for_writers(table: str) -> None:
    """Keep everyone else from writing to a table until the unit of work ends. SQLite has one writer as it is."""
    if db.session.connection().dialect.name != "postgresql":
        return
    db.session.execute(text("SET LOCAL lock_timeout = '1s'"))
    try:
        db.session.execute(text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
    except OperationalError as error:
        raise Unavailable from error
