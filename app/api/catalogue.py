"""The resources of a vocabulary, made from its catalogue entry and its schemas: a list, and an entry below `/{id}/`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from marshmallow import Schema

from app.api.resource import JsonBlueprint, Resource, after, public, refuses, requires
from app.identity import actor
from app.policy import Actor, Permission
from app.services import vocabularies
from app.services.catalogue import Vocabulary

Mark = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """What goes out and how a row is told so; what comes in to add an entry, to put one, and to patch one."""

    out: type[Schema]
    tell: Callable[[Any], dict[str, Any]]
    added: type[Schema]
    put: type[Schema]
    patched: type[Schema]


def listed(
    blp: JsonBlueprint, vocabulary: Vocabulary[Any], shapes: Shapes, *, order: str = "by name", is_public: bool = True
) -> type[Resource]:
    """The whole list, as a bare array, and adding to it."""
    taken = _refuses_conflicts(vocabulary.is_unique)

    class Listed(Resource):
        @_read_by(is_public)
        @blp.response(HTTPStatus.OK, shapes.out, many=True)
        def get(self) -> list[dict[str, Any]]:
            return [shapes.tell(row) for row in vocabularies.every(actor(), vocabulary)]

        @requires(vocabulary.added_by)
        @taken
        @blp.arguments(shapes.added)
        @blp.response(HTTPStatus.CREATED, shapes.out)
        def post(self, data: dict[str, Any]) -> dict[str, Any]:
            return shapes.tell(vocabularies.add(actor(), vocabulary, **data))

    summaries = {"get": f"List {vocabulary.plural}, {order}.", "post": f"Add {_a(vocabulary.noun)}."}
    return _described(Listed, vocabulary.plural, summaries)


def single(
    blp: JsonBlueprint, vocabulary: Vocabulary[Any], shapes: Shapes, *, is_public: bool = True
) -> type[Resource]:
    """One entry, under whatever name its path gives its id."""

    def there(who: Actor, **path: int) -> object:
        return vocabularies.get(who, vocabulary, *path.values())

    def changed(data: dict[str, Any], path: dict[str, int]) -> dict[str, Any]:
        return shapes.tell(vocabularies.change(actor(), vocabulary, *path.values(), **data))

    taken, in_use = _refuses_conflicts(vocabulary.is_unique), _refuses_conflicts(bool(vocabulary.uses))

    class Single(Resource):
        @_read_by(is_public)
        @blp.response(HTTPStatus.OK, shapes.out)
        def get(self, **path: int) -> dict[str, Any]:
            return shapes.tell(vocabularies.get(actor(), vocabulary, *path.values()))

        @requires(Permission.ADMINISTER)
        @taken
        @after(there)
        @blp.arguments(shapes.put)
        @blp.response(HTTPStatus.OK, shapes.out)
        def put(self, data: dict[str, Any], **path: int) -> dict[str, Any]:
            return changed(data, path)

        @requires(Permission.ADMINISTER)
        @taken
        @after(there)
        @blp.arguments(shapes.patched)
        @blp.response(HTTPStatus.OK, shapes.out)
        def patch(self, data: dict[str, Any], **path: int) -> dict[str, Any]:
            return changed(data, path)

        @requires(Permission.ADMINISTER)
        @in_use
        @blp.response(HTTPStatus.NO_CONTENT)
        def delete(self, **path: int) -> None:
            vocabularies.remove(actor(), vocabulary, *path.values())

    entry = _a(vocabulary.noun)
    summaries = {
        "get": f"Read {entry}.",
        "put": f"Change {entry}; what is not sent is kept.",
        "patch": f"Change a part of {entry}.",
        "delete": f"Delete {entry}{' that is not in use' if vocabulary.uses else ''}.",
    }
    return _described(Single, f"one {vocabulary.noun}", summaries)


def _read_by(is_public: bool) -> Mark:  # noqa: FBT001 (its only word)
    """Whether anyone reads, or whoever is signed in."""
    return public if is_public else lambda method: method


def _refuses_conflicts(there_are_any: bool) -> Mark:  # noqa: FBT001 (its only word)
    return refuses(HTTPStatus.CONFLICT) if there_are_any else lambda method: method


def _described(resource: type[Resource], name: str, summaries: dict[str, str]) -> type[Resource]:
    """Name a resource, from which its endpoints are called, and its methods, as the documentation tells of them."""
    resource.__name__ = name.title().replace(" ", "")
    for method, summary in summaries.items():
        getattr(resource, method).__doc__ = summary
    return resource


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
