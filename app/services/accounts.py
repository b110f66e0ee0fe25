"""Accounts: registering, signing in, and making admins."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import or_, select

from app import unit_of_work
from app.errors import Invalid, Unauthorized
from app.extensions import db, settings
from app.models import Account, Approval, ClinicalRecord, Department, Doctor, Patient, Profile
from app.models.types import name_key
from app.policy import Actor
from app.services import attempts, audit

MINIMUM_PASSWORD = 8
MAXIMUM_PASSWORD = 200
MAXIMUM_NAME = 150
_USERNAME = re.compile(r"[\w.+-]{1,150}")
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
    Raises Invalid with every field at fault, and for a username or an e-mail address that is taken.
    """
    errors = _sign_in_errors(username, email, password, confirm_password) | _name_errors(first_name, last_name)
    if role == "doctor" and department is None:
        errors["department"] = ["Choose the department that you work in."]
    if errors:
        raise Invalid(errors=errors)
    # Before the database is first asked: on SQLite all who write would wait for as long as Argon2 takes.
    password_hash = hash_password(password)
    errors = _taken(username, email)
    if errors:
        raise Invalid(errors=errors)
    account = Account(
        username=username.strip(),
        email=email.strip(),
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        password_hash=password_hash,
    )
    with unit_of_work.saving():
        db.session.add(account)
    patient = Patient(manager_id=account.id, created_by_id=account.id, is_own=True, name=account.display_name)
    db.session.add_all([Profile(account_id=account.id), patient])
    db.session.flush()
    audit.record(actor, "account.registered", account, account_id=account.id, patient_id=patient.id)
    if role == "doctor" and department is not None:
        _apply(actor, account, department)
    elif clinical_texts and any(clinical_texts.values()):
        _report(actor, patient, clinical_texts)
    return account


def _apply(actor: Actor, account: Account, department: Department) -> None:
    approval = Approval.APPROVED if settings.doctor_approval == "automatic" else Approval.PENDING
    doctor = Doctor(
        account_id=account.id,
        name=account.display_name,
        department_id=department.id,
        approval=approval,
        created_by_id=account.id,
    )
    with unit_of_work.saving():
        db.session.add(doctor)
    audit.record(actor, "doctor.applied", doctor, account_id=account.id, approval=approval.value)


def _report(actor: Actor, patient: Patient, texts: Mapping[str, str]) -> None:
    record = ClinicalRecord(patient_id=patient.id, reported_by_patient=True, **texts)
    db.session.add(record)
    db.session.flush()
    audit.record(actor, "record.reported", record, account_id=patient.manager_id, patient_id=patient.id)


def authenticate(_actor: Actor, *, username: str, password: str) -> Account:
    """The active account of a username, or of the e-mail address in its place, if the password is right.

    Raises Unauthorized alike for an unknown name, a wrong password and a closed account, in the same time, and
    TooMany for a name that was tried too often.
    """
    key = name_key(username)
    account = db.session.scalars(
        select(Account).where(or_(Account.username_key == key, Account.email_key == key), Account.is_active)
    ).one_or_none()
    attempts.count_sign_in(account.username_key if account else key)
    stored = account.password_hash if account else None
    unit_of_work.pause()
    if not _matches(stored or _decoy(), password) or account is None or stored is None:
        raise Unauthorized(WRONG_CREDENTIALS)
    if _hasher().check_needs_rehash(stored):
        account.password_hash = hash_password(password)
    return account


def note_failed_sign_in(actor: Actor) -> None:
    """Note in the audit trail that somebody could not sign in, in a transaction of its own: the refusal rolls back."""
    unit_of_work.rollback()
    with unit_of_work.transaction():
        audit.record(actor, "session.refused")


def create_admin(*, username: str, email: str, password: str) -> Account:
    """Create an account that runs the hospital's data, for the command line. Raises Invalid as `register` does."""
    system = Actor()
    account = register(system, username=username, email=email, password=password)
    account.is_admin = True
    audit.record(system, "account.made_admin", account, account_id=account.id)
    return account


def hash_password(password: str) -> str:
    """The stored form of a password (Argon2id)."""
    return _hasher().hash(_prepared(password))


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _decoy() -> str:
    """The hash of nobody's password: an unknown name takes as long as a wrong password."""
    return hash_password("nobody's password")


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher().verify(stored, _prepared(password))
    except (VerificationError, InvalidHashError):
        return False


def _prepared(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode(errors="replace")[: MAXIMUM_PASSWORD * 4]


def _sign_in_errors(username: str, email: str, password: str, confirm_password: str | None) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not username.strip():
        errors["username"] = ["Enter a username."]
    elif "@" in username:
        errors["username"] = ["A username cannot contain @. Use letters, digits and . _ + -"]
    elif not _USERNAME.fullmatch(username.strip()):
        errors["username"] = ["Use letters, digits and . _ + - in the username, and at most 150 of them."]
    try:
        validate_email(email.strip(), check_deliverability=False)
    except EmailNotValidError:
        errors["email"] = ["Enter an e-mail address in the correct format, like name@example.com."]
    problem = password_problem(password, username=username, email=email)
    if problem:
        errors["password"] = [problem]
    if confirm_password is not None and confirm_password != password:
        errors["confirm_password"] = ["The two passwords are not the same. Enter it again."]
    return errors


def _name_errors(first_name: str, last_name: str) -> dict[str, list[str]]:
    names = {"first_name": ("first name", first_name), "last_name": ("last name", last_name)}
    return {
        field: [f"Use {MAXIMUM_NAME} characters or fewer in the {what}."]
        for field, (what, name) in names.items()
        if len(name) > MAXIMUM_NAME
    }


def password_problem(password: str, *, username: str = "", email: str = "") -> str | None:
    """What is wrong with a new password, in one sentence, or None."""
    if len(password) < MINIMUM_PASSWORD:
        return f"Use a password of at least {MINIMUM_PASSWORD} characters."
    if len(password) > MAXIMUM_PASSWORD:
        return f"Use a password of at most {MAXIMUM_PASSWORD} characters."
    if password.casefold() in {username.strip().casefold(), email.strip().casefold()} or len(set(password)) == 1:
        return "That password is too easy to guess. Choose another one."
    return None


def _taken(username: str, email: str) -> dict[str, list[str]]:
    """Both clashes at once, where the database would name only the first; the unique constraints have the last word."""
    keys = {name_key(username): "uq_account_username_key", name_key(email): "uq_account_email_key"}
    found = db.session.execute(
        select(Account.username_key, Account.email_key).where(
            or_(Account.username_key == name_key(username), Account.email_key == name_key(email))
        )
    ).all()
    present = {key for row in found for key in row}
    errors: dict[str, list[str]] = {}
    for key, guard in keys.items():
        problem = unit_of_work.GUARDS[guard]()
        if key in present and isinstance(problem, Invalid):
            errors |= problem.errors
    return errors
