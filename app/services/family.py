"""A family: the people for whom an account acts besides its owner. What is written of them is patients.py's concern."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from sqlalchemy import select

from app import policy
from app.errors import Conflict, NotFound
from app.extensions import db
from app.models import Appointment, Patient
from app.models.types import is_key
from app.policy import Actor
from app.services import idempotency, patients
from app.services.patients import Details


def member(actor: Actor, patient_id: int) -> Patient:
    """One patient whom the actor acts for, the own one too. Raises NotFound for any other, whoever asks."""
    patient = policy.fetch(actor, Patient, patient_id)
    if patient.manager_id != actor.account_id:
        raise NotFound
    return patient


def relative(actor: Actor, patient_id: int) -> Patient:
    """One patient whom the actor acts for and who is somebody else. Raises NotFound for any other."""
    patient = member(actor, patient_id)
    if patient.is_own:
        raise NotFound
    return patient


def add_once(actor: Actor, *, key: str, **details: Unpack[Details]) -> int:
    """Add a patient as `patients.add` does, once for each `key` (a UUID made with the form); returns the patient's id.

    Raises what `patients.add` raises, Invalid for a key that is no UUID, and Conflict for one that came before with
    other values: somebody went back and sent the form again.
    """

    def act() -> dict[str, int]:
        return {"patient": patients.add(actor, **details).id}

    try:
        values = [*map(str, details.items())]
        answer = idempotency.once_for_form(actor, key=key, values=values, act=act)
    except Conflict as error:
        message = "You have added somebody with this form already. Change what is wrong in My family."
        raise Conflict(message) from error
    return int(answer["patient"])


def coming_visits(actor: Actor, patient_id: int) -> Sequence[Appointment]:
    """The visits that removing somebody would cancel, soonest first. Raises NotFound as `relative` does."""
    return patients.coming_visits(actor, relative(actor, patient_id).id)


def remove(actor: Actor, patient_id: int) -> None:
    """Take somebody out of the portal, see `patients.void`; who was removed before stays so.

    Raises NotFound as `relative` does.
    """
    try:
        patients.void(actor, relative(actor, patient_id).id)
    except NotFound:
        if not _was_removed(actor, patient_id):
            raise


def _was_removed(actor: Actor, patient_id: int) -> bool:
    """Whether the actor acted for somebody who is no longer in the portal: the button was pressed twice."""
    query = select(Patient.id).where(
        Patient.id == patient_id, Patient.manager_id == actor.account_id, Patient.voided_at.is_not(None)
    )
    return is_key(patient_id) and actor.is_signed_in and db.session.scalar(query) is not None
