"""Accounts: registering, inviting, signing in, changing how one signs in, closing, and making admins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import and_, or_, select, update

from app import unit_of_work
from app.clock import now
from app.errors import Conflict, Invalid, NotFound, TooMany, Unauthorized
from app.extensions import db
from app.models import Account, ClinicalRecord, Department, Patient, Profile
from app.models.types import name_key
from app.policy import Actor
from app.services import (
    account_links,
    attempts,
    audit,
    doctor_entries,
    identities,
    outbox,
    passwords,
    second_factors,
    sessions,
)
from app.services.account_links import Purpose
from app.services.outbox import Template

MOST_CONFIRMATIONS = 5
"""How many mails an hour an account may have sent to addresses that it wants to change to: nobody is to be flooded."""
MOST_LINKS = 5
"""How many links to another password an account is sent in an hour."""

WRONG_CREDENTIALS = "The username or password is not right. Check both and try again."


def register(
    actor: Actor,
    *,
    username: str,
    email: str,
    password: str,
    confirm_password: str | None = None,
    first_name: str = "",
    last_name: str = "",
    role: str = "patient",
    department: Department | None = None,
    clinical_texts: Mapping[str, str] | None = None,
) -> Account:
    """Create an account with its profile and its own patient (contract, section 2), all or nothing.

    `role` "doctor" also applies to be listed as one, in `department`, which is then required: pending until an admin
    approves, unless the hospital approves automatically. `clinical_texts` become a record reported by the patient.
    It comes first in its unit of work: on SQLite nobody is kept from writing for as long as Argon2 takes.
    Raises Invalid with every field at fault, and for a username or an e-mail address that is taken.
    """
    errors = identities.errors(username, email, first_name, last_name)
    problem = passwords.problem(password, username=username, email=email)
    if problem:
        errors["password"] = [problem]
    if confirm_password is not None and confirm_password != password:
        errors["confirm_password"] = ["The two passwords are not the same. Enter it again."]
    if role == "doctor" and department is None:
        errors["department"] = ["Choose the department that you work in."]
    if errors:
        raise Invalid(errors=errors)
    unit_of_work.pause()
    password_hash = passwords.hashed(password)
    account = _account(username, email, first_name, last_name)
    account.password_hash = password_hash
    patient = _save(actor, account)
    audit.record(actor, "account.registered", account, account_id=account.id, patient_id=patient.id)
    if role == "doctor" and department is not None:
        doctor_entries.enter(
            actor, "doctor.applied", name=account.display_name, account=account, department_id=department.id
        )
    elif clinical_texts and any(clinical_texts.values()):
        _report(actor, patient, clinical_texts)
    return account


def invite(actor: Actor, *, username: str, email: str, first_name: str = "", last_name: str = "") -> Account:
    """Create an account without a password, with its profile and its own patient, and mail the person a link.

    Who may do so is for the caller to ask. Raises Invalid as `register` does.
    """
    errors = identities.errors(username, email, first_name, last_name)
    if errors:
        raise Invalid(errors=errors)
    account = _account(username, email, first_name, last_name)
    patient = _save(actor, account)
    audit.record(actor, "account.invited", account, patient_id=patient.id)
    outbox.tell_about_account(Template.SET_PASSWORD, account, account.email)
    return account


def _account(username: str, email: str, first_name: str, last_name: str) -> Account:
    return Account(
        username=username.strip(), email=email.strip(), first_name=first_name.strip(), last_name=last_name.strip()
    )


def _save(actor: Actor, account: Account) -> Patient:
    """Write a new account with its profile and its own patient, which is returned."""
    errors = identities.taken(account.username, account.email)
    if errors:
        raise Invalid(errors=errors)
    with unit_of_work.saving():
        db.session.add(account)
    creator = actor.account_id or account.id
    patient = Patient(manager_id=account.id, created_by_id=creator, is_own=True, name=account.display_name)
    db.session.add_all([Profile(account_id=account.id), patient])
    db.session.flush()
    return patient


def _report(actor: Actor, patient: Patient, texts: Mapping[str, str]) -> None:
    record = ClinicalRecord(patient_id=patient.id, reported_by_patient=True, written_by_id=patient.manager_id, **texts)
    db.session.add(record)
    db.session.flush()
    audit.record(actor, "record.reported", record, account_id=patient.manager_id, patient_id=patient.id)


def authenticate(_actor: Actor, *, username: str, password: str) -> Account:
    """The active account of a username, or of the e-mail address in its place, if the password is right.

    Raises Unauthorized alike for an unknown name, a wrong password and a closed account, in the same time, and
    TooMany for a name that was tried too often.
    """
    key = name_key(username)
    account = called(key)
    attempts.count_sign_in(account.username_key if account else key)
    stored = account.password_hash if account else None
    unit_of_work.pause()
    if not passwords.is_right(stored, password) or account is None or stored is None:
        raise Unauthorized(WRONG_CREDENTIALS)
    if passwords.is_outdated(stored):
        account.password_hash = passwords.hashed(password)
    return account


def forgotten(actor: Actor, name: str) -> None:
    """Mail a link to another password to the open account of a username or an e-mail address, if there is one.

    Nothing tells, and no time shows, whether there is. Raises TooMany for a name, or an address of the network, from
    which this was asked too often; above MOST_LINKS in an hour an account is sent no more.
    """
    key = name_key(name)
    attempts.count_forgotten(key, actor.origin)
    account = called(key)
    sent = outbox.count_sent_to(account, Template.RESET_PASSWORD, since=now() - timedelta(hours=1))
    if account is not None and sent < MOST_LINKS:
        outbox.tell_about_account(Template.RESET_PASSWORD, account, account.email)
    else:
        outbox.tell_nobody(Template.RESET_PASSWORD)
    audit.record(actor, "account.password_forgotten", account_id=account.id if account else None)


def called(key: str) -> Account | None:
    """The open account that has this key as its username's or its e-mail address's."""
    query = select(Account).where(or_(Account.username_key == key, Account.email_key == key), Account.is_active)
    return db.session.scalars(query).one_or_none()


def note_failed_sign_in(actor: Actor) -> None:
    """Note in the audit trail that somebody could not sign in, in a transaction of its own: the refusal rolls back."""
    unit_of_work.rollback()
    with unit_of_work.transaction():
        audit.record(actor, "session.refused")


def set_password(actor: Actor, token: str, password: str) -> Account:
    """Set the password of the account that a mailed link is about, and end all its sessions.

    It comes first in its unit of work, as `register` does. Raises NotFound for a link that is no longer good, and
    Invalid for a password that breaks the rules.
    """
    account = account_links.owner(Purpose.SET_PASSWORD, token)
    problem = passwords.problem(password, username=account.username, email=account.email)
    if problem:
        raise Invalid(problem, field="password")
    unit_of_work.pause()
    password_hash = passwords.hashed(password)
    account = account_links.owner(Purpose.SET_PASSWORD, token, lock=True)
    replace_password(actor, account, password_hash)
    return account


def replace_password(actor: Actor, account: Account, password_hash: str, *, keep: int | None = None) -> None:
    """Have another password count for a locked account, and end its sessions but for `keep`.

    Who had a password before is told by mail: it may have been somebody else.
    """
    if account.password_hash is not None:
        outbox.tell_about_account(Template.PASSWORD_CHANGED, account, account.email)
    account.password_hash = password_hash
    sessions.end_all(account.id, keep=keep)
    audit.record(actor, "account.password_set", account, account_id=account.id)


def rename(
    actor: Actor,
    account: Account,
    *,
    username: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
) -> bool:
    """Change the names of an account, and say whether any is another one; None keeps.

    A patient that carries the name which the account had by itself takes the new one: the account's own patient, and
    any that was only ever called by the username, which is not for the public. Raises Invalid with every field at
    fault, and for a username that is taken.
    """
    wanted = {"username": username, "first_name": first_name, "last_name": last_name}
    changes = {name: text.strip() for name, text in wanted.items() if text is not None}
    changes = {name: text for name, text in changes.items() if text != getattr(account, name)}
    errors = identities.name_errors(changes.get("first_name", ""), changes.get("last_name", ""))
    problem = identities.username_problem(changes["username"]) if "username" in changes else None
    if problem:
        errors["username"] = [problem]
    if errors:
        raise Invalid(errors=errors)
    if not changes:
        return False
    old_name, old_username = account.display_name, account.username
    with unit_of_work.saving():
        for name, text in changes.items():
            setattr(account, name, text)
    by_itself = or_(and_(Patient.is_own, Patient.name == old_name), Patient.name == old_username)
    # Voided ones, too: their reviews stay, under the name that they have.
    db.session.execute(
        update(Patient).where(Patient.manager_id == account.id, by_itself).values(name=account.display_name)
    )
    audit.record(actor, "account.renamed", account)
    return True


def change_email(actor: Actor, account: Account, email: str) -> None:
    """Ask for another e-mail address: it counts once it is confirmed by the mail that goes there (contract, section 2).

    The present address changes nothing; a wish that stands already is mailed again. Raises Invalid for an address
    that is malformed or taken, and TooMany over MOST_CONFIRMATIONS in an hour.
    """
    email = email.strip()
    if name_key(email) == account.email_key:
        return
    problem = identities.email_problem(email)
    if problem:
        raise Invalid(problem, field="email")
    errors = identities.taken("", email)
    if errors:
        raise Invalid(errors=errors)
    hour = timedelta(hours=1)
    if outbox.count_sent_to(account, Template.CONFIRM_EMAIL, since=now() - hour) >= MOST_CONFIRMATIONS:
        message = "You have asked for too many confirmation mails. Try again in an hour."
        raise TooMany(message, retry_after=int(hour.total_seconds()))
    account.pending_email = email
    audit.record(actor, "account.email_asked", account)
    outbox.tell_about_account(Template.CONFIRM_EMAIL, account, email)


def confirm_email(actor: Actor, token: str) -> Account:
    """Make the address that a mailed link confirms the account's own.

    The former address is told, without the new one in it. Raises NotFound for a link that is no longer good, and
    Conflict where the address was taken meanwhile.
    """
    account = account_links.owner(Purpose.CONFIRM_EMAIL, token, lock=True)
    email, former = account.pending_email or account.email, account.email
    try:
        with unit_of_work.saving():
            account.email, account.pending_email = email, None
    except Invalid as error:
        message = "Somebody else uses that e-mail address by now. Yours stays as it was."
        raise Conflict(message) from error
    audit.record(actor, "account.email_confirmed", account, account_id=account.id)
    if account.password_hash is not None:  # else the former one was mistyped, and is a stranger's
        outbox.tell_about_account(Template.EMAIL_CHANGED, account, former)
    return account


def close(actor: Actor, account: Account) -> None:
    """Close an account: nobody signs in to it any more, and all its sessions end. Its data stay with the hospital.

    Raises Conflict for the last admin: nobody could run the hospital's data then; and NotFound for one that is closed.
    """
    if account.is_admin:
        refuse_last_admin(account)
    closing = update(Account).where(Account.id == account.id, Account.is_active).values(is_active=False)
    if db.session.scalar(closing.returning(Account.id)) is None:
        raise NotFound
    sessions.end_all(account.id)
    second_factors.remove(account.id)
    audit.record(actor, "account.closed", account, account_id=account.id)


def lock_admins() -> set[int]:
    """The keys of the active admins, whose accounts are locked until the unit of work ends, by key."""
    admins = select(Account.id).where(Account.is_admin, Account.is_active).order_by(Account.id)
    return set(db.session.scalars(admins.with_for_update(key_share=True)))


def refuse_last_admin(account: Account) -> None:
    """Raise Conflict for the account of the only active admin: nobody could run the hospital's data without it."""
    if not lock_admins() - {account.id}:
        message = "This is the hospital's last administrator. Make another one first."
        raise Conflict(message)


def create_admin(*, username: str, email: str, password: str) -> Account:
    """Create an account that runs the hospital's data, for the command line. Raises Invalid as `register` does."""
    system = Actor()
    account = register(system, username=username, email=email, password=password)
    account.is_admin = True
    audit.record(system, "account.made_admin", account, account_id=account.id)
    return account
