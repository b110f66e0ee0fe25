"""Applying again after a rejection, approving several, and what admins read of who entered whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Conflict, Forbidden, Invalid
from app.models import Account, Approval, AuditEvent, Doctor, Message, WeeklyHours
from app.policy import Actor
from app.services import doctor_changes, doctors
from app.services.doctor_changes import Person
from tests.factories import AccountFactory, AppointmentFactory, DepartmentFactory, DoctorFactory
from tests.support.databases import Database


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """The unit of work that a request would be."""
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def rejected(session: Session) -> Any:
    """Somebody with hours whom the hospital has rejected."""
    return DoctorFactory(
        approval=Approval.REJECTED, decision_reason="No registration number.", decided_at=now(), hours=True
    )


def actor_of(doctor: Any) -> Actor:
    return Actor(account_id=doctor.account_id, display_name=doctor.name)


def admin() -> Actor:
    return Actor(account_id=AccountFactory(is_admin=True).id, is_admin=True)


class TestApplyingAgain:
    @pytest.mark.both_databases
    def test_the_same_entry_waits_again_with_what_is_changed(self, rejected: Any, session: Session) -> None:
        again = doctor_changes.add(actor_of(rejected), Person(), about="Registered as 1234567.")

        saved = session.get_one(Doctor, rejected.id)
        assert again.id == saved.id
        assert (saved.approval, saved.about, saved.name) == (Approval.PENDING, "Registered as 1234567.", rejected.name)
        assert saved.decision_reason == "No registration number."
        assert len(session.scalars(select(WeeklyHours.id)).all()) == 5
        assert session.scalars(select(AuditEvent.action)).all() == ["doctor.applied_again"]

    def test_the_hospital_decides_and_tells_again(self, rejected: Any, session: Session) -> None:
        doctor_changes.add(actor_of(rejected), Person())
        doctors.approve(admin(), rejected.id)

        saved = session.get_one(Doctor, rejected.id)
        assert (saved.approval, saved.decision_reason) == (Approval.APPROVED, "")
        assert session.scalars(select(Message.template)).all() == ["doctor_approved"]

    @pytest.mark.parametrize("approval", [Approval.PENDING, Approval.APPROVED])
    def test_nobody_else_applies_twice(self, approval: Approval, session: Session) -> None:
        with pytest.raises(Conflict):
            doctor_changes.add(actor_of(DoctorFactory(approval=approval)), Person())

    def test_a_second_time_waits_for_the_decision(self, rejected: Any) -> None:
        doctor_changes.add(actor_of(rejected), Person())

        with pytest.raises(Conflict):
            doctor_changes.add(actor_of(rejected), Person())

    def test_an_applicant_does_not_decide(self, rejected: Any, session: Session) -> None:
        doctor_changes.add(actor_of(rejected), Person(), approval=Approval.APPROVED)

        assert session.get_one(Doctor, rejected.id).is_waiting


class TestApproveAll:
    def test_all_are_listed(self, session: Session) -> None:
        pair = [DoctorFactory(pending=True).id for _ in range(2)]

        doctors.approve_all(admin(), [*pair, pair[0]])

        assert set(session.scalars(select(Doctor.approval))) == {Approval.APPROVED}

    @pytest.mark.parametrize("chosen", [[], list(range(1, doctors.MOST_AT_ONCE + 2))])
    def test_none_and_too_many_are_refused(self, chosen: list[int], session: Session) -> None:
        with pytest.raises(Conflict, match="Choose"):
            doctors.approve_all(admin(), chosen)


class TestWritten:
    def test_an_admin_writes_all_that_is_told_of_a_doctor(self, session: Session) -> None:
        doctor = DoctorFactory()

        doctor_changes.change(admin(), doctor.id, about=" Hearts. ", accepts_in_person=False)

        saved = session.get_one(Doctor, doctor.id)
        assert (saved.about, saved.accepts_in_person, saved.accepts_online) == ("Hearts.", False, True)

    @pytest.mark.parametrize(
        "details",
        [{"about": "x" * 5001}, {"accepts_in_person": False, "accepts_online": False}],
        ids=["too long", "no visits"],
    )
    def test_what_cannot_be_is_refused(self, details: dict[str, Any], session: Session) -> None:
        with pytest.raises(Invalid):
            doctor_changes.change(admin(), DoctorFactory().id, **details)

    def test_an_invited_doctor_is_mailed_a_link(self, session: Session) -> None:
        person = Person(username="zoe", email="zoe@example.org", last_name="Zoe Park", is_invited=True)

        doctor = doctor_changes.add(admin(), person, name="Dr Zoe Park", department=DepartmentFactory().id)

        account = session.get_one(Account, doctor.account_id)
        assert (account.username, account.password_hash) == ("zoe", None)
        assert doctor.is_listed
        assert session.scalars(select(Message.template)).all() == ["set_password"]


class TestRead:
    def test_who_proposed_is_told(self, session: Session) -> None:
        proposer = DoctorFactory()
        proposed = DoctorFactory(created_by_id=proposer.account_id)
        own = DoctorFactory()
        own.created_by_id = own.account_id

        found = doctors.proposer(admin(), proposed)

        assert found is not None
        assert found.id == proposer.account_id
        assert doctors.proposer(admin(), own) is None

    def test_by_department_and_name(self, session: Session) -> None:
        heart = DepartmentFactory()
        for name in ("Ben", "ada"):
            DoctorFactory(name=name, department=heart)
        DoctorFactory(name="Cy")

        found = doctors.applications(admin(), state=None, department_id=heart.id, is_by_name=True, limit=10, offset=0)

        assert [doctor.name for doctor in found.rows] == ["ada", "Ben"]
        exported = doctors.export(admin(), state=None)
        assert len(exported) == 3
        assert "doctors.exported" in session.scalars(select(AuditEvent.action)).all()

    @pytest.mark.parametrize("read", [doctor_changes.coming_visits])
    def test_the_visits_to_come_are_for_the_doctor_and_admins(
        self, read: Callable[[Actor, int], Any], session: Session
    ) -> None:
        visit = AppointmentFactory()

        assert [coming.id for coming in read(admin(), visit.doctor_id)] == [visit.id]
        with pytest.raises(Forbidden):
            read(Actor(account_id=AccountFactory().id), visit.doctor_id)
