"""Lists of records, patients of a department and care teams find their rows by index, as both databases plan it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from app import models
from app.policy import Actor
from app.services import (
    care_team,
    department_people,
    department_records,
    doctor_patients,
    doctor_record,
    own_record,
    record_exports,
    record_readers,
    records,
)
from app.services.record_readers import Whose
from tests.factories import AccountFactory, DepartmentFactory
from tests.services.test_indexes import recorded
from tests.support.databases import Database

PATIENTS = 4000
DOCTORS = 400
DEPARTMENTS = 200
NOW = datetime.now(UTC)

pytestmark = [pytest.mark.both_databases, pytest.mark.slow]


class Hospital:
    """A hospital whose every doctor has seen a few of many patients, each with two records."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.unit_of_work() as session:
            self.account = AccountFactory(is_admin=True).id
            self.departments = [DepartmentFactory().id for _ in range(DEPARTMENTS)]
            self.doctors = session.scalars(
                insert(models.Doctor).returning(models.Doctor.id),
                [
                    {
                        "name": f"Doctor {number}",
                        "approval": models.Approval.APPROVED,
                        "department_id": self.departments[number % DEPARTMENTS],
                    }
                    for number in range(DOCTORS)
                ],
            ).all()
            self.patients = session.scalars(
                insert(models.Patient).returning(models.Patient.id),
                [
                    {"name": f"Patient {number}", "manager_id": self.account if number == 0 else None}
                    for number in range(PATIENTS)
                ],
            ).all()
            for model, rows in self._rows().items():
                session.execute(insert(model), rows)
            session.execute(text("ANALYZE"))

    def _rows(self) -> dict[type, list[dict[str, Any]]]:
        pairs = [
            {"patient_id": patient, "doctor_id": self.doctors[number % DOCTORS]}
            for number, patient in enumerate(self.patients)
        ]
        half_hour = timedelta(minutes=30)
        return {
            models.CareTeamMember: [pair | {"created_by_id": self.account} for pair in pairs],
            models.Appointment: [
                pair
                | {
                    "starts_at": NOW + number * half_hour,
                    "ends_at": NOW + (number + 1) * half_hour,
                    "patient_agreed": True,
                    "state": models.VisitState.CONFIRMED,
                }
                for number, pair in enumerate(pairs)
            ],
            models.AuditEvent: [
                {"action": "record.read", "patient_id": pair["patient_id"], "account_id": self.account, "details": {}}
                for pair in pairs
            ],
            models.AuditEventPatient: [
                {"event_id": number, "patient_id": pair["patient_id"], "at": NOW} for number, pair in enumerate(pairs)
            ],
            models.RecordExport: [
                {"account_id": self.account, "patient_id": pair["patient_id"], "state": models.ExportState.READY}
                for pair in pairs
            ],
            models.ClinicalRecord: [
                {
                    "patient_id": pair["patient_id"],
                    "author_id": pair["doctor_id"],
                    "department_id": self.departments[number % DEPARTMENTS],
                    "created_at": NOW - timedelta(minutes=number),
                    "notes": "As long as people write them. " * 15 + ("Brucellosis" if number % 500 == 0 else ""),
                }
                for number, pair in enumerate(pairs * 2)
            ],
        }

    def plans(self, act: Callable[[], object]) -> str:
        """What the database says of how it runs each query of an act."""
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


@pytest.fixture
def hospital(database: Database) -> Hospital:
    return Hospital(database)


