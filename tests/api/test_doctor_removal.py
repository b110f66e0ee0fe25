"""Doctors deleted over JSON, and what becomes of the visits to come (contract, section 5)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.models import (
    Appointment,
    AuditEvent,
    Doctor,
    Message,
    Patient,
    VisitKind,
    VisitState,
)
from tests.api.doctor_support import NEW, PATHS, actions, address
from tests.api.support import ids, problem, text
from tests.factories import (
    AppointmentFactory,
    ClinicalRecordFactory,
    DoctorFactory,
    PatientFactory,
    ReviewFactory,
    coming_weekday,
)
from tests.support.clients import ApiClient, api
from tests.support.databases import Database


class TestDeleting:
    @pytest.mark.both_databases
    @pytest.mark.parametrize("path", PATHS)
    def test_the_doctor_is_gone_at_once_and_the_account_is_a_patients(
        self,
        client: FlaskClient,
        caller: ApiClient,
        staff: ApiClient,
        admin: ApiClient,
        doctor: Doctor,
        database: Database,
        path: str,
    ) -> None:
        response = staff.delete(f"{path.rstrip('/')}/{doctor.id}")
        assert (response.status_code, response.data) == (204, b"")
        absent = caller.get("/doctors/999999/")
        for other in (caller, staff, admin):
            gone = other.get(address(doctor))
            assert (gone.status_code, gone.data) == (404, absent.data)
            assert ids(other, path="/doctors/") == []
        sent = {"doctor": doctor.id, "appointment_time": text(coming_weekday())}
        assert "doctor" in problem(caller.post("/appointments/", json=sent), 400)["errors"]
        problem(staff.delete(address(doctor)), 404)
        problem(staff.post("/doctors/", json=NEW), 403)
        assert staff.get("/appointments/").status_code == 200
        assert actions(database, doctor.id) == ["doctor.deleted"]

    def test_an_admin_deletes_and_an_applicant_withdraws(
        self, client: FlaskClient, admin: ApiClient, doctor: Doctor
    ) -> None:
        pending = DoctorFactory(pending=True)
        assert api(client, pending.account).delete(address(pending)).status_code == 204
        assert admin.delete(address(doctor)).status_code == 204
        assert ids(admin, path="/doctors/") == []

    def test_who_comes_back_is_in_nobodys_care_team(
        self,
        client: FlaskClient,
        caller: ApiClient,
        staff: ApiClient,
        admin: ApiClient,
        doctor: Doctor,
        patient: Patient,
    ) -> None:
        ClinicalRecordFactory(patient=patient, department=None, author=None)
        sent = {"patient": patient.id, "doctor": doctor.id}
        assert caller.post("/api/mappings/", json=sent).status_code == 201
        assert staff.get("/patient_records/").get_json()["count"] == 1

        assert staff.delete(address(doctor)).status_code == 204
        assert caller.get("/api/mappings/").get_json()["count"] == 0
        assert staff.post("/doctors/", json={}).status_code == 201
        assert admin.patch(address(doctor), json={"status": "approved"}).status_code == 200

        assert staff.get("/patient_records/").get_json()["count"] == 0

    def test_the_reviews_go_with_the_doctor_and_come_back(
        self, caller: ApiClient, staff: ApiClient, doctor: Doctor, patient: Patient
    ) -> None:
        review = ReviewFactory(doctor=doctor, patient=patient)
        assert staff.delete(address(doctor)).status_code == 204
        assert ids(caller, path="/reviews/") == []
        problem(caller.get(f"/reviews/{review.id}/"), 404)

        assert staff.post("/doctors/", json={}).status_code == 201
        assert ids(caller, path="/reviews/") == [review.id]

    @pytest.mark.parametrize("query", ["", "?cancel_appointments=false", "?cancel_appointments=0"])
    def test_visits_to_come_are_in_the_way(self, staff: ApiClient, doctor: Doctor, query: str) -> None:
        AppointmentFactory(doctor=doctor)
        body = problem(staff.delete(f"/doctors/{doctor.id}/{query}"), 409)
        assert body["detail"].startswith("1 appointment is still to come.")
        assert staff.get(address(doctor)).status_code == 200

    def test_the_query_is_checked(self, staff: ApiClient, doctor: Doctor) -> None:
        body = problem(staff.delete(f"{address(doctor)}?cancel_appointments=perhaps"), 400)
        assert list(body["errors"]) == ["cancel_appointments"]

    @pytest.mark.both_databases
    def test_they_are_cancelled_where_that_is_asked_and_their_patients_told(
        self,
        client: FlaskClient,
        caller: ApiClient,
        staff: ApiClient,
        doctor: Doctor,
        patient: Patient,
        database: Database,
    ) -> None:
        coming = [
            AppointmentFactory(doctor=doctor, patient=who, state=state, kind=kind, starts_at=coming_weekday(hour=hour))
            for who, state, kind, hour in (
                (patient, VisitState.PENDING, VisitKind.ONLINE, 10),
                (PatientFactory(), VisitState.CONFIRMED, VisitKind.IN_PERSON, 11),
            )
        ]
        past = AppointmentFactory(
            doctor=doctor, state=VisitState.COMPLETED, starts_at=datetime(2026, 1, 5, 10, tzinfo=UTC)
        )
        elsewhere = AppointmentFactory(patient=patient, starts_at=coming_weekday(hour=14))

        assert staff.delete(f"{address(doctor)}?cancel_appointments=true").status_code == 204

        with database.unit_of_work() as session:
            states = {visit.id: visit.state for visit in session.scalars(select(Appointment))}
            mails = session.scalars(select(Message.subject_id).where(Message.template == "cancelled")).all()
            audited = select(AuditEvent.object_id).where(AuditEvent.action == "appointment.cancelled")
            assert set(session.scalars(audited)) == set(mails) == {visit.id for visit in coming}
            assert len(mails) == len(coming)
        assert states == {
            **dict.fromkeys((visit.id for visit in coming), VisitState.CANCELLED),
            past.id: VisitState.COMPLETED,
            elsewhere.id: VisitState.CONFIRMED,
        }
        told = caller.get(f"/appointments/{coming[0].id}/").get_json()
        assert (told["cancel"], told["doctor_name"]) == (True, "Dr Ada Byron")

    def test_former_and_cancelled_visits_are_not_in_the_way(self, staff: ApiClient, doctor: Doctor) -> None:
        AppointmentFactory(doctor=doctor, state=VisitState.CANCELLED)
        AppointmentFactory(doctor=doctor, starts_at=datetime(2026, 1, 5, 10, tzinfo=UTC))
        assert staff.delete(address(doctor)).status_code == 204
