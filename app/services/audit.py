"""The audit trail: one row an act, in the transaction of the act."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert

from app.clock import now
from app.extensions import Base, db
from app.models import AuditEvent, AuditEventPatient
from app.policy import Actor
from app.services.inserting import add_row


def record(
    actor: Actor,
    action: str,
    row: Base | None = None,
    *,
    patient_id: int | None = None,
    read_of: Sequence[int] = (),
    account_id: int | None = None,
    **details: str | int | list[int] | None,
) -> None:
    """Note that the actor did `action` (`noun.verb`) to a row, which must be flushed.

    `read_of` are the patients of whose records one act has read: each can find it. `account_id` names the account of
    an actor who is not signed in yet. `details` hold keys and states, never clinical text or personal data.
    """
    if len(read_of) == 1:
        (patient_id,) = read_of
    moment = now()
    event_id = add_row(
        AuditEvent,
        at=moment,
        account_id=actor.account_id or account_id,
        action=action,
        object_type="" if row is None else row.__tablename__,
        object_id=None if row is None else row.id,  # type: ignore[attr-defined] # every model has a key
        patient_id=patient_id,
        details=details,
        origin=actor.origin,
    )
    if len(read_of) > 1:
        found_by = [{"event_id": event_id, "patient_id": key, "at": moment} for key in read_of]
        db.session.connection().execute(insert(AuditEventPatient), found_by)
