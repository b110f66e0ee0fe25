"""Runs schemathesis over the portal in this process, as one of its people, and tells what it found."""

from __future__ import annotations

import json
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from unittest.mock import patch

import jsonschema_rs
import schemathesis
from flask import Flask
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.engine import events
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.schemas import BaseSchema
from schemathesis.transport.wsgi import WSGITransport
from sqlalchemy import update

from app import models
from app.api.body import CONTENT_TYPES, FORM_TYPES
from app.services.passwords import MAXIMUM_PASSWORD
from tests.openapi.excuses import is_excused
from tests.openapi.hospital import Hospital
from tests.support.clients import api
from tests.support.databases import Database

SCHEME = "token"
METHODS = {"get": "get", "post": "post", "put": "change", "patch": "change", "delete": "delete"}
"""The methods of operations, and what they mean: PUT and PATCH both keep what is not sent."""
PHASES = ("examples", "coverage", "fuzzing", "stateful")
_SOCKET_SETTINGS = frozenset({"cert", "max_redirects", "proxies", "verify"})
UNKNOWN_ID = 2**31
REFERENCES = {
    "appointment": "appointment",
    "department": "department",
    "designation": "designation",
    "doctor": "doctor",
    "patient": "patient",
    "specialisation": "specialisation",
    "time": "available_time",
    "available_time": "available_time",
}
"""Fields of bodies that name a row by its id."""


@dataclass(frozen=True)
class Effort:
    """How much is tried: examples per operation and phase, which phases, from which seed (None: always the same).

    With a `turn`, of the spellings of an operation (its aliases, and PUT and PATCH) one is called, and bodies are sent
    in one of the three ways: another one in each turn, so that eight turns meet every pair of them.
    """

    examples: int
    phases: tuple[str, ...] = PHASES
    seed: int | None = None
    turn: int | None = None


@dataclass
class Findings:
    """What was found, each once, with how to repeat it; and how many requests it took."""

    texts: dict[tuple[str, ...], str] = field(default_factory=dict)
    counts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)

    def add(self, key: tuple[str, ...], text: str) -> None:
        """Keep a finding, and count how often it came."""
        self.counts[key] += 1
        self.texts.setdefault(key, text)

    def __str__(self) -> str:
        return "\n\n".join(f"{self.counts[key]} times: {' | '.join(key)}\n{text}" for key, text in self.texts.items())


def run(app: Flask, database: Database, hospital: Hospital, who: str, effort: Effort) -> Findings:
    """Call every operation of the document as `who`, and check each answer against the document."""
    described = app.test_client().get("/openapi.json").get_json()
    chosen = None if effort.turn is None else _in_turn(described, effort.turn)
    schema: BaseSchema = schemathesis.openapi.from_dict(described, config=_config(app, hospital, who, effort))
    schema.app = app
    if chosen is not None:
        schema = schema.include(lambda context: (context.operation.path, context.operation.method) in chosen)
    _prepare(schema, hospital)
    app.wsgi_app = _Spared(app.wsgi_app, database, hospital, who)  # type: ignore[method-assign] # the documented way
    findings = Findings()
    with patch.object(WSGITransport, "send", _without_socket_settings(WSGITransport.send)):
        _collect(schema, findings)
    return findings


