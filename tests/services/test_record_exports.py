"""Downloads of a whole record: one at a time, proven by the password, held by a lease, for one account and one day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Invalid, NotFound
from app.extensions import job_queue
from app.models import AuditEvent, ExportState, Message, Patient, RecordExport
from app.policy import Actor
from app.services import record_exports
from app.services.record_exports import Claim, Lost
from tests.factories import AccountFactory, PatientFactory, RecordExportFactory
from tests.services.visits import side_of
from tests.support.clients import PASSWORD
from tests.support.databases import Database

pytestmark = pytest.mark.both_databases


@pytest.fixture
def patient(database: Database) -> Patient:
    """Somebody with a record, saved before the unit of work: a refused proof rolls back."""
    return PatientFactory()


@pytest.fixture(autouse=True)
def session(database: Database, patient: Patient) -> Iterator[Session]:
    """The unit of work that a request would be."""
    with database.unit_of_work() as opened:
        yield opened


def ask(patient: Patient, password: str = PASSWORD) -> RecordExport:
    return record_exports.ask(side_of(patient), patient_id=patient.id, current_password=password)


def claimed(export: RecordExport) -> Claim:
    claim = record_exports.claim(export.id)
    assert claim is not None
    return claim


def look(session: Session, export_id: int) -> RecordExport:
    return session.get_one(RecordExport, export_id, populate_existing=True)


class TestAsk:
    def test_it_is_noted_and_a_job_makes_it(self, patient: Patient, session: Session) -> None:
        while not job_queue.embedded.empty():
            job_queue.embedded.get_nowait()

        export = ask(patient)
        session.commit()

        assert export.state is ExportState.WAITING
        assert "record.export_asked" in session.scalars(select(AuditEvent.action)).all()
        assert record_exports.due(now()) == [export.id]

    def test_asking_twice_gives_the_same_one(self, patient: Patient, session: Session) -> None:
        assert ask(patient).id == ask(patient).id
        twin = insert(RecordExport).values(account_id=patient.manager_id, patient_id=patient.id)
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(twin)

    @pytest.mark.parametrize("state", [ExportState.READY, ExportState.FAILED])
    def test_what_is_done_is_replaced(self, patient: Patient, session: Session, state: ExportState) -> None:
        RecordExportFactory(patient=patient, state=state)
        export = ask(patient)
        assert session.scalars(select(RecordExport.id)).all() == [export.id]

    def test_a_wrong_password_makes_none(self, patient: Patient, session: Session) -> None:
        with pytest.raises(Invalid) as refusal:
            ask(patient, "wrong")
        assert list(refusal.value.errors) == ["current_password"]
        assert session.scalar(select(func.count()).select_from(RecordExport)) == 0

    def test_nobody_elses_record_can_be_had(self, patient: Patient) -> None:
        with pytest.raises(NotFound):
            record_exports.ask(Actor(account_id=AccountFactory().id), patient_id=patient.id, current_password=PASSWORD)


class TestFetch:
    def test_it_is_noted_each_time(self, patient: Patient, session: Session) -> None:
        export = RecordExportFactory(patient=patient, content=b"a file")
        for _ in range(2):
            assert record_exports.fetch(side_of(patient), export.id) == (export.asked_at, b"a file")
        assert session.scalars(select(AuditEvent.action)).all() == ["record.downloaded"] * 2

    def test_it_is_good_for_a_day_and_for_one_account_only(self, patient: Patient, session: Session) -> None:
        export = RecordExportFactory(patient=patient)
        over = RecordExportFactory(patient=patient, expires_at=now() - timedelta(seconds=1))
        waiting = RecordExportFactory(patient=patient, state=ExportState.WAITING, content=None, expires_at=None)
        for actor, key in (
            (side_of(PatientFactory()), export.id),
            (Actor(account_id=AccountFactory(is_admin=True).id, is_admin=True), export.id),
            (side_of(patient), over.id),
            (side_of(patient), waiting.id),
            (side_of(patient), 2**70),
        ):
            with pytest.raises(NotFound):
                record_exports.fetch(actor, key)
        session.get_one(Patient, patient.id).manager_id = AccountFactory().id
        with pytest.raises(NotFound):
            record_exports.fetch(side_of(patient), export.id)


class TestNewest:
    def test_it_is_the_last_that_is_kept(self, patient: Patient) -> None:
        child = PatientFactory(manager=patient.manager, is_own=False)
        ago = now() - timedelta(hours=1)
        first = RecordExportFactory(patient=patient, asked_at=ago)
        second = RecordExportFactory(patient=child)
        RecordExportFactory(patient=child, expires_at=ago)
        me = side_of(patient)

        assert record_exports.newest(me) == second
        assert record_exports.newest(me, patient.id) == first
        assert record_exports.newest(side_of(PatientFactory())) is None


class TestLease:
    def test_one_worker_has_it_until_the_lease_runs_out(self, patient: Patient, session: Session) -> None:
        export = ask(patient)
        lost = claimed(export)
        assert record_exports.claim(export.id) is None
        assert record_exports.due(now()) == []

        later = now() + record_exports.LEASE + timedelta(seconds=1)
        assert record_exports.due(later) == [export.id]
        look(session, export.id).lease_until = now() - timedelta(seconds=1)
        session.flush()
        taken_over = claimed(export)

        with pytest.raises(Lost):
            record_exports.note_progress(lost, 1, 2)
        with pytest.raises(Lost):
            record_exports.finish(lost, b"")
        record_exports.note_progress(taken_over, 1, 2)
        assert (look(session, export.id).done, look(session, export.id).total) == (1, 2)

    def test_what_kills_every_worker_is_given_up(self, patient: Patient, session: Session) -> None:
        export = ask(patient)
        for _ in range(record_exports.MAXIMUM_ATTEMPTS):
            claimed(export)
            look(session, export.id).lease_until = now() - timedelta(seconds=1)
            session.flush()

        assert record_exports.claim(export.id) is None
        assert look(session, export.id).state is ExportState.FAILED
        assert ask(patient).id != export.id


class TestFinish:
    def test_the_file_is_kept_for_a_day_and_the_account_told(self, patient: Patient, session: Session) -> None:
        export = ask(patient)
        record_exports.finish(claimed(export), b"a file")

        kept = look(session, export.id)
        assert kept.state is ExportState.READY
        assert kept.expires_at is not None
        assert timedelta(hours=23) < kept.expires_at - now() <= timedelta(hours=24)
        (message,) = session.scalars(select(Message).where(Message.template == "record_ready"))
        assert message.recipient == patient.manager.email
        assert record_exports.fetch(side_of(patient), export.id)[1] == b"a file"

    def test_what_is_no_longer_kept_is_deleted(self, patient: Patient, session: Session) -> None:
        kept = RecordExportFactory(patient=patient)
        RecordExportFactory(patient=patient, expires_at=now() - timedelta(seconds=1))
        waiting = RecordExportFactory(patient=patient, state=ExportState.WAITING, content=None, expires_at=None)

        record_exports.forget(now())

        assert session.scalars(select(RecordExport.id).order_by(RecordExport.id)).all() == [kept.id, waiting.id]
