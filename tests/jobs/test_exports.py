"""Making downloads of whole records: once, whole, whatever dies on the way."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.clock import now
from app.errors import NotFound
from app.extensions import db, job_queue
from app.jobs import exports, mail
from app.models import ExportState, Patient, RecordExport, VisitState
from app.services import outbox, record_archive, record_exports
from app.unit_of_work import transaction
from config import Settings
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    ClinicalRecordVersionFactory,
    DoctorFactory,
    PatientFactory,
    RecordExportFactory,
    ReviewFactory,
)
from tests.services.visits import side_of
from tests.support import letters
from tests.support.clients import PASSWORD
from tests.support.databases import Database


@pytest.fixture
def patient(database: Database) -> Patient:
    """Somebody with two entries, one of which was changed, a visit, a review and a care team."""
    patient = PatientFactory(name="Zoë O'Neill")
    doctor = DoctorFactory(name="Dr Hart")
    visit = AppointmentFactory(patient=patient, doctor=doctor, state=VisitState.COMPLETED)
    record = ClinicalRecordFactory(patient=patient, author=doctor, appointment_id=visit.id, version=2)
    ClinicalRecordVersionFactory(record=record)
    ClinicalRecordFactory(patient=patient, diagnostics="Eczema", created_at=now() - timedelta(days=9))
    ClinicalRecordFactory()
    ReviewFactory(patient=patient, doctor=doctor, hidden_at=now())
    CareTeamMemberFactory(patient=patient, doctor=doctor)
    return patient


@pytest.fixture
def export_id(database: Database, patient: Patient) -> int:
    """A download that was asked for, and of which no worker knows."""
    with database.unit_of_work():
        key = record_exports.ask(side_of(patient), patient_id=patient.id, current_password=PASSWORD).id
    while not job_queue.embedded.empty():
        job_queue.embedded.get_nowait()
    return key


def look(database: Database, key: int) -> RecordExport:
    with database.unit_of_work() as session:
        return session.get_one(RecordExport, key)


def run(database: Database, job: Callable[..., None], *arguments: int) -> None:
    with database.app.app_context():
        job(*arguments)


def fetched(database: Database, patient: Patient, key: int) -> dict[str, bytes]:
    with database.unit_of_work():
        _, content = record_exports.fetch(side_of(patient), key)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


class TestMake:
    @pytest.mark.both_databases
    def test_the_file_has_everything(self, database: Database, patient: Patient, export_id: int) -> None:
        run(database, exports.make, export_id)

        export = look(database, export_id)
        assert (export.state, export.done, export.total) == (ExportState.READY, 2, 2)
        files = fetched(database, patient, export_id)
        assert list(files) == ["record.pdf", "record.json", "appointments.ics"]
        assert files["record.pdf"].startswith(b"%PDF-")
        assert b"BEGIN:VEVENT" in files["appointments.ics"]
        told = json.loads(files["record.json"])
        assert told["person"]["name"] == "Zoë O'Neill"
        entries = [(one["versions"][0]["texts"]["diagnostics"], len(one["versions"])) for one in told["entries"]]
        assert entries == [("Acute bronchitis", 2), ("Eczema", 1)]
        assert told["entries"][0]["visit"]["id"] == told["visits"][0]["id"]
        assert told["visits"][0]["state"] == "completed"
        assert [one["doctor"] for key in ("reviews", "care_team") for one in told[key]] == ["Dr Hart"] * 2

    def test_a_record_without_anything_is_a_file_too(self, database: Database) -> None:
        patient = PatientFactory()
        export = RecordExportFactory(patient=patient, state=ExportState.WAITING, content=None, expires_at=None)
        run(database, exports.make, export.id)
        assert json.loads(fetched(database, patient, export.id)["record.json"])["entries"] == []

    def test_it_shows_how_far_it_is(self, database: Database, export_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exports, "ENTRIES_AT_ONCE", 1)
        seen = []
        add = record_archive.Archive.add

        def adding(archive, entries):
            with transaction():
                seen.append((look_now(export_id).done, look_now(export_id).total))
            add(archive, entries)

        monkeypatch.setattr(record_archive.Archive, "add", adding)
        run(database, exports.make, export_id)
        assert seen == [(0, 2), (1, 2)]

    def test_a_failure_is_told_and_can_be_repeated(
        self, database: Database, patient: Patient, export_id: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(record_archive.Archive, "content", lambda _archive: 1 / 0)
            run(database, exports.make, export_id)
        assert look(database, export_id).state is ExportState.FAILED

        with database.unit_of_work():
            again = record_exports.ask(side_of(patient), patient_id=patient.id, current_password=PASSWORD).id
        run(database, exports.make, again)
        assert look(database, again).state is ExportState.READY

    def test_who_no_longer_acts_for_the_patient_gets_nothing(
        self, database: Database, patient: Patient, export_id: int
    ) -> None:
        with database.unit_of_work() as session:
            session.get_one(Patient, patient.id).manager_id = AccountFactory().id
        run(database, exports.make, export_id)
        assert look(database, export_id).state is ExportState.FAILED
        with database.unit_of_work(), pytest.raises(NotFound):
            record_exports.fetch(side_of(patient), export_id)

    def test_what_is_done_or_unknown_is_left_alone(self, database: Database) -> None:
        done = RecordExportFactory()
        run(database, exports.make, done.id)
        run(database, exports.make, 987654)
        assert look(database, done.id).attempts == 0

    def test_who_has_lost_it_writes_nothing(
        self, database: Database, export_id: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def taken_over(_archive, _entries):
            with transaction():
                look_now(export_id).attempts += 1

        monkeypatch.setattr(record_archive.Archive, "add", taken_over)
        run(database, exports.make, export_id)
        assert look(database, export_id).state is ExportState.WAITING


class TestSweep:
    def test_it_makes_what_a_killed_worker_has_left(self, database: Database, export_id: int) -> None:
        with database.app.app_context(), transaction():
            assert record_exports.claim(export_id)
        run(database, exports.sweep)
        assert look(database, export_id).state is ExportState.WAITING

        with database.unit_of_work() as session:
            session.get_one(RecordExport, export_id).lease_until = now() - timedelta(seconds=1)
        run(database, exports.sweep)
        assert (look(database, export_id).state, look(database, export_id).attempts) == (ExportState.READY, 2)

    def test_it_deletes_what_is_no_longer_kept(self, database: Database) -> None:
        old = RecordExportFactory(expires_at=now() - timedelta(seconds=1))
        run(database, exports.sweep)
        with database.unit_of_work() as session:
            assert session.get(RecordExport, old.id) is None


class TestMail:
    def test_it_brings_one_link_and_names_nobody(self, database: Database, settings: Settings, export_id: int) -> None:
        run(database, exports.make, export_id)
        run(database, mail.sweep)

        (letter,) = letters.written(settings)
        said = letters.text(letter)
        assert "http://localhost/my/record/download" in said
        assert said.count("http") == 1
        assert "Neill" not in said

    def test_it_is_not_sent_once_the_file_is_gone(
        self, database: Database, settings: Settings, export_id: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run(database, exports.make, export_id)
        later = now() + timedelta(hours=25)
        monkeypatch.setattr(outbox, "now", lambda: later)
        run(database, mail.sweep)
        assert letters.written(settings) == []


def look_now(key: int) -> RecordExport:
    """The row as it is in the transaction that is open."""
    return db.session.get_one(RecordExport, key)
