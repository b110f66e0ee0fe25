"""Patients: whom an account acts for, what is written of them, and how one leaves."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from app.clock import now
from app.errors import Invalid, NotFound, Unauthorized
from app.models import Appointment, AuditEvent, Patient
from app.policy import Actor
from app.services import calendars, patients
from tests.factories import DoctorFactory, PatientFactory
from tests.services.visits import book, side_of
from tests.support.databases import Database


class TestManaged:
    def test_oneself_comes_first_then_the_others_by_name(self, database: Database) -> None:
        own = PatientFactory(name="Zoe")
        for name in ("Yusuf", "Amira"):
            PatientFactory(name=name, manager=own.manager, is_own=False)
        PatientFactory()

        with database.unit_of_work():
            found = patients.managed(Actor(account_id=own.manager_id))

        assert [patient.name for patient in found] == ["Zoe", "Amira", "Yusuf"]

    def test_a_stranger_acts_for_nobody(self, database: Database) -> None:
        PatientFactory(manager=None)

        with database.unit_of_work():
            assert patients.managed(Actor()) == []


class TestOwn:
    def test_an_account_without_one_is_asked_which_is_meant(self, database: Database) -> None:
        child = PatientFactory(is_own=False)

        with database.unit_of_work(), pytest.raises(Invalid) as refusal:
            patients.own(side_of(child))

        assert list(refusal.value.errors) == ["patient_id"]


class TestAdd:
    def test_a_stranger_adds_nobody(self, database: Database) -> None:
        with database.unit_of_work() as session, pytest.raises(Unauthorized):
            patients.add(Actor(), name="Kim")
        with database.unit_of_work() as session:
            assert session.scalar(select(func.count()).select_from(Patient)) == 0

    def test_it_is_audited_with_the_patient(self, database: Database) -> None:
        own = PatientFactory()
        with database.unit_of_work() as session:
            added = patients.add(side_of(own), name="Kim")
            (event,) = session.scalars(select(AuditEvent))
            assert (event.action, event.patient_id, event.account_id) == ("patient.added", added.id, own.manager_id)


class TestChange:
    def test_what_is_as_it_was_is_no_change(self, database: Database) -> None:
        patient = PatientFactory(name="Kim", phone="+442079460018")
        with database.unit_of_work() as session:
            patients.change(side_of(patient), patient.id, name=" Kim ", phone="+442079460018", picture=None)
            assert session.scalars(select(AuditEvent)).all() == []


class TestVoid:
    def test_it_is_audited(self, database: Database) -> None:
        patient = PatientFactory()
        with database.unit_of_work() as session:
            patients.void(side_of(patient), patient.id)
            (event,) = session.scalars(select(AuditEvent))
            assert (event.action, event.patient_id) == ("patient.voided", patient.id)

    @pytest.mark.both_databases
    def test_nobody_is_booked_who_was_voided_meanwhile(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        patient, doctor = PatientFactory(), DoctorFactory(hours=True)
        lock = calendars.lock

        def voided_while_waiting(*both: Any) -> None:
            with database.unit_of_work() as session:
                session.get_one(Patient, patient.id).voided_at = now()
                session.flush()
            lock(*both)

        monkeypatch.setattr(calendars, "lock", voided_while_waiting)
        with pytest.raises(NotFound), database.unit_of_work():
            book(side_of(patient), patient, doctor)

        with database.unit_of_work() as session:
            assert session.scalar(select(func.count()).select_from(Appointment)) == 0
