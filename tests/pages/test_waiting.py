"""The waiting list on the pages: asking, the list, an offer and its answers, leaving; and the mail that leads there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.clock import now
from app.jobs import mail
from app.models import Appointment, EndReason, Message, MessageState, OfferState, VisitState, WaitingOffer
from app.services import outbox
from config import Settings
from tests.factories import (
    AppointmentFactory,
    DepartmentFactory,
    DoctorFactory,
    PatientFactory,
    WaitingEntryFactory,
    WaitingOfferFactory,
)
from tests.services.visits import TEN
from tests.services.waiting import LATER, publish, run_out
from tests.support import letters
from tests.support.booking import token
from tests.support.clients import form_values, submit
from tests.support.databases import Database


@pytest.fixture
def busy_doctor(database: Database) -> Any:
    """A doctor with hours in a week, of which none is free before LATER."""
    doctor = DoctorFactory(name="Dr Busy", department=DepartmentFactory(location="Main building"))
    publish(doctor, LATER, 2)
    return doctor


@pytest.fixture
def visit(busy_doctor: Any, patient: Any) -> Any:
    """The patient's visit, at LATER."""
    return AppointmentFactory(doctor=busy_doctor, patient=patient, starts_at=LATER)


@pytest.fixture
def offer(visit: Any, busy_doctor: Any) -> Any:
    """TEN is offered instead of the visit."""
    publish(busy_doctor, TEN)
    return WaitingOfferFactory(entry=WaitingEntryFactory(visit=visit), held__starts_at=TEN)


def read(database: Database, row: Any) -> Any:
    with database.unit_of_work() as session:
        return session.get_one(type(row), row.id)


class TestAsking:
    def test_from_the_appointments_page_to_the_list(self, visitor: FlaskClient, visit: Any, database: Database) -> None:
        address = f"/my/appointments/{visit.id}/earlier"
        assert address in visitor.get(f"/my/appointments/{visit.id}").text

        joined = submit(visitor, address, weekdays="0")

        assert joined.location == "/my/waiting"
        page = visitor.get("/my/waiting").text
        assert "You are on the waiting list." in page
        assert "Dr Busy" in page
        assert "Leave the list" in page
        assert "You are waiting for an earlier time" in visitor.get(f"/my/appointments/{visit.id}").text
        assert visitor.get(address).location == "/my/waiting", "nobody joins twice"

    def test_free_times_are_told_and_what_was_typed_stays(self, visitor: FlaskClient, visit: Any) -> None:
        publish(visit.doctor, TEN)

        refused = submit(visitor, f"/my/appointments/{visit.id}/earlier", half_day="morning")

        assert refused.status_code == 409
        assert "There are free times that fit already." in refused.text
        assert "are free now" in refused.text
        assert form_values(refused.text)["half_day"] == "morning"

    def test_a_visit_that_is_too_near_cannot_be_earlier(self, visitor: FlaskClient, patient: Any) -> None:
        near = AppointmentFactory(patient=patient, starts_at=now() + timedelta(hours=1))

        page = visitor.get(f"/my/appointments/{near.id}/earlier")

        assert page.status_code == 409
        assert "This appointment can no longer be moved" in page.text

    def test_from_the_doctors_page_for_a_first_visit(
        self, visitor: FlaskClient, database: Database, patient: Any
    ) -> None:
        doctor = DoctorFactory()
        address = f"/my/waiting/doctors/{doctor.id}"
        assert address in visitor.get(f"/find-a-doctor/{doctor.id}").text
        last = now() + timedelta(days=30)
        until = {f"until-{part}": getattr(last, part) for part in ("day", "month", "year")}

        empty = submit(visitor, address)
        assert empty.status_code == 400
        for problem in ("in person or video call", "Enter the reason for the visit.", "Enter the last day"):
            assert problem in empty.text
        joined = submit(visitor, address, kind="in_person", symptoms="A cough", **until)

        assert joined.location == "/my/waiting"
        assert "A time until" in visitor.get("/my/waiting").text
        assert submit(visitor, address, kind="in_person", symptoms="A cough", **until).location == "/my/waiting"

    def test_a_stranger_signs_in_first(self, client: FlaskClient, busy_doctor: Any) -> None:
        address = f"/my/waiting/doctors/{busy_doctor.id}"

        assert client.get(address).location == f"/sign-in?next={address}"


class TestList:
    def test_it_is_empty_at_first(self, visitor: FlaskClient) -> None:
        page = visitor.get("/my/waiting").text

        assert "You are on no waiting list" in page
        assert 'href="/my/waiting"' in visitor.get("/my/appointments").text

    def test_it_says_why_somebody_waits_no_longer(self, visitor: FlaskClient, patient: Any) -> None:
        WaitingEntryFactory(patient=patient, ended_at=now(), end_reason=EndReason.PERIOD_OVER)

        assert "The days you asked for are over" in visitor.get("/my/waiting").text

    def test_who_leaves_is_asked_first(self, visitor: FlaskClient, patient: Any, database: Database) -> None:
        entry = WaitingEntryFactory(patient=patient)
        address = f"/my/waiting/{entry.id}/leave"

        left = submit(visitor, address)

        assert left.location == "/my/waiting"
        assert read(database, entry).end_reason is EndReason.LEFT
        assert visitor.get(address).location == "/my/waiting"


