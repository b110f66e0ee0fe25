"""The OpenAPI 3.1 document, made from the code, and the pages that show it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from http import HTTPStatus
from threading import Lock
from typing import Any

from apispec import BasePlugin
from flask import Blueprint, Flask, Response, current_app, json, render_template
from flask_smorest import Api
from marshmallow import fields

from app.api.forms import PICTURE, TEXT, tell_of_forms
from app.api.problem import PROBLEM_TYPE, PROBLEMS, Problem
from app.api.resource import Documented, JsonBlueprint
from app.api.schemas.fields import LONGEST_NAME, Entry, PictureFile, Text, WholeNumber

OPENAPI_VERSION = "3.1.0"
TITLE = "Hospital portal"
VERSION = "1.0"
DESCRIPTION = """\
Five published documents, one behaviour. Every path answers with and without its last slash; every write takes JSON,
`application/x-www-form-urlencoded` or `multipart/form-data`, lists in forms as repeated keys.
Unknown fields are ignored.

**Sign in** at any of the sign-in paths, then send `Authorization: Bearer <access>`; `Token <access>` and the bare token
are taken, too. An access token lives for 12 hours, a refresh token for 30 days, unless the hospital set it otherwise.

**Times** go out as ISO 8601 in UTC. A time that comes in without an offset is the hospital's local time.

**Refusals** are problem bodies (RFC 9457), in this order: token (401), role (403), visibility (404), body (400),
what may be done to this row (403), state (409).

Documents are called 000 to 004; an operation says which of them publish its path.
"""
_HEADERS = {
    "WWW-Authenticate": "The scheme to sign in with.",
    "Allow": "The methods of the path.",
    "Retry-After": "Seconds to wait.",
}
_SCHEME = "token"
_NOT_BLANK = r"[^\s\x1c-\x1f\x85]"
"""Something beside blanks. Python counts five control characters among them, the `\\s` of JSON Schema does not."""
_ID = {"type": "integer", "minimum": 1, "format": "int64"}
_NAME = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "pattern": _NOT_BLANK}
_ENTRY = (
    _ID,
    _NAME,
    {"type": "object", "properties": {"id": {"anyOf": [_ID, _NAME]}}, "required": ["id"]},
    {
        "type": "object",
        "properties": {"name": {"anyOf": [_ID, _NAME]}},
        "required": ["name"],
        "not": {"required": ["id"]},
    },
)
"""An entry of a vocabulary: its id, its name, or the object that it is read as."""


class Operations(BasePlugin):
    """Gives every operation its published path, an id of its own, and the refusals that follow from its path."""

    def __init__(self) -> None:
        self.documented: dict[str, Documented] = {}

    def path_helper(self, *_arguments: Any, **options: Any) -> str:
        """The published spelling of a rule's path."""
        published = self.documented[options["rule"].endpoint].path
        return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", published)

    def operation_helper(
        self, path: str | None = None, operations: dict[str, Any] | None = None, **options: Any
    ) -> None:
        """Complete the operations of a path."""
        published = self.documented[options["rule"].endpoint]
        for method, operation in (operations or {}).items():
            operation["operationId"] = f"{method}_{re.sub('[^a-z0-9]+', '_', (path or '').lower()).strip('_')}"
            notes = [operation.get("description", "")]
            if published.alias_of:
                operation["x-alias-of"] = published.alias_of
                notes.append(f"Another name for `{published.alias_of}`.")
            publishers = published.publishers(method)
            if publishers:
                operation["x-documents"] = publishers
                notes.append(f"Published in {', '.join(publishers)}.")
            else:
                notes.append("In none of the documents.")
            operation["description"] = "\n\n".join(filter(None, notes))
            if "{" in (path or ""):
                status = HTTPStatus.NOT_FOUND
                operation["responses"].setdefault(status.value, PROBLEMS[status].name)
            operation["responses"] = dict(sorted(operation["responses"].items(), key=lambda pair: int(pair[0])))


