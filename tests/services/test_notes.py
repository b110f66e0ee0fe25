"""Notes as doctors write them on pages: kept until they are saved, saved once, brought together, taken out of use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Forbidden, Invalid, NotFound, Outdated
from app.jobs import mail
from app.models import AuditEvent, ClinicalRecord, ClinicalRecordVersion, NoteDraft
from app.policy import Actor
from app.services import doctor_record, note_drafts, notes, records
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    DoctorFactory,
    NoteDraftFactory,
    PatientFactory,
)
from tests.services.visits import ADMIN, as_doctor, side_of
from tests.support.databases import Database

EMPTY = dict.fromkeys(records.TEXTS, "")
ACUTE = EMPTY | {"diagnostics": "Acute bronchitis", "treatments": "Rest"}
REASON = "Written about the wrong patient."


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    """One unit of work around each test; the first account is the admin's."""
    with database.unit_of_work() as opened:
        assert AccountFactory(is_admin=True).id == ADMIN.account_id
        yield opened


@pytest.fixture
def doctor(session: Session) -> Any:
    return DoctorFactory()


@pytest.fixture
def me(doctor: Any) -> Actor:
    return as_doctor(doctor)


def texts_of(session: Session, key: int) -> dict[str, str]:
    record = session.get_one(ClinicalRecord, key)
    return {name: getattr(record, name) for name in records.TEXTS}


class TestBegin:
    def test_a_note_about_an_own_visit_or_a_patient_can_be_gone_on_with(self, me: Actor, doctor: Any) -> None:
        visit = AppointmentFactory(doctor=doctor)
        about_visit = notes.for_visit(me, visit.id)
        about_patient = notes.for_patient(me, visit.patient_id)

        assert (about_visit.patient_id, about_visit.appointment_id) == (visit.patient_id, visit.id)
        assert about_patient.appointment_id is None
        assert notes.for_visit(me, visit.id).id == about_visit.id
        assert notes.for_patient(me, visit.patient_id).id == about_patient.id
        note_drafts.finish(about_visit, ClinicalRecordFactory().id)
        assert notes.for_visit(me, visit.id).id != about_visit.id

    def test_others_visits_are_not_there(self, me: Actor) -> None:
        visit = AppointmentFactory()
        with pytest.raises(NotFound):
            notes.for_visit(me, visit.id)
        for actor in (ADMIN, side_of(visit.patient)):
            with pytest.raises(Forbidden):
                notes.for_visit(actor, visit.id)
            with pytest.raises(Forbidden):
                notes.for_patient(actor, visit.patient_id)

    def test_a_doctor_changes_what_a_doctor_may_read_not_what_a_mother_may(self, me: Actor, doctor: Any) -> None:
        child = PatientFactory(manager=doctor.account, is_own=False)
        record = ClinicalRecordFactory(patient=child)
        for refused in (notes.for_entry, doctor_record.get):
            with pytest.raises(NotFound):
                refused(me, record.id)
        CareTeamMemberFactory(patient=child, doctor=doctor)
        assert notes.for_entry(me, record.id).record_id == record.id


