"""Patients whom an account acts for."""

from __future__ import annotations

from app.policy import Actor
from app.services import patients
from tests.factories import PatientFactory
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
