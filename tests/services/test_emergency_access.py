"""Emergency access: a record that is open for half an hour, to one doctor, for reading, and everybody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock, policy
from app.clock import now
from app.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from app.models import AuditEvent, ClinicalRecord, EmergencyAccess, Message, VisitKind
from app.policy import Actor
from app.services import (
    appointments,
    audit,
    emergency_access,
    patients,
    record_readers,
    records,
)
from app.services.emergency_access import LONGEST_REASON, MOST, Standing
from app.services.record_readers import Whose
from tests.factories import (
    AppointmentFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    DepartmentFactory,
    DoctorFactory,
    EmergencyAccessFactory,
    PatientFactory,
)
from tests.services.visits import ADMIN, STRANGER, TEN, as_doctor, side_of
from tests.support.databases import Database

HALF_HOUR = timedelta(minutes=30)
REASON = "Brought in unconscious"
PAGE: dict[str, Any] = {"limit": 20, "offset": 0}

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    with database.unit_of_work() as opened:
        yield opened


@pytest.fixture
def record(session: Session) -> Any:
    """An entry of a patient whom `doctor` does not treat."""
    return ClinicalRecordFactory()


@pytest.fixture
def doctor(session: Session) -> Any:
    return DoctorFactory(name="Dr Hart", department=DepartmentFactory(name="Cardiology"))


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Make it another moment."""

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)
        for module in (emergency_access, audit):
            monkeypatch.setattr(module, "now", lambda: moment)

    return set_clock


def opened(doctor: Any, patient: Any) -> EmergencyAccess:
    return emergency_access.open_record(as_doctor(doctor), patient.id, reason=REASON)


def count(session: Session) -> int:
    return len(session.scalars(select(EmergencyAccess.id)).all())


