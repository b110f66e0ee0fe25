"""Telephone numbers: checked as numbers, kept as people wrote them."""

from __future__ import annotations

import phonenumbers

from app.errors import Invalid
from app.extensions import settings

LONGEST = 40


def checked(text: str, *, field: str = "phone") -> str:
    """The number as it was written, without blanks around it; nothing stays nothing.

    Without a country code it is one of the region PHONE_REGION. Raises Invalid for what nobody could dial
    (contract, section 4).
    """
    written = text.strip()
    if written and not _can_be_dialled(written):
        raise Invalid("Enter a telephone number, like 020 7946 0018 or +44 20 7946 0018.", field=field)
    return written


def _can_be_dialled(text: str) -> bool:
    if len(text) > LONGEST:
        return False
    try:
        number = phonenumbers.parse(text, settings.phone_region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number)


def of_number(digits: int) -> str:
    """A telephone number that a spreadsheet has kept as a number: with the zero that was lost, where it is one."""
    try:
        number = phonenumbers.parse(str(digits), settings.phone_region)
    except phonenumbers.NumberParseException:
        return str(digits)
    is_possible = phonenumbers.is_possible_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL) if is_possible else str(digits)
