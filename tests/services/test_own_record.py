"""A patient's record as the patient's side reads it: what is found, what each version said, and that it is noted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import local_today, now
from app.errors import NotFound
from app.models import AuditEvent, AuditEventPatient
from app.policy import Actor
from app.services import own_record, record_lines
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    ClinicalRecordFactory,
    ClinicalRecordVersionFactory,
    DoctorFactory,
    PatientFactory,
)
from tests.services.visits import ADMIN, STRANGER, as_doctor, side_of
from tests.support.databases import Database
from tests.support.queries import count_queries

PAGE: dict[str, Any] = {"limit": 20, "offset": 0}
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    """One unit of work around each test; the first account is the admin's."""
    with database.unit_of_work() as opened:
        assert AccountFactory(is_admin=True).id == ADMIN.account_id
        yield opened


def events(session: Session) -> list[tuple[str, int | None, Any]]:
    rows = session.scalars(select(AuditEvent).order_by(AuditEvent.id))
    return [(row.action, row.patient_id, row.details.get("records", row.object_id)) for row in rows]


def found(actor: Actor, **filters: Any) -> list[int]:
    return [line.id for line in own_record.find(actor, **filters, **PAGE).rows]


class TestFind:
    @pytest.mark.both_databases
    def test_it_lists_whom_one_acts_for_newest_first_and_nobody_else(self) -> None:
        mother = PatientFactory()
        child = PatientFactory(manager=mother.manager, is_own=False)
        old = ClinicalRecordFactory(patient=mother, created_at=now() - 2 * DAY)
        new = ClinicalRecordFactory(patient=child, created_at=now() - DAY)
        ClinicalRecordFactory(patient=mother, voided_at=now())
        ClinicalRecordFactory()

        assert found(side_of(mother)) == [new.id, old.id]
        assert found(side_of(mother), patient_id=child.id) == [new.id]

    def test_what_one_reads_as_doctor_or_admin_is_not_ones_own(self) -> None:
        doctor = DoctorFactory()
        record = ClinicalRecordFactory(author=doctor)
        assert found(as_doctor(doctor)) == found(ADMIN) == found(STRANGER) == []
        for actor in (as_doctor(doctor), ADMIN, STRANGER):
            with pytest.raises(NotFound):
                own_record.get(actor, record.id)
            with pytest.raises(NotFound):
                own_record.find(actor, patient_id=record.patient_id, **PAGE)

    @pytest.mark.both_databases
    def test_words_and_days_narrow_it(self) -> None:
        patient = PatientFactory()
        eczema = ClinicalRecordFactory(patient=patient, diagnostics="Eczema", notes="Zoë's aunt has it, too")
        cough = ClinicalRecordFactory(patient=patient, diagnostics="Cough", created_at=now() - 10 * DAY)
        me, today = side_of(patient), local_today()

        assert found(me, search="ZOË eczema") == [eczema.id]
        assert found(me, search="eczema cough") == []
        assert found(me, since=today - 5 * DAY) == [eczema.id]
        assert found(me, until=today - 5 * DAY) == [cough.id]
        assert found(me, since=today - 10 * DAY, until=today - 10 * DAY) == [cough.id]

    def test_a_line_tells_where_an_entry_comes_from(self) -> None:
        visit = AppointmentFactory(doctor=DoctorFactory(name="Dr Hart"))
        ClinicalRecordFactory(patient=visit.patient, author=visit.doctor, appointment_id=visit.id, diagnostics="")

        (line,) = own_record.find(side_of(visit.patient), **PAGE).rows

        assert (line.author, line.visit_id, line.visit_at) == ("Dr Hart", visit.id, visit.starts_at)
        assert line.department == visit.doctor.department.name
        assert line.gist == "Temperature 37.9 °C"

    def test_a_gist_is_one_short_line(self) -> None:
        record = ClinicalRecordFactory(diagnostics=" \n ", observations="a bcd\n" * 99)
        (line,) = own_record.find(side_of(record.patient), **PAGE).rows
        assert len(line.gist) <= record_lines.LONGEST_GIST + 2
        assert line.gist.startswith("a bcd a bcd ")
        assert line.gist.endswith(" …")
        assert "\n" not in line.gist

    def test_a_list_costs_the_same_however_long(self) -> None:
        patient = PatientFactory()
        costs = []
        for _ in range(2):
            ClinicalRecordFactory(patient=patient)
            with count_queries() as statements:
                own_record.find(side_of(patient), **PAGE)
            costs.append(len(statements))
        assert costs[0] == costs[1] <= 3

    @pytest.mark.both_databases
    def test_a_list_is_one_event_that_each_patient_finds(self, session: Session) -> None:
        mother = PatientFactory()
        child = PatientFactory(manager=mother.manager, is_own=False)
        records = [ClinicalRecordFactory(patient=patient).id for patient in (mother, child)]

        own_record.find(side_of(mother), **PAGE)
        own_record.find(side_of(mother), patient_id=child.id, **PAGE)

        assert events(session) == [
            ("records.listed", None, records[::-1]),
            ("records.listed", child.id, [records[1]]),
        ]
        kept = session.scalars(select(AuditEventPatient.patient_id).order_by(AuditEventPatient.patient_id))
        assert kept.all() == [mother.id, child.id]


