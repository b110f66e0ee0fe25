"""What a valid request may still be refused for: rules of the hospital that no schema can tell.

The check `positive_data_acceptance` takes 400 for a mistake whenever a request fits the document. It is one unless each
field that the refusal names stands here, for that operation, with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Excuse:
    """Fields of some operations, by their names on the wire, that may be refused although they fit the document."""

    operations: str
    fields: frozenset[str]
    reason: str


def _excuse(operations: str, fields: str, reason: str) -> Excuse:
    """`fields` are separated by blanks."""
    return Excuse(operations, frozenset(fields.split()), reason)


_REGISTRATION = r"POST /(register|registrations/|api/register/|auth/register/|api/user/register/)"
_PEOPLE = r"(POST|PUT|PATCH) /(api/user/profiles|(api/)?(patients|doctors))/.*"
_WRITES = r"(POST|PUT|PATCH) /.*"

EXCUSES: tuple[Excuse, ...] = (
    _excuse(_REGISTRATION, "username", "It is taken, or has other characters than letters and digits of any script."),
    _excuse(_REGISTRATION, "email", "It is taken, or mail cannot be sent to it: fewer are taken than RFC 5322 allows."),
    _excuse(_REGISTRATION, "password confirm_password", "It is easy to guess, or is not the same twice."),
    _excuse("POST /register", "department", "Doctors need one, and it must exist."),
    _excuse(_PEOPLE, "username email password", "As at registration; and one without the others makes no account."),
    _excuse(_PEOPLE, "name", "It is needed where there is no account to take it from."),
    _excuse(_PEOPLE, "date_of_birth", "Nobody is born in the future, or lives 150 years."),
    _excuse(_WRITES, "phone", "Which numbers exist is known to the plan of each country."),
    _excuse(_WRITES, "profile profile_picture image", "The file is no picture, or the text not its address."),
    _excuse(_WRITES, "doctor patient appointment", "There is none with this id, or the row is of another one."),
    _excuse(_WRITES, "department designation specialisation", "There is none with this id or name."),
    _excuse(_WRITES, "time available_time", "There is none with this id; or, where it is text, it is no time of day."),
    _excuse(_WRITES, "available_from available_to", "The end is not after the start."),
    _excuse(_WRITES, "appointment_time", "It is past, or the calendar has no such moment: a leap second, the year 0."),
    _excuse(_WRITES, "appointment_status cancel state status", "They contradict one another."),
    _excuse(_WRITES, "meet_link", "It is no address of the web."),
    _excuse(r"GET /.*", "department", "There is none with this id or name."),
    _excuse(r"GET /.*", "from to", "The calendar has no such moment: a leap second, the year 0."),
)


SENTENCES: tuple[tuple[str, str, str], ...] = (
    ("POST /login", "The username or password is not right.*", "Wrong credentials are 400 here: document 000."),
    (_WRITES, "A part of the form has no name.", "Unknown parts had control characters in their names."),
)
"""Operations that may refuse a valid request without naming a field, with which sentence, and why."""


def is_excused(operation: str, detail: str, fields: frozenset[str]) -> bool:
    """Whether a refusal (400) with this sentence and these fields is right for a request that fits the document."""
    if not fields:
        return any(
            re.fullmatch(operations, operation) and re.fullmatch(sentence, detail)
            for operations, sentence, _reason in SENTENCES
        )
    known = {name for excuse in EXCUSES if re.fullmatch(excuse.operations, operation) for name in excuse.fields}
    return fields <= known