class TestOpenRecord:
    def test_the_record_can_be_read_for_half_an_hour(self, doctor: Any, record: Any, at: Any) -> None:
        with pytest.raises(NotFound):
            records.get(as_doctor(doctor), record.id)

        access = opened(doctor, record.patient)

        assert access.ends_at - access.opened_at == HALF_HOUR
        at(access.ends_at - timedelta(seconds=1))
        assert records.get(as_doctor(doctor), record.id) is record
        assert [line.id for line in records.find(as_doctor(doctor), patient_id=record.patient_id, **PAGE).rows] == [
            record.id
        ]
        at(access.ends_at)
        with pytest.raises(NotFound):
            records.get(as_doctor(doctor), record.id)
        assert records.find(as_doctor(doctor), patient_id=record.patient_id, **PAGE).count == 0
        assert emergency_access.open_now(as_doctor(doctor)) == []

    def test_it_is_open_to_nobody_else_and_no_other_record_is(self, doctor: Any, record: Any) -> None:
        opened(doctor, record.patient)

        for actor, key in ((as_doctor(DoctorFactory()), record.id), (as_doctor(doctor), ClinicalRecordFactory().id)):
            with pytest.raises(NotFound):
                records.get(actor, key)

    def test_the_patients_side_is_told_and_the_trail_knows(self, session: Session, doctor: Any, record: Any) -> None:
        access = opened(doctor, record.patient)

        (message,) = session.scalars(select(Message))
        assert (message.recipient, message.template) == (record.patient.manager.email, "emergency_opened")
        (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "emergency.opened"))
        assert (event.account_id, event.patient_id) == (doctor.account_id, record.patient_id)
        assert (event.object_id, event.details) == (access.id, {})

    def test_twice_is_once(self, session: Session, doctor: Any, record: Any) -> None:
        first = opened(doctor, record.patient)

        assert opened(doctor, record.patient) is first
        assert (count(session), len(session.scalars(select(Message)).all())) == (1, 1)

    def test_a_patient_of_no_account_is_told_by_nobody(self, session: Session, doctor: Any) -> None:
        opened(doctor, PatientFactory(manager=None))

        assert session.scalars(select(Message)).all() == []

    @pytest.mark.parametrize("reason", ["", "  \n", "x" * (LONGEST_REASON + 1)])
    def test_it_needs_a_reason_that_is_no_novel(self, session: Session, doctor: Any, record: Any, reason: str) -> None:
        with pytest.raises(Invalid) as refusal:
            emergency_access.open_record(as_doctor(doctor), record.patient_id, reason=reason)

        assert list(refusal.value.errors) == ["reason"]
        assert count(session) == 0

    def test_who_may_read_anyway_needs_none(self, session: Session, doctor: Any) -> None:
        visit, member = AppointmentFactory(doctor=doctor), CareTeamMemberFactory(doctor=doctor)
        child = PatientFactory(manager=doctor.account, is_own=False)
        for patient in (visit.patient, member.patient, child):
            assert emergency_access.look(as_doctor(doctor), patient.id).standing is Standing.NOT_NEEDED
            with pytest.raises(Conflict):
                opened(doctor, patient)
        assert count(session) == 0

    def test_after_the_last_of_a_day_it_is_refused_until_the_first_is_a_day_old(
        self, doctor: Any, record: Any, at: Any
    ) -> None:
        first = now() - timedelta(hours=23)
        for number in range(MOST):
            EmergencyAccessFactory(doctor=doctor, opened_at=first + timedelta(minutes=number))
        EmergencyAccessFactory(doctor=doctor, opened_at=first - timedelta(hours=2))

        assert emergency_access.look(as_doctor(doctor), record.patient_id).standing is Standing.USED_UP
        with pytest.raises(TooMany) as refusal:
            opened(doctor, record.patient)
        assert 3500 < refusal.value.retry_after <= 3600
        at(first + timedelta(hours=24))
        assert opened(doctor, record.patient)

    def test_patients_who_are_gone_are_not_found(self, doctor: Any) -> None:
        for key in (PatientFactory(voided_at=now()).id, 10**6, 2**63):
            with pytest.raises(NotFound):
                emergency_access.open_record(as_doctor(doctor), key, reason=REASON)

    def test_it_is_for_approved_doctors(self, record: Any) -> None:
        for actor in (ADMIN, side_of(PatientFactory())):
            with pytest.raises(Forbidden):
                emergency_access.open_record(actor, record.patient_id, reason=REASON)
        assert emergency_access.open_now(STRANGER) == []


class TestEnd:
    def test_it_ends_at_once_and_twice_is_as_once(self, session: Session, doctor: Any, record: Any) -> None:
        opened(doctor, record.patient)

        for _ in range(2):
            emergency_access.end(as_doctor(doctor), record.patient_id)

        with pytest.raises(NotFound):
            records.get(as_doctor(doctor), record.id)
        assert len(session.scalars(select(AuditEvent).where(AuditEvent.action == "emergency.ended")).all()) == 1
        assert emergency_access.look(as_doctor(doctor), record.patient_id).standing is Standing.CLOSED

    def test_nobody_ends_anothers(self, doctor: Any, record: Any) -> None:
        access = opened(doctor, record.patient)

        emergency_access.end(as_doctor(DoctorFactory()), record.patient_id)

        assert access.ends_at > now()


class TestWhatItDoesNotOpen:
    """Reading alone: docs/adr/0010 has the list."""

    def test_entries_of_others_are_neither_changed_nor_voided(self, doctor: Any, record: Any) -> None:
        opened(doctor, record.patient)

        with pytest.raises(Forbidden):
            records.change(as_doctor(doctor), record.id, texts={"notes": "Mine now"})
        with pytest.raises(Forbidden):
            records.void(as_doctor(doctor), record.id)

    def test_a_new_entry_is_written_as_ever(self, doctor: Any, record: Any) -> None:
        opened(doctor, record.patient)

        entry = records.write(as_doctor(doctor), patient_id=record.patient_id, texts={"notes": "Given adrenaline"})
        records.change(as_doctor(doctor), entry.id, texts={"notes": "Given adrenaline, 2pm"})

        assert entry.version == 2

    def test_the_patient_is_neither_changed_nor_booked_for(self, doctor: Any, record: Any) -> None:
        opened(doctor, record.patient)

        assert not appointments.treats(as_doctor(doctor), record.patient)
        with pytest.raises(Forbidden):
            patients.change(as_doctor(doctor), record.patient_id, name="Another")
        with pytest.raises(Forbidden):
            appointments.book(
                as_doctor(doctor),
                patient_id=record.patient_id,
                doctor_id=doctor.id,
                starts_at=TEN,
                kind=VisitKind.IN_PERSON,
            )


