"""Clients as people and programs use the portal: through its pages' forms, and with a bearer token."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

PASSWORD = "correct horse battery staple"


class _Inputs(HTMLParser):
    """The values that a page's forms would send unchanged, by name; the last form's win."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        name = attributes.get("name")
        kind = attributes.get("type", "text")
        unticked = kind in ("radio", "checkbox") and "checked" not in attributes
        if tag == "input" and name and kind not in ("submit", "file") and not unticked:
            self.values[name] = attributes.get("value") or ""


def form_values(page: str) -> dict[str, str]:
    """What the forms of a page hold, hidden fields and the CSRF token among them."""
    parser = _Inputs()
    parser.feed(page)
    return parser.values


def submit(client: FlaskClient, path: str, **fields: Any) -> TestResponse:
    """Open a page and send its form with these fields, all others as the page has them. Follows no redirect."""
    page = client.get(path)
    assert page.status_code == 200, f"GET {path} answered {page.status}"
    return client.post(path, data=form_values(page.text) | fields)


def sign_in(client: FlaskClient, account: Any, password: str = PASSWORD) -> FlaskClient:
    """Send the form of the sign-in page for an account, and return the client.

    The page itself is not opened: it would be an eighth of the time of all tests of pages.
    """
    with client.session_transaction() as cookie:
        secret = cookie.setdefault("csrf_token", "a secret of this browser")
    token = URLSafeTimedSerializer(client.application.secret_key or "", salt="wtf-csrf-token").dumps(secret)
    typed = {"username": account.username, "password": password, "csrf_token": token}
    response = client.post("/sign-in", data=typed)
    assert response.status_code == 303, f"Signing in answered {response.status}:\n{response.text[:2000]}"
    return client


class ApiClient:
    """A program that sends its bearer token with every request; without an account it sends none."""

    def __init__(self, client: FlaskClient, token: str | None = None) -> None:
        self.client = client
        self.token = token

    def open(self, method: str, path: str, **options: Any) -> TestResponse:
        """Send a request; options are those of Flask's test client."""
        headers = dict(options.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        return self.client.open(path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """GET."""
        return self.open("GET", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        """POST."""
        return self.open("POST", path, **options)

    def put(self, path: str, **options: Any) -> TestResponse:
        """PUT."""
        return self.open("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> TestResponse:
        """PATCH."""
        return self.open("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        """DELETE."""
        return self.open("DELETE", path, **options)


def api(client: FlaskClient, account: Any | None = None, password: str = PASSWORD) -> ApiClient:
    """A JSON client of an account, signed in at `/api/token/`; of nobody when none is given."""
    if account is None:
        return ApiClient(client)
    response = client.post("/api/token/", json={"username": account.username, "password": password})
    assert response.status_code == 200, f"POST /api/token/ answered {response.status}: {response.text[:2000]}"
    return ApiClient(client, response.get_json()["access"])
