"""The audit trail: one row an act, in the transaction of the act."""

from __future__ import annotations

from app.extensions import Base
from app.models import AuditEvent
from app.policy import Actor
from app.services.inserting import add_row


def record(
    actor: Actor,
    action: str,
    row: Base | None = None,
    *,
    patient_id: int | None = None,
    account_id: int | None = None,
    **details: str | int | list[int] | None,
) -> None:
    """Note that the actor did `action` (`noun.verb`) to a row, which must be flushed.

    `account_id` names the account of an actor who is not signed in yet. `details` hold keys and states, never
    clinical text or personal data.
    """
    add_row(
        AuditEvent,
        account_id=actor.account_id or account_id,
        action=action,
        object_type="" if row is None else row.__tablename__,
        object_id=None if row is None else row.id,  # type: ignore[attr-defined] # every model has a key
        patient_id=patient_id,
        details=details,
        origin=actor.origin,
    )
