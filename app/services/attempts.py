"""How often somebody may try to sign in: by account, over every spelling and both faces (contract, section 13)."""

from __future__ import annotations

import hashlib
import time

from limits import parse
from redis.exceptions import RedisError

from app.errors import TooMany
from app.extensions import limiter, settings


def count_sign_in(name: str) -> None:
    """Count a try for an account name. Raises TooMany above the limit; a store that is down lets people in."""
    if not settings.ratelimit_enabled:
        return
    limit = parse(settings.ratelimit_sign_in)
    # Hashed: the store holds no names, and no megabytes that somebody types for one.
    key = hashlib.sha256(name.encode(errors="replace")).hexdigest()
    try:
        if limiter.limiter.hit(limit, "sign-in", key):
            return
        reset_time, _ = limiter.limiter.get_window_stats(limit, "sign-in", key)
    except RedisError:
        return
    seconds = max(1, round(reset_time - time.time()))
    raise TooMany("Too many tries to sign in with that name. Wait a little and try again.", retry_after=seconds)