class TestTheTrail:
    def test_what_is_read_meanwhile_is_flagged_and_nothing_else(
        self, session: Session, doctor: Any, record: Any, at: Any
    ) -> None:
        own = ClinicalRecordFactory(author=doctor)
        access = opened(doctor, record.patient)
        records.get(as_doctor(doctor), record.id)
        records.get(as_doctor(doctor), own.id)
        records.find(as_doctor(doctor), **PAGE)
        at(access.ends_at)
        records.get(as_doctor(doctor), own.id)

        flag = {audit.EMERGENCY: [record.patient_id]}
        events = session.scalars(select(AuditEvent).where(AuditEvent.action.like("record%")).order_by(AuditEvent.id))
        assert [(event.action, audit.EMERGENCY in event.details) for event in events] == [
            ("record.read", True),
            ("record.read", False),
            ("records.listed", True),
            ("record.read", False),
        ]
        listed = session.scalars(select(AuditEvent).where(AuditEvent.action == "records.listed")).one()
        assert listed.details.items() >= flag.items()

    def test_the_patient_reads_who_opened_it_why_and_what_was_read(self, doctor: Any, record: Any) -> None:
        other = ClinicalRecordFactory(author=doctor)
        opened(doctor, record.patient)
        records.find(as_doctor(doctor), **PAGE)
        emergency_access.end(as_doctor(doctor), record.patient_id)

        def told(patient: Any) -> list[tuple[str, bool, str]]:
            acts = record_readers.find(side_of(patient), patient.id, Whose.OTHERS, **PAGE).rows
            return [(act.what, act.in_emergency, act.reason) for act in acts]

        assert told(record.patient) == [
            ("Ended the emergency access", False, ""),
            ("Looked through entries", True, ""),
            ("Opened the record", True, REASON),
        ]
        assert told(other.patient) == [("Looked through entries", False, "")]


class TestOpenNow:
    def test_the_doctors_own_come_with_their_patients_who_ends_first_first(
        self, doctor: Any, count_queries: Callable[[], AbstractContextManager[Any]]
    ) -> None:
        for name, minutes in (("Later", 5), ("Sooner", 20), ("Over", 30)):
            EmergencyAccessFactory(
                doctor=doctor, patient=PatientFactory(name=name), opened_at=now() - timedelta(minutes=minutes)
            )
        EmergencyAccessFactory()

        with count_queries() as statements:
            found = [access.patient.name for access in emergency_access.open_now(as_doctor(doctor))]

        assert found == ["Sooner", "Later"]
        assert len(statements) == 1, statements


class TestTheDatabase:
    @pytest.mark.parametrize(
        "values",
        [{"reason": ""}, {"ends_at": TEN - timedelta(minutes=1)}, {"ends_at": TEN + timedelta(minutes=31)}],
        ids=["no reason", "ends before it begins", "longer than half an hour"],
    )
    def test_it_refuses_what_is_no_emergency_access(self, session: Session, values: dict[str, Any]) -> None:
        doctor, patient = DoctorFactory(), PatientFactory()
        with pytest.raises(IntegrityError), session.begin_nested():
            EmergencyAccessFactory(doctor=doctor, patient=patient, opened_at=TEN, **values)


def test_a_doctor_who_is_rejected_is_out_at_once(doctor: Any, record: Any) -> None:
    opened(doctor, record.patient)

    with pytest.raises(NotFound):
        policy.fetch(Actor(account_id=doctor.account_id), ClinicalRecord, record.id)
