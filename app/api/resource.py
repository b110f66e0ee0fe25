"""What every JSON endpoint shares: who is let in, in which order things are refused, and how that is documented.

The order (contract, section 1): token (401), role (403), visibility (404), and only then the body (400).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar

from flask import Request, Response, request
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser

from app.api.body import CONTENT_TYPES, read_body, refuse_unstorable
from app.api.paging import PageQuery
from app.api.problem import PROBLEMS
from app.api.wire import WireErrors, json_response
from app.errors import Invalid, Unauthorized
from app.identity import actor
from app.policy import Actor, Permission, require

Method = TypeVar("Method", bound=Callable[..., Any])
Check = Callable[..., object]


def public(method: Method) -> Method:
    """Let a method answer without a token. Everything that is not marked so needs one."""
    method.is_public = True  # type: ignore[attr-defined]  # functions carry attributes
    return _note(method, is_public=True)


def after(check: Check) -> Callable[[Method], Method]:
    """Run `check(actor, **path)` before the body is read: it refuses a role (Forbidden) or hides a row (NotFound)."""

    def mark(method: Method) -> Method:
        method.check = check  # type: ignore[attr-defined]  # functions carry attributes
        return method

    return mark


def requires(permission: Permission) -> Callable[[Method], Method]:
    """Let in only those whose role has this permission, whatever the row: 403 before anything is looked at.

    The services ask the same question for both faces; here it only comes first.
    """

    def mark(method: Method) -> Method:
        method.permission = permission  # type: ignore[attr-defined]  # functions carry attributes
        return _note(method, role=True)

    return mark


def refuses(*statuses: HTTPStatus) -> Callable[[Method], Method]:
    """Document further refusals of a method, beside those that follow from its access, path and body."""
    return lambda method: _note(method, refuses=statuses)


def _note(method: Method, **notes: object) -> Method:
    """Keep notes for the documentation where flask-smorest keeps its own, on the function."""
    documented: dict[str, Any] = getattr(method, "_apidoc", {})
    method._apidoc = {**documented, **notes}  # type: ignore[attr-defined]  # noqa: SLF001 (as its docstring says)
    return method


class Resource(MethodView):
    """A path of the JSON API. Deny by default: only what is marked public is answered without a token."""

    def dispatch_request(self, **path: Any) -> Any:
        """Admit the caller, then let the method read the body."""
        name = request.method.lower()
        method = getattr(self, name, None) or getattr(self, "get", None)
        if method is not None:
            admit(method, path)
        return super().dispatch_request(**path)


def admit(method: Callable[..., Any], path: Mapping[str, Any]) -> None:
    """Raise Unauthorized without a valid token, Forbidden for the wrong role, and what the method's check raises."""
    if getattr(method, "is_public", False):
        return
    caller: Actor = actor()
    if not caller.is_signed_in:
        raise Unauthorized
    permission: Permission | None = getattr(method, "permission", None)
    if permission is not None:
        require(caller, permission)
    check: Check | None = getattr(method, "check", None)
    if check is not None:
        check(caller, **path)


class Parser(FlaskParser):
    """webargs with the portal's own body loader, and its refusals as the portal's own."""

    DEFAULT_VALIDATION_STATUS = HTTPStatus.BAD_REQUEST

    def use_args(self, argmap: Any, *arguments: Any, **options: Any) -> Any:
        """Make the schema once for an endpoint: making it for each request took longer than reading with it."""
        return super().use_args(argmap() if isinstance(argmap, type) else argmap, *arguments, **options)

    def load_json(self, req: Request, schema: Schema) -> dict[str, object]:
        """The body, in any of the three content types."""
        return read_body(req, schema)

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """The query parameters."""
        refuse_unstorable(req.args.to_dict(flat=False))
        return super().load_querystring(req, schema)

    def handle_error(self, error: ValidationError, *_arguments: object, **_options: object) -> NoReturn:
        """Raise Invalid with the errors of a schema, keyed by wire names."""
        (messages,) = error.messages_dict.values()
        errors = flatten(messages)
        ((name, texts), *others) = errors.items()
        refusal = Invalid(f"{name}: {texts[0]}" if not others else f"These need correcting: {', '.join(errors)}.")
        refusal.errors = WireErrors(errors)
        raise refusal


def flatten(messages: Any) -> dict[str, list[str]]:
    """The nested messages of marshmallow as one list of sentences a field; entries of a list are counted from 1."""
    if not isinstance(messages, dict):
        return {"_schema": [str(text) for text in messages]}
    return {str(name): list(_sentences(found)) for name, found in messages.items()}


