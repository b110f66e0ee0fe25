"""The operations of the OpenAPI document, and a hospital in which each can be asked for: for tests of all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event
from werkzeug.test import TestResponse

from app import create_app
from app.api.openapi import document
from app.extensions import db
from tests.architecture.scene import Scene, build_scene
from tests.support import databases
from tests.support.clients import ApiClient, api
from tests.support.databases import Database
from tests.support.settings import make_settings

METHODS = ("get", "post", "put", "patch", "delete")
_CHANGE = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class Operation:
    """One method of one path, with the fields of its body and its query parameters, each as JSON Schema."""

    method: str
    path: str
    fields: dict[str, dict[str, Any]]
    required: frozenset[str]
    parameters: dict[str, dict[str, Any]]
    statuses: frozenset[int]
    has_body: bool
    is_list: bool
    is_public: bool
    is_alias: bool

    @property
    def name(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"

    @property
    def is_paged(self) -> bool:
        """Whether this is a list that can grow."""
        return "limits" in self.parameters


def operations(app: Flask) -> list[Operation]:
    """Every operation that the document of an application describes."""
    described = document(app)
    schemas = described["components"]["schemas"]
    return [
        _operation(schemas, method, path, item[method])
        for path, item in described["paths"].items()
        for method in METHODS
        if method in item
    ]


def _operation(schemas: dict[str, Any], method: str, path: str, found: dict[str, Any]) -> Operation:
    body: dict[str, Any] = {}
    if "requestBody" in found:
        reference = found["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        body = schemas[reference.rpartition("/")[2]]
    parameters = found.get("parameters", ())
    return Operation(
        method=method.upper(),
        path=path,
        fields=body.get("properties", {}),
        required=frozenset(body.get("required", ())),
        parameters={entry["name"]: entry["schema"] for entry in parameters if entry["in"] == "query"},
        statuses=frozenset(map(int, found["responses"])),
        has_body="requestBody" in found,
        is_list=_is_list(schemas, found["responses"].get("200", {})),
        is_public=found.get("security") == [],
        is_alias="x-alias-of" in found,
    )


def _is_list(schemas: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Whether an answer is an array, or a page of one."""
    (schema,) = (content.get("schema", {}) for content in answer.get("content", {"": {}}).values())
    page = schemas.get(schema.get("$ref", "").rpartition("/")[2], {})
    return schema.get("type") == "array" or "results" in page.get("properties", {})


def types(field: dict[str, Any]) -> set[str]:
    """The JSON types that a field's schema allows: those of its alternatives together, or of its words."""
    if "anyOf" in field:
        return set().union(*map(types, field["anyOf"]))
    found = field.get("type", [])
    return {found} if isinstance(found, str) else set(found) or {"string"}


def formats(field: dict[str, Any]) -> set[str]:
    """The formats that a field's schema, or one of its alternatives, has."""
    inner = set().union(*map(formats, field.get("anyOf", ())))
    return inner | ({field["format"]} if "format" in field else set())


class Commits(list[str]):
    """The tables in which something was changed for good, in order."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._pending: list[str] = []
        event.listen(engine, "before_cursor_execute", self._note)
        event.listen(engine, "commit", self._keep)
        event.listen(engine, "rollback", self._drop)

    def _note(self, _connection: object, _cursor: object, statement: str, *_more: object) -> None:
        change = _CHANGE.match(statement)
        if change:
            self._pending.append(change[1])

    def _keep(self, _connection: object) -> None:
        self.extend(self._pending)
        self._pending.clear()

    def _drop(self, _connection: object) -> None:
        self._pending.clear()


class Hospital:
    """One portal for a whole module of tests, with the scene of the permission matrix, asked as anyone of it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.operations = operations(app)
        with Database(app):
            self.scene: Scene = build_scene()
        self.callers = {name: api(app.test_client(), account) for name, account in self.scene.accounts.items()}
        with app.app_context():
            self.commits = Commits(db.engine)

    def caller(self, actor: str) -> ApiClient:
        """Somebody of the scene, with a token."""
        return self.callers[actor]

    def path(self, operation: Operation, **values: object) -> str:
        """The path of an operation, its placeholders filled from the scene where `values` does not."""
        names = re.findall(r"{(\w+)}", operation.path)
        return operation.path.format(
            **{name: values.get(name) or getattr(self.scene, name.removesuffix("_id")).id for name in names}
        )

    def ask(self, actor: str, operation: Operation, path: str | None = None, **options: Any) -> TestResponse:
        """Ask for an operation, on its row of the scene unless told otherwise."""
        return self.caller(actor).open(operation.method, path or self.path(operation), **options)


@contextmanager
def hospital(kind: str, folder: Path) -> Iterator[Hospital]:
    """A hospital on SQLite or PostgreSQL. Raises CannotStart where the machine lacks the latter."""
    makers = {"sqlite": databases.sqlite_database, "postgresql": databases.postgresql_database}
    with makers[kind](folder) as url:
        app = create_app(make_settings(folder, url))
        yield Hospital(app)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
