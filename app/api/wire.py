"""Names on the wire: the documents' spellings beside the portal's own, and JSON as bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response, request
from flask.json.provider import DefaultJSONProvider

from app.policy import Actor
from app.services.pictures import picture_url

WIRE_NAMES: Mapping[str, str] = {
    "kind": "appointment_type",
    "starts_at": "appointment_time",
    "label": "time",
    "message": "massage",
    "appointment_id": "appointment",
    "available_time_id": "time",
    "available_time_ids": "available_time",
    "designations": "designation",
    "specialisations": "specialisation",
    "doctor_id": "doctor",
    "patient_id": "patient",
}
"""Field names of the services that are called otherwise on the wire."""

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


class WireErrors(dict[str, list[str]]):
    """Errors that are keyed by wire names already: a schema found them."""


def wire_errors(errors: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Errors of a service, keyed by the names that clients know."""
    if isinstance(errors, WireErrors):
        return errors
    named: dict[str, list[str]] = {}
    for name, texts in errors.items():
        named.setdefault(WIRE_NAMES.get(name, name), []).extend(texts)
    return named


def picture_address(picture_id: int | None, viewer: Actor | None = None) -> str | None:
    """The absolute, time-limited address of a picture, a public one (a doctor's) without `viewer`; None for none."""
    path = picture_url(picture_id, viewer)
    return None if path is None else f"{request.scheme}://{request.host}{path}"


class OrjsonProvider(DefaultJSONProvider):
    """JSON by orjson, in place of the standard library's."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """`obj` as text; of Flask's options `indent` and `sort_keys` count."""
        option = _OPTIONS
        if kwargs.get("indent"):
            option |= orjson.OPT_INDENT_2
        if kwargs.get("sort_keys"):
            option |= orjson.OPT_SORT_KEYS
        return orjson.dumps(obj, default=self.default, option=option).decode()

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        """The value of a JSON text."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """A JSON answer, straight from bytes."""
        return json_response(self._prepare_response_obj(args, kwargs))


def json_response(value: object) -> Response:
    """A JSON answer: moments in UTC with `Z`, to the second."""
    return Response(orjson.dumps(value, option=_OPTIONS), mimetype="application/json")
