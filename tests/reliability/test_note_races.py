"""Doctors who press buttons twice, and change one entry at the same moment: nothing doubles, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.models import AuditEvent, ClinicalRecord, ClinicalRecordVersion, NoteDraft
from tests.factories import AppointmentFactory, ClinicalRecordFactory, DepartmentFactory, DoctorFactory
from tests.reliability.people import Answer, Crowd, Person, all_at_once
from tests.support.databases import Database

pytestmark = [pytest.mark.slow, pytest.mark.both_databases]

PRESSES = 6


class Writer(Person):
    """A doctor at the pages."""

    def prepare_note(self, start: str, **texts: str) -> Callable[[], Answer]:
        """Begin a note, or go on with one; what is returned saves it."""
        path = self.client.send("GET", start).location
        page = self.client.send("GET", path)
        return lambda: self._submit(path, page, **texts)

    def prepare_void(self, record_id: int) -> Callable[[], Answer]:
        """Ask to take an entry out of use; what is returned does it."""
        path = f"/clinic/records/{record_id}/void"
        page = self.client.send("GET", path)
        return lambda: self._submit(path, page, reason="A slip")


def test_a_note_saved_many_times_at_once_is_one_entry(database: Database, live_server: Callable[..., str]) -> None:
    visit = AppointmentFactory()
    with Crowd(live_server(processes=2), [visit.doctor.account.username], kinds=[Writer]) as (doctor,):
        assert isinstance(doctor, Writer)
        opened = [doctor, *(doctor.tab() for _ in range(PRESSES - 1))]
        start = f"/clinic/appointments/{visit.id}/note"
        answers = all_at_once([tab.prepare_note(start, notes="Croup") for tab in opened])
        with database.unit_of_work() as session:
            record = session.scalars(select(ClinicalRecord)).one()
            assert (record.notes, record.version) == ("Croup", 1)
            assert session.scalars(select(NoteDraft.entry_id)).all() == [record.id]
        assert {(answer.status, answer.location) for answer in answers} == {(303, f"/clinic/records/{record.id}")}

        voided = all_at_once([tab.prepare_void(record.id) for tab in opened])
        for tab in opened[1:]:
            tab.client.connection.close()
    assert {(answer.status, answer.location) for answer in voided} == {(303, f"/clinic/records/{record.id}/voided")}
    with database.unit_of_work() as session:
        noted = session.scalars(select(AuditEvent.id).where(AuditEvent.action == "record.voided")).all()
        assert len(noted) == 1


def test_of_doctors_who_change_an_entry_at_once_one_does_and_the_others_are_shown_both(
    database: Database, live_server: Callable[..., str]
) -> None:
    with database.unit_of_work():
        department = DepartmentFactory()
        doctors = [DoctorFactory(department=department) for _ in range(PRESSES)]
        record = ClinicalRecordFactory(author=doctors[0], notes="0")
    names = [doctor.account.username for doctor in doctors]
    with Crowd(live_server(processes=2), names, kinds=[Writer]) as colleagues:
        writers = [one for one in colleagues if isinstance(one, Writer)]
        start = f"/clinic/records/{record.id}/amend"
        answers = all_at_once(
            [one.prepare_note(start, notes=f"Of doctor {number}") for number, one in enumerate(writers, 1)]
        )
    assert Counter(answer.status for answer in answers) == {303: 1, 409: PRESSES - 1}
    with database.unit_of_work() as session:
        present = session.get_one(ClinicalRecord, record.id)
        assert present.version == 2
        assert len(session.scalars(select(ClinicalRecordVersion)).all()) == 1
        kept = session.scalars(select(NoteDraft.notes).where(NoteDraft.entry_id.is_(None))).all()
        assert sorted([present.notes, *kept]) == [f"Of doctor {number}" for number in range(1, PRESSES + 1)]
    for answer in answers:
        if answer.status == 409:
            assert "This entry was changed meanwhile" in answer.body
            assert f"{present.notes}</p>" in answer.body
