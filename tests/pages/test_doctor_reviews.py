"""A doctor's reviews and replies on pages, and where others read the replies."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.models import Review, ReviewReply
from tests.factories import DoctorFactory, PatientFactory, ReviewFactory, ReviewReplyFactory
from tests.support.clients import form_values, sign_in, submit
from tests.support.databases import Database

LIST = "/clinic/reviews"


@pytest.fixture
def doctor(database: Database) -> Any:
    return DoctorFactory(name="Dr Hart")


@pytest.fixture
def doctors_client(client: FlaskClient, doctor: Any) -> FlaskClient:
    return sign_in(client, doctor.account)


@pytest.fixture
def review(doctor: Any) -> Any:
    return ReviewFactory(doctor=doctor, rating=2, body="I waited long.", patient=PatientFactory(name="Ada Lovelace"))


def reply_to(review: Any) -> str:
    return f"{LIST}/{review.id}/reply"


def replies(database: Database) -> list[tuple[str, int]]:
    with database.unit_of_work() as session:
        return [(reply.body, reply.version) for reply in session.scalars(select(ReviewReply))]


class TestTheList:
    def test_it_shows_what_patients_say_with_first_names(self, doctors_client: FlaskClient, review: Any) -> None:
        page = doctors_client.get(LIST).text

        assert "I waited long." in page
        assert "<strong>Ada</strong>" in page
        assert "Lovelace" not in page
        assert f'href="{reply_to(review)}">Reply' in page

    def test_filters_narrow_it(self, doctors_client: FlaskClient, doctor: Any, review: Any) -> None:
        answered = ReviewFactory(doctor=doctor, rating=5, body="Very kind.")
        ReviewReplyFactory(review=answered)

        for query, shown, left_out in (
            ("rating=5", "Very kind.", "I waited long."),
            ("unanswered=y", "I waited long.", "Very kind."),
        ):
            page = doctors_client.get(f"{LIST}?{query}").text
            assert shown in page
            assert left_out not in page
        assert "No reviews like that" in doctors_client.get(f"{LIST}?rating=5&unanswered=y").text
        assert doctors_client.get(f"{LIST}?rating=none&page=7").status_code in (200, 303)

    def test_htmx_gets_the_list_alone(self, doctors_client: FlaskClient, review: Any) -> None:
        part = doctors_client.get(LIST, headers={"HX-Request": "true", "HX-Target": "div#results"}).text

        assert part.lstrip().startswith('<div id="results">')
        assert "I waited long." in part

    def test_without_reviews_it_says_so(self, doctors_client: FlaskClient) -> None:
        assert "No reviews yet" in doctors_client.get(LIST).text


class TestReplying:
    def test_a_reply_is_published_everywhere(
        self, doctors_client: FlaskClient, doctor: Any, review: Any, database: Database
    ) -> None:
        answer = submit(doctors_client, reply_to(review), body="I am sorry.\r\nPlease call us.")

        assert (answer.status_code, answer.location) == (303, LIST)
        assert replies(database) == [("I am sorry.\nPlease call us.", 1)]
        assert "Your reply is published." in doctors_client.get(LIST).text
        patient = sign_in(database.app.test_client(), review.patient.manager)
        for page in (patient.get("/my/reviews"), database.app.test_client().get(f"/find-a-doctor/{doctor.id}")):
            assert "<strong>Dr Hart</strong> replied" in page.text
            assert "Please call us." in page.text

    def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
        self, doctors_client: FlaskClient, review: Any, database: Database
    ) -> None:
        assert "Enter a reply." in submit(doctors_client, reply_to(review), body=" ").text
        long = submit(doctors_client, reply_to(review), body="x" * 2001)

        assert long.status_code == 400
        assert "x" * 2001 + "</textarea>" in long.text
        assert replies(database) == []

    def test_a_second_tab_is_told_and_can_then_save(
        self, doctors_client: FlaskClient, review: Any, database: Database
    ) -> None:
        first, second = (form_values(doctors_client.get(reply_to(review)).text) for _ in range(2))
        doctors_client.post(reply_to(review), data=first | {"body": "The first."})

        refused = doctors_client.post(reply_to(review), data=second | {"body": "The second."})

        assert refused.status_code == 409
        assert "Your reply was changed in another tab." in refused.text
        assert "The first." in refused.text
        assert "The second.</textarea>" in refused.text
        saved = doctors_client.post(reply_to(review), data=form_values(refused.text) | {"body": "The second."})
        assert saved.status_code == 303
        assert replies(database) == [("The second.", 2)]

    def test_a_review_that_changed_meanwhile_is_shown_first(
        self, doctors_client: FlaskClient, review: Any, database: Database
    ) -> None:
        form = form_values(doctors_client.get(reply_to(review)).text)
        with database.unit_of_work() as session:
            session.get_one(Review, review.id).body = "All is well now."

        refused = doctors_client.post(reply_to(review), data=form | {"body": "I am sorry."})

        assert refused.status_code == 409
        assert "All is well now." in refused.text

    @pytest.mark.parametrize("version", ["", "-1", "²", "9" * 30])
    def test_a_forged_version_is_outdated(self, doctors_client: FlaskClient, review: Any, version: str) -> None:
        form = form_values(doctors_client.get(reply_to(review)).text)

        answer = doctors_client.post(reply_to(review), data=form | {"body": "Hm", "version": version})

        assert answer.status_code == 409

    def test_anothers_and_hidden_reviews_are_not_found(self, doctors_client: FlaskClient, doctor: Any) -> None:
        for review in (ReviewFactory(), ReviewFactory(doctor=doctor, hidden_at=now())):
            assert doctors_client.get(reply_to(review)).status_code == 404
            assert doctors_client.get(f"{reply_to(review)}/delete").status_code == 404


class TestDeleting:
    def test_it_asks_first_and_twice_is_as_once(
        self, doctors_client: FlaskClient, review: Any, database: Database
    ) -> None:
        ReviewReplyFactory(review=review)
        asked = doctors_client.get(f"{reply_to(review)}/delete")
        assert "Do you want to delete this reply?" in asked.text
        token = {"csrf_token": form_values(asked.text)["csrf_token"]}

        answers = [doctors_client.post(f"{reply_to(review)}/delete", data=token) for _ in range(2)]

        assert [answer.location for answer in answers] == [LIST, LIST]
        assert replies(database) == []
        assert doctors_client.get(f"{reply_to(review)}/delete").location == LIST


def test_a_review_that_was_changed_after_the_reply_says_so(
    client: FlaskClient, doctor: Any, database: Database
) -> None:
    reply = ReviewReplyFactory(review=ReviewFactory(doctor=doctor))
    note = "The review was changed after this reply."
    assert note not in client.get(f"/find-a-doctor/{doctor.id}").text

    with database.unit_of_work() as session:
        session.get_one(Review, reply.review_id).rating = 1

    assert note in client.get(f"/find-a-doctor/{doctor.id}").text
