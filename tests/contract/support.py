"""What the contract suite shares: programs that speak a document's dialect, and answers compared with its examples."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app.models import Account
from tests.api.support import problem
from tests.api.support import text as moment
from tests.support.clients import PASSWORD, ApiClient

__all__ = [
    "DIALECTS",
    "Dialect",
    "Program",
    "like",
    "moment",
    "ok",
    "page_like",
    "picture",
    "refused",
    "shows_a_picture",
]

Example = Any
"""A value as a document shows it: `0` stands for any whole number, `"string"` for any text, and so on."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_STARS = re.compile("⭐{1,5}")
_TEXTS: Mapping[str, Callable[[str], object]] = {
    "string": lambda _: True,
    "user@example.com": lambda text: "@" in text,
    "2023-01-01T00:00:00Z": _MOMENT.fullmatch,
    "2023-01-01": _DATE.fullmatch,
    "⭐⭐⭐⭐⭐": _STARS.fullmatch,
    "Online": lambda text: text in {"Online", "Offline"},
    "Pendding": lambda text: text in {"Pendding", "Running", "Completed"},
    "Pending": lambda text: text in {"Pending", "Confirmed", "Cancelled"},
    "09:00:00": re.compile(r"\d\d:\d\d:\d\d").fullmatch,
}
"""What each text of the documents' examples stands for."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the clients of a document sign in, and how they send the token."""

    sign_in: str
    token: str = "access"
    scheme: str = "Bearer"

    def authorization(self, token: str) -> str:
        """The header's value."""
        return f"{self.scheme} {token}".lstrip()


DIALECTS: Mapping[str, Dialect] = {
    "000": Dialect("/login", token="token", scheme="Token"),
    "001": Dialect("/api/user/login/"),
    "002": Dialect("/auth/login/", scheme=""),
    "003": Dialect("/api/token/"),
    "004": Dialect("/api/token/"),
}
"""By document. 002 says nothing of how the token is sent: its clients send it bare here."""


class Program(ApiClient):
    """A document's client: it sends the token in the document's way."""

    def __init__(self, client: FlaskClient, dialect: Dialect, token: str | None = None) -> None:
        super().__init__(client, token)
        self.dialect = dialect

    def open(self, method: str, path: str, **options: Any) -> TestResponse:
        """Send a request; options are those of Flask's test client."""
        headers = dict(options.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", self.dialect.authorization(self.token))
        return self.client.open(path, method=method, headers=headers, **options)

    def with_token(self, token: str | None) -> Program:
        """Another program on this connection, signed in already."""
        return Program(self.client, self.dialect, token)

    def sign_in(self, account: Account | None = None, *, username: str = "", password: str = PASSWORD) -> Program:
        """Another program on this connection, that signs in in the document's way."""
        name = account.username if account is not None else username
        response = self.client.post(self.dialect.sign_in, json={"username": name, "password": password})
        return self.with_token(ok(response)[self.dialect.token])


def ok(response: TestResponse, status: int = 200) -> Any:
    """The body of an answer that went well; None where it has none, as 204 promises."""
    assert response.status_code == status, f"{response.status}: {response.text[:2000]}"
    if status == 204:
        assert response.data == b""
        return None
    assert response.mimetype == "application/json", response.mimetype
    return response.get_json()


def like(value: Any, example: Example, *, nullable: Collection[str] = (), place: str = "the body") -> Any:
    """Check that a value has all that an example shows, in its types; return the value. It may have more.

    `nullable` names the members that may be null. The first entry of an example's list stands for every entry.
    """
    if isinstance(example, dict):
        assert isinstance(value, dict), f"{place} is {value!r}"
        missing = example.keys() - value.keys()
        assert not missing, f"{place} lacks {sorted(missing)}: {value}"
        for name, inner in example.items():
            if value[name] is not None or name not in nullable:
                like(value[name], inner, nullable=nullable, place=f"{place}.{name}")
    elif isinstance(example, list):
        assert isinstance(value, list), f"{place} is {value!r}"
        for number, entry in enumerate(value):
            like(entry, example[0], nullable=nullable, place=f"{place}[{number}]")
    else:
        assert type(value) is type(example), f"{place} is {value!r}, where {example!r} is documented"
        if isinstance(example, str):
            assert _TEXTS[example](value), f"{place} is {value!r}, where {example!r} is documented"
    return value


def page_like(response: TestResponse, example: Example, *, nullable: Collection[str] = ()) -> list[Any]:
    """The results of a list that can grow, all like the example (document 001, "Pagination")."""
    body = ok(response)
    assert set(body) == {"count", "next", "previous", "results"}
    like(
        body,
        {"count": 0, "next": "string", "previous": "string", "results": [example]},
        nullable={"next", "previous", *nullable},
    )
    assert body["next"] or body["previous"] or body["count"] == len(body["results"])
    results: list[Any] = body["results"]
    return results


def refused(response: TestResponse, status: int, *fields: str) -> dict[str, Any]:
    """The problem body of a refusal, with these fields at fault."""
    body = problem(response, status)
    assert body["detail"].strip()
    if status == 401:
        assert response.headers["WWW-Authenticate"]
    for field in fields:
        assert all(isinstance(text, str) for text in body["errors"][field])
    return body


@cache
def _png() -> bytes:
    content = BytesIO()
    Image.new("RGB", (8, 8), "#0b5563").save(content, "PNG")
    return content.getvalue()


def picture(name: str = "picture.png") -> tuple[BytesIO, str]:
    """A real, small PNG file, to be sent once."""
    return BytesIO(_png()), name


def shows_a_picture(client: FlaskClient, address: str) -> None:
    """Check that a browser's `<img>`, which sends no token, shows what is at this address."""
    assert re.fullmatch(r"https?://[^/]+/media/.+", address), address
    response = client.get(urlsplit(address).path)
    assert response.status_code == 200, response.text
    assert response.mimetype.startswith("image/")
    with Image.open(BytesIO(response.data)) as image:
        assert image.size == (8, 8)
