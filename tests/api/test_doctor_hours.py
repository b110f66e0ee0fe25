"""A doctor's hours over JSON: they read back as written, and the documents' clients book within them."""

from __future__ import annotations

from datetime import time

import pytest
from flask.testing import FlaskClient

from app.models import (
    Doctor,
)
from tests.api.doctor_support import address, patched
from tests.api.support import ids, problem
from tests.factories import (
    AppointmentFactory,
    AvailableTimeFactory,
    DoctorFactory,
    coming_weekday,
)
from tests.support.clients import ApiClient, api
from tests.support.databases import Database


class TestHours:
    @pytest.fixture
    def free(self, database: Database) -> Doctor:
        """A doctor who has published no hours."""
        return DoctorFactory()

    def test_each_reads_back_as_written(self, client: FlaskClient, free: Doctor) -> None:
        nine, ten = AvailableTimeFactory(starts=time(9)), AvailableTimeFactory(starts=time(10))
        spoken = AvailableTimeFactory(starts=time(10), ends=time(11), label="10:00 AM - 11:00 AM")
        staff = api(client, free.account)
        body = patched(staff, free, available_from="09:00", available_to="11:00")
        assert (body["available_from"], body["available_to"]) == ("09:00:00", "11:00:00")
        assert body["available_time"] == [nine.id, ten.id, spoken.id]
        body = patched(staff, free, available_time=[spoken.id])
        assert (body["available_time"], body["available_from"], body["available_to"]) == (
            [spoken.id],
            "10:00:00",
            "11:00:00",
        )
        assert ids(staff, f"available_time={spoken.id}", "/doctors/") == [free.id]
        assert ids(staff, f"available_time={ten.id}", "/doctors/") == []

    def test_of_both_the_times_count(self, client: FlaskClient, free: Doctor) -> None:
        nine = AvailableTimeFactory(starts=time(9))
        staff = api(client, free.account)
        sent = {"available_time": [nine.id], "available_from": "08:00", "available_to": "20:00"}
        body = patched(staff, free, **sent)
        assert (body["available_from"], body["available_to"]) == ("09:00:00", "09:30:00")
        body = patched(staff, free, **(sent | {"available_to": "12:00"}))
        assert (body["available_from"], body["available_to"]) == ("08:00:00", "12:00:00")

    @pytest.mark.both_databases
    def test_document_004s_client_books_within_the_hours(
        self, client: FlaskClient, caller: ApiClient, free: Doctor, database: Database
    ) -> None:
        api(client, free.account).put(address(free), json={"available_from": "09:00:00", "available_to": "10:00:00"})
        day = coming_weekday().strftime("%Y-%m-%d")
        sent = {"doctor": free.id, "appointment_time": f"{day}T10:00:00"}
        assert problem(caller.post("/book-appointment/", json=sent), 409)["alternatives"]
        sent["appointment_time"] = f"{day}T09:30:00"
        assert caller.post("/book-appointment/", json=sent).status_code == 201

    def test_document_001s_client_books_one_of_the_times(
        self, client: FlaskClient, caller: ApiClient, free: Doctor
    ) -> None:
        nine, ten = AvailableTimeFactory(starts=time(9)), AvailableTimeFactory(starts=time(10))
        form = {"available_time": [str(ten.id)]}
        api(client, free.account).patch(address(free), data=form, content_type="multipart/form-data")
        problem(caller.post("/appointments/", json={"doctor": free.id, "time": nine.id}), 409)
        booked = caller.post("/appointments/", json={"doctor": free.id, "time": ten.id})
        assert (booked.status_code, booked.get_json()["time"]) == (201, ten.id)

    def test_booked_visits_stay_when_the_hours_change(self, staff: ApiClient, doctor: Doctor) -> None:
        visit = AppointmentFactory(doctor=doctor, starts_at=coming_weekday(hour=15))
        before = staff.get(f"/appointments/{visit.id}/").get_json()
        patched(staff, doctor, available_from="09:00", available_to="10:00")
        assert staff.get(f"/appointments/{visit.id}/").get_json() == before