def _in_turn(described: dict[str, Any], turn: int) -> set[tuple[str, str]]:
    """One spelling of each operation, as path and method; bodies are left with one content type."""
    content_type = CONTENT_TYPES[(turn + turn // 3) % 3]
    spellings: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for path, item in described["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                meant = (operation.get("x-alias-of", path), METHODS[method])
                spellings.setdefault(meant, []).append((path, method))
            if "requestBody" in operation:
                content = operation["requestBody"]["content"]
                operation["requestBody"]["content"] = {content_type: content[content_type]}
    return {known[turn % len(known)] for known in spellings.values()}


def _without_socket_settings(send: Callable[..., Any]) -> Callable[..., Any]:
    """Schemathesis hands the settings of a network client to the application when it asks without a token."""

    @wraps(send)
    def sending(*arguments: Any, **options: Any) -> Any:
        return send(*arguments, **{name: value for name, value in options.items() if name not in _SOCKET_SETTINGS})

    return sending


def _collect(schema: Any, findings: Findings) -> None:
    for event in engine.from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            for key, text in _failures(event.recorder):
                findings.add(key, text)
            findings.statuses.update(
                interaction.response.status_code
                for interaction in event.recorder.interactions.values()
                if interaction.response is not None
            )
        elif isinstance(event, (events.NonFatalError, events.FatalError)):
            findings.add(("error", getattr(event, "label", "")), _told(event))


def _config(app: Flask, hospital: Hospital, who: str, effort: Effort) -> SchemathesisConfig:
    account = hospital.accounts[who]
    phases = {name: {"enabled": name in effort.phases} for name in PHASES}
    settings: dict[str, Any] = {
        "continue-on-failure": True,
        "headers": {"Accept-Encoding": "identity"},
        "generation": {
            "max-examples": effort.examples,
            "database": "none",
            "deterministic": effort.seed is None,
            # NUL is refused everywhere, which no schema can say in short; tests/api/test_bad_input.py sends it.
            "allow-x00": False,
        },
        "phases": phases,
    }
    if effort.seed is not None:
        settings["seed"] = effort.seed
    if account is not None:
        settings["auth"] = {"openapi": {SCHEME: {"bearer": api(app.test_client(), account).token}}}
    return SchemathesisConfig.from_dict(settings)


class _Spared:
    """The portal, but who asks stays there and signed in, whatever they sign out of or delete of their own."""

    def __init__(self, portal: Any, database: Database, hospital: Hospital, who: str) -> None:
        self.portal = portal
        self.database = database
        account = hospital.accounts[who]
        self.own = {
            f"/doctors/{hospital.doctor.id}",
            f"/patients/{hospital.patient.id}",
            f"/profiles/{account.profile.id if account else 0}",
        }

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a request."""
        path = environ["PATH_INFO"].rstrip("/")
        if environ["REQUEST_METHOD"] == "DELETE" and any(path.endswith(own) for own in self.own):
            environ["PATH_INFO"] = f"{path.rpartition('/')[0]}/{UNKNOWN_ID}"
        answer = self.portal(environ, start_response)
        if path.endswith(("/logout", "/profiles/me")):
            with self.database.unit_of_work() as session:
                session.execute(update(models.Account).values(is_active=True))
                session.execute(update(models.Session).values(ended_at=None))
        return answer


def _prepare(schema: Any, hospital: Hospital) -> None:
    """Let generated ids meet rows; drop refusals that no schema can foresee."""

    @schema.hook("map_path_parameters")
    def name_rows(_context: object, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
        return path_parameters and {
            name: _known_id(value, hospital.rows.get(name.removesuffix("_id"), 0))
            for name, value in path_parameters.items()
        }

    @schema.hook("map_body")
    def refer_to_rows(_context: object, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        password, again = body.get("password"), body.get("confirm_password")
        if isinstance(password, str) and isinstance(again, str) and len(again) <= MAXIMUM_PASSWORD:
            body = {**body, "confirm_password": password}
        return {name: _reference(name, value, hospital) for name, value in body.items()}

    @schema.hook("filter_failure")
    def is_a_mistake(_context: object, failure: Any, case: Any, response: Any) -> bool:
        if isinstance(failure, AcceptedNegativeData) and case.media_type in FORM_TYPES and _fits_as_form(case):
            return False
        if not isinstance(failure, RejectedPositiveData) or response.status_code != 400:
            return True
        problem = json.loads(response.content)
        return not is_excused(case.operation.label, problem["detail"], frozenset(problem.get("errors", ())))


def _fits_as_form(case: Any) -> bool:
    """Whether a body that is wrong as JSON was sent right: a form writes numbers as text, and null not at all."""
    if not isinstance(case.body, dict):
        return case.body is None
    described = case.operation.schema.raw_schema
    operation = described["paths"][case.operation.path][case.method.lower()]
    reference = operation["requestBody"]["content"][case.media_type]["schema"]["$ref"]
    schema = described["components"]["schemas"][reference.rpartition("/")[2]]
    sent = {
        name: str(value) if schema["properties"].get(name, {}).get("type") == "string" else value
        for name, value in case.body.items()
        if value is not None and value != []
    }
    return jsonschema_rs.validator_for(schema).is_valid(sent)


def _known_id(value: Any, count: int) -> Any:
    """Most of the generated numbers as the id of a row; a few stay as they are."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0 or not count or value % 5 == 4:
        return value
    return 1 + value % count


def _reference(name: str, value: Any, hospital: Hospital) -> Any:
    if name not in REFERENCES:
        return value
    count = hospital.rows[REFERENCES[name]]
    return [_known_id(item, count) for item in value] if isinstance(value, list) else _known_id(value, count)


def _failures(recorder: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            failure = check.failure_info.failure
            interaction = recorder.interactions.get(case_id)
            answer = interaction.response if interaction else None
            told = f"{answer.status_code} {answer.content[:600].decode(errors='replace')}" if answer is not None else ""
            yield (
                (check.name, str(failure.operation), _gist(told)),
                (f"{failure.title}\n{failure.message[:1500]}\n{check.failure_info.code_sample[:1500]}\n-> {told}"),
            )


def _gist(told: str) -> str:
    """What tells one refusal from another: its sentence."""
    status, _, text = told.partition(" ")
    try:
        return f"{status} {json.loads(text)['detail']}"
    except (ValueError, KeyError, TypeError):
        return status


def _told(event: Any) -> str:
    error = getattr(event, "value", None) or getattr(event, "exception", None)
    return "".join(traceback.format_exception(error))
