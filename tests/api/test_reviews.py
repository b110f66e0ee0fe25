"""Reviews over JSON: read by all, and written once for each patient and doctor (contract, section 10)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.api.schemas.review import ReviewOut
from app.models import AuditEvent, Doctor, Patient, Review, VisitState
from tests.api.support import ids, problem
from tests.factories import AccountFactory, AppointmentFactory, DoctorFactory, PatientFactory, ReviewFactory
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


class TestReading:
    @pytest.mark.both_databases
    def test_anyone_reads_what_is_told_of_a_review(self, anyone: ApiClient, patient: Patient, doctor: Doctor) -> None:
        written = datetime(2026, 7, 6, 23, 30, tzinfo=UTC)  # half past midnight in the hospital
        review = ReviewFactory(patient=patient, doctor=doctor, rating=3, body="Kind.", created_at=written)
        expected = {
            "id": review.id,
            "reviewer": "Pat",
            "reviewer_id": patient.id,
            "doctor": doctor.id,
            "doctor_name": "Dr Ada Byron",
            "body": "Kind.",
            "created_on": "2026-07-07",
            "rating": "⭐⭐⭐",
            "verified": False,
        }
        for path in (f"/reviews/{review.id}/", f"/reviews/{review.id}"):
            assert anyone.get(path).get_json() == expected
        for path in ("/reviews/", "/reviews"):
            assert anyone.get(path).get_json() == {"count": 1, "next": None, "previous": None, "results": [expected]}
        assert set(expected) == set(ReviewOut().fields)

    def test_nothing_else_of_the_reviewer_is_told(self, anyone: ApiClient, admin: ApiClient, doctor: Doctor) -> None:
        account = AccountFactory(username="secret-user", email="secret@example.org")
        ReviewFactory(doctor=doctor, patient=PatientFactory(manager=account, name="Marie Secret"))
        nameless = ReviewFactory(doctor=doctor, patient=PatientFactory(manager=account, is_own=False, name=" "))
        like_account = ReviewFactory(
            doctor=doctor, patient=PatientFactory(manager=account, is_own=False, name="secret-user")
        )
        for caller in (anyone, admin):
            answer = caller.get(PATH)
            assert "ecret" not in answer.text
            assert [line["reviewer"] for line in answer.get_json()["results"]] == ["Patient", "Patient", "Marie"]
            for row in (nameless, like_account):
                assert caller.get(f"{PATH}{row.id}").get_json()["reviewer"] == "Patient"

    @pytest.mark.parametrize("state", VisitState)
    def test_a_completed_visit_with_the_doctor_verifies(
        self, anyone: ApiClient, review: Review, patient: Patient, doctor: Doctor, state: VisitState
    ) -> None:
        expires = datetime(2030, 1, 1, tzinfo=UTC) if state is VisitState.HELD else None
        AppointmentFactory(patient=patient, doctor=doctor, state=state, hold_expires_at=expires)
        earlier = datetime(2026, 1, 5, 10, tzinfo=UTC)
        AppointmentFactory(state=VisitState.COMPLETED, starts_at=earlier, patient=patient)
        AppointmentFactory(state=VisitState.COMPLETED, starts_at=earlier, doctor=doctor)
        assert anyone.get(f"{PATH}{review.id}/").get_json()["verified"] is (state is VisitState.COMPLETED)
        assert anyone.get(PATH).get_json()["results"][0]["verified"] is (state is VisitState.COMPLETED)

    def test_hidden_reviews_are_for_admins(self, anyone: ApiClient, admin: ApiClient, caller: ApiClient) -> None:
        hidden = ReviewFactory(hidden_at=datetime.now(UTC))
        for asking in (anyone, caller):
            assert ids(asking, path=PATH) == []
            assert asking.get(f"{PATH}{hidden.id}").data == asking.get(f"{PATH}999999").data
            problem(asking.get(f"{PATH}{hidden.id}"), 404)
        assert ids(admin, path=PATH) == [hidden.id]
        assert admin.get(f"{PATH}{hidden.id}/").status_code == 200

    @pytest.mark.both_databases
    def test_filters(self, anyone: ApiClient, doctor: Doctor, patient: Patient) -> None:
        one = ReviewFactory(doctor=doctor, patient=patient, rating=5)
        two = ReviewFactory(doctor=doctor, patient=PatientFactory(name="Zoë Byrd"), rating=2)
        three = ReviewFactory(doctor=DoctorFactory(name="Bo Patel"), patient=patient, rating=2)
        everything = [three, two, one]
        expected: dict[str, list[Review]] = {
            "": everything,
            f"doctor={doctor.id}": [two, one],
            f"reviwer={patient.id}": [three, one],
            f"reviewer={patient.id}": [three, one],
            f"reviwer={patient.id}&reviewer={two.patient_id}": [],
            f"reviewer={patient.id}&doctor={doctor.id}&rating=5": [one],
            "rating=2": [three, two],
            "rating=⭐⭐": [three, two],
            "rating=⭐️⭐️⭐️⭐️⭐️": [one],
            "rating=4": [],
            # The doctor's name anywhere, the reviewer's first name from its beginning: no more of it is shown.
            "search=byron": [two, one],
            "search=YR": [two, one],
            "search=zoË": [two],
            "search=zo": [two],
            "search=byrd": [],
            "search=oë": [],
            "search=pat": [three, one],
            "search=pat byron": [one],
            "search=smith": [],
            "search=%": [],
            "search=": everything,
            "doctor=9223372036854775807": [],
            "doctor=-9223372036854775808": [],
            "reviwer=0": [],
        }
        for query, rows in expected.items():
            assert ids(anyone, query, PATH) == [row.id for row in rows], query

    def test_a_username_cannot_be_searched_for(self, anyone: ApiClient, doctor: Doctor) -> None:
        account = AccountFactory(username="mary1970")
        ReviewFactory(doctor=doctor, patient=PatientFactory(manager=account, name="mary1970"))
        ReviewFactory(doctor=doctor, patient=PatientFactory(manager=account, is_own=False, name="Ruth"))
        named = ReviewFactory(doctor=doctor, patient=PatientFactory(manager=None, name="Mary Ann"))
        assert ids(anyone, "search=mary", PATH) == [named.id]
        assert ids(anyone, "search=mary1970", PATH) == []

    @pytest.mark.parametrize(
        "query",
        [
            *("doctor=x", "doctor=1.5", "doctor=", "doctor=9223372036854775808", "reviwer=me", "reviewer=1;2"),
            *("rating=0", "rating=6", "rating=x", "rating=", "rating=★", "rating=⭐⭐⭐⭐⭐⭐", "rating=2.5"),
            *("page=0", "limits=x"),
        ],
    )
    def test_a_value_of_the_wrong_type_is_400(self, anyone: ApiClient, query: str) -> None:
        assert list(problem(anyone.get(f"{PATH}?{query}"), 400)["errors"]) == [query.partition("=")[0]]

    def test_pages_are_stable(self, anyone: ApiClient, database: Database) -> None:
        with database.unit_of_work():
            moment = datetime.now(UTC)
            rows = [ReviewFactory(created_at=moment).id for _ in range(5)]
        first = anyone.get("/reviews?limits=2&rating=4").get_json()
        assert (first["count"], first["previous"]) == (5, None)
        assert first["next"] == "http://localhost/reviews?limits=2&rating=4&page=2"
        assert [ids(anyone, f"limits=2&page={page}", PATH) for page in (1, 2, 3)] == [
            rows[:2:-1],
            rows[2:0:-1],
            rows[:1],
        ]
        assert problem(anyone.get("/reviews/?page=2"), 404)["detail"] == "Invalid page."


class TestWriting:
    @pytest.mark.both_databases
    @pytest.mark.parametrize(
        ("sent", "stars"), [("⭐⭐⭐⭐⭐", 5), ("⭐️", 1), (1, 1), (5, 5), ("4", 4), (" ⭐⭐ ", 2), (3.0, 3)]
    )
    def test_a_patient_reviews_a_doctor_in_stars_or_numbers(
        self, caller: ApiClient, doctor: Doctor, patient: Patient, sent: object, stars: int
    ) -> None:
        response = caller.post(PATH, json={"doctor": doctor.id, "body": " Kind. ", "rating": sent})
        body = response.get_json()
        assert response.status_code == 201, response.text
        assert (body["rating"], body["reviewer_id"], body["doctor"]) == ("⭐" * stars, patient.id, doctor.id)
        assert (body["body"], body["reviewer"], body["verified"]) == ("Kind.", "Pat", False)
        assert caller.get(f"{PATH}{body['id']}/").get_json() == body

    @pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
    def test_forms_do_as_well(self, caller: ApiClient, doctor: Doctor, content_type: str) -> None:
        form = {"doctor": str(doctor.id), "body": "", "rating": "⭐⭐⭐⭐", "patient": ""}
        body = caller.post("/reviews", data=form, content_type=content_type).get_json()
        assert (body["rating"], body["body"]) == ("⭐⭐⭐⭐", "")

    def test_words_may_be_left_out(self, caller: ApiClient, doctor: Doctor) -> None:
        assert caller.post(PATH, json={"doctor": doctor.id, "rating": 5}).get_json()["body"] == ""

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"doctor": None}, "doctor"),
            ({"doctor": 999}, "doctor"),
            ({"doctor": 0}, "doctor"),
            ({"doctor": 2**63}, "doctor"),
            ({"doctor": True}, "doctor"),
            ({"rating": None}, "rating"),
            ({"rating": 0}, "rating"),
            ({"rating": 6}, "rating"),
            ({"rating": -1}, "rating"),
            ({"rating": 2**63}, "rating"),
            ({"rating": 4.5}, "rating"),
            ({"rating": True}, "rating"),
            ({"rating": ""}, "rating"),
            ({"rating": "★★★"}, "rating"),
            ({"rating": "⭐" * 6}, "rating"),
            ({"rating": "⭐ 5"}, "rating"),
            ({"rating": ["⭐"]}, "rating"),
            ({"body": "x" * 2001}, "body"),
            ({"body": None}, "body"),
            ({"body": 1}, "body"),
            ({"patient": 999}, "patient"),
            ({"patient": 0}, "patient"),
            ({"patient": "me"}, "patient"),
        ],
    )
    def test_what_is_wrong_is_named(
        self, caller: ApiClient, doctor: Doctor, database: Database, changes: dict[str, Any], field: str
    ) -> None:
        sent = {"doctor": doctor.id, "rating": 4, "body": "Kind."} | changes
        assert list(problem(caller.post(PATH, json=sent), 400)["errors"]) == [field]
        assert stored(database) == []

    def test_doctor_and_rating_are_required(self, caller: ApiClient) -> None:
        assert set(problem(caller.post(PATH), 400)["errors"]) == {"doctor", "rating"}

    @pytest.mark.both_databases
    def test_a_second_one_of_the_same_doctor_is_409(
        self, caller: ApiClient, doctor: Doctor, patient: Patient, database: Database
    ) -> None:
        sent = {"doctor": doctor.id, "rating": 4}
        assert caller.post(PATH, json=sent).status_code == 201
        problem(caller.post(PATH, json=sent | {"rating": 1}), 409)
        assert stored(database) == [(4, "")]
        assert caller.post(PATH, json=sent | {"doctor": DoctorFactory().id}).status_code == 201
        child = PatientFactory(manager=patient.manager, is_own=False)
        assert caller.post(PATH, json=sent | {"patient": child.id}).get_json()["reviewer_id"] == child.id

    def test_only_a_listed_doctor_is_reviewed(self, caller: ApiClient, staff: ApiClient, admin: ApiClient) -> None:
        pending, gone = DoctorFactory(pending=True), DoctorFactory(deleted_at=datetime.now(UTC))
        absent = caller.post(PATH, json={"doctor": 999, "rating": 5})
        for hidden in (pending, gone):
            assert caller.post(PATH, json={"doctor": hidden.id, "rating": 5}).data == absent.data
        problem(admin.post(PATH, json={"doctor": pending.id, "rating": 5}), 400)

    def test_nobody_reviews_for_another_ones_patient(
        self, caller: ApiClient, staff: ApiClient, admin: ApiClient, patient: Patient, database: Database
    ) -> None:
        stranger, other = PatientFactory(), DoctorFactory()
        sent = {"doctor": other.id, "rating": 5, "patient": stranger.id}
        hidden = caller.post(PATH, json=sent)
        assert hidden.data == caller.post(PATH, json=sent | {"patient": 999}).data
        assert list(problem(hidden, 400)["errors"]) == ["patient"]
        problem(staff.post(PATH, json=sent), 403)
        problem(admin.post(PATH, json=sent), 403)
        assert stored(database) == []

    def test_who_has_no_patient_must_say_for_whom(self, admin: ApiClient, staff: ApiClient, doctor: Doctor) -> None:
        for asking in (admin, staff):
            body = problem(asking.post(PATH, json={"doctor": doctor.id, "rating": 5}), 400)
            assert list(body["errors"]) == ["patient"]

    def test_doctors_do_not_review_themselves(self, staff: ApiClient, doctor: Doctor, database: Database) -> None:
        PatientFactory(manager=doctor.account)
        child = PatientFactory(manager=doctor.account, is_own=False)
        problem(staff.post(PATH, json={"doctor": doctor.id, "rating": 5}), 403)
        problem(staff.post(PATH, json={"doctor": doctor.id, "rating": 5, "patient": child.id}), 403)
        assert stored(database) == []
        assert staff.post(PATH, json={"doctor": DoctorFactory().id, "rating": 5}).status_code == 201

    def test_a_doctor_without_an_account_is_reviewed(self, caller: ApiClient) -> None:
        assert caller.post(PATH, json={"doctor": DoctorFactory(account=None).id, "rating": 5}).status_code == 201

    def test_a_stranger_is_401_before_the_body_is_read(self, anyone: ApiClient, review: Review) -> None:
        for method, path in (("POST", PATH), ("PUT", f"{PATH}{review.id}"), ("PATCH", f"{PATH}{review.id}")):
            problem(anyone.open(method, path, data="{", content_type="application/json"), 401)
        problem(anyone.delete(f"{PATH}{review.id}"), 401)


@pytest.mark.both_databases
def test_every_write_is_audited(caller: ApiClient, doctor: Doctor, patient: Patient, database: Database) -> None:
    review_id = caller.post(PATH, json={"doctor": doctor.id, "rating": 5}).get_json()["id"]
    caller.patch(f"{PATH}{review_id}/", json={"rating": 4})
    caller.delete(f"{PATH}{review_id}/")
    with database.unit_of_work() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.object_type == "review").order_by(AuditEvent.id))
        found = [(event.action, event.object_id, event.patient_id, event.account_id) for event in events]
    author = patient.manager_id
    assert found == [
        (action, review_id, patient.id, author) for action in ("review.written", "review.changed", "review.deleted")
    ]


def test_a_doctors_rating_follows(caller: ApiClient, staff: ApiClient, patient: Patient, doctor: Doctor) -> None:
    """Every review counts, and only verified ones make the mean."""

    def rating() -> tuple[float | None, int]:
        body = staff.get(f"/doctors/{doctor.id}/").get_json()
        return body["rating"], body["reviews"]

    review_id = caller.post(PATH, json={"doctor": doctor.id, "rating": 5}).get_json()["id"]
    ReviewFactory(doctor=doctor, rating=1)
    assert rating() == (None, 2)
    AppointmentFactory(patient=patient, doctor=doctor, state=VisitState.COMPLETED)
    assert rating() == (5, 2)
    caller.patch(f"{PATH}{review_id}/", json={"rating": "⭐⭐"})
    assert rating() == (2, 2)
    caller.delete(f"{PATH}{review_id}/")
    assert rating() == (None, 1)
