"""Who treats the people of a family: by a place in the care team, by visits, or both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app import policy
from app.clock import now
from app.models import Approval, Patient, VisitState
from app.services import treating
from tests.factories import (
    AppointmentFactory,
    CareTeamMemberFactory,
    DoctorFactory,
    PatientFactory,
    coming_weekday,
)
from tests.services.visits import side_of
from tests.support.databases import Database


@pytest.fixture
def patient(database: Database) -> Any:
    """Somebody's own patient."""
    return PatientFactory(name="Amira")


def told(database: Database, patient: Any) -> dict[str, list[tuple[str, bool, bool]]]:
    """By patient: each doctor, whether in the care team, and whether treating through visits."""
    with database.unit_of_work():
        return {
            team.patient.name: [(one.doctor.name, one.place is not None, one.has_visits) for one in team.treatments]
            for team in treating.teams(side_of(patient))
        }


class TestTeams:
    @pytest.mark.both_databases
    def test_the_team_comes_first_then_who_has_visits(self, patient: Any, database: Database) -> None:
        child = PatientFactory(manager=patient.manager, is_own=False, name="Yusuf")
        both, visits, alone = (DoctorFactory(name=name) for name in ("Dr Both", "Dr Anders", "Dr Team"))
        for doctor in (alone, both):
            CareTeamMemberFactory(patient=patient, doctor=doctor)
        AppointmentFactory(patient=patient, doctor=both)
        for hour in (11, 13):  # two visits are one doctor
            AppointmentFactory(patient=patient, doctor=visits, starts_at=coming_weekday(hour=hour))
        AppointmentFactory(patient=child, doctor=visits, state=VisitState.COMPLETED)
        CareTeamMemberFactory()

        assert told(database, patient) == {
            "Amira": [("Dr Both", True, True), ("Dr Team", True, False), ("Dr Anders", False, True)],
            "Yusuf": [("Dr Anders", False, True)],
        }

    @pytest.mark.parametrize(
        "values",
        [
            {"state": VisitState.CANCELLED},
            {"patient_agreed": False},
            {"state": VisitState.HELD, "hold_expires_at": now()},
        ],
        ids=["cancelled", "without consent", "held"],
    )
    def test_it_says_what_the_policy_does(self, patient: Any, database: Database, values: dict[str, Any]) -> None:
        visit = AppointmentFactory(patient=patient, **values)

        assert told(database, patient) == {"Amira": []}
        with database.unit_of_work() as session:
            assert not session.scalar(select(policy.treated_by(visit.doctor_id, patient.id)))
            assert not treating.has_visits(patient.id, visit.doctor_id)

    def test_who_is_no_doctor_here_treats_nobody_through_visits(self, patient: Any, database: Database) -> None:
        AppointmentFactory(patient=patient, doctor=DoctorFactory(approval=Approval.REJECTED))
        AppointmentFactory(patient=patient, doctor=DoctorFactory(deleted_at=now()), starts_at=coming_weekday(hour=15))

        assert told(database, patient) == {"Amira": []}

    def test_who_was_removed_has_no_team(self, patient: Any, database: Database) -> None:
        member = CareTeamMemberFactory(patient=patient)
        with database.unit_of_work() as session:
            session.get_one(Patient, patient.id).voided_at = now()

        assert told(database, patient) == {}
        with database.unit_of_work():
            assert treating.place(side_of(patient), patient.id, member.doctor_id) is None

    def test_it_takes_three_statements(
        self, patient: Any, database: Database, count_queries: Callable[..., Any]
    ) -> None:
        with database.unit_of_work():
            for number in range(4):
                child = PatientFactory(manager=patient.manager, is_own=False)
                CareTeamMemberFactory(patient=child)
                AppointmentFactory(patient=child, starts_at=coming_weekday(hour=9 + number))

        with database.unit_of_work(), count_queries() as statements:
            assert len(treating.teams(side_of(patient))) == 5

        assert len(statements) == 3, statements


class TestPlace:
    def test_only_ones_own_are_found(self, patient: Any, database: Database) -> None:
        member = CareTeamMemberFactory(patient=patient)

        with database.unit_of_work():
            found = treating.place(side_of(patient), patient.id, member.doctor_id)
            assert found is not None
            assert found.doctor.name == member.doctor.name
            assert treating.place(side_of(PatientFactory()), patient.id, member.doctor_id) is None
            assert treating.place(side_of(patient), patient.id, 2**63) is None


class TestCandidates:
    def test_listed_doctors_are_found_by_name(self, patient: Any, database: Database) -> None:
        for values in ({"name": "Dr Zoe Hart"}, {"name": "Dr Amy Hart"}, {"name": "Dr Hart", "pending": True}):
            DoctorFactory(**values)
        DoctorFactory(name="Dr Bone")

        with database.unit_of_work():
            found = treating.candidates(side_of(patient), search="hart", limit=10, offset=0)

        assert [doctor.name for doctor in found.rows] == ["Dr Amy Hart", "Dr Zoe Hart"]
