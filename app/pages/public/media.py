"""Pictures, at the signed addresses that pages and JSON hand out."""

from __future__ import annotations

from flask import Response

from app.clock import now
from app.services import pictures


def show(token: str) -> Response:
    """A picture, to be kept for as long as its address is good. An address that is no longer good is 404."""
    shown = pictures.open_picture(token)
    response = Response(shown.content, content_type=shown.content_type)
    seconds = max(0, int((shown.keep_until - now()).total_seconds()))
    response.headers["Cache-Control"] = f"{'public' if shown.is_public else 'private'}, max-age={seconds}, immutable"
    return response
