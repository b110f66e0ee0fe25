"""How a body is written as a form, for the OpenAPI document: without null, with empty boxes, with files.

The schemas of marshmallow tell of JSON. A form has text only: an empty value clears what may be null and counts as
not sent elsewhere, and a file comes in a multipart form alone (body.py reads them so).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
PICTURE, TEXT = "x-picture", "x-text"
"""How openapi.py marks fields that take a picture, and fields that take text as it is. The marks are taken off here."""

_ENDINGS = {URLENCODED: "Form", MULTIPART: "Multipart"}
_EMPTY: Mapping[str, Any] = {"type": "string", "maxLength": 0}
_ADDRESS = "Null removes the picture; its address, as it was read, keeps it. A new one is sent as multipart/form-data."
_NO_FILE = "Empty removes the picture. A new one is sent as multipart/form-data."
_PICTURES: Mapping[str, Mapping[str, Any]] = {
    "application/json": {"type": ["string", "null"], "description": _ADDRESS},
    URLENCODED: {**_EMPTY, "description": _NO_FILE},
    MULTIPART: {"type": "string", "format": "binary", "description": "JPEG, PNG or WebP; empty removes the picture."},
}


def tell_of_forms(document: dict[str, Any]) -> None:
    """Give every body of a document a schema of its own for each kind of form."""
    schemas = document["components"]["schemas"]
    bodies = [
        operation["requestBody"]["content"]
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict) and "requestBody" in operation
    ]
    for content in bodies:
        reference = content["application/json"]["schema"]["$ref"]
        name = reference.rpartition("/")[2]
        for media_type, ending in _ENDINGS.items():
            written = _form(schemas[name], media_type)
            known = next((end for end in ("", *_ENDINGS.values()) if schemas.get(name + end) == written), ending)
            schemas[name + known] = written
            content[media_type] = {"schema": {"$ref": reference + known}}
    document["components"]["schemas"] = {name: _without_marks(schema) for name, schema in sorted(schemas.items())}


def _form(schema: Mapping[str, Any], media_type: str) -> dict[str, Any]:
    required = schema.get("required", ())
    properties = {
        name: _value(field, media_type, is_required=name in required)
        for name, field in schema.get("properties", {}).items()
    }
    return {**schema, "properties": properties}


def _value(field: Mapping[str, Any], media_type: str, *, is_required: bool) -> Mapping[str, Any]:
    """A field as a form writes it. Text takes an empty value as it is; of other types it has to be said."""
    if PICTURE in field:
        return {PICTURE: True, **_PICTURES[media_type]}
    value = {name: part for name, part in field.items() if name != "description"}
    types = field.get("type", ())
    types = (types,) if isinstance(types, str) else tuple(types)
    if "null" in types:
        value["type"] = [name for name in types if name != "null"]
    if "anyOf" in field:
        value["anyOf"] = [part for part in field["anyOf"] if part.get("type") not in {"null", "object"}]
    if "array" in types:
        value["items"] = _value(field["items"], media_type, is_required=True)
    elif TEXT not in field and (not is_required or "null" in types):
        value = {"anyOf": [*value["anyOf"], _EMPTY] if "anyOf" in value else [value, _EMPTY]}
    return {**value, "description": field["description"]} if "description" in field else value


def _without_marks(part: Any) -> Any:
    """Take off the marks, once they have told what pictures are in JSON; a type that stands twice stands once."""
    if isinstance(part, list):
        return [_without_marks(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    if PICTURE in part and "type" not in part:
        part = {**part, **_PICTURES["application/json"]}
    clean = {name: _without_marks(inner) for name, inner in part.items() if name not in {PICTURE, TEXT}}
    types = clean.get("type")
    if not isinstance(types, list):
        return clean
    types = list(dict.fromkeys(types))
    if "format" in clean and "null" in types:
        # Some readers take a format for a rule about null, too.
        notes = {name: clean.pop(name) for name in ("description", "examples") if name in clean}
        clean["type"] = [name for name in types if name != "null"]
        return {**notes, "anyOf": [_without_marks(clean), {"type": "null"}]}
    return {**clean, "type": types[0] if len(types) == 1 else types}
