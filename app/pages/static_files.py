"""Static files: addresses that carry the content's fingerprint, so that browsers may keep the file for a year."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from http import HTTPStatus
from pathlib import Path

import brotli  # type: ignore[import-untyped] # ships no types
from flask import Flask, Response, current_app, request, url_for

YEAR = 365 * 24 * 3600
NAMED_BY_VERSION = "fonts/"
"""Files below are fetched by the style sheet, without a fingerprint: another font gets another name."""
_FOUND = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED})


_TEXTS = frozenset({".css", ".js", ".svg"})
_BIGGEST_PACKED = 500_000
"""In bytes. Bigger ones, of the API documentation, would take seconds."""

_BROTLI = "br"


@cache
def _fingerprint(path: Path, _modified: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def fingerprint(filename: str) -> str:
    """Twelve hexadecimal digits of a static file's content. Raises FileNotFoundError for a file that is not there."""
    path = Path(str(current_app.static_folder)) / filename
    return _fingerprint(path, path.stat().st_mtime_ns)


def static_url(filename: str) -> str:
    """The address of a static file, such as `css/portal.css`, with its fingerprint.

    Raises FileNotFoundError for a file that is not there.
    """
    if filename.startswith(NAMED_BY_VERSION):
        return url_for("static", filename=filename)
    return url_for("static", filename=filename, v=fingerprint(filename))


def _is_to_be_kept(response: Response) -> bool:
    """Whether the response is a static file at an address that never means another content."""
    if request.endpoint != "static" or response.status_code not in _FOUND or request.view_args is None:
        return False
    filename = request.view_args["filename"]
    return filename.startswith(NAMED_BY_VERSION) or request.args.get("v") == fingerprint(filename)


def _keep_for_a_year(response: Response) -> Response:
    if _is_to_be_kept(response):
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.max_age = YEAR
        response.cache_control.immutable = True
    return response


@lru_cache(maxsize=32)
def _packed(path: Path, _modified: int) -> bytes:
    """A text as small as it gets: it takes half a second for a style sheet, once, and spares every first visit."""
    return bytes(brotli.compress(path.read_bytes(), quality=11))


def _pack(response: Response) -> Response:
    """Send our own texts packed, to whoever reads that, where the address carries the fingerprint."""
    if not _is_to_be_kept(response) or _BROTLI not in request.headers.get("Accept-Encoding", ""):
        return response
    path = Path(str(current_app.static_folder)) / (request.view_args or {})["filename"]
    if response.status_code == HTTPStatus.OK and path.suffix in _TEXTS and path.stat().st_size <= _BIGGEST_PACKED:
        response.close()
        response.direct_passthrough = False
        response.set_data(_packed(path, path.stat().st_mtime_ns))
        response.content_encoding = _BROTLI
        response.vary.add("Accept-Encoding")
        response.set_etag(f"{response.get_etag()[0]}-{_BROTLI}")
    return response


def configure_static_files(app: Flask) -> None:
    """Let browsers keep fingerprinted files, which go out packed, and give templates `static_url`."""
    app.after_request(_keep_for_a_year)
    app.after_request(_pack)
    app.jinja_env.globals["static_url"] = static_url
