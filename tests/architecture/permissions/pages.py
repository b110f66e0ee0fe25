"""Rows of the HTML face."""

from __future__ import annotations

from tests.architecture.permissions import Row, same

ROWS: dict[str, Row] = {
    "GET /static/<path:filename>": same(200, values={"filename": "css/portal.css"}),
}