def test_lists_use_their_indexes(hospital: Hospital) -> None:
    doctor = Actor(account_id=hospital.account, doctor_id=hospital.doctors[0], department_id=hospital.departments[0])
    member = Actor(account_id=hospital.account)
    admin = Actor(account_id=hospital.account, is_admin=True)
    department = models.Department(id=hospital.departments[0])
    acts: dict[Callable[[], object], tuple[str, ...]] = {
        lambda: records.find(doctor, limit=20, offset=0): (
            "ix_clinical_record_department_id_created_at",
            "ix_clinical_record_patient_id_created_at",
            "ix_care_team_member_doctor_id",
            "ix_appointment_doctor_id_",
            "ix_patient_manager_id",
        ),
        lambda: records.find(doctor, patient_id=hospital.patients[3], limit=20, offset=0): (
            "ix_clinical_record_patient_id_created_at",
        ),
        lambda: records.find(member, limit=20, offset=0): (
            "ix_patient_manager_id",
            "ix_clinical_record_patient_id_created_at",
        ),
        lambda: records.find(admin, limit=20, offset=0): ("ix_clinical_record_created_at_id",),
        lambda: records.find(admin, department_id=hospital.departments[1], limit=20, offset=0): (
            "ix_clinical_record_department_id_created_at",
        ),
        lambda: department_people.patients(doctor, hospital.departments[0], limit=20, offset=0): (
            "ix_clinical_record_department_id_created_at",
            "ix_doctor_department_id_approval",
            "ix_appointment_doctor_id_",
        ),
        lambda: department_records.find(doctor, department, limit=20, offset=0): (
            "ix_clinical_record_department_id_created_at",
        ),
        # PostgreSQL reads the department's few records instead.
        lambda: department_records.authors(doctor, department): ("ix_clinical_record_",),
        lambda: department_records.find(doctor, department, author_id=doctor.doctor_id, limit=20, offset=0): (
            "ix_clinical_record_author_id_department_id",
        ),
        lambda: care_team.find(doctor, limit=20, offset=0): ("ix_care_team_member_doctor_id",),
        lambda: own_record.find(member, limit=20, offset=0): (
            "ix_patient_manager_id",
            "ix_clinical_record_patient_id_created_at",
        ),
        lambda: doctor_record.find(doctor, hospital.patients[3], limit=20, offset=0): (
            "ix_clinical_record_patient_id_created_at",
        ),
        lambda: doctor_patients.find(doctor, limit=20, offset=0): (
            "ix_care_team_member_doctor_id",
            "ix_appointment_doctor_id_",
        ),
        lambda: doctor_patients.get(doctor, hospital.patients[0]): ("ix_appointment_",),
        lambda: record_readers.find(member, hospital.patients[0], Whose.OTHERS, limit=20, offset=0): (
            "ix_audit_event_patient_id_at",
            "ix_audit_event_patient_patient_id_at",
        ),
        lambda: record_exports.newest(member, hospital.patients[0]): ("ix_record_export_",),
    }
    for act, indexes in acts.items():
        plans = hospital.plans(act)
        assert [index for index in indexes if index not in plans] == [], plans


def test_who_does_not_see_all_has_no_table_read_for_it(hospital: Hospital) -> None:
    doctor = Actor(account_id=hospital.account, doctor_id=hospital.doctors[0], department_id=hospital.departments[0])
    for actor in (doctor, Actor(account_id=hospital.account)):
        plans = hospital.plans(lambda actor=actor: records.find(actor, limit=20, offset=0))  # type: ignore[misc]  # bound now
        assert "SCAN clinical_record" not in plans, plans
        assert "Seq Scan on clinical_record" not in plans, plans


def test_a_search_looks_its_words_up_and_reads_no_table_for_them(hospital: Hospital) -> None:
    doctor = Actor(account_id=hospital.account, doctor_id=hospital.doctors[0], department_id=hospital.departments[0])
    department = models.Department(id=hospital.departments[0])
    looking: dict[str, Any] = {"search": "brucell", "limit": 20, "offset": 0}
    for act in (
        lambda: records.find(Actor(account_id=hospital.account, is_admin=True), **looking),
        lambda: records.find(doctor, **looking),
        lambda: department_records.find(doctor, department, **looking),
        lambda: own_record.find(Actor(account_id=hospital.account), **looking),
    ):
        plans = hospital.plans(act)
        assert re.search(r"(ix|pk)_clinical_record_words|clinical_record_words VIRTUAL TABLE INDEX \d+:M", plans), plans
        assert not re.search(r"SCAN clinical_record\b|Seq Scan on clinical_record_words", plans), plans