class TestGet:
    @pytest.mark.both_databases
    def test_it_tells_what_each_version_said_by_whom_and_what_changed(self, session: Session) -> None:
        author, other = DoctorFactory(name="Dr Hart"), DoctorFactory(name="Dr Lung")
        record = ClinicalRecordFactory(
            author=author, version=3, written_by_id=other.account_id, created_at=now() - 3 * DAY, notes="Better"
        )
        common: dict[str, Any] = {"record": record, "treatments": "Rest and fluids"}
        first = ClinicalRecordVersionFactory(**common, replaced_at=now() - 2 * DAY)
        second = ClinicalRecordVersionFactory(
            **common, version=2, diagnostics="Acute bronchitis", replaced_at=now() - DAY
        )

        entry = own_record.get(side_of(record.patient), record.id)

        told = [(one.number, one.written_by, one.changed, one.written_at) for one in entry.versions]
        assert told == [
            (3, "Dr Lung", ("observations", "notes"), second.replaced_at),
            (2, "Dr Hart", ("diagnostics",), first.replaced_at),
            (1, "Dr Hart", (), record.created_at),
        ]
        assert entry.versions[2].sections == [("Diagnosis", "Cough"), ("Treatment", "Rest and fluids")]
        assert entry.present.what_changed == "Observations, Notes"
        assert events(session) == [("record.read", record.patient_id, record.id)]

    def test_a_removed_visit_is_not_linked(self) -> None:
        visit = AppointmentFactory(removed_at=now())
        record = ClinicalRecordFactory(patient=visit.patient, appointment_id=visit.id)
        assert own_record.get(side_of(visit.patient), record.id).visit is None

    @pytest.mark.parametrize("key", [0, 987654, 2**70])
    def test_what_is_not_there_is_not_found(self, key: int) -> None:
        with pytest.raises(NotFound):
            own_record.get(side_of(PatientFactory()), key)


class TestFiles:
    def test_saving_an_entry_or_a_visit_is_a_reading(self, session: Session) -> None:
        visit = AppointmentFactory()
        record = ClinicalRecordFactory(patient=visit.patient, appointment_id=visit.id)
        me = side_of(visit.patient)
        patient_id, record_id = record.patient_id, record.id

        for content in (own_record.entry_pdf(me, record_id)[1], own_record.visit_pdf(me, visit.id)[1]):
            assert content.startswith(b"%PDF-")

        assert events(session) == [("record.saved", patient_id, record_id), ("visit.saved", patient_id, [record_id])]

    def test_others_get_none(self, session: Session) -> None:
        visit = AppointmentFactory()
        record = ClinicalRecordFactory(patient=visit.patient, author=visit.doctor)
        for actor in (ADMIN, as_doctor(visit.doctor), side_of(PatientFactory())):
            with pytest.raises(NotFound):
                own_record.entry_pdf(actor, record.id)
            with pytest.raises(NotFound):
                own_record.visit_pdf(actor, visit.id)
        assert events(session) == []
