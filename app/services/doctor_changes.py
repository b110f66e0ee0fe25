"""Writing doctors: applying, nominating, creating, changing, deleting (contract, section 5; documents 000 to 004)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, Unpack, cast
from urllib.parse import urlsplit

from sqlalchemy import func, select

from app import policy, unit_of_work
from app.clock import now
from app.errors import Conflict, Invalid
from app.extensions import db
from app.models import Account, Appointment, Approval, Designation, Doctor, Specialisation
from app.models.types import name_key
from app.policy import Actor, Permission
from app.services import (
    accounts,
    audit,
    cancellations,
    care_team,
    doctors,
    hours_changes,
    pictures,
    vocabularies,
    writing,
)
from app.services.appointments import WITH_PEOPLE
from app.services.doctor_entries import LONGEST_NAME, enter, renew
from app.services.hours_changes import WrittenHours
from app.services.pictures import NewPicture

GREATEST_FEE = 2**31 - 1
LONGEST_ABOUT = 5000
LONGEST_LINK = 500
LONGEST_SPECIALIZATION = 200
REJECTED_WITHOUT_WORDS = "The hospital gave no reason. Call it to ask."
LEAVING = "The doctor no longer sees patients here."

WEB_ADDRESS = r'https?://[^\s<>"\\/?#@:\[\]]+(:[0-9]{1,5})?([/?#][^\s<>"\\]*)?'
"""Where a video call may take place: no other scheme, and nobody's name before an @ that passes for the host."""

_ADMINS_ONLY = frozenset({"department", "approval"})


