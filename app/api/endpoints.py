"""The table of docs/endpoints.md: which operation answers each endpoint that a document publishes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

DOCUMENTS = ("000", "001", "002", "003", "004")

_HEAD = """\
# Documented endpoints

Every endpoint of the five published documents, and the operation of `openapi.json` that answers it. Written by
`make fix` from the routes; a test compares it with the documents' own text.

Documents spell a row's id `<int:pk>`, `<id>` or `{id}`, and paths with or without the last slash: all forms answer
alike. Paths are spelled here as in `openapi.json`. What is another name does what the path does that it names.
"""
_COLUMNS = ("| method | path | operation | another name of |", "|---|---|---|---|")


class Published(NamedTuple):
    """One endpoint of one document."""

    document: str
    path: str
    method: str
    operation_id: str
    alias_of: str | None


def published(described: Mapping[str, Any]) -> Iterator[Published]:
    """What the documents publish, as the operations of an OpenAPI document tell it, in its order."""
    for path, item in described["paths"].items():
        operations = {method: operation for method, operation in item.items() if "responses" in operation}
        for method, operation in operations.items():
            for document in operation.get("x-documents", ()):
                yield Published(document, path, method.upper(), operation["operationId"], operation.get("x-alias-of"))


def table(described: Mapping[str, Any]) -> str:
    """The whole file, in Markdown."""
    found = sorted(published(described), key=lambda endpoint: endpoint.path)
    lines = [_HEAD]
    for document in DOCUMENTS:
        rows = [_row(endpoint) for endpoint in found if endpoint.document == document]
        lines += [f"## Document {document}", "", *_COLUMNS, *rows, ""]
    return "\n".join(lines)


def _row(endpoint: Published) -> str:
    alias = f"`{endpoint.alias_of}`" if endpoint.alias_of else ""
    return f"| {endpoint.method} | `{endpoint.path}` | `{endpoint.operation_id}` | {alias} |"
