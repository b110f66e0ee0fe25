"""The people for whom an account acts besides its owner: seen, added once, removed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from app.errors import Conflict, Invalid, NotFound
from app.models import AuditEvent, ClinicalRecord, Patient, VisitState
from app.policy import Actor
from app.services import family
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    ClinicalRecordFactory,
    DoctorFactory,
    PatientFactory,
    coming_weekday,
)
from tests.services.visits import as_doctor, side_of
from tests.support.databases import Database

KEY = "5b1c6ad4-6d0d-4c3c-9a52-3f7f3f3f3f3f"
KIM: dict[str, Any] = {"name": "Kim", "date_of_birth": None, "phone": "", "insurance_number": "", "address": ""}


@pytest.fixture
def parent(database: Database) -> Any:
    """Somebody's own patient."""
    return PatientFactory()


@pytest.fixture
def child(parent: Any) -> Any:
    """The child of the same account."""
    return PatientFactory(manager=parent.manager, is_own=False, name="Kim")


class TestMember:
    def test_it_is_whom_one_acts_for(self, parent: Any, child: Any, database: Database) -> None:
        with database.unit_of_work():
            assert family.member(side_of(parent), parent.id).id == parent.id
            assert family.relative(side_of(parent), child.id).name == "Kim"

    def test_staff_find_nobody_whom_they_only_treat_or_administer(self, child: Any, database: Database) -> None:
        doctor = DoctorFactory()
        AppointmentFactory(patient=child, doctor=doctor)

        with database.unit_of_work():
            for actor in (as_doctor(doctor), Actor(account_id=AccountFactory().id, is_admin=True)):
                with pytest.raises(NotFound):
                    family.member(actor, child.id)

    def test_oneself_is_no_relative(self, parent: Any, database: Database) -> None:
        with database.unit_of_work(), pytest.raises(NotFound):
            family.relative(side_of(parent), parent.id)


class TestAddOnce:
    def count(self, database: Database) -> int:
        with database.unit_of_work() as session:
            return session.scalar(select(func.count(Patient.id)).where(Patient.name == "Kim")) or 0

    @pytest.mark.both_databases
    def test_a_form_that_arrives_twice_adds_one(self, parent: Any, database: Database) -> None:
        with database.unit_of_work():
            added = [family.add_once(side_of(parent), key=KEY, **KIM) for _ in range(2)]

        assert added[0] == added[1]
        assert self.count(database) == 1

    def test_a_form_that_was_changed_meanwhile_is_refused_in_plain_words(self, parent: Any, database: Database) -> None:
        with database.unit_of_work():
            family.add_once(side_of(parent), key=KEY, **KIM)
        with database.unit_of_work(), pytest.raises(Conflict, match="Change what is wrong in My family"):
            family.add_once(side_of(parent), key=KEY, **{**KIM, "phone": "020 7946 0018"})

    def test_a_refused_form_may_be_sent_again(self, parent: Any, database: Database) -> None:
        with pytest.raises(Invalid), database.unit_of_work():
            family.add_once(side_of(parent), key=KEY, **{**KIM, "phone": "12"})
        with database.unit_of_work():
            family.add_once(side_of(parent), key=KEY, **KIM)

        assert self.count(database) == 1

    def test_a_damaged_key_is_told(self, parent: Any, database: Database) -> None:
        with database.unit_of_work(), pytest.raises(Invalid) as refusal:
            family.add_once(side_of(parent), key="x", **KIM)
        assert list(refusal.value.errors) == ["key"]


class TestRemove:
    def test_coming_visits_are_cancelled_and_records_stay(self, parent: Any, child: Any, database: Database) -> None:
        record = ClinicalRecordFactory(patient=child)
        later = AppointmentFactory(patient=child, starts_at=coming_weekday(days=20))
        sooner = AppointmentFactory(patient=child, state=VisitState.PENDING)
        AppointmentFactory(patient=child, state=VisitState.CANCELLED, starts_at=coming_weekday(hour=15))
        AppointmentFactory(patient=parent)

        with database.unit_of_work():
            told = [visit.id for visit in family.coming_visits(side_of(parent), child.id)]
            family.remove(side_of(parent), child.id)

        assert told == [sooner.id, later.id]
        with database.unit_of_work() as session:
            assert session.get_one(Patient, child.id).voided_at is not None
            assert session.get_one(ClinicalRecord, record.id).voided_at is None
            cancelled = select(AuditEvent.object_id).where(AuditEvent.action == "appointment.cancelled")
            assert set(session.scalars(cancelled)) == set(told)

    def test_twice_is_once_and_others_are_not_there(self, parent: Any, child: Any, database: Database) -> None:
        with database.unit_of_work() as session:
            for _ in range(2):
                family.remove(side_of(parent), child.id)
            assert list(session.scalars(select(AuditEvent.action))) == ["patient.voided"]
            for actor, patient in ((side_of(PatientFactory()), child), (side_of(parent), parent)):
                with pytest.raises(NotFound):
                    family.remove(actor, patient.id)