class Details(WrittenHours, total=False):
    """What may be written of a doctor; what is not there is kept. Vocabulary entries are named by id or by name.

    `department` and `approval` count from admins only, `department` also from whoever applies or nominates.
    """

    name: str
    designations: Sequence[int | str] | None
    specialisations: Sequence[int | str] | None
    specialization: str | None
    about: str
    fee: int | None
    meet_link: str | None
    accepts_in_person: bool
    accepts_online: bool
    picture: NewPicture | None
    department: int | str | None
    approval: Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom a new doctor's entry is about: nobody who signs in, an account by its username, or a new account.

    `is_invited`: the new account has no password, and the person is mailed a link to choose one.
    """

    username: str = ""
    email: str = ""
    password: str = ""
    first_name: str = ""
    last_name: str = ""
    is_invited: bool = False

    @property
    def is_named(self) -> bool:
        """Whether an account is meant at all."""
        return bool(self.username or self.email or self.password)


def add(actor: Actor, person: Person, **details: Unpack[Details]) -> Doctor:
    """Make a doctor's entry: of whom, and who may, is told by `person`.

    Who names nobody else applies for himself, and who names another person nominates; an admin's entries are
    approved, and may be of nobody who signs in. Who was rejected applies again with the same entry (docs/adr/0012).
    Raises Forbidden for a nomination by anyone but an approved doctor, Invalid, and Conflict for an account that has
    an entry.
    """
    policy.require(actor, Permission.APPLY_AS_DOCTOR)
    is_admin = policy.can(actor, Permission.ADMINISTER)
    own = db.session.get_one(Account, actor.account_id)
    is_own = name_key(person.username) == own.username_key if person.username else not is_admin
    if is_own:
        rejected = _rejected(own)
        return _renew(actor, rejected, details) if rejected else _enter(actor, "doctor.applied", own, details)
    policy.require(actor, Permission.NOMINATE_DOCTOR)
    if is_admin:
        account = _account_of(actor, person) if person.is_named else None
        return _enter(actor, "doctor.created", account, details)
    return _enter(actor, "doctor.nominated", _new_account(actor, person), details)


def change(actor: Actor, doctor_id: int, **details: Unpack[Details]) -> Doctor:
    """Write what is sent and differs; visits that are booked already stay as they are.

    From the doctor, `department` and `approval` are ignored. Raises NotFound, Forbidden for anyone but the doctor and
    admins, Invalid, and Conflict for an approval that differs from what has been decided.
    """
    doctor = policy.fetch(actor, Doctor, doctor_id, *doctors.WITH_DETAILS, lock=True)
    policy.require(actor, Permission.CHANGE_DOCTOR, doctor)
    sent: dict[str, Any] = dict(details)
    if not policy.can(actor, Permission.ADMINISTER):
        sent = {name: value for name, value in sent.items() if name not in _ADMINS_ONLY}
    written = _write(actor, doctor, sent)
    if written:
        audit.record(actor, "doctor.changed", doctor, fields=", ".join(written))
    _decide(actor, doctor, sent.get("approval", doctor.approval))
    return doctor


def checked_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """The plain columns of a new doctor, as they are kept. Raises Invalid with every field at fault, as `add` does."""
    doctor = Doctor()
    values = writing.checked(details, {name: partial(read, doctor) for name, read in _COLUMNS.items()})
    _require_a_kind(values)
    return values


def coming_visits(actor: Actor, doctor_id: int) -> Sequence[Appointment]:
    """The visits that taking a doctor off would cancel, soonest first. Raises NotFound and Forbidden as `remove`."""
    doctor = policy.fetch(actor, Doctor, doctor_id)
    policy.require(actor, Permission.CHANGE_DOCTOR, doctor)
    query = cancellations.coming(doctor_id=doctor.id).options(*WITH_PEOPLE)
    return db.session.scalars(query.order_by(None).order_by(Appointment.starts_at, Appointment.id)).all()


def remove(actor: Actor, doctor_id: int, *, cancel_appointments: bool = False) -> int:
    """Take a doctor off: found, booked, in care teams and signed in as a doctor no more. The account stays.

    Returns how many visits were cancelled with it.

    Raises NotFound, Forbidden for anyone but the doctor and admins, and Conflict while visits are to come, unless
    they are to be cancelled: then their patients are told.
    """
    doctor = policy.fetch(actor, Doctor, doctor_id, lock=True)
    policy.require(actor, Permission.CHANGE_DOCTOR, doctor)
    coming = cancellations.coming(doctor_id=doctor.id).order_by(None)
    number = db.session.scalar(select(func.count()).select_from(coming.subquery())) or 0
    if number and not cancel_appointments:
        what = "1 appointment is" if number == 1 else f"{number:,} appointments are"
        message = f"{what} still to come. Cancel or complete them first, or have them cancelled with the deletion."
        raise Conflict(message)
    cancelled = len(cancellations.cancel_coming(actor, doctor_id=doctor.id, reason=LEAVING))
    care_team.leave_all(actor, doctor.id)
    doctor.deleted_at = now()
    audit.record(actor, "doctor.deleted", doctor, cancelled=cancelled)
    return cancelled


def _enter(actor: Actor, action: str, account: Account | None, details: Details) -> Doctor:
    name = _short(details.get("name"), LONGEST_NAME, "name") or (account.display_name if account else "")
    if not name:
        _refuse("Enter the doctor's name.", "name")
    doctor = enter(actor, action, name=name, account=account)
    _write(actor, doctor, {field: value for field, value in details.items() if field != "name"})
    return doctor


def _rejected(account: Account) -> Doctor | None:
    """The entry of an account whose application was rejected, locked."""
    theirs = (Doctor.account_id == account.id, Doctor.approval == Approval.REJECTED, Doctor.deleted_at.is_(None))
    query = select(Doctor).where(*theirs).options(*doctors.WITH_DETAILS)
    query = query.with_for_update(of=Doctor, key_share=True).execution_options(populate_existing=True)
    return db.session.scalars(query).one_or_none()


def _renew(actor: Actor, doctor: Doctor, details: Details) -> Doctor:
    """Send an application anew, with what is written of it now; what is not sent is kept."""
    _write(actor, doctor, {field: value for field, value in details.items() if field != "approval"})
    renew(actor, doctor)
    return doctor


def _account_of(actor: Actor, person: Person) -> Account:
    """The account that an admin names: a new one where an address or a password comes with it, else one that exists."""
    if person.email or person.password:
        return _new_account(actor, person)
    query = select(Account).where(Account.username_key == name_key(person.username), Account.is_active)
    account = db.session.scalars(query).one_or_none()
    if account is None:
        message = "There is no account of that name. To make one, send an e-mail address and a password, too."
        raise Invalid(message, field="username")
    return account


def _new_account(actor: Actor, person: Person) -> Account:
    if person.is_invited and not person.password:
        return accounts.invite(
            actor,
            username=person.username,
            email=person.email,
            first_name=person.first_name,
            last_name=person.last_name,
        )
    return accounts.register(
        actor,
        username=person.username,
        email=person.email,
        password=person.password,
        first_name=person.first_name,
        last_name=person.last_name,
    )


def _write(actor: Actor, doctor: Doctor, details: Mapping[str, Any]) -> list[str]:
    """Write what differs of these details, and say what it was. The doctor's row is locked, or new."""
    wanted: dict[str, Any] = {name: read(doctor, details[name]) for name, read in _COLUMNS.items() if name in details}
    wanted |= {
        name: _entries(actor, doctor, model, name, details[name] or ())
        for name, model in _VOCABULARIES.items()
        if name in details
    }
    if "department" in details:
        wanted["department_id"] = _department_id(actor, details["department"])
    _require_a_kind({kind: wanted.get(kind, getattr(doctor, kind)) for kind in _KINDS})
    with unit_of_work.saving():
        written = [name for name, value in wanted.items() if getattr(doctor, name) != value]
        for name in written:
            setattr(doctor, name, wanted[name])
        if details.get("picture") or ("picture" in details and doctor.picture_id):
            doctor.picture_id = pictures.replaced(doctor.picture_id, details["picture"])
            written.append("picture")
        written += hours_changes.write(doctor.id, cast("WrittenHours", details))
    return written


