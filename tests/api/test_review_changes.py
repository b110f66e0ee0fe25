"""Reviews over JSON: changed by their author, deleted, and never told what is the server's (contract, section 10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.models import AuditEvent, Doctor, Patient, Review
from tests.api.support import ids, problem
from tests.factories import DoctorFactory, PatientFactory, ReviewFactory
from tests.support.clients import ApiClient, api
from tests.support.databases import Database

PATH = "/reviews/"


@pytest.fixture
def anyone(client: FlaskClient) -> ApiClient:
    return api(client)


@pytest.fixture
def review(patient: Patient, doctor: Doctor) -> Review:
    """The patient's review of the doctor."""
    return ReviewFactory(patient=patient, doctor=doctor)


def stored(database: Database) -> list[tuple[int, str]]:
    """The stars and words of every review."""
    with database.unit_of_work() as session:
        return [(row.rating, row.body) for row in session.scalars(select(Review).order_by(Review.id))]


SERVER_OWNED: dict[str, object] = {
    "id": 999,
    "reviewer": "Mallory",
    "reviewer_id": 999,
    "reviwer": 999,
    "patient_id": 999,
    "doctor_id": 999,
    "doctor_name": "Mallory",
    "created_on": "2000-01-01",
    "created_at": "2000-01-01T00:00:00Z",
    "updated_at": "2000-01-01T00:00:00Z",
    "hidden_at": "2000-01-01T00:00:00Z",
    "verified": True,
    "is_verified": True,
    "username": "mallory",
}


class TestMassAssignment:
    def test_what_the_server_owns_cannot_be_written(
        self, caller: ApiClient, patient: Patient, database: Database
    ) -> None:
        other = DoctorFactory(name="Dr Other")
        for name, value in SERVER_OWNED.items():
            sent = {"doctor": other.id, "rating": 4, "body": "Kind.", name: value}
            body = caller.post(PATH, json=sent).get_json()
            written = body.pop("created_on")
            assert written >= (datetime.now(UTC) - timedelta(days=1)).date().isoformat(), name
            assert body == {
                "id": body["id"],
                "reviewer": "Pat",
                "reviewer_id": patient.id,
                "doctor": other.id,
                "doctor_name": "Dr Other",
                "body": "Kind.",
                "rating": "⭐⭐⭐⭐",
                "verified": False,
            }, name
            assert body["id"] != 999
            with database.unit_of_work() as session:
                row = session.get_one(Review, body["id"])
                assert row.hidden_at is None
                session.delete(row)

    def test_what_the_server_owns_cannot_be_changed(
        self, caller: ApiClient, review: Review, database: Database
    ) -> None:
        def row() -> dict[str, Any]:
            with database.unit_of_work() as session:
                found = session.execute(select(Review.__table__).where(Review.id == review.id)).one()
                return {key: value for key, value in found._asdict().items() if key != "updated_at"}

        before, path = row(), f"{PATH}{review.id}/"
        for name, value in SERVER_OWNED.items():
            for method in ("PUT", "PATCH"):
                assert caller.open(method, path, json={name: value, "rating": 1}).status_code == 200
                assert row() == before | {"rating": 1}, name
                assert caller.open(method, path, data={name: str(value)}).status_code == 200
                assert row() == before | {"rating": 1}, name

    def test_a_patient_is_chosen_at_the_beginning_only(
        self, caller: ApiClient, patient: Patient, review: Review
    ) -> None:
        child = PatientFactory(manager=patient.manager, is_own=False)
        body = caller.patch(f"{PATH}{review.id}", json={"patient": child.id}).get_json()
        assert body["reviewer_id"] == patient.id


