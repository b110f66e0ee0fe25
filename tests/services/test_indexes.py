"""The lists of doctors and the free times find their rows by index, as both databases plan it on large tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, select, text
from sqlalchemy.orm import joinedload

from app import models
from app.policy import Actor
from app.services import (
    affected_visits,
    audit_seals,
    audit_search,
    availability,
    doctor_days,
    doctor_lists,
    doctors,
    emergency_access,
    emergency_oversight,
    hospital_figures,
    nearest_times,
    own_figures,
    patient_home,
    patient_lists,
    records,
    review_moderation,
    review_replies,
    reviews,
    time_off,
    treating,
    waiting_list,
    waiting_offers,
    weekly_hours,
)
from app.services.audit_search import Filters
from app.services.hours import hours_summary
from app.services.local_days import Period
from tests.factories import AccountFactory, DepartmentFactory, DesignationFactory, SpecialisationFactory
from tests.support.databases import Database

DOCTORS = 3000
VOCABULARY = 40
DAY = timedelta(days=1)
NOW = datetime.now(UTC)

pytestmark = [pytest.mark.both_databases, pytest.mark.slow]

Statement = tuple[str, Any]


class Hospital:
    """A hospital with many doctors, each with hours, time off, visits and a review."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.unit_of_work() as session:
            self.account = AccountFactory().id
            self.departments = [DepartmentFactory().id for _ in range(VOCABULARY)]
            self.specialisations = [SpecialisationFactory().id for _ in range(VOCABULARY)]
            self.designations = [DesignationFactory().id for _ in range(VOCABULARY)]
            self._hire()
            self._occupy()
            session.execute(text("ANALYZE"))

    def _hire(self) -> None:
        with self.database.unit_of_work() as session:
            accounts = session.scalars(
                insert(models.Account).returning(models.Account.id),
                [
                    {"username": name, "username_key": name, "email": name, "email_key": name}
                    for name in (f"doctor{number}" for number in range(DOCTORS))
                ],
            ).all()
            self.doctors = session.scalars(
                insert(models.Doctor).returning(models.Doctor.id),
                [
                    {
                        "name": f"Doctor {number}",
                        "account_id": account,
                        "approval": models.Approval.PENDING if number % 20 == 0 else models.Approval.APPROVED,
                        "department_id": self.departments[number % VOCABULARY],
                        "fee": number,
                    }
                    for number, account in enumerate(accounts)
                ],
            ).all()
            for link, column, entries in (
                (models.doctor_specialisation, "specialisation_id", self.specialisations),
                (models.doctor_designation, "designation_id", self.designations),
            ):
                rows = [{"doctor_id": key, column: entries[key % VOCABULARY]} for key in self.doctors]
                session.execute(insert(link), rows)

    def _occupy(self) -> None:
        with self.database.unit_of_work() as session:
            names: list[dict[str, object]] = [
                {"name": f"Patient {number}", "manager_id": None, "phone": str(number)} for number in range(DOCTORS)
            ]
            names[0]["manager_id"] = self.account
            self.patients = session.scalars(insert(models.Patient).returning(models.Patient.id), names).all()
            hours = {"starts": time(9), "ends": time(17), "slot_minutes": 30}
            pairs = [
                {"doctor_id": one, "patient_id": other} for one, other in zip(self.doctors, self.patients, strict=True)
            ]
            rows: dict[type, list[dict[str, Any]]] = {
                models.WeeklyHours: [
                    hours | {"doctor_id": key, "weekday": weekday} for key in self.doctors for weekday in range(3)
                ],
                models.TimeOff: [
                    {"doctor_id": key, "starts_at": NOW - key * DAY, "ends_at": NOW - (key - 1) * DAY}
                    for key in self.doctors
                ],
                models.Appointment: [
                    pair | {"starts_at": NOW + days * DAY, "ends_at": NOW + days * DAY + timedelta(minutes=30)}
                    for pair in pairs
                    for days in (-300, -200, 3)
                ],
                models.WaitingEntry: [
                    pair
                    | {
                        "kind": models.VisitKind.ONLINE,
                        "due_at": NOW + DAY,
                        "wished_from": NOW.date(),
                        "wished_until": NOW.date(),
                    }
                    for pair in pairs
                ],
                models.EmergencyAccess: [
                    pair | {"reason": "Unconscious", "opened_at": NOW - DAY, "ends_at": NOW - DAY} for pair in pairs
                ],
                models.AuditEvent: [
                    {
                        "at": NOW - key * DAY,
                        "account_id": key,
                        "patient_id": key,
                        "action": "record.read" if key % 20 else "session.opened",
                    }
                    for key in self.doctors
                ],
                models.Review: [pair | {"rating": 1 + number % 5} for number, pair in enumerate(pairs)],
            }
            for model, values in rows.items():
                session.execute(insert(model), values)

    def visit_of(self, doctor_id: int) -> models.Appointment:
        """A visit of a doctor, with the doctor."""
        with self.database.unit_of_work() as session:
            query = select(models.Appointment).where(models.Appointment.doctor_id == doctor_id).limit(1)
            with_doctor = joinedload(models.Appointment.doctor).joinedload(models.Doctor.department)
            return session.scalars(query.options(with_doctor)).one()

    def plans(self, act: Callable[[], object]) -> str:
        """What the database says of how it runs each statement of an act."""
        with self.database.unit_of_work(), recorded() as statements:
            act()
        with self.database.unit_of_work() as session:
            connection = session.connection()
            explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
            return "\n".join(
                " ".join(str(cell) for cell in line)
                for statement, parameters in statements
                for line in connection.exec_driver_sql(f"{explain} {statement}", parameters)
            )


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """The queries that run meanwhile, with their parameters."""
    statements: list[Statement] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_more: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_filters_and_free_times_use_their_indexes(database: Database) -> None:
    hospital = Hospital(database)
    member = Actor(account_id=hospital.account)
    admin = Actor(account_id=hospital.account, is_admin=True)
    few = hospital.doctors[:3]
    staff = Actor(account_id=hospital.account, doctor_id=few[1])
    doctor = Actor(account_id=hospital.account, doctor_id=few[1])
    acts: dict[Callable[[], object], tuple[str, ...]] = {
        lambda: doctor_lists.find(member, specialisation_id=hospital.specialisations[0], limit=20, offset=0): (
            "ix_doctor_specialisation_specialisation_id",
        ),
        lambda: doctor_lists.find(member, designation_id=hospital.designations[0], limit=20, offset=0): (
            "ix_doctor_designation_designation_id",
        ),
        lambda: doctor_lists.find(member, department_id=hospital.departments[0], limit=20, offset=0): (
            "ix_doctor_department_id_approval",
        ),
        lambda: doctor_lists.find(member, fee=77, limit=20, offset=0): ("ix_doctor_fee",),
        lambda: doctors.applications(admin, limit=20, offset=0): ("ix_doctor_approval_name",),
        lambda: availability.free_slots(few, start=NOW, end=NOW + 7 * DAY): (
            "ix_weekly_hours_doctor_id_weekday",
            "ix_time_off_doctor_id_ends_at",
            "ix_appointment_doctor_id_starts_at",
        ),
        lambda: doctor_days.week(staff, NOW.date()): (
            "ix_weekly_hours_doctor_id_weekday",
            "ix_time_off_doctor_id_ends_at",
            "ix_appointment_",
        ),
        lambda: availability.publishes_hours(few[0]): ("ix_weekly_hours_doctor_id_weekday",),
        lambda: hours_summary(few): ("ix_weekly_hours_doctor_id_weekday",),
        lambda: doctors.ratings(few): ("ix_review_doctor_id_", "ix_appointment_patient_id_doctor_id_state"),
        lambda: doctors.reviews(member, few[1], limit=20, offset=0): ("ix_review_doctor_id_created_at",),
        lambda: reviews.find(member, limit=20, offset=0): ("ix_appointment_",),
        lambda: reviews.find(member, doctor_id=few[1], limit=20, offset=0): ("ix_review_doctor_id_",),
        lambda: reviews.find(member, patient_ids=(hospital.patients[1],), limit=20, offset=0): (
            "uq_review_patient_id_doctor_id",
        ),
        lambda: reviews.find(member, rating=5, limit=20, offset=0): ("ix_review_rating_hidden_at",),
        lambda: doctor_lists.get(member, few[1]): (
            "ix_patient_manager_id",
            "ix_appointment_patient_id",
            "ix_review_doctor_id_",
        ),
        lambda: patient_lists.find(member, limit=20, offset=0): ("ix_patient_manager_id",),
        lambda: patient_home.get(member): ("ix_patient_manager_id", "ix_appointment_patient_id_"),
        lambda: treating.teams(member): ("ix_patient_manager_id", "ix_appointment_patient_id_"),
        lambda: waiting_list.places(member, limit=20, offset=0): ("waiting_entry_patient_id",),
        lambda: waiting_list.find(member, patient_id=hospital.patients[0], doctor_id=few[0]): ("_waiting_entry_",),
        lambda: waiting_offers.due(NOW): ("ix_waiting_entry_due_at",),
        lambda: affected_visits.within(staff, few[1], NOW, NOW + 14 * DAY): ("ix_appointment_doctor_id_",),
        lambda: time_off.find(staff, few[1], is_over=False, limit=20, offset=0): ("ix_time_off_doctor_id_ends_at",),
        lambda: weekly_hours.week(staff, few[1]): ("ix_weekly_hours_doctor_id_weekday",),
        lambda: nearest_times.instead_of(member, hospital.visit_of(few[1])): (
            "ix_doctor_specialisation_specialisation_id",
            "ix_doctor_department_id_approval",
        ),
        lambda: own_figures.find(doctor, 52): ("ix_appointment_doctor_id_", "ix_review_doctor_id_"),
        lambda: review_replies.summary(doctor): ("ix_review_doctor_id_",),
        lambda: review_replies.find(doctor, limit=20, offset=0): ("ix_review_doctor_id_created_at",),
        lambda: review_replies.find(doctor, rating=3, only_unanswered=True, limit=20, offset=0): (
            "ix_review_doctor_id_",
        ),
        lambda: hospital_figures.find(admin, Period(NOW.date() - 400 * DAY, NOW.date() - 370 * DAY)): (
            "ix_appointment_starts_at",
            "ix_appointment_created_at",
        ),
        lambda: audit_search.find(admin, Filters(), limit=50): ("ix_audit_event_at",),
        lambda: audit_search.find(admin, Filters(patient="77"), limit=50): (
            "ix_audit_event_patient_id_at",
            "audit_event_patient_",
        ),
        lambda: audit_search.find(admin, Filters(username="doctor7"), limit=50): ("ix_audit_event_account_id_at",),
        lambda: audit_search.find(admin, Filters(action="session.opened"), limit=50): ("ix_audit_event_action_at",),
        lambda: audit_search.find(admin, Filters(since=NOW.date(), until=NOW.date()), limit=50): ("ix_audit_event_at",),
        lambda: audit_seals.is_due(NOW): ("audit_seal",),
        lambda: emergency_access.open_now(doctor): ("ix_emergency_access_doctor_id_ends_at",),
        lambda: emergency_access.look(doctor, hospital.patients[1]): ("ix_emergency_access_doctor_id_ends_at",),
        lambda: records.find(doctor, limit=20, offset=0): ("ix_emergency_access_doctor_id_ends_at",),
        lambda: emergency_oversight.find(admin, since=NOW.date(), until=NOW.date(), limit=20, offset=0): (
            "ix_emergency_access_opened_at",
        ),
        lambda: review_moderation.find(admin, is_hidden=True, limit=20, offset=0): ("ix_review_hidden_at",),
        lambda: patient_lists.find(admin, phone="020 7946 0018", limit=20, offset=0): ("ix_patient_phone",),
    }
    for act, indexes in acts.items():
        plans = hospital.plans(act)
        assert [index for index in indexes if index not in plans] == [], plans