def _require_a_kind(values: Mapping[str, Any]) -> None:
    if not any(values[kind] for kind in _KINDS):
        _refuse("Choose at least one kind of visit.", _KINDS[0])


def _entries(
    actor: Actor,
    doctor: Doctor,
    model: type[Designation | Specialisation],
    field: str,
    named: Sequence[int | str],
) -> list[Any]:
    """The entries of a vocabulary that are meant; where the doctor has the same, those, in their order."""
    present: list[Any] = getattr(doctor, field)
    entries = vocabularies.entries(actor, model, named, field=field)
    return present if {entry.id for entry in entries} == {entry.id for entry in present} else entries


def _department_id(actor: Actor, named: int | str | None) -> int | None:
    return None if named is None else vocabularies.department(actor, named).id


def _decide(actor: Actor, doctor: Doctor, approval: Approval) -> None:
    """Decide about an application as an admin wrote it; what is decided already changes nothing."""
    if approval is doctor.approval:
        return
    if approval is Approval.APPROVED:
        doctors.approve(actor, doctor.id)
    elif approval is Approval.REJECTED:
        doctors.reject(actor, doctor.id, REJECTED_WITHOUT_WORDS)
    else:
        message = f"{doctor.name}'s application has been {doctor.approval.value} already: it cannot wait again."
        raise Conflict(message)


def _name(_doctor: Doctor, text: str) -> str:
    return _short(text, LONGEST_NAME, "name") or _refuse("Enter the doctor's name.", "name")


def _specialization(doctor: Doctor, text: str | None) -> str | None:
    """Programs send back what they read: the name of the first specialisation is not the doctor's own text."""
    words = _short(text, LONGEST_SPECIALIZATION, "specialization")
    return doctor.specialization if words == doctor.speciality else words or None


def _about(_doctor: Doctor, text: str) -> str:
    return _short(text, LONGEST_ABOUT, "about")


def _accepts(_doctor: Doctor, is_accepted: bool) -> bool:  # noqa: FBT001 (called by the table below)
    return is_accepted


def _fee(_doctor: Doctor, fee: int | None) -> int | None:
    if fee is not None and not 0 <= fee <= GREATEST_FEE:
        _refuse(f"Enter a fee from 0 to {GREATEST_FEE:,}.", "fee")
    return fee


def _meet_link(_doctor: Doctor, text: str | None) -> str:
    """The address of a video call; empty for none."""
    address = _short(text, LONGEST_LINK, "meet_link")
    if address and not _is_web_address(address):
        _refuse("Enter a web address that starts with https:// or http://.", "meet_link")
    return address


def _is_web_address(text: str) -> bool:
    try:
        port = urlsplit(text).port
    except ValueError:  # a port that is none, a host that reads as something else
        return False
    return port != 0 and re.fullmatch(WEB_ADDRESS, text) is not None


def _refuse(message: str, field: str) -> NoReturn:
    raise Invalid(message, field=field)


def _short(text: str | None, longest: int, field: str) -> str:
    text = (text or "").strip()
    if len(text) > longest:
        _refuse(f"Use {longest} characters or fewer.", field)
    return text


_COLUMNS: Mapping[str, Callable[[Doctor, Any], str | int | None]] = {
    "name": _name,
    "specialization": _specialization,
    "about": _about,
    "fee": _fee,
    "meet_link": _meet_link,
    "accepts_in_person": _accepts,
    "accepts_online": _accepts,
}
"""How each plain column is read from what is sent: the value to keep, or a refusal."""

_KINDS = ("accepts_in_person", "accepts_online")
_VOCABULARIES: Mapping[str, type[Designation | Specialisation]] = {
    "designations": Designation,
    "specialisations": Specialisation,
}