class TestOffer:
    def test_opening_it_changes_nothing(self, visitor: FlaskClient, offer: WaitingOffer, database: Database) -> None:
        page = visitor.get(f"/my/waiting/offers/{offer.id}")

        assert page.status_code == 200
        for text in ("An earlier time is free", "Dr Busy", "your appointment moves here from"):
            assert text in page.text
        assert read(database, offer).state is OfferState.OPEN
        assert f"/my/waiting/offers/{offer.id}" in visitor.get("/my/waiting").text

    def test_accepting_moves_the_visit_once(
        self, visitor: FlaskClient, offer: WaitingOffer, visit: Any, database: Database
    ) -> None:
        address = f"/my/waiting/offers/{offer.id}"
        form = form_values(visitor.get(address).text)

        accepted = [visitor.post(f"{address}/accept", data=form) for _ in range(2)]

        assert [answer.location for answer in accepted] == [f"/my/appointments/{visit.id}"] * 2
        assert "Your appointment is moved to" in visitor.get(f"/my/appointments/{visit.id}").text
        assert read(database, visit).starts_at == TEN
        assert visitor.get(address).location == f"/my/appointments/{visit.id}"

    def test_a_first_visit_is_booked(self, visitor: FlaskClient, patient: Any, database: Database) -> None:
        doctor = DoctorFactory()
        publish(doctor, TEN)
        offer = WaitingOfferFactory(entry=WaitingEntryFactory(doctor=doctor, patient=patient), held__starts_at=TEN)

        accepted = visitor.post(
            f"/my/waiting/offers/{offer.id}/accept",
            data=form_values(visitor.get(f"/my/waiting/offers/{offer.id}").text),
        )

        assert re.fullmatch(r"/my/appointments/\d+/booked", accepted.location or "")
        assert "Appointment booked" in visitor.get(accepted.location or "").text
        for answer in ("accept", "decline"):
            again = visitor.post(f"/my/waiting/offers/{offer.id}/{answer}", data={"csrf_token": token(visitor)})
            assert again.location == (accepted.location or "").removesuffix("/booked")

    def test_not_this_time(self, visitor: FlaskClient, offer: WaitingOffer, database: Database) -> None:
        address = f"/my/waiting/offers/{offer.id}"

        declined = visitor.post(f"{address}/decline", data=form_values(visitor.get(address).text))

        assert declined.location == "/my/waiting"
        assert visitor.post(f"{address}/accept", data={"csrf_token": token(visitor)}).status_code == 409
        assert read(database, offer).state is OfferState.DECLINED
        ended = visitor.get(address)
        assert (ended.status_code, "You have declined this time." in ended.text) == (409, True)
        assert "You are still on the waiting list." in ended.text

    def test_what_ran_out_meanwhile_has_a_page(
        self, visitor: FlaskClient, offer: WaitingOffer, visit: Any, database: Database
    ) -> None:
        address = f"/my/waiting/offers/{offer.id}"
        form = form_values(visitor.get(address).text)
        run_out(database, offer)

        late = visitor.post(f"{address}/accept", data=form)

        assert late.status_code == 409
        assert "This offer has ended" in late.text
        assert "We held it for you until" in late.text
        assert read(database, visit).starts_at == LATER

    def test_a_time_that_can_no_longer_be_had_has_a_page(
        self, visitor: FlaskClient, offer: WaitingOffer, visit: Any, database: Database
    ) -> None:
        address = f"/my/waiting/offers/{offer.id}"
        form = form_values(visitor.get(address).text)
        with database.unit_of_work() as session:
            session.get_one(Appointment, visit.id).state = VisitState.CANCELLED

        late = visitor.post(f"{address}/accept", data=form)

        assert late.status_code == 409
        assert "This time can no longer be had." in late.text


class TestMail:
    def test_it_leads_to_the_offer_and_tells_nothing_of_the_patient(
        self, offer: WaitingOffer, patient: Any, database: Database, settings: Settings
    ) -> None:
        self._tell(database, offer, patient)

        (letter,) = letters.written(settings)
        text = letters.text(letter)
        assert f"{settings.public_url}/my/waiting/offers/{offer.id}" in text
        assert text.count("http") == 1
        for told in ("Dr Busy", "Main building", "We hold it for you until"):
            assert told in text
        for kept in (patient.name, "cough"):
            assert kept not in text

    def test_it_is_not_sent_once_the_offer_has_ended(
        self, offer: WaitingOffer, patient: Any, database: Database, settings: Settings
    ) -> None:
        run_out(database, offer)

        assert self._tell(database, offer, patient) is MessageState.DROPPED

    @staticmethod
    def _tell(database: Database, offer: WaitingOffer, patient: Any) -> MessageState:
        with database.unit_of_work() as session:
            outbox.tell_about_offer(session.get_one(WaitingOffer, offer.id), patient.manager)
            message = session.query(Message).one()
        with database.app.app_context():
            mail.deliver(message.id)
        with database.unit_of_work() as session:
            return session.get_one(Message, message.id, populate_existing=True).state


def test_other_peoples_entries_and_offers_are_not_there(visitor: FlaskClient) -> None:
    entry = WaitingEntryFactory(patient=PatientFactory())
    offer = WaitingOfferFactory(entry=entry)

    assert visitor.get(f"/my/waiting/{entry.id}/leave").status_code == 404
    assert visitor.get(f"/my/waiting/offers/{offer.id}").status_code == 404
