"""Reviews on the pages of those who write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import Review, VisitState
from tests.factories import AppointmentFactory, DoctorFactory, PatientFactory, ReviewFactory
from tests.support.clients import form_values, submit
from tests.support.databases import Database

AGO = datetime.now(UTC) - timedelta(days=9)
MINE = "/my/reviews"


@pytest.fixture
def visit(patient: Any, doctor: Any) -> Any:
    """A visit that has taken place."""
    return AppointmentFactory(patient=patient, doctor=doctor, starts_at=AGO, state=VisitState.COMPLETED)


def written(database: Database) -> list[tuple[int, int, str]]:
    with database.unit_of_work() as session:
        rows = session.scalars(select(Review).order_by(Review.id))
        return [(review.patient_id, review.rating, review.body) for review in rows]


class TestWayIn:
    def test_past_visits_lead_to_it(self, visitor: FlaskClient, visit: Any, doctor: Any, patient: Any) -> None:
        address = f'href="{MINE}/of/{doctor.id}?patient={patient.id}"'

        for page in (f"/my/appointments/{visit.id}", "/my/appointments?show=past"):
            assert address in visitor.get(page).text
        review = ReviewFactory(patient=patient, doctor=doctor)
        for page in (f"/my/appointments/{visit.id}", "/my/appointments?show=past"):
            assert f'href="{MINE}/{review.id}"' in visitor.get(page).text

    def test_so_does_the_doctors_page_while_one_may(
        self, visitor: FlaskClient, client: FlaskClient, doctor: Any, patient: Any, database: Database
    ) -> None:
        page, address = f"/find-a-doctor/{doctor.id}", f'href="{MINE}/of/{doctor.id}"'

        assert address in visitor.get(page).text
        assert address not in database.app.test_client().get(page).text
        ReviewFactory(patient=patient, doctor=doctor)
        assert address not in visitor.get(page).text


class TestWrite:
    def test_it_is_published_as_verified_after_a_visit(
        self, visitor: FlaskClient, visit: Any, doctor: Any, patient: Any, database: Database
    ) -> None:
        response = submit(visitor, f"{MINE}/of/{doctor.id}", rating="4", body=" Listened well.\r\nThank you. ")

        assert (response.status_code, response.location) == (303, MINE)
        assert written(database) == [(patient.id, 4, "Listened well.\nThank you.")]
        mine = visitor.get(MINE).text
        assert "Your review of Dr Hart is published." in mine
        for page in (mine, visitor.get(f"/find-a-doctor/{doctor.id}").text):
            assert "Verified visit" in page
            assert "Listened well." in page

    def test_what_is_missing_is_said_and_what_was_typed_is_kept(
        self, visitor: FlaskClient, doctor: Any, database: Database
    ) -> None:
        response = submit(visitor, f"{MINE}/of/{doctor.id}", body="Listened well.")

        assert response.status_code == 400
        assert "Choose one to five stars." in response.text
        assert "Listened well.</textarea>" in response.text
        assert written(database) == []

    def test_too_long_a_text_is_refused(self, visitor: FlaskClient, doctor: Any, database: Database) -> None:
        response = submit(visitor, f"{MINE}/of/{doctor.id}", rating="4", body="x" * 2001)

        assert response.status_code == 400
        assert "Use 2,000 characters or fewer." in response.text

    def test_who_acts_for_several_says_for_whom(
        self, visitor: FlaskClient, doctor: Any, patient: Any, database: Database
    ) -> None:
        child = PatientFactory(name="Bilal Hassan", manager=patient.manager, is_own=False)
        path = f"{MINE}/of/{doctor.id}"

        asked = submit(visitor, path, rating="4")
        page = visitor.get(f"{path}?patient={child.id}").text

        assert (asked.status_code, "Choose whose visit it was." in asked.text) == (400, True)
        assert form_values(page)["patient"] == str(child.id)
        submit(visitor, f"{path}?patient={child.id}", rating="4")
        assert written(database) == [(child.id, 4, "")]

    def test_a_double_click_writes_once(self, visitor: FlaskClient, doctor: Any, database: Database) -> None:
        path = f"{MINE}/of/{doctor.id}"
        sent = form_values(visitor.get(path).text) | {"rating": "5", "body": "Kind."}

        responses = [visitor.post(path, data=sent) for _ in range(2)]

        assert [(response.status_code, response.location) for response in responses] == [(303, MINE)] * 2
        assert len(written(database)) == 1

    def test_a_second_tab_is_told_and_can_replace_the_first(
        self, visitor: FlaskClient, doctor: Any, patient: Any, database: Database
    ) -> None:
        path = f"{MINE}/of/{doctor.id}"
        sent = form_values(visitor.get(path).text)
        visitor.post(path, data=sent | {"rating": "5", "body": "Kind."})

        response = visitor.post(path, data=sent | {"rating": "2", "body": "Always late."})

        assert response.status_code == 409
        assert "There is already a review of that doctor by this patient." in response.text
        assert "Always late.</textarea>" in response.text
        assert written(database) == [(patient.id, 5, "Kind.")]
        [review] = self._keys(database)
        assert f'action="{MINE}/{review}"' in response.text
        visitor.post(f"{MINE}/{review}", data=form_values(response.text) | {"body": "Always late."})
        assert written(database) == [(patient.id, 2, "Always late.")]

    def test_who_has_written_is_led_to_it(self, visitor: FlaskClient, doctor: Any, patient: Any) -> None:
        review = ReviewFactory(patient=patient, doctor=doctor)

        response = visitor.get(f"{MINE}/of/{doctor.id}")

        assert (response.status_code, response.location) == (303, f"{MINE}/{review.id}")
        assert "You have reviewed Dr Hart already." in visitor.get(response.location).text

    def test_an_unknown_doctor_is_not_there(self, visitor: FlaskClient) -> None:
        assert visitor.get(f"{MINE}/of/987654").status_code == 404
        assert visitor.get(f"{MINE}/of/{DoctorFactory(pending=True).id}").status_code == 404

    def _keys(self, database: Database) -> list[int]:
        with database.unit_of_work() as session:
            return list(session.scalars(select(Review.id)))


class TestEdit:
    def test_it_shows_what_was_written_and_changes_it(
        self, visitor: FlaskClient, patient: Any, doctor: Any, database: Database
    ) -> None:
        review = ReviewFactory(patient=patient, doctor=doctor, rating=4, body="Listened well.")
        page = visitor.get(f"{MINE}/{review.id}").text
        assert (form_values(page)["rating"], "Listened well.</textarea>" in page) == ("4", True)

        response = submit(visitor, f"{MINE}/{review.id}", rating="3", body="")

        assert (response.status_code, response.location) == (303, MINE)
        assert written(database) == [(patient.id, 3, "")]

    def test_refused_it_keeps_what_was_typed(self, visitor: FlaskClient, patient: Any, database: Database) -> None:
        review = ReviewFactory(patient=patient)

        response = submit(visitor, f"{MINE}/{review.id}", rating="9", body="Never mind.")

        assert response.status_code == 400
        assert "Never mind.</textarea>" in response.text
        assert written(database) == [(patient.id, 4, "Listened well.")]


class TestDelete:
    def test_it_asks_first(self, visitor: FlaskClient, patient: Any, database: Database) -> None:
        review = ReviewFactory(patient=patient)

        page = visitor.get(f"{MINE}/{review.id}/delete").text

        assert "Do you want to delete this review?" in page
        assert len(written(database)) == 1

    def test_twice_is_as_once(self, visitor: FlaskClient, patient: Any, database: Database) -> None:
        path = f"{MINE}/{ReviewFactory(patient=patient).id}/delete"
        sent = form_values(visitor.get(path).text)

        responses = [visitor.post(path, data=sent) for _ in range(2)]

        assert [(response.status_code, response.location) for response in responses] == [(303, MINE)] * 2
        assert written(database) == []
        assert "No reviews yet" in visitor.get(MINE).text

    @pytest.mark.parametrize("ending", ["", "/delete"])
    def test_other_peoples_are_not_there(self, visitor: FlaskClient, database: Database, ending: str) -> None:
        path = f"{MINE}/{ReviewFactory().id}{ending}"
        token = form_values(visitor.get("/sign-out").text)["csrf_token"]

        assert visitor.get(path).status_code == 404
        assert visitor.post(path, data={"csrf_token": token, "rating": "1"}).status_code == 404
        assert len(written(database)) == 1


def test_many_reviews_have_pages(visitor: FlaskClient, patient: Any, database: Database) -> None:
    with database.unit_of_work():
        for _ in range(11):
            ReviewFactory(patient=patient)

    assert visitor.get(MINE).text.count("portal-review__head") == 10
    assert visitor.get(f"{MINE}?page=2").text.count("portal-review__head") == 1
