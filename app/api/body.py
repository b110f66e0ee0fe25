"""One body loader for JSON, form and multipart: bytes in, plain checked values out.

It is strict where a lenient reader would hide a client's mistake or hand the database something that it cannot store:
duplicate keys, NaN, NUL characters, lone surrogates, broken multipart and deep nesting are all refused with 400.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any, NoReturn

from marshmallow import fields
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.formparser import FormDataParser

from app.api.wire import WireErrors
from app.errors import Invalid

if TYPE_CHECKING:
    from flask import Request
    from marshmallow import Schema
    from werkzeug.datastructures import FileStorage, MultiDict

MAXIMUM_DEPTH = 32
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
CONTENT_TYPES = ("application/json", *FORM_TYPES)


def read_body(request: Request, schema: Schema) -> dict[str, object]:
    """The body of a request by wire names, as `schema` wants it: a list where a list is due, single values else.

    No body counts as `{}`. The body can be read again when the view is re-run. Raises Invalid (400) for a malformed
    body, UnsupportedMediaType (415) for another content type; the size is limited before (413).
    """
    raw = request.get_data(cache=True)
    if not raw:
        return {}
    limit = request.max_content_length
    if request.content_length is None and limit is not None and len(raw) >= limit:
        # A body without a length is cut off at the limit: what came would be taken for the whole.
        raise RequestEntityTooLarge
    media_type = request.mimetype
    if media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json")):
        body = _from_json(raw)
    elif media_type in FORM_TYPES:
        body = _from_form(raw, request, schema)
    else:
        raise UnsupportedMediaType(f"Send the body as {', '.join(CONTENT_TYPES[:-1])} or {CONTENT_TYPES[-1]}.")
    refuse_unstorable(body)
    return body


def refuse_unstorable(values: Mapping[str, object]) -> None:
    """Raise Invalid where any text, however deep, cannot be stored: NUL characters and lone surrogates."""
    for name, value in values.items():
        if not _is_storable(name):
            raise Invalid("A field name has a character that cannot be stored.")
        if not all(map(_is_storable, _texts(value))):
            raise _at(name, "This has a character that cannot be stored.")


def _at(name: str, message: str) -> Invalid:
    """The refusal of one field, by its name on the wire."""
    refusal = Invalid(message)
    refusal.errors = WireErrors({name: [message]})
    return refusal


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _texts(value: object) -> Iterable[str]:
    """Every text inside a value, keys included, without recursion. Raises Invalid for deep nesting."""
    waiting: list[tuple[object, int]] = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if depth > MAXIMUM_DEPTH:
            raise Invalid("The body is nested too deeply.")
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            yield from item
            waiting.extend((inner, depth + 1) for inner in item.values())
        elif isinstance(item, list):
            waiting.extend((inner, depth + 1) for inner in item)


def _from_json(raw: bytes) -> dict[str, object]:
    try:
        body = json.loads(
            raw.decode("utf-8-sig"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except RecursionError as error:
        raise Invalid("The body is nested too deeply.") from error
    except ValueError as error:
        raise Invalid("The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise Invalid("The body must be a JSON object.")
    return body


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Invalid("The body has the same field twice.")
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise Invalid("NaN and Infinity are not JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Invalid("The body has a number that is too large.")
    return number


def _from_form(raw: bytes, request: Request, schema: Schema) -> dict[str, object]:
    parser = FormDataParser(
        # The whole body is in memory already, and nobody would close a temporary file.
        stream_factory=lambda *_part, **_named: BytesIO(),
        max_form_memory_size=len(raw),
        max_form_parts=request.max_form_parts,
        silent=False,
    )
    try:
        _, form, files = parser.parse(BytesIO(raw), request.mimetype, len(raw), request.mimetype_params)
    except ValueError as error:
        raise Invalid("The form body is broken.") from error
    if None in form or None in files:
        raise Invalid("A part of the form has no name.")
    refuse_unstorable(form.to_dict(flat=False))
    return _by_field(form, files, schema)


def _by_field(form: MultiDict[str, str], files: MultiDict[str, FileStorage], schema: Schema) -> dict[str, object]:
    """Form values as the schema's fields want them; unknown names are left out.

    An empty value of anything but text means null where that is allowed, else it counts as not sent:
    forms send their empty boxes, too.
    """
    body: dict[str, object] = {}
    for name, field in wire_fields(schema).items():
        values: list[str | FileStorage] = [
            *form.getlist(name),
            *(file for file in files.getlist(name) if file.filename),
        ]
        if not values:
            continue
        if isinstance(field, fields.List):
            body[name] = [value for value in values if value != ""]
        elif len(values) > 1:
            raise _at(name, "This field takes one value.")
        elif values[0] != "" or isinstance(field, fields.String):
            body[name] = values[0]
        elif field.allow_none:
            body[name] = None
    return body


def wire_fields(schema: Schema) -> dict[str, fields.Field[Any]]:
    """The fields that a schema reads, by their names on the wire."""
    return {field.data_key or name: field for name, field in schema.load_fields.items()}
