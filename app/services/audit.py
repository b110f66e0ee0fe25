"""The audit trail: one row an act, in the transaction of the act."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select

from app.clock import now
from app.extensions import Base, db
from app.models import AuditEvent, AuditEventPatient, EmergencyAccess
from app.policy import Actor
from app.services.inserting import add_row, add_rows

EMERGENCY = "in_emergency"
"""The detail that flags what a doctor did with records while they were open in an emergency: their patients' keys."""

_WITH_RECORDS = ("record.", "records.")

_OPENED = select(EmergencyAccess.patient_id).where(
    EmergencyAccess.doctor_id == bindparam("doctor_id"), EmergencyAccess.ends_at > bindparam("moment")
)


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

    `read_of` are the patients of whose records one act has read: each can find it. What a doctor does with records
    that are open in an emergency is flagged (EMERGENCY). `account_id` names the account of an actor who is not signed
    in yet. `details` hold keys and states, never clinical text or personal data.
    """
    if len(read_of) == 1:
        (patient_id,) = read_of
    moment = now()
    if actor.is_doctor and action.startswith(_WITH_RECORDS):
        details.update(_flag(actor, read_of or ([patient_id] if patient_id else []), moment))
    event_id = add_row(AuditEvent, **_event(actor, action, row, patient_id, moment, account_id=account_id, **details))
    if len(read_of) > 1:
        found_by = [{"event_id": event_id, "patient_id": key, "at": moment} for key in read_of]
        db.session.connection().execute(insert(AuditEventPatient), found_by)


def record_all(
    actor: Actor,
    action: str,
    model: type[Base],
    keys: Sequence[int],
    *,
    patients: Sequence[int] = (),
    **details: Any,
) -> None:
    """As `record`, of the same act done to many rows by their keys; `patients` are whom each concerns, in their order.

    Not for the reading of records, of which each has something of its own to tell.
    """
    about: Sequence[int | None] = patients or [None] * len(keys)
    same = _event(actor, action, None, None, now(), **details) | {"object_type": model.__tablename__}
    rows = [same | {"object_id": key, "patient_id": patient} for key, patient in zip(keys, about, strict=True)]
    add_rows(AuditEvent, rows)


def _event(
    actor: Actor,
    action: str,
    row: Base | None,
    patient_id: int | None,
    moment: datetime,
    *,
    account_id: int | None = None,
    **details: str | int | list[int] | None,
) -> dict[str, Any]:
    """The columns of an event."""
    return {
        "at": moment,
        "account_id": actor.account_id or account_id,
        "action": action,
        "object_type": "" if row is None else row.__tablename__,
        "object_id": None if row is None else row.id,  # type: ignore[attr-defined] # every model has a key
        "patient_id": patient_id,
        "details": details,
        "origin": actor.origin,
    }


def _flag(actor: Actor, patient_ids: Sequence[int], moment: datetime) -> dict[str, list[int]]:
    """The detail EMERGENCY, if the doctor has emergency access to any of these patients."""
    opened = set(db.session.scalars(_OPENED, {"doctor_id": actor.doctor_id, "moment": moment}))
    keys = sorted(opened.intersection(patient_ids))
    return {EMERGENCY: keys} if keys else {}