class TestChanging:
    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_the_author_changes_words_and_stars(self, caller: ApiClient, review: Review, method: str) -> None:
        path = f"{PATH}{review.id}/"
        before = caller.get(path).get_json()
        assert caller.open(method, path, json={"rating": "⭐"}).get_json() == before | {"rating": "⭐"}
        assert caller.open(method, path, data={"body": ""}).get_json() == before | {"rating": "⭐", "body": ""}
        sent = {"doctor": before["doctor"], "body": "Better.", "rating": "⭐⭐⭐⭐⭐"}  # as document 001 sends it
        assert caller.open(method, path, json=sent).get_json() == before | sent
        assert caller.get(path).get_json() == before | sent

    def test_a_body_equal_to_the_last_get_changes_nothing(
        self, caller: ApiClient, review: Review, database: Database
    ) -> None:
        path = f"{PATH}{review.id}/"
        body = caller.get(path).get_json()
        form = {name: str(value) for name, value in body.items()}
        for method in ("PUT", "PATCH"):
            options: dict[str, Any]
            for options in ({"json": body}, {"data": form}, {"json": {}}, {}):
                response = caller.open(method, path, **options)
                assert (response.status_code, response.get_json()) == (200, body), response.text
        with database.unit_of_work() as session:
            assert session.get(Review, review.id).updated_at == review.updated_at
            acts = session.scalar(select(func.count()).where(AuditEvent.action.startswith("review.")))
        assert acts == 0

    @pytest.mark.parametrize("other", ["listed", "absent"])
    def test_another_doctor_is_400(self, caller: ApiClient, review: Review, other: str) -> None:
        doctor_id = DoctorFactory().id if other == "listed" else 999
        for method in ("PUT", "PATCH"):
            sent = {"doctor": doctor_id, "rating": 1}
            assert list(problem(caller.open(method, f"{PATH}{review.id}", json=sent), 400)["errors"]) == ["doctor"]
        assert caller.get(f"{PATH}{review.id}").get_json()["rating"] == "⭐⭐⭐⭐"

    @pytest.mark.parametrize("sent", [{"rating": 6}, {"rating": "x"}, {"rating": None}, {"body": "x" * 2001}])
    def test_bad_values_are_400(self, caller: ApiClient, review: Review, sent: dict[str, Any]) -> None:
        for method in ("PUT", "PATCH"):
            assert list(problem(caller.open(method, f"{PATH}{review.id}", json=sent), 400)["errors"]) == list(sent)

    def test_others_may_not_whatever_they_send_in_good_form(
        self, client: FlaskClient, staff: ApiClient, admin: ApiClient, review: Review, database: Database
    ) -> None:
        path = f"{PATH}{review.id}/"
        for asking in (staff, admin, api(client, PatientFactory().manager)):
            for method in ("PUT", "PATCH"):
                problem(asking.open(method, path, json={"rating": 1}), 403)
                problem(asking.open(method, path), 403)
                problem(asking.open(method, path, json={"rating": 9}), 400)
        assert stored(database) == [(4, "Listened well.")]

    def test_what_is_not_there_is_404_before_the_body_is_read(self, caller: ApiClient) -> None:
        for method in ("PUT", "PATCH", "DELETE"):
            problem(caller.open(method, f"{PATH}999", data="{", content_type="application/json"), 404)


class TestDeleting:
    @pytest.mark.parametrize("who", ["caller", "admin"])
    def test_the_author_and_admins_delete(
        self, request: pytest.FixtureRequest, caller: ApiClient, review: Review, who: str
    ) -> None:
        asking: ApiClient = request.getfixturevalue(who)
        path = f"{PATH}{review.id}/"
        response = asking.delete(path)
        assert (response.status_code, response.data) == (204, b"")
        problem(asking.delete(path), 404)
        problem(asking.get(path), 404)
        assert ids(asking, path=PATH) == []
        assert caller.post(PATH, json={"doctor": review.doctor_id, "rating": 1}).status_code == 201

    def test_nobody_else_does(self, client: FlaskClient, staff: ApiClient, review: Review, database: Database) -> None:
        for asking in (staff, api(client, PatientFactory().manager)):
            problem(asking.delete(f"{PATH}{review.id}/"), 403)
        assert stored(database) == [(4, "Listened well.")]
