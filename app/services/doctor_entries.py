"""Entering somebody among the hospital's doctors: at registration, by an application, a nomination, or an admin."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app import policy, unit_of_work
from app.clock import now
from app.errors import Conflict
from app.extensions import db, settings
from app.models import Account, Approval, Doctor
from app.policy import Actor, Permission
from app.services import audit, hours_changes, pictures

LONGEST_NAME = 200

_AS_NEW: dict[str, object] = {
    "department_id": None,
    "about": "",
    "specialization": None,
    "fee": None,
    "meet_link": "",
    "accepts_in_person": True,
    "accepts_online": True,
    "picture_id": None,
    "decision_reason": "",
    "decided_by_id": None,
    "decided_at": None,
    "deleted_at": None,
}


def enter(
    actor: Actor, action: str, *, name: str, account: Account | None = None, department_id: int | None = None
) -> Doctor:
    """Make a doctor's entry, and note it as `action`; its vocabularies are loaded, and empty.

    An admin's is approved, as all are where the hospital approves automatically; any other waits. Who was deleted
    before takes up the same entry, to which reviews and visits belong, as if it were new. Raises Conflict for an
    account that is a doctor's, or an applicant's, already.
    """
    doctor = _former(account) or Doctor(designations=[], specialisations=[])
    for column, value in _AS_NEW.items():
        setattr(doctor, column, value)
    doctor.account_id = None if account is None else account.id
    doctor.name = name[:LONGEST_NAME]
    doctor.department_id = department_id
    doctor.created_by_id = actor.account_id or doctor.account_id
    _put_up(actor, doctor)
    with unit_of_work.saving():
        db.session.add(doctor)
    audit.record(actor, action, doctor, account_id=doctor.account_id, approval=doctor.approval.value)
    return doctor


def renew(actor: Actor, doctor: Doctor) -> None:
    """Have a rejected applicant, whose entry is locked, wait for another decision (docs/adr/0012).

    What the hospital has decided before stays to be read until it decides again.
    """
    _put_up(actor, doctor)
    db.session.flush()
    audit.record(actor, "doctor.applied_again", doctor, approval=doctor.approval.value)


def _put_up(actor: Actor, doctor: Doctor) -> None:
    """Say whether an entry that is made now is approved, or waits."""
    doctor.created_at = now()
    is_decided = policy.can(actor, Permission.ADMINISTER)
    if is_decided:
        doctor.decided_by_id, doctor.decided_at = actor.account_id, now()
    is_approved = is_decided or settings.doctor_approval == "automatic"
    doctor.approval = Approval.APPROVED if is_approved else Approval.PENDING
    if is_approved:
        doctor.decision_reason = ""


def _former(account: Account | None) -> Doctor | None:
    """The deleted entry of an account, emptied."""
    if account is None:
        return None
    doctor = db.session.scalars(
        select(Doctor)
        .where(Doctor.account_id == account.id)
        .options(selectinload(Doctor.designations), selectinload(Doctor.specialisations))
        .with_for_update(of=Doctor, key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if doctor is None:
        return None
    if doctor.deleted_at is None:
        raise Conflict("This account is a doctor's already, or has applied to be listed as one.")
    pictures.replaced(doctor.picture_id, None)
    hours_changes.clear(doctor.id)
    doctor.designations, doctor.specialisations = [], []
    return doctor
