"""A patient's record as a doctor reads it: what the doctor may read as a doctor, each reading noted."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement

from app import policy
from app.errors import NotFound
from app.extensions import db
from app.models import ClinicalRecord
from app.models.types import is_key
from app.policy import Actor, Capacity
from app.services import audit, record_facts, record_lines
from app.services.listing import Listing
from app.services.record_facts import Entry
from app.services.record_lines import Line


def readable(actor: Actor) -> ColumnElement[bool]:
    """The entries that the actor reads as a doctor; those of an own child are read as the child's parent."""
    return policy.may_see_as(actor, Capacity.DOCTOR, ClinicalRecord)


def find(
    actor: Actor,
    patient_id: int,
    *,
    search: str = "",
    since: date | None = None,
    until: date | None = None,
    limit: int,
    offset: int,
) -> Listing[Line]:
    """The entries of a patient that the actor may read, newest first: two statements and the audit's.

    Every word of `search` must occur in one of the five texts; `since` and `until` are hospital-local days, both
    included.
    """
    conditions = (readable(actor), ClinicalRecord.patient_id == patient_id)
    return record_lines.find(actor, *conditions, search=search, since=since, until=until, limit=limit, offset=offset)


def is_changeable(actor: Actor, entry: Entry) -> bool:
    """Whether the actor may change an entry, and take it out of use: for showing the links."""
    return policy.keeps(actor, db.session.get_one(ClinicalRecord, entry.id))


def get(actor: Actor, record_id: int) -> Entry:
    """One entry with all its versions. Raises NotFound for one that the actor may not read as a doctor."""
    found = record_facts.entries(readable(actor), ClinicalRecord.id == record_id) if is_key(record_id) else []
    if not found:
        raise NotFound
    audit.record(actor, "record.read", db.session.get_one(ClinicalRecord, record_id), patient_id=found[0].patient_id)
    return found[0]
