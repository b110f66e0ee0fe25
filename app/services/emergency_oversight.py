"""Emergency accesses as admins look into them afterwards: found, read one by one, and noted as looked into.

Who opened whose record, when, for which reason; what was then read, the audit trail tells (audit_search.py).
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from app import policy
from app.clock import day_bounds, now
from app.errors import Conflict, Invalid
from app.extensions import db
from app.models import Doctor, EmergencyAccess, EmergencyCheck, Patient
from app.policy import Actor, Permission
from app.services import audit
from app.services.listing import Listing, exporting, listing
from app.services.search import words

LONGEST_NOTE = 1000

_WITH_ALL = (
    joinedload(EmergencyAccess.doctor).options(joinedload(Doctor.account), joinedload(Doctor.department)),
    joinedload(EmergencyAccess.patient),
    joinedload(EmergencyAccess.check).joinedload(EmergencyCheck.account),
)


def find(
    actor: Actor,
    *,
    search: str = "",
    is_checked: bool | None = None,
    since: date | None = None,
    until: date | None = None,
    is_oldest_first: bool = False,
    limit: int,
    offset: int,
) -> Listing[EmergencyAccess]:
    """The accesses from one hospital-local day to another, both included, the newest first: two statements.

    Each word of `search` is in the doctor's or the patient's name, or in the reason. Raises Unauthorized and Forbidden
    for anyone but admins.
    """
    policy.require(actor, Permission.ADMINISTER)
    query = policy.visible(actor, EmergencyAccess).where(*map(_mentions, words(search)))
    if since is not None:
        query = query.where(EmergencyAccess.opened_at >= day_bounds(since)[0])
    if until is not None:
        query = query.where(EmergencyAccess.opened_at < day_bounds(until)[1])
    if is_checked is not None:
        checked = select(EmergencyCheck.access_id)
        query = query.where(EmergencyAccess.id.in_(checked) if is_checked else EmergencyAccess.id.not_in(checked))
    at = EmergencyAccess.opened_at
    order = (at, EmergencyAccess.id) if is_oldest_first else (at.desc(), EmergencyAccess.id.desc())
    return listing(query.order_by(*order), *_WITH_ALL, limit=limit, offset=offset)


export = exporting(find, "emergencies.exported")


def count_unchecked(actor: Actor) -> int:
    """How many accesses nobody has looked into. Raises Unauthorized and Forbidden."""
    return find(actor, is_checked=False, limit=0, offset=0).count


def get(actor: Actor, access_id: int) -> EmergencyAccess:
    """One access with its people. Raises Unauthorized, Forbidden and NotFound."""
    policy.require(actor, Permission.ADMINISTER)
    return policy.fetch(actor, EmergencyAccess, access_id, *_WITH_ALL)


def is_own(actor: Actor, access: EmergencyAccess) -> bool:
    """Whether the actor opened the record: somebody else has to look into it."""
    return access.doctor.account_id == actor.account_id


def check(actor: Actor, access_id: int, *, note: str = "") -> EmergencyAccess:
    """Note that an access was looked into, and what came of that; once for each.

    Raises Unauthorized, Forbidden, NotFound, Invalid for a note over LONGEST_NOTE, and Conflict while the record is
    still open, for one's own access, and where it was looked into already.
    """
    access = get(actor, access_id)
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid(f"Use {LONGEST_NOTE:,} characters or fewer.", field="note")
    if is_own(actor, access):
        raise Conflict("You opened this record yourself. Ask another administrator to look into it.")
    if access.ends_at > now():
        raise Conflict("The record is still open. Look into it once that is over.")
    db.session.scalar(select(EmergencyAccess.id).where(EmergencyAccess.id == access_id).with_for_update(key_share=True))
    present = db.session.scalars(select(EmergencyCheck).where(EmergencyCheck.access_id == access_id)).one_or_none()
    if present is not None:
        if (present.account_id, present.note) == (actor.account_id, note):
            return access
        raise Conflict("This was looked into already.")
    db.session.add(EmergencyCheck(access_id=access_id, account_id=actor.account_id, note=note))
    db.session.flush()
    audit.record(actor, "emergency.checked", access, patient_id=access.patient_id)
    return access


def _mentions(word: str) -> ColumnElement[bool]:
    text = word.lower()
    return or_(
        func.lower(EmergencyAccess.reason).contains(text, autoescape=True),
        EmergencyAccess.doctor.has(func.lower(Doctor.name).contains(text, autoescape=True)),
        EmergencyAccess.patient.has(func.lower(Patient.name).contains(text, autoescape=True)),
    )
