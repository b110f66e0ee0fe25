"""Every route answers every actor as the permission matrix says, and every route is in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import create_app
from app.extensions import db
from tests.architecture.permissions import ACTORS, SIGN_IN, Answer, Row, api, pages
from tests.architecture.scene import Scene, Stage
from tests.support import databases
from tests.support.settings import make_settings

MATRIX: dict[str, Row] = {**api.ROWS, **pages.ROWS}
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("scene")
    with databases.sqlite_database(folder) as url:
        app = create_app(make_settings(folder, url))
        app.config["WTF_CSRF_ENABLED"] = False  # it would refuse before who is asking counts
        yield Stage(app, folder / "portal.sqlite3")
        with app.app_context():
            db.engine.dispose()


def routes(app: Flask) -> dict[str, Rule]:
    """Every method and rule; HEAD and OPTIONS follow from them."""
    return {
        f"{method} {rule.rule}": rule
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    }


def test_no_row_stands_twice() -> None:
    assert not api.ROWS.keys() & pages.ROWS.keys()


def test_every_route_has_a_row_and_every_row_a_route(stage: Stage) -> None:
    exist = set(routes(stage.app))

    without_row, without_route = sorted(exist - MATRIX.keys()), sorted(MATRIX.keys() - exist)

    assert not without_row, "write their rows into tests/architecture/permissions:\n" + "\n".join(without_row)
    assert not without_route, "remove from tests/architecture/permissions:\n" + "\n".join(without_route)


@pytest.mark.parametrize("name", sorted(MATRIX))
def test_it_answers_each_actor_as_the_matrix_says(name: str, stage: Stage) -> None:
    rule = routes(stage.app).get(name)
    if rule is None:
        pytest.fail(f"{name} is no route")
    row = MATRIX[name]

    answers = {actor: ask(stage, name, rule, row, actor) for actor in ACTORS}

    assert answers == dict(zip(ACTORS, row.answers, strict=True))


@pytest.mark.parametrize("name", sorted(name for name in pages.ROWS if name.startswith("POST ")))
def test_a_form_without_a_token_changes_nothing(name: str, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(stage.app.config, "WTF_CSRF_ENABLED", True)  # noqa: FBT003  (pytest's signature)

    answers = {actor: ask(stage, name, routes(stage.app)[name], MATRIX[name], actor) for actor in ACTORS}

    assert answers.pop("anonymous") in (400, SIGN_IN)
    assert set(answers.values()) == {400}


@pytest.mark.parametrize("name", sorted(name for name, asked in api.ROWS.items() if asked.answers[0] == 401))
def test_the_json_face_takes_no_cookie(name: str, stage: Stage) -> None:
    method, _, _ = name.partition(" ")
    rule, asked = routes(stage.app)[name], MATRIX[name]

    path = path_of(stage.app, stage.scene, rule, asked)
    with stage.browser("admin").open(path, method=method) as response:
        assert response.status_code == 401


def ask(stage: Stage, name: str, rule: Rule, row: Row, actor: str) -> Answer:
    """Ask for a route as an actor, on the untouched scene, and leave it untouched."""
    method = name.partition(" ")[0]
    sent = dict(row.send(stage.scene)) if row.send else None
    path = path_of(stage.app, stage.scene, rule, row)
    is_api = rule.endpoint.rpartition(".")[0] in stage.app.extensions["face_of_blueprint"]
    if is_api:
        response = stage.app.test_client().open(path, method=method, json=sent, headers=stage.headers(actor))
    else:
        response = stage.browser(actor).open(path, method=method, data=sent)
    with response:
        answer = answer_of(response)
    if method in WRITING:
        stage.restore()
    return answer


def answer_of(response: TestResponse) -> Answer:
    """The status, or that one is sent to sign in."""
    if response.status_code == 303 and response.location.startswith("/sign-in"):
        return SIGN_IN
    return response.status_code


def path_of(app: Flask, scene: Scene, rule: Rule, row: Row) -> str:
    """The path of a route, its placeholders filled from the scene."""
    values: dict[str, Any] = dict(row.query(scene)) if row.query else {}
    for argument in rule.arguments:
        named = row.values.get(argument, argument.removesuffix("_id"))
        found = getattr(scene, named, None)
        values[argument] = named if found is None else getattr(found, "id", found)
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)
