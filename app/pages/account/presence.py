"""For the warning before somebody is signed out for having been away: how long is left, and staying signed in."""

from __future__ import annotations

from flask import Response, jsonify

from app import identity
from app.clock import now
from app.services.sessions import Presence


def show() -> Response:
    """How many seconds are left. A page asks this by itself: it is no use of the portal."""
    return _left(identity.presence())


def stay() -> Response:
    """Somebody is there: the time begins anew."""
    return _left(identity.stay())


def _left(found: Presence | None) -> Response:
    seconds = (found.ends_at - now()).total_seconds() if found else 0
    return jsonify(seconds_left=max(0, int(seconds)))