def _sentences(found: Any, place: str = "") -> list[str]:
    if isinstance(found, dict):
        return [
            text
            for name, inner in found.items()
            for text in _sentences(inner, f"Entry {name + 1}: " if isinstance(name, int) else f"{name}: ")
        ]
    return [f"{place}{text}" for text in ([found] if isinstance(found, str) else found)]


@dataclass(frozen=True, slots=True)
class Documented:
    """How a path stands in the documents: its published spelling, by which of them, and what it is another name for.

    An entry of `documents` is a document's number, followed by methods where it does not publish all: `000 GET PUT`.
    """

    path: str
    documents: tuple[str, ...]
    alias_of: str | None

    def publishers(self, method: str) -> list[str]:
        """The numbers of the documents that publish a method of this path."""
        entries = [entry.split() for entry in self.documents]
        return [number for number, *methods in entries if not methods or method.upper() in methods]


class JsonBlueprint(Blueprint):
    """One resource file of the JSON API. Paths are written as published and answer with and without the last slash."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, import_name: str, **options: Any) -> None:
        super().__init__(name, import_name, **options)
        self.documented: dict[str, Documented] = {}
        self._prepare_doc_cbks = [
            self._prepare_arguments_doc,
            self._prepare_content_types_doc,
            self._prepare_response_doc,
            self._prepare_access_doc,
        ]

    def route(
        self, rule: str, *, documents: tuple[str, ...] = (), alias_of: str | None = None, **options: Any
    ) -> Callable[[type[Resource]], type[Resource]]:
        """Register a Resource under a path that `documents` publish (see Documented).

        `alias_of` is the main spelling of the same.
        """

        def decorate(view: type[Resource]) -> type[Resource]:
            if not issubclass(view, Resource):
                raise TypeError(f"{view.__name__} must be a Resource: it decides who is let in.")
            number = sum(1 for endpoint in self.documented if endpoint.split("_")[0] == view.__name__)
            endpoint = f"{view.__name__}_{number}" if number else view.__name__
            self.documented[endpoint] = Documented(rule, documents, alias_of)
            # A rule without the last slash that is not strict answers both forms, with 405 and Allow right for both.
            self.add_url_rule(rule.rstrip("/"), endpoint, view, strict_slashes=False, **options)
            return view

        return decorate

    def response(
        self, status: int, schema: type[Schema] | None = None, *, many: bool = False, description: str | None = None
    ) -> Callable[[Method], Callable[..., Response]]:
        """Answer with what the method returns, as JSON; the schema documents it, and a test holds the two equal.

        `many`: it is a bare array of them.

        Running every row of a list through marshmallow would cost more than its query.
        """
        notes: dict[str, Any] = {"description": description or HTTPStatus(status).phrase, "content_type": None}
        if schema is not None:
            notes["schema"] = schema(many=many)

        def decorate(method: Method) -> Callable[..., Response]:
            @wraps(method)
            def answering(*arguments: Any, **options: Any) -> Response:
                result = method(*arguments, **options)
                answer = Response() if result is None else json_response(result)
                answer.status_code = status
                if result is None:
                    del answer.headers["Content-Type"]
                return answer

            # Copied, since `wraps` shares it with the method inside.
            documented = deepcopy(getattr(method, "_apidoc", {}))
            documented.setdefault("response", {}).setdefault("responses", {}).setdefault(status, []).append(notes)
            return _note(answering, **documented)

        return decorate

    @staticmethod
    def _prepare_content_types_doc(doc: dict[str, Any], _info: dict[str, Any], **_context: Any) -> dict[str, Any]:
        """Every body is accepted in three content types; it may be left out where no field is required."""
        body = doc.get("requestBody")
        if body:
            content = body["content"]["application/json"]
            schema = content["schema"]
            fields = (schema() if isinstance(schema, type) else schema).load_fields
            body["required"] = any(field.required for field in fields.values())
            body["content"] = {media_type: dict(content) for media_type in CONTENT_TYPES}
        return doc

    @staticmethod
    def _prepare_access_doc(doc: dict[str, Any], info: dict[str, Any], **_context: Any) -> dict[str, Any]:
        """The refusals that follow from access and body; those of the path are added with the path."""
        statuses = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, *info.get("refuses", ())}
        if info.get("is_public"):
            doc["security"] = []
        else:
            statuses.add(HTTPStatus.UNAUTHORIZED)
        if info.get("role"):
            statuses.add(HTTPStatus.FORBIDDEN)
        if "requestBody" in doc:
            statuses |= {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
        queries = [parameter["schema"] for parameter in doc.get("parameters", ()) if parameter["in"] == "query"]
        if any(issubclass(query, PageQuery) for query in queries):
            statuses.add(HTTPStatus.NOT_FOUND)
        responses = doc.setdefault("responses", {})
        for status in sorted(statuses):
            responses.setdefault(status.value, PROBLEMS[status].name)
        return doc
