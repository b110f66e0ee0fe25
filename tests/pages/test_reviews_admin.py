"""All reviews on the admin's pages, and what their author then reads."""

from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient

from app.clock import now
from tests.factories import AccountFactory, DoctorFactory, PatientFactory, ReviewFactory, ReviewHidingFactory
from tests.support.clients import form_values, sign_in
from tests.support.databases import Database

PATH = "/admin/reviews"


@pytest.fixture
def admins_client(client: FlaskClient, database: Database) -> FlaskClient:
    """An admin, signed in."""
    return sign_in(client, AccountFactory(is_admin=True))


def test_it_finds_by_text_state_and_stars(admins_client: FlaskClient) -> None:
    ReviewFactory(body="Kind and quick", rating=5)
    ReviewFactory(body="Never again", rating=1)
    ReviewHidingFactory(review__body="Rude words", review__rating=1)

    def found(**query: str) -> list[str]:
        page = admins_client.get(PATH, query_string=query).text
        return [body for body in ("Kind and quick", "Never again", "Rude words") if body in page]

    assert found() == ["Kind and quick", "Never again", "Rude words"]
    assert found(search="never") == ["Never again"]
    assert found(rating="1", state="shown") == ["Never again"]
    assert found(state="hidden") == ["Rude words"]
    assert found(rating="9", state="no such") == ["Kind and quick", "Never again", "Rude words"]
    assert "No reviews found" in admins_client.get(f"{PATH}?search=nobody").text


def test_several_are_hidden_for_a_reason_that_their_authors_read(
    admins_client: FlaskClient, database: Database
) -> None:
    doctor = DoctorFactory(name="Dr Okafor")
    first, second, third = (ReviewFactory(doctor=doctor, body=body) for body in ("One", "Two", "Three"))
    address = f"{PATH}/hide?reviews={first.id}&reviews={second.id}"
    page = admins_client.get(address).text
    assert "hide 2 reviews?" in page
    fields = form_values(page) | {"reviews": [first.id, second.id]}

    refused = admins_client.post(f"{PATH}/hide", data=fields | {"reason": ""})
    assert refused.status_code == 400
    assert "Enter the reason." in refused.text
    assert "hide 2 reviews?" in refused.text

    answer = admins_client.post(f"{PATH}/hide", data=fields | {"reason": "They name other patients."})
    assert answer.status_code == 303
    assert "2 reviews hidden." in admins_client.get(answer.location).text
    public = database.app.test_client().get(f"/find-a-doctor/{doctor.id}").text
    assert "Three" in public
    assert "Two" not in public
    author = sign_in(database.app.test_client(), first.patient.manager)
    page = author.get("/my/reviews").text
    assert "Hidden by the hospital" in page
    assert "They name other patients." in page
    assert "They name" not in sign_in(database.app.test_client(), third.patient.manager).get("/my/reviews").text
    said = author.get(f"/my/reviews/of/{doctor.id}", follow_redirects=True).text
    assert "You have reviewed Dr Okafor already. The hospital has hidden it." in said


def test_one_is_shown_again(admins_client: FlaskClient, database: Database) -> None:
    review = ReviewHidingFactory(review__body="Kind", reason="By mistake").review
    page = admins_client.get(f"{PATH}/{review.id}").text
    assert "By mistake" in page

    page = admins_client.post(f"{PATH}/{review.id}/show", data=form_values(page), follow_redirects=True).text

    assert "The review is shown again." in page
    assert "Kind" in database.app.test_client().get(f"/find-a-doctor/{review.doctor_id}").text


def test_that_of_a_voided_patient_cannot_be_shown(admins_client: FlaskClient) -> None:
    review = ReviewFactory(patient=PatientFactory(voided_at=now()), hidden_at=now())
    page = admins_client.get(f"{PATH}/{review.id}").text
    assert "Show again" not in page

    token = form_values(admins_client.get(f"{PATH}/hide?reviews={ReviewFactory().id}").text)["csrf_token"]
    answer = admins_client.post(f"{PATH}/{review.id}/show", data={"csrf_token": token})

    assert answer.status_code == 409
    assert "stay hidden" in answer.text


@pytest.mark.parametrize("query", ["", "?reviews=none", "?reviews=4711", f"?reviews={2**63}"])
def test_without_one_it_says_so(query: str, admins_client: FlaskClient) -> None:
    assert "No review is chosen" in admins_client.get(f"{PATH}/hide{query}").text


def test_the_file_has_what_the_filters_leave_and_no_formula(admins_client: FlaskClient) -> None:
    ReviewFactory(body="Fine")
    ReviewHidingFactory(review__body="=1+1", reason="A formula")

    answer = admins_client.get(f"{PATH}/reviews.csv?state=hidden")

    (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert (row["review"], row["state"], row["why hidden"]) == ("'=1+1", "hidden", "A formula")
