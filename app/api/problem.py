"""Problem bodies (RFC 9457) of the JSON face: every refusal looks the same, and is documented once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from flask import Response
from marshmallow import Schema, fields

from app.api.schemas.fields import Moment, WholeNumber
from app.api.wire import wire_errors
from app.http import Refusal

PROBLEM_TYPE = "application/problem+json"


class Problem(Schema):
    """The body of every refusal."""

    type = fields.String(required=True, metadata={"description": "Always `about:blank`: the status says it all."})
    title = fields.String(required=True, metadata={"description": "The status in words."})
    status = WholeNumber(required=True, metadata={"minimum": 400, "maximum": 599})
    detail = fields.String(required=True, metadata={"description": "What is wrong, in one plain sentence."})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "Where fields are at fault: what is wrong with each, by its name on the wire."},
    )
    alternatives = fields.List(
        Moment(), metadata={"description": "Where a time is taken or not offered: the next free times."}
    )


@dataclass(frozen=True, slots=True)
class DocumentedRefusal:
    """A refusal as OpenAPI tells of it. The name is ours: the standard library's differ between Python versions."""

    name: str
    description: str
    headers: tuple[str, ...] = ()


PROBLEMS: Mapping[int, DocumentedRefusal] = {
    HTTPStatus.BAD_REQUEST: DocumentedRefusal(
        "BAD_REQUEST", "Something that was sent is missing, malformed or impossible."
    ),
    HTTPStatus.UNAUTHORIZED: DocumentedRefusal(
        "UNAUTHORIZED", "No valid token, or wrong credentials.", ("WWW-Authenticate",)
    ),
    HTTPStatus.FORBIDDEN: DocumentedRefusal("FORBIDDEN", "This role may never do this."),
    HTTPStatus.NOT_FOUND: DocumentedRefusal("NOT_FOUND", "Absent, or hidden from the caller."),
    HTTPStatus.METHOD_NOT_ALLOWED: DocumentedRefusal("METHOD_NOT_ALLOWED", "The path has no such method.", ("Allow",)),
    HTTPStatus.CONFLICT: DocumentedRefusal("CONFLICT", "Taken, there already, or not possible in this state."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: DocumentedRefusal("TOO_LARGE", "The body is larger than 10 MB."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: DocumentedRefusal(
        "UNSUPPORTED_MEDIA_TYPE", "The body is neither JSON nor a form."
    ),
    HTTPStatus.TOO_MANY_REQUESTS: DocumentedRefusal("TOO_MANY_REQUESTS", "Over the rate limit.", ("Retry-After",)),
    HTTPStatus.SERVICE_UNAVAILABLE: DocumentedRefusal(
        "SERVICE_UNAVAILABLE", "The database cannot serve at the moment.", ("Retry-After",)
    ),
}
"""Every refusal that an operation can give. 500 is none of them: it never is the answer to anything that is sent."""


def problem_response(refusal: Refusal) -> Response:
    """Render a refusal for programs: `errors` by wire names, and what else it tells beside the standard members."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": refusal.status.phrase,
        "status": refusal.status.value,
        "detail": refusal.detail,
    }
    if refusal.errors:
        body["errors"] = wire_errors(refusal.errors)
    body.update(refusal.extra)
    payload = orjson.dumps(body, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS)
    response = Response(payload, status=refusal.status.value, mimetype=PROBLEM_TYPE)
    response.headers.update(refusal.headers)
    return response
