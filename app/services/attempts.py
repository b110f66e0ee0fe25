"""How often somebody may try what is open to all: to sign in, to send a message (contract, section 13)."""

from __future__ import annotations

import hashlib
import time

from limits import parse
from redis.exceptions import RedisError

from app.errors import TooMany
from app.extensions import limiter, settings

CODES = "20 per hour"


def count_sign_in(name: str) -> None:
    """Count a try for an account name, over every spelling and both faces. Raises TooMany above the limit."""
    _count(
        settings.ratelimit_sign_in,
        "sign-in",
        name,
        "Too many tries to sign in with that name. Wait a little and try again.",
    )


def count_code(name: str) -> None:
    """Count a code of an account's second factor, among its tries to sign in, too. Raises TooMany above either limit.

    Who has the password gets no further by guessing: of a million codes three are right at a time.
    """
    count_sign_in(name)
    _count(CODES, "code", name, "Too many codes were tried for that account. Wait an hour, then try again.")


def count_contact(origin: str) -> None:
    """Count a message to the hospital from a network address. Raises TooMany above the limit."""
    _count(
        settings.ratelimit_contact,
        "contact",
        origin,
        "Too many messages came from your address. Wait a little, or telephone the hospital.",
    )


def count_forgotten(name: str, origin: str) -> None:
    """Count somebody who asks for a new password, for the name as it was given and for the network address.

    Whether there is such an account makes no difference. Raises TooMany above the limit.
    """
    refusal = "You have asked for a new password too often. Wait an hour, or ask the hospital for help."
    _count(settings.ratelimit_forgotten, "forgotten name", name, refusal)
    _count(settings.ratelimit_forgotten, "forgotten address", origin, refusal)


def _count(text: str, what: str, whose: str, refusal: str) -> None:
    """Count one try of somebody against a limit; a store that is down lets people in."""
    if not settings.ratelimit_enabled:
        return
    limit = parse(text)
    # Hashed: the store holds no names, and no megabytes that somebody types for one.
    key = hashlib.sha256(whose.encode(errors="replace")).hexdigest()
    try:
        if limiter.limiter.hit(limit, what, key):
            return
        reset_time, _ = limiter.limiter.get_window_stats(limit, what, key)
    except RedisError:
        return
    raise TooMany(refusal, retry_after=max(1, round(reset_time - time.time())))