class TestDrafts:
    def test_what_is_typed_is_kept_for_whoever_typed_it(self, me: Actor) -> None:
        draft = notes.for_patient(me, PatientFactory().id)
        note_drafts.keep(draft, ACUTE, based_on=3)

        kept = note_drafts.get(me, draft.public_id)
        assert (kept.diagnostics, kept.based_on, kept.kept_at is not None) == ("Acute bronchitis", 3, True)
        for other in (as_doctor(DoctorFactory()), ADMIN, Actor(account_id=me.account_id)):
            with pytest.raises(NotFound):
                note_drafts.get(other, draft.public_id)

        note_drafts.keep(draft, EMPTY)
        assert draft.kept_at is None

    def test_a_text_that_is_too_long_is_kept_to_be_shortened(self, me: Actor) -> None:
        draft = notes.for_patient(me, PatientFactory().id)
        too_long = EMPTY | {"notes": "x" * (records.LONGEST_TEXT + 1)}
        note_drafts.keep(draft, too_long)
        assert draft.notes == too_long["notes"]
        with pytest.raises(Invalid):
            notes.save(me, draft, texts=too_long, version=None)

    def test_one_can_be_discarded(self, me: Actor, doctor: Any) -> None:
        draft = NoteDraftFactory(doctor=doctor)
        note_drafts.discard(me, draft.public_id)
        with pytest.raises(NotFound):
            note_drafts.get(me, draft.public_id)

    def test_a_week_later_the_sweep_forgets_it(self, me: Actor, doctor: Any, database: Database) -> None:
        old = NoteDraftFactory(doctor=doctor, expires_at=now() - timedelta(seconds=1))
        fresh = NoteDraftFactory(doctor=doctor)
        with pytest.raises(NotFound):
            note_drafts.get(me, old.public_id)
        mail.sweep()
        with database.unit_of_work() as session:
            assert session.scalars(select(NoteDraft.id)).all() == [fresh.id]


class TestSave:
    def test_it_becomes_an_entry_about_the_visit(self, me: Actor, doctor: Any, session: Session) -> None:
        visit = AppointmentFactory(doctor=doctor)
        draft = notes.for_visit(me, visit.id)
        note_drafts.keep(draft, ACUTE)

        key = notes.save(me, draft, texts=ACUTE, version=None)

        record = session.get_one(ClinicalRecord, key)
        assert (record.patient_id, record.appointment_id, record.author_id) == (visit.patient_id, visit.id, doctor.id)
        assert texts_of(session, key) == ACUTE
        assert (draft.entry_id, draft.diagnostics) == (key, "")

    def test_something_must_be_written(self, me: Actor) -> None:
        draft = notes.for_patient(me, PatientFactory().id)
        with pytest.raises(Invalid) as refused:
            notes.save(me, draft, texts=EMPTY | {"notes": " \n"}, version=None)
        assert refused.value.errors.keys() == {"diagnostics"}
        # Programs are promised otherwise.
        assert records.write(me, patient_id=draft.patient_id, texts={}).notes == ""

    def test_a_note_about_anybody_opens_nothing_else(self, me: Actor) -> None:
        others = ClinicalRecordFactory()
        mine = notes.save(me, notes.for_patient(me, others.patient_id), texts=ACUTE, version=None)
        assert [line.id for line in doctor_record.find(me, others.patient_id, limit=9, offset=0).rows] == [mine]

    def test_a_change_keeps_the_former_version(self, me: Actor, doctor: Any, session: Session) -> None:
        record = ClinicalRecordFactory(author=doctor)
        draft = notes.for_entry(me, record.id)
        assert notes.save(me, draft, texts=ACUTE, version=1) == record.id
        assert texts_of(session, record.id) == ACUTE
        assert len(session.scalars(select(ClinicalRecordVersion)).all()) == 1

    @pytest.mark.parametrize("version", [1, None])
    def test_nobody_elses_change_is_overwritten(self, me: Actor, doctor: Any, version: int | None) -> None:
        record = ClinicalRecordFactory(author=doctor, version=2)
        with pytest.raises(Outdated):
            notes.save(me, notes.for_entry(me, record.id), texts=ACUTE, version=version)

    def test_one_that_is_saved_comes_again(self, me: Actor, session: Session) -> None:
        draft = notes.for_patient(me, PatientFactory().id)
        with pytest.raises(ValueError, match="not saved"):
            notes.save_again(me, draft, texts=ACUTE, version=None)
        key = notes.save(me, draft, texts=ACUTE, version=None)

        assert notes.save_again(me, draft, texts=ACUTE, version=None) is None
        another = notes.save_again(me, draft, texts=ACUTE | {"notes": "Call back"}, version=None)

        assert another is not None
        assert (another.record_id, another.notes) == (key, "Call back")
        assert texts_of(session, key) == ACUTE


