"""Passwords: what a new one must be, and how it is stored and compared."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MINIMUM_PASSWORD = 8
MAXIMUM_PASSWORD = 200


def problem(password: str, *, username: str = "", email: str = "") -> str | None:
    """What is wrong with a new password, in one sentence, or None."""
    if len(password) < MINIMUM_PASSWORD:
        return f"Use a password of at least {MINIMUM_PASSWORD} characters."
    if len(password) > MAXIMUM_PASSWORD:
        return f"Use a password of at most {MAXIMUM_PASSWORD} characters."
    if password.casefold() in {username.strip().casefold(), email.strip().casefold()} or len(set(password)) == 1:
        return "That password is too easy to guess. Choose another one."
    return None


def hashed(password: str) -> str:
    """The stored form of a password (Argon2id)."""
    return _hasher().hash(_prepared(password))


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _decoy() -> str:
    """The hash of nobody's password: an unknown name takes as long as a wrong password."""
    return hashed("nobody's password")


def is_right(stored: str | None, password: str) -> bool:
    """Whether a password is the stored one. It takes as long where none is stored."""
    try:
        _hasher().verify(stored or _decoy(), _prepared(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether new passwords are stored in a stronger form than this one."""
    return _hasher().check_needs_rehash(stored)


def _prepared(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode(errors="replace")[: MAXIMUM_PASSWORD * 4]
