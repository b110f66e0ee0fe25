"""What somebody tells about themselves, in one place: the account, its profile and its own patient have it alike.

Programs write the profile (document 001) and the patient (documents 000 to 004) apart. Where the two differ, what the
hospital treats by, the patient's, is shown, and counts for both once it is saved here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from app import unit_of_work
from app.errors import Invalid
from app.models import Account, Patient, Profile
from app.policy import Actor
from app.services import patients, pictures, profiles


@dataclass(frozen=True, slots=True)
class Oneself:
    """A person of the portal; `patient` is None for who has taken the own patient out of it."""

    profile: Profile
    patient: Patient | None

    @property
    def account(self) -> Account:
        """How the person signs in."""
        return self.profile.account

    @property
    def address(self) -> str:
        """Where the person lives."""
        return (self.patient.address if self.patient else "") or self.profile.address

    @property
    def date_of_birth(self) -> date | None:
        """When the person was born."""
        return (self.patient.date_of_birth if self.patient else None) or self.profile.date_of_birth

    @property
    def picture_id(self) -> int | None:
        """The person's picture."""
        return self.profile.picture_id or (self.patient.picture_id if self.patient else None)


def get(actor: Actor) -> Oneself:
    """The actor's own data: two statements. Raises NotFound for a stranger."""
    profile = profiles.own(actor)
    return Oneself(profile, next((patient for patient in patients.managed(actor) if patient.is_own), None))


def change(
    actor: Actor,
    *,
    first_name: str,
    last_name: str,
    date_of_birth: date | None,
    address: str,
    bio: str,
    phone: str,
    insurance_number: str,
) -> None:
    """Change all that somebody tells; `phone` and `insurance_number` are kept only by an own patient.

    The own patient has the account's name from then on. Raises Invalid with every field at fault.
    """
    me = get(actor)
    parts: list[Callable[[], object]] = [
        lambda: profiles.change(actor, me.profile.id, first_name=first_name, last_name=last_name),
        lambda: profiles.change(actor, me.profile.id, bio=bio, address=address, date_of_birth=date_of_birth),
    ]
    if me.patient is not None:
        patient_id = me.patient.id
        parts.append(
            lambda: patients.change(
                actor,
                patient_id,
                name=me.account.display_name,
                phone=phone,
                insurance_number=insurance_number,
                address=address,
                date_of_birth=date_of_birth,
            )
        )
    errors: dict[str, list[str]] = {}
    for part in parts:
        try:
            part()
        except Invalid as refusal:
            errors |= refusal.errors
    if errors:
        raise Invalid(errors=errors)


def replace_picture(actor: Actor, upload: bytes) -> None:
    """Have an uploaded picture stand in place of the present one. Raises Invalid, at `picture`, as `read_upload`."""
    unit_of_work.pause()  # drawing takes long
    _write_picture(actor, pictures.read_upload(upload))


def remove_picture(actor: Actor) -> None:
    """Have no picture; without one that is so already."""
    _write_picture(actor, None)


def _write_picture(actor: Actor, picture: pictures.NewPicture | None) -> None:
    me = get(actor)
    profiles.change(actor, me.profile.id, picture=picture)
    if me.patient is not None:
        patients.change(actor, me.patient.id, picture=picture)
