"""How somebody signs in and is called: what usernames, e-mail addresses and names may be, and which are taken."""

from __future__ import annotations

import re
from collections.abc import Collection

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import or_, select

from app import unit_of_work
from app.errors import Invalid
from app.extensions import db
from app.models import Account
from app.models.types import name_key

MAXIMUM_NAME = 150
_USERNAME = re.compile(r"[\w.+-]{1,150}")


def errors(username: str, email: str, first_name: str, last_name: str) -> dict[str, list[str]]:
    """What is wrong with how somebody would sign in and is called, by field, whether or not it is taken."""
    problems = {"username": username_problem(username), "email": email_problem(email)}
    found = {field: [problem] for field, problem in problems.items() if problem}
    return found | name_errors(first_name, last_name)


def username_problem(username: str) -> str | None:
    """What is wrong with a username, in one sentence, or None."""
    if not username.strip():
        return "Enter a username."
    if "@" in username:
        return "A username cannot contain @. Use letters, digits and . _ + -"
    if not _USERNAME.fullmatch(username.strip()):
        return "Use letters, digits and . _ + - in the username, and at most 150 of them."
    return None


def email_problem(email: str) -> str | None:
    """What is wrong with an e-mail address, in one sentence, or None."""
    try:
        validate_email(email.strip(), check_deliverability=False)
    except EmailNotValidError:
        return "Enter an e-mail address in the correct format, like name@example.com."
    return None


def name_errors(first_name: str, last_name: str) -> dict[str, list[str]]:
    """What is wrong with what somebody is called, by field."""
    names = {"first_name": ("first name", first_name), "last_name": ("last name", last_name)}
    return {
        field: [f"Use {MAXIMUM_NAME} characters or fewer in the {what}."]
        for field, (what, name) in names.items()
        if len(name) > MAXIMUM_NAME
    }


def taken(username: str, email: str) -> dict[str, list[str]]:
    """Both clashes at once, where the database would name only the first; the unique constraints have the last word."""
    key, email_key = name_key(username), name_key(email)
    return clashes(key, email_key, taken_keys([key], [email_key]))


def taken_keys(usernames: Collection[str], emails: Collection[str]) -> set[str]:
    """Those of these keys that accounts have, by one statement: usernames have no @, so no two kinds are alike."""
    found = db.session.execute(
        select(Account.username_key, Account.email_key).where(
            or_(Account.username_key.in_(usernames), Account.email_key.in_(emails))
        )
    )
    return {key for row in found for key in row}


def clashes(username_key: str, email_key: str, taken: Collection[str]) -> dict[str, list[str]]:
    """What is wrong with a new account whose keys may be among those that are `taken`, by field."""
    keys = {username_key: "uq_account_username_key", email_key: "uq_account_email_key"}
    found: dict[str, list[str]] = {}
    for key, guard in keys.items():
        problem = unit_of_work.GUARDS[guard]()
        if key in taken and isinstance(problem, Invalid):
            found |= problem.errors
    return found