class PortalApi(Api):
    """flask-smorest without its error handling: http.py refuses, for both faces."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask) -> None:
        self.operations = Operations()
        self._undescribed: list[JsonBlueprint] = []
        self._document: dict[str, Any] | None = None
        self._describing = Lock()
        super().__init__(
            app,
            spec_kwargs={
                "title": TITLE,
                "version": VERSION,
                "openapi_version": OPENAPI_VERSION,
                "info": {"description": DESCRIPTION},
                "servers": [{"url": "/"}],
                "security": [{_SCHEME: []}],
                "extra_plugins": [self.operations],
            },
        )
        self.ma_plugin.converter.add_attribute_function(_exactly)
        self.spec.components.security_scheme(
            _SCHEME,
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "The access token that a sign-in answers with.",
            },
        )

    def register_blueprint(self, blp: JsonBlueprint, **options: Any) -> None:
        """Register a resource file with its routes; it is described when the document is first asked for.

        Describing takes several times as long as all the rest of starting.
        """
        self._app.register_blueprint(blp, **options)
        self._undescribed.append(blp)

    def described(self) -> Mapping[str, Any]:
        """The whole document."""
        with self._describing:
            if self._document is None or self._undescribed:
                if self._document is None:
                    self._describe_refusals()
                while self._undescribed:
                    self._describe(self._undescribed.pop(0))
                self._document = deepcopy(self.spec.to_dict())
                tell_of_forms(self._document)
            return self._document

    def _describe(self, blp: JsonBlueprint) -> None:
        self.operations.documented.update(
            {f"{blp.name}.{endpoint}": published for endpoint, published in blp.documented.items()}
        )
        blp.register_views_in_doc(self, self._app, self.spec, name=blp.name, parameters=None)
        self.spec.tag({"name": blp.name, "description": blp.description})

    def _describe_refusals(self) -> None:
        """The refusals, once each, as problem bodies."""
        for problem in PROBLEMS.values():
            headers = {name: {"description": _HEADERS[name], "schema": {"type": "string"}} for name in problem.headers}
            response: dict[str, Any] = {
                "description": problem.description,
                "content": {PROBLEM_TYPE: {"schema": Problem}},
            }
            if headers:
                response["headers"] = headers
            self.spec.components.response(problem.name, response, lazy=True)

    def _register_error_handlers(self) -> None:
        """Leave every error to http.py."""

    def _register_etag_headers(self) -> None:
        """No entity tags are used."""

    def _register_pagination_header(self) -> None:
        """Pages are told of in the body."""

    def _register_responses(self) -> None:
        """They wait, as the routes do, see `described`."""


def _exactly(_converter: object, field: fields.Field[Any], **_options: Any) -> dict[str, Any]:
    """What flask-smorest cannot know of the portal's own field types."""
    if isinstance(field, PictureFile):
        return {PICTURE: True}
    if isinstance(field, fields.String):
        is_blank_refused = isinstance(field, Text) and field.shortest and "pattern" not in field.metadata
        return {TEXT: True, **({"pattern": _NOT_BLANK} if is_blank_refused else {})}
    if isinstance(field, Entry):
        return {"anyOf": [*_ENTRY, *([{"type": "null"}] if field.allow_none else [])]}
    if isinstance(field, WholeNumber):
        return {"format": "int64"}
    return {"pattern": "^[0-9]{2}:[0-9]{2}:[0-9]{2}$"} if isinstance(field, fields.Time) else {}


def document(app: Flask) -> Mapping[str, Any]:
    """The whole OpenAPI document of an application."""
    api: PortalApi = app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    return api.described()


documentation = Blueprint("documentation", __name__)


@documentation.get("/openapi.json", strict_slashes=False)
def openapi_json() -> Response:
    """The document, for programs."""
    return Response(json.dumps(document(current_app), indent=2), mimetype="application/json")


@documentation.get("/docs", strict_slashes=False)
def docs() -> str:
    """The document, for people: Swagger UI from local files."""
    return render_template("docs.html", title=TITLE)
