"""Whatever is sent to whichever operation, the answer is a documented refusal, never 500, and nothing has changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import count, cycle
from typing import Any, TypeVar

import pytest
from werkzeug.test import TestResponse

from tests.api.operations import Hospital, Operation, formats, hospital, types
from tests.conftest import cannot_run
from tests.support import servers

Case = TypeVar("Case")

DATABASES = ["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.slow])]
INSIDERS = ("patient", "doctor", "admin")

BAD_IDS = ("0", "-1", "x", "1.5", "%00", "%ff", "٩٩٩", "..", "1;1", str(2**31), str(2**63), str(2**64), "9" * 5000)

BAD_JSON: dict[str, bytes] = {
    "nothing but null": b"null",
    "a list": b"[]",
    "a list of objects": b'[{"name": "x"}]',
    "a text": b'"x"',
    "a number": b"1",
    "half of it": b"{",
    "two bodies": b"{} {}",
    "no UTF-8": b"\xff\xfe",
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "half a character": b'{"name": "\xed\xa0\x80"}',
    "NUL bytes": b"\0" * 1000,
    "NUL in a text": b'{"name": "a\\u0000b"}',
    "NUL in a name": b'{"a\\u0000b": 1}',
    "half a surrogate pair": b'{"name": "\\ud800"}',
    "half a surrogate pair in a name": b'{"\\udfff": 1}',
    "half a surrogate pair far inside": b'{"name": [{"x": ["\\ud800"]}]}',
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": -Infinity}',
    "a number beyond all": b'{"name": 1e999}',
    "a number of too many digits": b'{"name": ' + b"9" * 5000 + b"}",
    "the same name twice": b'{"name": 1, "name": 1}',
    "the same name twice inside": b'{"name": {"x": 1, "x": 2}}',
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep lists inside": b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
}
_PART = b'--x\r\nContent-Disposition: form-data; name="name"'
BAD_FORMS: dict[str, tuple[bytes, str]] = {
    "no boundary": (_PART + b"\r\n\r\nx\r\n--x--\r\n", "multipart/form-data"),
    "another boundary": (_PART + b"\r\n\r\nx\r\n--x--\r\n", "multipart/form-data; boundary=y"),
    "no end": (_PART + b"\r\n\r\nx", "multipart/form-data; boundary=x"),
    "nothing of the kind": (b"x", "multipart/form-data; boundary=x"),
    "a part without a name": (b"--x\r\n\r\nx\r\n--x--\r\n", "multipart/form-data; boundary=x"),
    "NUL in a part": (_PART + b"\r\n\r\na\0b\r\n--x--\r\n", "multipart/form-data; boundary=x"),
    "NUL in a form": (b"name=a%00b", "application/x-www-form-urlencoded"),
    "NUL in the name of a form": (b"a%00b=x", "application/x-www-form-urlencoded"),
}
WRONG_TYPES = ("text/html", "text/plain", "application/xml", "application/octet-stream", "")

BAD_MOMENTS = (
    *("0000-00-00T00:00:00", "2026-02-30T09:00", "2027-03-28T01:30:00", "2026-01-06T25:00:00Z", "2026-01-06"),
    *("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "soon"),
)
BAD_DAYS = ("0000-00-00", "2026-02-30", "2026-13-01", "26-01-06", "2026-01-06T09:00", "soon")
BAD_HOURS = ("25:00", "24:00:01", "09:60", "soon")
WRONG: tuple[object, ...] = (
    1.5,
    2**63,
    -(2**63) - 1,
    10**400,
    1e308,
    [[]],
    [None],
    {},
    {"": None},
    [],
    True,
    None,
    "x",
)
"""Values of which each is wrong for most fields; `may_take` says for which it is not."""

WHOLE_NUMBERS = (0, -1, 2**31, 2**63 - 1, -(2**63))
TEXTS = ("", " ", "😀 \u202e\x01", "%s{}$1'; DROP TABLE account;--", "x" * 25_000)
MOMENTS = ("1900-01-01T00:00:00Z", "2999-12-31T23:59:59Z", "2027-10-31T01:30:00", "2027-03-28T00:59:59")
DAYS = ("1900-01-01", "2999-12-31", "2024-02-29")
_numbers = count(1)


@pytest.fixture(scope="module", params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """One hospital for all these tests: what is refused changes nothing, and the rest may."""
    try:
        with hospital(request.param, tmp_path_factory.mktemp("hospital")) as opened:
            yield opened
    except servers.CannotStart as error:
        cannot_run(str(error))


def ask(portal: Hospital, actor: str, operation: Operation, told: object, **options: Any) -> TestResponse:
    """Ask, and check that the answer is one that the document knows, and that a refusal has changed nothing."""
    expected = options.pop("expected", operation.statuses)
    portal.commits.clear()
    answer = portal.ask(actor, operation, **options)
    with answer:
        told = (operation.name, actor, told, answer.text[:500])
        assert answer.status_code in expected, told
        if answer.status_code >= 400:
            assert answer.content_type == "application/problem+json", told
            assert json.loads(answer.data)["status"] == answer.status_code, told
            assert set(portal.commits) <= {"audit_event"}, (told, portal.commits)
        return answer


def errors(answer: TestResponse) -> set[str]:
    """The fields that a refusal names."""
    return set(json.loads(answer.data).get("errors", ()))


def writes(portal: Hospital) -> Iterator[tuple[Operation, Iterator[str]]]:
    """What reads a body, and, in turns, those who get so far that it is read. Aliases are answered by the same code."""
    for operation in portal.operations:
        if operation.has_body and not operation.is_alias:
            yield operation, cycle(insiders(portal, operation))


def share(operation: Operation, cases: Iterable[Case]) -> list[Case]:
    """The cases for an operation: PUT and PATCH read the same fields by the same code, so each gets every other one."""
    places = {"PUT": slice(0, None, 2), "PATCH": slice(1, None, 2)}
    return list(cases)[places.get(operation.method, slice(None))]


def insiders(portal: Hospital, operation: Operation) -> list[str]:
    """Strangers where everyone may; else those of the scene whose broken body is refused, and not they."""
    if operation.is_public or "logout" in operation.path:
        return ["anonymous"]
    broken = {"data": b"{", "content_type": "application/json"}
    found = [actor for actor in INSIDERS if ask(portal, actor, operation, "{", **broken).status_code == 400]
    assert found, f"nobody of the scene may {operation.name}"
    return found


def may_take(field: dict[str, Any], value: object) -> bool:
    """Whether a field with this schema might take a value of WRONG."""
    kinds = types(field)
    is_plain_text = "string" in kinds and "enum" not in field and not formats(field) & {"binary", "date", "date-time"}
    return (
        (value is None and "null" in kinds)
        or (value is True and "boolean" in kinds)
        or (value == [] and "array" in kinds)
        or (value == "x" and is_plain_text)
    )


def sent(body: dict[str, object]) -> dict[str, Any]:
    """A JSON body, with numbers of any size, for a client."""
    return {"data": json.dumps(body), "content_type": "application/json"}


def sound(portal: Hospital, operation: Operation) -> dict[str, object]:
    """A body that is taken: what is required, and for something new also what makes it so."""
    scene, number = portal.scene, next(_numbers)
    texts: dict[str, object] = {
        "username": f"newcomer{number}",
        "email": f"newcomer{number}@example.org",
        "password": "correct horse battery staple",
        "name": f"Newcomer {number}",
        "phone": "020 7946 0018",
        "massage": "When?",
        "time": f"{number // 60 % 24:02}:{number % 60:02}",
        "appointment_time": scene.free_time,
        "rating": "⭐",
        "refresh": "x",
    }
    known = texts | {"doctor": scene.doctor.id, "patient": scene.patient.id, "role": 2}
    new = {"username", "email", "password", "appointment_time", "name"} if operation.method == "POST" else set()
    return {name: known[name] for name in operation.required | (new & set(operation.fields))}


def test_bodies_that_are_none(portal: Hospital) -> None:
    for operation, turns in writes(portal):
        for told, body in share(operation, BAD_JSON.items()):
            ask(portal, next(turns), operation, told, data=body, content_type="application/json", expected={400})
        for told, (body, content_type) in share(operation, BAD_FORMS.items()):
            ask(portal, next(turns), operation, told, data=body, content_type=content_type, expected={400})
        for content_type in share(operation, WRONG_TYPES):
            ask(portal, next(turns), operation, content_type, data=b"{}", content_type=content_type, expected={415})


def test_a_body_of_eleven_megabytes(portal: Hospital) -> None:
    body = b'{"name": "' + b"x" * 11 * 2**20 + b'"}'
    for operation, turns in writes(portal):
        ask(portal, next(turns), operation, "", data=body, content_type="application/json", expected={413})


def test_every_field_that_is_wrong_is_named(portal: Hospital) -> None:
    for operation, turns in writes(portal):
        for value in share(operation, WRONG):
            wrong = {name for name, field in operation.fields.items() if not may_take(field, value)}
            if wrong:
                options = sent(dict.fromkeys(wrong, value))
                answer = ask(portal, next(turns), operation, repr(value)[:40], **options, expected={400})
                assert wrong <= errors(answer), (operation.name, value)


def test_moments_and_days_that_do_not_exist(portal: Hospital) -> None:
    kinds = {"date-time": BAD_MOMENTS, "date": BAD_DAYS}
    seen = set()
    for operation, turns in writes(portal):
        for name, field in operation.fields.items():
            bad = [value for kind, values in kinds.items() if kind in formats(field) for value in values]
            for value in (*bad, *(BAD_HOURS if name in {"available_from", "available_to"} else ())):
                options = sent(sound(portal, operation) | {name: value})
                answer = ask(portal, next(turns), operation, (name, value), **options, expected={400})
                assert name in errors(answer), (operation.name, name, value)
                seen.add(name)
    assert {"appointment_time", "date_of_birth", "available_from"} <= seen


def test_values_at_the_edge_of_what_is_taken(portal: Hospital) -> None:
    for operation, turns in writes(portal):
        for name, field in operation.fields.items():
            kinds, texts = types(field), formats(field)
            values = [
                *(WHOLE_NUMBERS if kinds & {"integer", "number"} else ()),
                *([[number] for number in WHOLE_NUMBERS] if "array" in kinds else ()),
                *(MOMENTS if "date-time" in texts else DAYS if "date" in texts else TEXTS if "string" in kinds else ()),
            ]
            for value in share(operation, values):
                options = sent(sound(portal, operation) | {name: value})
                ask(portal, next(turns), operation, (name, repr(value)[:40]), **options)


def test_forms_of_which_every_box_is_odd(portal: Hospital) -> None:
    forms = cycle(["application/x-www-form-urlencoded", "multipart/form-data"])
    for operation, turns in writes(portal):
        for value in share(operation, (*TEXTS, *map(str, WHOLE_NUMBERS), "1.5", "null")):
            form = dict.fromkeys(operation.fields, value)
            ask(portal, next(turns), operation, value[:40], data=form, content_type=next(forms))
        for name, field in operation.fields.items():
            if "array" not in types(field):
                answer = ask(portal, next(turns), operation, name, data={name: ["7", "7"]}, expected={400})
                assert errors(answer) == {name}


def test_ids_that_no_row_can_have(portal: Hospital) -> None:
    for operation in portal.operations:
        before, placeholder, after = re.split(r"({\w+})", operation.path + "{none}", maxsplit=1)
        if placeholder == "{none}":
            continue
        actors = cycle(["patient", "admin", "doctor"])
        for value, actor in zip(BAD_IDS[:: 4 if operation.is_alias else 1], actors, strict=False):
            path = before + value + after.removesuffix("{none}")
            ask(portal, actor, operation, value[:40], path=path, expected={403, 404})


def wrong_values(name: str, field: dict[str, Any]) -> tuple[str, ...]:
    """Values of a query parameter that are wrong for its type."""
    if name in {"page", "limits"}:
        return ("0", "-1", "", "x", "1.5", "٣", "a\0b")
    if "enum" in field:
        return ("", "x", "a\0b")
    by_type = {
        "integer": ("", "x", "1.5", "1e3", "true", "٣", str(2**63), str(-(2**63) - 1), "9" * 5000, "a\0b"),
        "boolean": ("", "perhaps", "2", "a\0b"),
        "string": ("a\0b", "x" * 5000),
    }
    by_format = {"date-time": (*BAD_MOMENTS[:4], "", "9999-12-31", "0001-01-01", "a\0b")}
    (kind,) = formats(field) & set(by_format) or (types(field) if len(types(field)) == 1 else {"string"})
    return (by_type | by_format)[kind]


def test_queries_of_the_wrong_type(portal: Hospital) -> None:
    odd = ("😀", "%", "_\\", "'; --", "\u202e", " ", *map(str, WHOLE_NUMBERS))
    raw = ("%ED%A0%80", "%FF", "1&{}=2", "1;2", "%")
    for operation in portal.operations:
        path = portal.path(operation, doctor_id=portal.scene.pending_doctor.id)
        actors = cycle(["patient", "admin", "doctor"])
        for name, field in ({} if operation.is_alias else operation.parameters).items():
            for value in wrong_values(name, field):
                told, query = (name, value[:40]), {name: value}
                for actor, expected in (("patient", {400, 403, 404}), ("admin", {400})):
                    options = {"path": path, "query_string": query, "expected": expected}
                    answer = ask(portal, actor, operation, told, **options)
                    assert answer.status_code != 400 or name in errors(answer), (operation.name, told)
            for query in ({name: value} for value in odd):
                ask(portal, next(actors), operation, query, path=path, query_string=query)
            for text in (f"{name}={value.format(name)}" for value in raw):
                ask(portal, next(actors), operation, text, path=path, query_string=text)


@pytest.mark.parametrize(
    "header",
    ["Bearer \xe9", "Bearer " + "x" * 50_000, "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer", "\xff"],
)
def test_tokens_that_are_none(portal: Hospital, header: str) -> None:
    for operation in portal.operations:
        if not operation.is_public and "logout" not in operation.path:
            ask(portal, "anonymous", operation, "", headers={"Authorization": header}, expected={401})
