"""What somebody changes about the own account, after proving by the password that it is its owner who acts.

A browser may have been left open: signed in is not enough to lock somebody out of an account.
"""

from __future__ import annotations

from sqlalchemy import select

from app import unit_of_work
from app.errors import Conflict, Invalid, Unauthorized
from app.extensions import db
from app.models import Account, Doctor
from app.models.types import name_key
from app.policy import LISTED, Actor
from app.services import accounts, attempts, audit, passwords

WRONG_PASSWORD = "This is not your present password. Enter it again."  # noqa: S105 (no password)


def get(actor: Actor) -> Account:
    """The actor's own account. Raises Unauthorized for a stranger."""
    query = select(Account).where(Account.id == actor.account_id, Account.is_active)
    account = db.session.scalars(query).one_or_none()
    if account is None:
        raise Unauthorized
    return account


def change_password(actor: Actor, *, current_password: str, password: str) -> None:
    """Choose another password. All other sessions of the account end; the one in which this is asked stays.

    Raises Invalid with every field at fault, TooMany as `accounts.authenticate` does, and Conflict where the password
    was changed meanwhile.
    """
    account = get(actor)
    problem = passwords.problem(password, username=account.username, email=account.email)
    if not problem and password == current_password:
        problem = "That is your present password. Choose another one."
    proven = prove(actor, current_password, problems={"password": [problem]} if problem else {})
    password_hash = passwords.hashed(password)
    accounts.replace_password(actor, hold(actor, proven), password_hash, keep=actor.session_id)


def change_email(actor: Actor, *, current_password: str, email: str) -> None:
    """Ask for another e-mail address, see accounts.change_email.

    Raises what it raises, and as `change_password` does.
    """
    if name_key(email) == get(actor).email_key:
        raise Invalid("This is your e-mail address already. Enter another one.", field="email")
    proven = prove(actor, current_password)
    accounts.change_email(actor, hold(actor, proven), email)


def send_email_again(actor: Actor) -> bool:
    """Mail the link to the address that waits to be confirmed once more; False where none waits. Raises TooMany."""
    account = get(actor)
    if account.pending_email is None:
        return False
    accounts.change_email(actor, account, account.pending_email)
    return True


def keep_email(actor: Actor) -> None:
    """Want no other address after all: links to confirm it end."""
    account = get(actor)
    if account.pending_email is not None:
        account.pending_email = None
        audit.record(actor, "account.email_kept", account)


def close(actor: Actor, *, current_password: str) -> None:
    """Close the own account, see accounts.close.

    Raises as `change_password` does, and Conflict for the last admin and for a doctor whom patients can still book.
    """
    listed = select(Doctor.id).where(Doctor.account_id == actor.account_id, LISTED)
    if db.session.scalar(listed) is not None:
        raise Conflict("Patients can still book with you. Ask an administrator to take you off the list first.")
    proven = prove(actor, current_password)
    accounts.close(actor, hold(actor, proven))


def prove(actor: Actor, password: str, *, problems: dict[str, list[str]] | None = None) -> str:
    """The stored form of the password that proves who acts. It comes first in its unit of work.

    Raises Invalid with other `problems`, too, and TooMany for who has tried too often. A wrong one is in the audit
    trail, written after the rollback.
    """
    account = get(actor)
    attempts.count_sign_in(account.username_key)
    stored = account.password_hash
    unit_of_work.pause()
    if stored is None or not passwords.is_right(stored, password):
        unit_of_work.rollback()
        with unit_of_work.transaction():
            audit.record(actor, "account.proof_refused")
        raise Invalid(errors={"current_password": [WRONG_PASSWORD], **(problems or {})})
    if problems:
        raise Invalid(errors=problems)
    return stored


def hold(actor: Actor, proven: str) -> Account:
    """The own account, locked, if the password is still the one that was proven."""
    query = select(Account).where(Account.id == actor.account_id, Account.is_active)
    held = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    account = db.session.scalars(held).one_or_none()
    if account is None:
        raise Unauthorized
    if account.password_hash != proven:
        raise Conflict("Your password was changed meanwhile. Load the page again.")
    return account
