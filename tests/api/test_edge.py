"""The JSON edge, proven on a throw-away resource: order of refusals, bodies, paging, slash forms, documentation."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import fields

from app import create_app
from app.api import register_resource, resource
from app.api.openapi import PortalApi, document
from app.api.paging import Page, PageQuery, page_of
from app.api.resource import JsonBlueprint, Resource, after, public, refuses
from app.api.schemas.fields import Incoming, Moment, Text, WholeNumber
from app.errors import Conflict, Forbidden, NotFound
from app.policy import Actor
from app.services.listing import Listing
from tests.api.support import problem
from tests.support.settings import make_settings

SIGNED_IN = Actor(account_id=1, display_name="Ada")
STRANGER = Actor()


class ThingIn(Incoming):
    doctor = WholeNumber(required=True)
    tags = fields.List(WholeNumber())
    note = Text(longest=20)
    name = Text(longest=20, shortest=1)
    fee = WholeNumber(allow_none=True)
    cancel = fields.Boolean()
    at = Moment(allow_none=True)


class ThingOut(Incoming):
    id = WholeNumber(required=True)
    at = Moment(required=True)


class ThingQuery(PageQuery):
    doctor = WholeNumber()


def thing_is_visible(_actor: Actor, thing_id: int) -> None:
    if thing_id == 403:
        raise Forbidden
    if thing_id != 1:
        raise NotFound


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch) -> dict[str, Actor]:
    """Who is asking; a test may change it."""
    asking = {"actor": SIGNED_IN}
    monkeypatch.setattr(resource, "actor", lambda: asking["actor"])
    return asking


@pytest.fixture
def app(tmp_path: Path, caller: dict[str, Actor]) -> Flask:
    """The portal with a throw-away resource; its database is never asked."""
    blueprint = JsonBlueprint("things", __name__, description="Things.")

    @blueprint.route("/things/", documents=("001", "004"))
    class Things(Resource):
        @blueprint.arguments(ThingQuery, location="query")
        @blueprint.response(200, page_of(ThingOut))
        def get(self, query: dict[str, Any]) -> dict[str, object]:
            """List things."""
            page = Page.take(query)
            rows = [{"id": number, "at": datetime(2026, 1, 6, 9, 30, tzinfo=UTC)} for number in range(1, 251)]
            listing = Listing(rows[page.offset : page.offset + page.limit], len(rows))
            return page.envelope(listing, lambda row: row)

        @refuses(HTTPStatus.CONFLICT)
        @blueprint.arguments(ThingIn)
        @blueprint.response(201)
        def post(self, data: dict[str, Any]) -> dict[str, object]:
            """Echo a thing."""
            if data["doctor"] == 409:
                raise Conflict(
                    "Taken.", field="starts_at", alternatives=[datetime(2026, 1, 6, 9, 30, 0, 5, tzinfo=UTC)]
                )
            return data

    @blueprint.route("/api/things/<int:thing_id>/", alias_of="/things/{thing_id}/", documents=("002",))
    @blueprint.route("/things/<int:thing_id>/")
    class Thing(Resource):
        @after(thing_is_visible)
        @blueprint.arguments(ThingIn)
        @blueprint.response(200)
        def put(self, data: dict[str, Any], thing_id: int) -> dict[str, object]:
            """Change a thing."""
            return {"id": thing_id, **data}

    @blueprint.route("/open-things/")
    class OpenThings(Resource):
        @public
        @blueprint.arguments(ThingIn)
        @blueprint.response(200)
        def post(self, data: dict[str, Any]) -> dict[str, object]:
            """Echo a thing to anyone."""
            return data

    portal = create_app(make_settings(tmp_path, f"sqlite:///{tmp_path / 'unused.sqlite3'}"))
    api = portal.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    assert isinstance(api, PortalApi)
    register_resource(portal, api, blueprint)
    return portal


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


class TestOrderOfRefusals:
    def test_a_bad_body_of_a_stranger_is_401_first(self, client: FlaskClient, caller: dict[str, Actor]) -> None:
        caller["actor"] = STRANGER
        response = client.put("/things/2/", data="{", content_type="application/json")
        problem(response, 401)
        assert response.headers["WWW-Authenticate"].startswith("Bearer")

    def test_a_role_that_may_not_is_403_before_the_body_is_read(self, client: FlaskClient) -> None:
        problem(client.put("/things/403/", data="{", content_type="application/json"), 403)

    def test_a_hidden_row_is_404_before_the_body_is_read(self, client: FlaskClient) -> None:
        problem(client.put("/things/2/", data="{", content_type="application/json"), 404)

    def test_a_visible_row_with_a_bad_body_is_400(self, client: FlaskClient) -> None:
        problem(client.put("/things/1/", data="{", content_type="application/json"), 400)

    def test_ids_beyond_the_database_are_hidden_rows(self, client: FlaskClient) -> None:
        for thing_id in (0, 2**31, 2**63, 10**30, "9" * 5000):
            problem(client.put(f"/things/{thing_id}/", json={}), 404)

    def test_public_methods_are_answered_without_a_token(self, client: FlaskClient, caller: dict[str, Actor]) -> None:
        caller["actor"] = STRANGER
        assert client.post("/open-things/", json={"doctor": 1}).status_code == 200

    def test_a_path_that_is_no_resource_cannot_be_registered(self) -> None:
        blueprint = JsonBlueprint("loose", __name__)
        with pytest.raises(TypeError, match="must be a Resource"):
            blueprint.route("/loose/")(object)  # type: ignore[arg-type]  # that is what is refused

    def test_a_method_asked_for_by_options_needs_no_token(self, client: FlaskClient, caller: dict[str, Actor]) -> None:
        caller["actor"] = STRANGER
        response = client.options("/things/")
        assert response.status_code == 200
        assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


class TestSlashForms:
    @pytest.mark.parametrize("path", ["/things", "/things/", "/things/1", "/things/1/", "/api/things/1"])
    def test_each_form_answers_without_a_redirect(self, client: FlaskClient, path: str) -> None:
        method = "PUT" if "1" in path else "POST"
        assert client.open(path, method=method, json={"doctor": 1}).status_code in (200, 201)

    @pytest.mark.parametrize("path", ["/things", "/things/"])
    def test_another_method_is_405_with_the_methods_that_there_are(self, client: FlaskClient, path: str) -> None:
        response = client.delete(path)
        problem(response, 405)
        assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}

    def test_a_path_with_no_route_is_a_problem_for_programs(self, client: FlaskClient) -> None:
        problem(client.get("/no-such-thing", headers={"Accept": "application/json"}), 404)


class TestJsonBodies:
    def test_unknown_fields_are_ignored(self, client: FlaskClient) -> None:
        response = client.post("/things/", json={"doctor": 7, "id": 9, "is_staff": True})
        assert (response.status_code, response.json) == (201, {"doctor": 7})

    @pytest.mark.parametrize("value", [1.5, True, "1.5", "x", "", None, [], {}, 2**63, -(2**63) - 1, "9" * 30, 1e300])
    def test_integers_are_exact(self, client: FlaskClient, value: object) -> None:
        response = client.post("/things/", data=json.dumps({"doctor": value}), content_type="application/json")
        assert "doctor" in problem(response, 400)["errors"]

    @pytest.mark.parametrize(
        "body",
        [
            "{",
            "[]",
            "null",
            "7",
            '"text"',
            '{"doctor": 1, "doctor": 2}',
            '{"doctor": 1, "other": {"a": 1, "a": 2}}',
            '{"doctor": NaN}',
            '{"doctor": 1, "other": Infinity}',
            '{"doctor": 1, "other": -Infinity}',
            '{"doctor": 1, "other": 1e999}',
            '{"doctor": 1, "note": "a\\u0000b"}',
            '{"doctor": 1, "note": "\\ud800"}',
            '{"doctor": 1, "other": [{"deep": "\\udfff"}]}',
            '{"doctor": 1, "other": {"\\u0000": 1}}',
            '{"doctor": 1, "\\ud800": 1}',
            '{"doctor": ' + "9" * 5000 + "}",
            "[" * 100_000,
            '{"a":' * 100_000,
            '{"doctor": 1, "other": ' + "[" * 100 + "]" * 100 + "}",
        ],
        ids=lambda body: body[:40],
    )
    def test_what_is_no_sound_json_object_is_400(self, client: FlaskClient, body: str) -> None:
        problem(client.post("/things/", data=body, content_type="application/json"), 400)

    @pytest.mark.parametrize("body", [b"\xff\xfe{}", '{"doctor": 1}'.encode("utf-16"), b'{"note": "\xed\xa0\x80"}'])
    def test_what_is_not_utf_8_is_400(self, client: FlaskClient, body: bytes) -> None:
        problem(client.post("/things/", data=body, content_type="application/json"), 400)

    def test_no_body_is_an_empty_one(self, client: FlaskClient) -> None:
        for content_type in (None, "application/json", "text/plain"):
            errors = problem(client.post("/things/", content_type=content_type), 400)["errors"]
            assert list(errors) == ["doctor"]

    def test_errors_name_every_field_at_fault(self, client: FlaskClient) -> None:
        body = problem(client.post("/things/", json={"tags": [1, "x"], "name": " ", "note": "n" * 21}), 400)
        assert set(body["errors"]) == {"doctor", "tags", "name", "note"}
        assert body["errors"]["tags"] == ["Entry 2: Not a valid integer."]

    def test_a_json_type_with_a_suffix_and_a_charset_is_json(self, client: FlaskClient) -> None:
        for content_type in ("application/json; charset=utf-8", "application/vnd.api+json"):
            assert client.post("/things/", data='{"doctor": 1}', content_type=content_type).status_code == 201


class TestFormBodies:
    @pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
    def test_forms_carry_the_same_as_json(self, client: FlaskClient, content_type: str) -> None:
        form = {"doctor": "7", "tags": ["1", "2"], "cancel": "true", "fee": "", "note": "", "unknown": "x"}
        response = client.post("/things/", data=form, content_type=content_type)
        expected = {"doctor": 7, "tags": [1, 2], "cancel": True, "fee": None, "note": ""}
        assert (response.status_code, response.json) == (201, expected)

    def test_an_empty_list_clears_and_an_empty_box_is_not_sent(self, client: FlaskClient) -> None:
        response = client.post("/things/", data={"doctor": "7", "tags": "", "cancel": ""})
        assert response.json == {"doctor": 7, "tags": []}

    def test_a_single_value_sent_twice_is_400(self, client: FlaskClient) -> None:
        assert "doctor" in problem(client.post("/things/", data={"doctor": ["7", "8"]}), 400)["errors"]

    @pytest.mark.parametrize("body", ["doctor=1.5", "doctor=7&note=a%00b", "doctor=7&other=%00", "doctor=", "%ff=%ff"])
    def test_bad_values_are_400(self, client: FlaskClient, body: str) -> None:
        problem(client.post("/things/", data=body, content_type="application/x-www-form-urlencoded"), 400)

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (b"rubbish", "multipart/form-data; boundary=x"),
            (b"--x\r\n\r\n--x--", "multipart/form-data"),
            (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=\xe4".encode("latin-1").decode("latin-1")),
            (b'--x\r\nContent-Disposition: form-data; name="doctor"\r\n\r\n7', "multipart/form-data; boundary=x"),
            (b"--x\r\nContent-Disposition: form-data\r\n\r\n7\r\n--x--\r\n", "multipart/form-data; boundary=x"),
            (b"--x\r\nX: y\r\n\r\n7\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        ],
    )
    def test_broken_multipart_is_400(self, client: FlaskClient, body: bytes, content_type: str) -> None:
        problem(client.post("/things/", data=body, content_type=content_type), 400)

    def test_a_form_that_is_not_utf_8_is_400(self, client: FlaskClient) -> None:
        response = client.post("/things/", data=b"doctor=\xff", content_type="application/x-www-form-urlencoded")
        problem(response, 400)

    @pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "image/png", "nonsense", None])
    def test_another_content_type_is_415(self, client: FlaskClient, content_type: str | None) -> None:
        problem(client.post("/things/", data=b'{"doctor": 1}', content_type=content_type), 415)

    @pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
    def test_more_than_ten_megabytes_is_413(self, client: FlaskClient, content_type: str) -> None:
        body = b'{"doctor": 1, "note": "' + b"n" * 10 * 2**20 + b'"}'
        problem(client.post("/things/", data=body, content_type=content_type), 413)

    @pytest.mark.parametrize(("megabytes", "status"), [(1, 201), (11, 413)])
    def test_a_body_without_a_length_is_never_cut_off(self, client: FlaskClient, megabytes: int, status: int) -> None:
        body = b"doctor=1&note=&more=" + b"m" * megabytes * 2**20
        response = client.post(
            "/things/",
            input_stream=BytesIO(body),
            content_type="application/x-www-form-urlencoded",
            environ_overrides={"wsgi.input_terminated": True},
        )
        assert response.status_code == status


class TestMoments:
    @pytest.mark.parametrize(
        ("sent", "meant"),
        [
            ("2026-07-06T09:30:00Z", "2026-07-06T09:30:00+00:00"),
            ("2026-07-06T09:30:00+02:00", "2026-07-06T07:30:00+00:00"),
            ("2026-07-06T09:30-0500", "2026-07-06T14:30:00+00:00"),
            ("2026-07-06 09:30", "2026-07-06T08:30:00+00:00"),
            ("2026-01-06t09:30:00.123456789z", "2026-01-06T09:30:00+00:00"),
        ],
    )
    def test_any_offset_is_taken_and_none_is_hospital_time(self, client: FlaskClient, sent: str, meant: str) -> None:
        with client.application.app_context():
            loaded = ThingIn().load({"doctor": 1, "at": sent})
        assert loaded["at"] == datetime.fromisoformat(meant)

    @pytest.mark.parametrize(
        "sent",
        [
            *("", "soon", "2026-07-06", "2026-13-01T00:00", "2026-07-06T25:00", 5, [], {}),
            *("0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "0001-01-01T00:00", "\uff19999-01-01T00:00"),
            "2026-03-29T01:30",  # skipped: the clocks go forward
        ],
    )
    def test_what_is_no_moment_is_400(self, client: FlaskClient, sent: object) -> None:
        assert "at" in problem(client.post("/things/", json={"doctor": 1, "at": sent}), 400)["errors"]


class TestPaging:
    def test_a_page_tells_its_neighbours_with_the_other_parameters_kept(self, client: FlaskClient) -> None:
        body = client.get("/things/?limits=100&page=2&doctor=3").get_json()
        assert (body["count"], len(body["results"]), body["results"][0]["id"]) == (250, 100, 101)
        assert body["next"] == "http://localhost/things/?limits=100&doctor=3&page=3"
        assert body["previous"] == "http://localhost/things/?limits=100&doctor=3&page=1"
        assert body["results"][0]["at"] == "2026-01-06T09:30:00Z"

    def test_the_ends_have_one_neighbour(self, client: FlaskClient) -> None:
        first, last = client.get("/things/").get_json(), client.get("/things/?page=3").get_json()
        assert (first["previous"], last["next"]) == (None, None)
        assert (len(first["results"]), len(last["results"])) == (100, 50)

    def test_limits_above_a_thousand_are_a_thousand(self, client: FlaskClient) -> None:
        for limits in (1001, 10**30):
            assert client.get(f"/things/?limits={limits}").get_json()["next"] is None

    @pytest.mark.parametrize("page", ["4", "99999999999", str(2**63), "9" * 5000])
    def test_a_page_past_the_end_is_404(self, client: FlaskClient, page: str) -> None:
        assert problem(client.get(f"/things/?page={page}"), 404)["detail"] == "Invalid page."

    @pytest.mark.parametrize("value", ["0", "-1", "x", "", "1.5", "٣", "1_0", "+1", " 1"])
    @pytest.mark.parametrize("name", ["page", "limits"])
    def test_what_is_no_whole_number_from_one_is_400(self, client: FlaskClient, name: str, value: str) -> None:
        assert name in problem(client.get("/things/", query_string={name: value}), 400)["errors"]

    @pytest.mark.parametrize("query", ["doctor=x", "doctor=", "doctor=1.5", "doctor=9999999999999999999", "x=%00"])
    def test_a_filter_of_the_wrong_type_is_400(self, client: FlaskClient, query: str) -> None:
        problem(client.get(f"/things/?{query}"), 400)


class TestRefusalsOfServices:
    def test_fields_are_named_as_on_the_wire_and_alternatives_are_utc(self, client: FlaskClient) -> None:
        body = problem(client.post("/things/", json={"doctor": 409}), 409)
        assert body["errors"] == {"appointment_time": ["Taken."]}
        assert body["alternatives"] == ["2026-01-06T09:30:00Z"]


class TestDocumentation:
    def test_every_path_is_documented_as_published_with_an_id_of_its_own(self, app: Flask) -> None:
        paths = document(app)["paths"]
        assert paths["/things/"]["get"]["operationId"] == "get_things"
        assert paths["/things/{thing_id}/"]["put"]["operationId"] == "put_things_thing_id"
        alias = paths["/api/things/{thing_id}/"]["put"]
        assert alias["operationId"] == "put_api_things_thing_id"
        assert alias["x-alias-of"] == "/things/{thing_id}/"

    def test_writes_take_three_content_types_and_ignore_unknown_fields(self, app: Flask) -> None:
        described = document(app)
        body = described["paths"]["/things/"]["post"]["requestBody"]
        assert set(body["content"]) == {
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        }
        assert body["required"] is True
        assert "additionalProperties" not in described["components"]["schemas"]["ThingIn"]

    def test_refusals_are_problem_bodies_and_never_422(self, app: Flask) -> None:
        described = document(app)
        responses = described["paths"]["/things/{thing_id}/"]["put"]["responses"]
        assert set(responses) == {"200", "400", "401", "404", "413", "415", "429", "503"}
        assert set(described["paths"]["/things/"]["post"]["responses"]) >= {"201", "409"}
        for name, refusal in described["components"]["responses"].items():
            assert list(refusal["content"]) == ["application/problem+json"], name

    def test_public_operations_are_told_from_the_others(self, app: Flask) -> None:
        paths = document(app)["paths"]
        assert document(app)["security"] == [{"token": []}]
        assert paths["/open-things/"]["post"]["security"] == []
        assert "security" not in paths["/things/"]["post"]
        assert "401" not in paths["/open-things/"]["post"]["responses"]