class TestMerge:
    def entry(self, actor: Actor, doctor: Any) -> Any:
        """An entry whose diagnosis and notes somebody has changed since version 1."""
        record = ClinicalRecordFactory(author=doctor, diagnostics="Cough", treatments="", observations="", notes="")
        records.change(actor, record.id, texts={"diagnostics": "Croup", "notes": "Told the mother"}, version=1)
        return doctor_record.get(actor, record.id)

    def test_each_side_keeps_what_it_alone_has_changed(self, me: Actor, doctor: Any) -> None:
        merge = notes.merge(self.entry(me, doctor), EMPTY | {"diagnostics": "Cough", "treatments": "Rest"}, 1)
        assert merge.texts == EMPTY | {"diagnostics": "Croup", "treatments": "Rest", "notes": "Told the mother"}
        assert merge.taken == ("Diagnosis", "Notes")
        assert merge.clashes == {}

    def test_what_both_have_changed_clashes_and_is_as_the_writer_wrote_it(self, me: Actor, doctor: Any) -> None:
        merge = notes.merge(self.entry(me, doctor), EMPTY | {"diagnostics": "Flu"}, 1)
        assert merge.texts["diagnostics"] == "Flu"
        (clash,) = merge.clashes.values()
        assert (clash.title, clash.theirs) == ("Diagnosis", "Croup")
        assert [piece.text for piece in clash.pieces] == ["Croup", "Flu"]

    def test_the_same_change_is_none(self, me: Actor, doctor: Any) -> None:
        same = EMPTY | {"diagnostics": "Croup", "notes": "Told the mother"}
        merge = notes.merge(self.entry(me, doctor), same, 1)
        assert (merge.texts, merge.clashes, merge.taken) == (same, {}, ())

    def test_without_a_known_version_all_that_differs_clashes(self, me: Actor, doctor: Any) -> None:
        merge = notes.merge(self.entry(me, doctor), EMPTY | {"notes": "Mine"}, None)
        assert merge.clashes.keys() == {"diagnostics", "notes"}
        assert merge.texts["notes"] == "Mine"


class TestVoid:
    def test_it_takes_an_entry_out_of_use_for_a_reason(self, me: Actor, doctor: Any, session: Session) -> None:
        record = ClinicalRecordFactory(author=doctor)
        notes.void(me, record.id, reason=f" {REASON} ", version=1)

        found = notes.voided(me, record.id)
        assert found is not None
        assert (found.patient_id, found.reason) == (record.patient_id, REASON)
        with pytest.raises(NotFound):
            doctor_record.get(me, record.id)
        noted = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert noted is not None
        assert (noted.action, noted.details) == ("record.voided", {})

    @pytest.mark.parametrize("reason", ["", " ", "x" * (notes.LONGEST_REASON + 1)])
    def test_a_reason_is_needed(self, me: Actor, doctor: Any, reason: str) -> None:
        with pytest.raises(Invalid):
            notes.void(me, ClinicalRecordFactory(author=doctor).id, reason=reason, version=1)

    def test_not_what_was_changed_meanwhile(self, me: Actor, doctor: Any) -> None:
        record = ClinicalRecordFactory(author=doctor, version=2)
        with pytest.raises(Outdated):
            notes.void(me, record.id, reason=REASON, version=1)

    def test_only_who_did_it_is_told(self, me: Actor, doctor: Any) -> None:
        patient = PatientFactory()
        record = ClinicalRecordFactory(author=doctor, patient=patient)
        assert notes.voided(me, record.id) is None
        notes.void(me, record.id, reason=REASON, version=1)
        colleague = as_doctor(DoctorFactory(department=doctor.department))
        for other in (colleague, ADMIN, side_of(patient)):
            assert notes.voided(other, record.id) is None
        assert notes.voided(me, 2**63) is None
