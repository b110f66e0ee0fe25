"""Rows of the JSON face."""

from __future__ import annotations

from tests.architecture.permissions import Row, same

ROWS: dict[str, Row] = {
    # Anyone may register, sign in, refresh and sign out: 400 and 401 speak of the empty body.
    "POST /register": same(400),
    "POST /api/user/register": same(400),
    "POST /auth/register": same(400),
    "POST /api/register": same(400),
    "POST /registrations": same(400),
    "POST /login": same(400),
    "POST /api/user/login": same(400),
    "POST /auth/login": same(400),
    "POST /api/token": same(400),
    "POST /api/user/token/refresh": same(400),
    "POST /api/token/refresh": same(400),
    "GET /openapi.json": same(200),
    "GET /docs": same(200),
}
