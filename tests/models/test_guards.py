"""What the database refuses by itself, on both kinds: overlaps, impossible visits, changes to the trail, twins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app import unit_of_work
from app.models import (
    BLOCKING,
    Account,
    Appointment,
    AuditEvent,
    AuditEventPatient,
    AuditSeal,
    ClinicalRecordVersion,
    VisitState,
    guards,
)
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    ClinicalRecordFactory,
    DoctorFactory,
    PatientFactory,
    coming_weekday,
)
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases

TEN = coming_weekday(hour=10)
HALF_HOUR = timedelta(minutes=30)


def at(minutes: int) -> datetime:
    return TEN + timedelta(minutes=minutes)


def guard_of(error: pytest.ExceptionInfo[IntegrityError]) -> str:
    return unit_of_work.violated_guard(error.value)


def visit(*, start: int = 0, end: int = 30, **values: Any) -> Appointment:
    return AppointmentFactory(starts_at=at(start), ends_at=at(end), **values)


@contextmanager
def changing(database: Database) -> Iterator[Session]:
    """A unit of work whose changes reach the database before it ends: the refusal is seen as the database tells it."""
    with database.unit_of_work() as session:
        yield session
        session.flush()


# Each begins and ends so many minutes after the first visit's start, which lasts 30 minutes.
OVERLAPPING = {
    "the same": (0, 30),
    "its first half": (0, 15),
    "its second half": (15, 30),
    "its inside": (10, 20),
    "around it": (-30, 60),
    "over its start": (-15, 15),
    "over its end": (15, 45),
    "by a minute": (29, 59),
}
APART = {"just before": (-30, 0), "just after": (30, 60), "long before": (-2000, -1970), "long after": (2000, 2030)}


class TestOverlapOfADoctor:
    def test_it_is_refused_on_insert(self, database: Database) -> None:
        first = visit()

        for where, (start, end) in OVERLAPPING.items():
            with pytest.raises(IntegrityError) as error:
                visit(start=start, end=end, doctor=first.doctor)
            assert guard_of(error) == "appointment_doctor_overlap", where

    def test_it_is_none_when_they_only_touch(self, database: Database) -> None:
        first = visit()

        for start, end in APART.values():
            visit(start=start, end=end, doctor=first.doctor)

    def test_it_is_none_for_other_doctors(self, database: Database) -> None:
        visit()
        visit()

    def test_it_is_refused_when_the_longest_visit_still_lasts(self, database: Database) -> None:
        first = visit(end=60 * guards.LONGEST_VISIT_HOURS)

        with pytest.raises(IntegrityError):
            visit(
                start=60 * guards.LONGEST_VISIT_HOURS - 1, end=60 * guards.LONGEST_VISIT_HOURS + 29, doctor=first.doctor
            )

    def test_it_is_refused_when_a_visit_moves(self, database: Database) -> None:
        first = visit()
        other = visit(start=30, end=60, doctor=first.doctor)

        for start, end in OVERLAPPING.values():
            with pytest.raises(IntegrityError) as error, changing(database) as session:
                session.execute(
                    sa.update(Appointment)
                    .where(Appointment.id == other.id)
                    .values(starts_at=at(start), ends_at=at(end))
                )
            assert guard_of(error) == "appointment_doctor_overlap"

    def test_it_is_refused_when_a_visit_changes_hands(self, database: Database) -> None:
        first, other = visit(), visit()

        with pytest.raises(IntegrityError), changing(database) as session:
            session.get_one(Appointment, other.id).doctor_id = first.doctor_id

    def test_it_is_refused_when_a_cancelled_visit_returns(self, database: Database) -> None:
        first = visit()
        other = visit(doctor=first.doctor, state=VisitState.CANCELLED)

        with pytest.raises(IntegrityError), changing(database) as session:
            session.get_one(Appointment, other.id).state = VisitState.CONFIRMED

    def test_a_visit_may_move_within_its_own_time(self, database: Database) -> None:
        only = visit()

        with database.unit_of_work() as session:
            row = session.get_one(Appointment, only.id)
            row.starts_at, row.ends_at = at(15), at(45)

    def test_two_visits_may_not_swap_into_one_time_in_one_statement(self, database: Database) -> None:
        first = visit()
        visit(start=30, end=60, doctor=first.doctor)

        with pytest.raises(IntegrityError), changing(database) as session:
            session.execute(
                sa.update(Appointment)
                .where(Appointment.doctor_id == first.doctor_id)
                .values(starts_at=at(0), ends_at=at(30))
            )

    def test_only_blocking_states_take_time(self, database: Database) -> None:
        for state in VisitState:
            held: dict[str, Any] = {"hold_expires_at": at(-60)} if state is VisitState.HELD else {}
            first = visit(state=state, **held)
            if state in BLOCKING:
                with pytest.raises(IntegrityError):
                    visit(doctor=first.doctor)
            else:
                visit(doctor=first.doctor)

    def test_an_overbooking_stands_outside(self, database: Database) -> None:
        first = visit()

        extra = visit(doctor=first.doctor, overbooked=True)
        visit(start=30, end=60, doctor=first.doctor)

        with pytest.raises(IntegrityError), changing(database) as session:
            session.get_one(Appointment, extra.id).overbooked = False


class TestOverlapOfAPatient:
    def test_it_is_refused_on_insert(self, database: Database) -> None:
        first, doctor = visit(), DoctorFactory()

        for where, (start, end) in OVERLAPPING.items():
            other = Appointment(patient_id=first.patient_id, doctor_id=doctor.id, starts_at=at(start), ends_at=at(end))
            with pytest.raises(IntegrityError) as error, changing(database) as session:
                session.add(other)
            assert guard_of(error) == "appointment_patient_overlap", where

    def test_it_is_none_when_they_only_touch(self, database: Database) -> None:
        first = visit()

        visit(start=30, end=60, patient=first.patient)

    def test_it_is_refused_on_update(self, database: Database) -> None:
        first = visit()
        other = visit(start=30, end=60, patient=first.patient)

        with pytest.raises(IntegrityError) as error, changing(database) as session:
            session.get_one(Appointment, other.id).starts_at = at(29)

        assert guard_of(error) == "appointment_patient_overlap"

    def test_it_is_refused_for_an_overbooking_too(self, database: Database) -> None:
        first = visit()

        with pytest.raises(IntegrityError) as error:
            visit(patient=first.patient, overbooked=True)

        assert guard_of(error) == "appointment_patient_overlap"


class TestLength:
    def test_a_visit_ends_after_it_starts(self, database: Database) -> None:
        for end in (0, -30):
            with pytest.raises(IntegrityError):
                visit(end=end)

    def test_a_visit_may_last_the_longest_time(self, database: Database) -> None:
        visit(end=60 * guards.LONGEST_VISIT_HOURS)

    def test_a_longer_visit_is_refused(self, database: Database) -> None:
        with pytest.raises(IntegrityError) as error:
            visit(end=60 * guards.LONGEST_VISIT_HOURS + 1)

        assert guard_of(error) == "ck_appointment_length"

    def test_a_visit_cannot_grow_beyond_it(self, database: Database) -> None:
        row = visit()

        with pytest.raises(IntegrityError), changing(database) as session:
            session.get_one(Appointment, row.id).ends_at = at(60 * guards.LONGEST_VISIT_HOURS + 1)


class TestHolds:
    def test_only_a_hold_expires(self, database: Database) -> None:
        with pytest.raises(IntegrityError):
            visit(hold_expires_at=at(0))

    def test_every_hold_expires(self, database: Database) -> None:
        with pytest.raises(IntegrityError):
            visit(state=VisitState.HELD)


def _audited(session: Session) -> str:
    session.add(AuditEvent(action="test.done"))
    session.flush()
    return "audit_event"


def _audited_of_several(session: Session) -> str:
    session.add(AuditEventPatient(event_id=1, patient_id=2, at=at(0)))
    session.flush()
    return "audit_event_patient"


def _replaced(session: Session) -> str:
    record = ClinicalRecordFactory()
    session.add(ClinicalRecordVersion(record_id=record.id, version=1))
    session.flush()
    return "clinical_record_version"


def _sealed(session: Session) -> str:
    session.add(AuditSeal(first_id=1, last_id=1, count=1, hash="1", previous_hash="0"))
    session.flush()
    return "audit_seal"


KEPT = (_audited, _audited_of_several, _replaced, _sealed)


class TestInsertOnly:
    @pytest.mark.parametrize("make", KEPT)
    @pytest.mark.parametrize("change", ["UPDATE {table} SET {key} = {key}", "DELETE FROM {table}"])
    def test_it_refuses_changes(self, database: Database, make: Callable[[Session], str], change: str) -> None:
        with database.unit_of_work() as session:
            table = make(session)

        with pytest.raises(DBAPIError, match="insert-only"), database.unit_of_work() as session:
            session.execute(sa.text(change.format(table=table, key=guards.INSERT_ONLY[table][0])))

        with database.unit_of_work() as session:
            assert session.scalar(sa.text(f"SELECT count(*) FROM {table}")) == 1  # noqa: S608  (our own table's name)

    @pytest.mark.parametrize("make", KEPT)
    def test_it_refuses_to_be_emptied_or_replaced(
        self, database: Database, database_kind: str, make: Callable[[Session], str]
    ) -> None:
        with database.unit_of_work() as session:
            table = make(session)
        statement = {
            "sqlite": f"REPLACE INTO {table} SELECT * FROM {table}",  # noqa: S608  (our own table's name)
            "postgresql": f"TRUNCATE {table}",
        }[database_kind]

        with pytest.raises(DBAPIError), database.unit_of_work() as session:
            session.execute(sa.text(statement))

    def test_every_such_table_is_tried_here(self, database: Database) -> None:
        with database.unit_of_work() as session:
            assert {make(session) for make in KEPT} == set(guards.INSERT_ONLY)


class TestTwins:
    def test_a_username_is_taken_in_any_case(self, database: Database) -> None:
        AccountFactory(username="Marie", email="one@example.org")

        for twin in ("Marie", "MARIE", "marie", "\uff2darie"):
            with pytest.raises(IntegrityError) as error:
                AccountFactory(username=twin, email="two@example.org")
            assert guard_of(error) == "uq_account_username_key", twin

    def test_an_address_is_taken_in_any_case(self, database: Database) -> None:
        AccountFactory(username="one", email="zo\u00eb@example.org")

        for twin in ("Zo\u00eb@Example.org", "ZO\u00cb@EXAMPLE.ORG", "zoe\u0308@example.org"):
            with pytest.raises(IntegrityError) as error:
                AccountFactory(username="two", email=twin)
            assert guard_of(error) == "uq_account_email_key", twin

    def test_a_changed_name_is_compared_too(self, database: Database) -> None:
        AccountFactory(username="one")
        other = AccountFactory(username="two")

        with pytest.raises(IntegrityError), changing(database) as session:
            session.get_one(Account, other.id).username = "ONE"

    def test_a_username_is_no_address(self, database: Database) -> None:
        with pytest.raises(IntegrityError):
            AccountFactory(username="marie@example.org", email="marie@example.org")

    def test_an_account_has_one_own_patient(self, database: Database) -> None:
        own = PatientFactory()
        PatientFactory(manager=own.manager, is_own=False)

        with pytest.raises(IntegrityError):
            PatientFactory(manager=own.manager)

    def test_an_account_is_one_doctor(self, database: Database) -> None:
        doctor = DoctorFactory()

        with pytest.raises(IntegrityError) as error:
            DoctorFactory(account=doctor.account)

        assert guard_of(error) == "uq_doctor_account_id"


class TestForeignKeys:
    def test_a_visit_needs_a_doctor(self, database: Database) -> None:
        patient = PatientFactory()

        with pytest.raises(IntegrityError), changing(database) as session:
            session.add(Appointment(patient_id=patient.id, doctor_id=987654, starts_at=at(0), ends_at=at(30)))

    def test_a_doctor_with_visits_stays(self, database: Database) -> None:
        row = visit()

        with pytest.raises(IntegrityError), changing(database) as session:
            session.execute(sa.text("DELETE FROM doctor WHERE id = :id"), {"id": row.doctor_id})


class TestCreate:
    def test_it_lists_the_blocking_states_as_the_models_do(self, database: Database) -> None:
        assert str(tuple(state.value for state in BLOCKING)) == guards._BLOCKING

    def test_it_restores_what_a_batch_migration_dropped(self, database: Database) -> None:
        first = visit()

        with database.unit_of_work() as session:
            connection = session.connection()
            _audited(session)
            operations = Operations(MigrationContext.configure(connection))
            recreate: Literal["always", "never"] = "always" if connection.dialect.name == "sqlite" else "never"
            for table in ("appointment", *guards.INSERT_ONLY):
                with operations.batch_alter_table(table, recreate=recreate) as batch:
                    batch.add_column(sa.Column("added", sa.Integer()))
            guards.create(connection)

        with pytest.raises(IntegrityError):
            visit(doctor=first.doctor)
        with pytest.raises(IntegrityError):
            visit(patient=first.patient)
        with pytest.raises(DBAPIError, match="insert-only"), database.unit_of_work() as session:
            session.execute(sa.text("DELETE FROM audit_event"))

    def test_it_may_be_called_again(self, database: Database) -> None:
        with database.unit_of_work() as session:
            guards.create(session.connection())
            guards.create(session.connection())

        first = visit()
        with pytest.raises(IntegrityError):
            visit(doctor=first.doctor)

    def test_drop_takes_all_away(self, database: Database) -> None:
        first = visit()
        with database.unit_of_work() as session:
            guards.drop(session.connection())

        visit(doctor=first.doctor, patient=first.patient)
        with database.unit_of_work() as session:
            session.execute(sa.text("DELETE FROM audit_event"))
