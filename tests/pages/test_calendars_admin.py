"""A doctor's hours and time off in an admin's hands: the doctor's own pages, under the doctor's entry."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import Appointment, TimeOff, VisitState, WeeklyHours
from app.pages.wording import isodate
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    DoctorFactory,
    TimeOffFactory,
    WeeklyHoursFactory,
    coming_weekday,
)
from tests.support.clients import sign_in, submit
from tests.support.databases import Database


@pytest.fixture
def admins_client(client: FlaskClient, database: Database) -> FlaskClient:
    """An admin, signed in."""
    return sign_in(client, AccountFactory(is_admin=True))


@pytest.fixture
def doctor(database: Database) -> Any:
    return DoctorFactory(name="Dr Okafor")


def test_hours_are_added_for_the_doctor(admins_client: FlaskClient, doctor: Any, database: Database) -> None:
    path = f"/admin/doctors/{doctor.id}/hours"
    assert f'href="{path}"' in admins_client.get(f"/admin/doctors/{doctor.id}").text
    page = admins_client.get(path).text
    assert "Patients find no times of the doctor." in page
    assert f'href="{path}/add?day=0"' in page

    response = submit(admins_client, f"{path}/add?day=2", starts="9am", ends="12pm", slot_minutes="30")

    assert response.location == path
    page = admins_client.get(path).text
    assert "The doctor&#39;s hours are saved." in page
    assert "9am to 12pm" in page
    with database.unit_of_work() as session:
        row = session.scalars(select(WeeklyHours)).one()
        assert (row.doctor_id, row.weekday) == (doctor.id, 2)


def test_visits_outside_new_hours_are_shown_and_kept_or_cancelled(
    admins_client: FlaskClient, doctor: Any, database: Database
) -> None:
    start = coming_weekday(hour=10)
    row = WeeklyHoursFactory(doctor=doctor, weekday=start.weekday(), starts=time(8), ends=time(17))
    visit = AppointmentFactory(doctor=doctor, starts_at=start, patient__name="Ada Lovelace")
    path = f"/admin/doctors/{doctor.id}/hours"

    asked = submit(admins_client, f"{path}/{row.id}", weekday=str(row.weekday), starts="3pm")
    assert asked.location.startswith(f"{path}/check?")
    page = admins_client.get(asked.location).text
    assert "1 visit outside the doctor&#39;s new hours" in page
    assert f'href="/admin/patients/{visit.patient_id}"' in page

    assert submit(admins_client, asked.location, fate="cancel").location == path
    with database.unit_of_work() as session:
        assert session.get_one(Appointment, visit.id).state is VisitState.CANCELLED


def test_time_off_is_taken_with_its_visits_in_view(admins_client: FlaskClient, doctor: Any, database: Database) -> None:
    visit = AppointmentFactory(doctor=doctor, patient__name="Ada Lovelace")
    path, day = f"/admin/doctors/{doctor.id}/time-off", visit.starts_at.date()

    asked = submit(
        admins_client, f"{path}/add", **{f"since-{part}": str(getattr(day, part)) for part in ("day", "month", "year")}
    )
    assert asked.location.startswith(f"{path}/check?")
    page = admins_client.get(asked.location).text
    assert "1 visit will be cancelled" in page
    assert "Ada Lovelace" in page

    assert submit(admins_client, asked.location, reason="Flu").location == path
    page = admins_client.get(path).text
    assert "The doctor&#39;s time off is saved. 1 visit cancelled." in page
    assert "Flu" in page
    with database.unit_of_work() as session:
        assert session.scalars(select(TimeOff.doctor_id)).one() == doctor.id


def test_what_is_not_that_doctors_is_not_found(admins_client: FlaskClient, doctor: Any) -> None:
    other = WeeklyHoursFactory()
    away = TimeOffFactory(doctor_id=other.doctor_id, starts_at=coming_weekday(days=40, hour=0))
    times = {"since": isodate(away.starts_at), "until": isodate(away.ends_at)}
    start = f"/admin/doctors/{doctor.id}"
    for page in (f"hours/{other.id}", f"hours/{other.id}/remove", f"time-off/{away.id}", f"time-off/{away.id}/remove"):
        assert admins_client.get(f"{start}/{page}").status_code == 404
    assert admins_client.get(f"{start}/time-off/{away.id}/check", query_string=times).status_code == 404
    assert admins_client.get(f"/admin/doctors/{2**63}/hours").status_code == 404
    assert admins_client.get("/admin/doctors/4711/time-off").status_code == 404


def test_an_applicants_hours_wait_for_the_approval(admins_client: FlaskClient) -> None:
    applicant = DoctorFactory(pending=True)

    page = admins_client.get(f"/admin/doctors/{applicant.id}/hours").text

    assert "once the application is approved" in page
