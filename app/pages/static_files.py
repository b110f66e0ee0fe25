"""Static files: addresses that carry the content's fingerprint, so that browsers may keep the file for a year."""

from __future__ import annotations

import hashlib
from functools import cache
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for

YEAR = 365 * 24 * 3600
NAMED_BY_VERSION = "fonts/"
"""Files below are fetched by the style sheet, without a fingerprint: another font gets another name."""
_FOUND = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED})


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


def _keep_for_a_year(response: Response) -> Response:
    if request.endpoint != "static" or response.status_code not in _FOUND or request.view_args is None:
        return response
    filename = request.view_args["filename"]
    if filename.startswith(NAMED_BY_VERSION) or request.args.get("v") == fingerprint(filename):
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.max_age = YEAR
        response.cache_control.immutable = True
    return response


def configure_static_files(app: Flask) -> None:
    """Let browsers keep fingerprinted files, and give templates `static_url`."""
    app.after_request(_keep_for_a_year)
    app.jinja_env.globals["static_url"] = static_url
