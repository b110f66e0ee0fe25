"""A calendar feed, at its secret address: read by programs that cannot sign in."""

from __future__ import annotations

import hashlib

from flask import Response, request

from app.services import calendar_feeds
from app.services.calendar_files import MEDIA_TYPE


def feed(token: str) -> Response:
    """The visits of whose address it is. Whoever has them already, and asks so, hears that nothing has changed."""
    content = calendar_feeds.read(token)
    response = Response(content, content_type=f"{MEDIA_TYPE}; charset=utf-8")
    response.cache_control.private = True
    response.cache_control.no_cache = True  # it may be kept, and is asked for again: a renewed address dies at once
    response.set_etag(hashlib.sha256(content).hexdigest())
    response.make_conditional(request)
    return response
