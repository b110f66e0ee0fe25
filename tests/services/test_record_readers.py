"""Who opened a record, as its patient is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import NotFound
from app.models import AuditEvent
from app.policy import Actor
from app.services import own_record, record_readers, records
from app.services.record_readers import Whose
from tests.factories import (
    AccountFactory,
    CareTeamMemberFactory,
    ClinicalRecordFactory,
    DepartmentFactory,
    DoctorFactory,
    PatientFactory,
)
from tests.services.visits import ADMIN, as_doctor, side_of
from tests.support.databases import Database
from tests.support.queries import count_queries

PAGE: dict[str, Any] = {"limit": 20, "offset": 0}

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    """One unit of work around each test; the first account is the admin's."""
    with database.unit_of_work() as opened:
        assert AccountFactory(is_admin=True, first_name="Helen", last_name="Marsh").id == ADMIN.account_id
        yield opened


def told(patient: Any, whose: Whose = Whose.OTHERS) -> list[tuple[str, str, str, int | None]]:
    acts = record_readers.find(side_of(patient), patient.id, whose, **PAGE).rows
    return [(act.who, act.role, act.what, act.record_id) for act in acts]


def test_it_tells_who_did_what_the_newest_first() -> None:
    doctor = DoctorFactory(name="Dr Hart", department=DepartmentFactory(name="Cardiology"))
    record = ClinicalRecordFactory(author=doctor)
    records.get(as_doctor(doctor), record.id)
    records.change(as_doctor(doctor), record.id, texts={"notes": "Better"})
    records.get(ADMIN, record.id)

    assert told(record.patient) == [
        ("Helen Marsh", "Administrator", "Opened an entry", record.id),
        ("Dr Hart", "Doctor, Cardiology", "Changed an entry", record.id),
        ("Dr Hart", "Doctor, Cardiology", "Opened an entry", record.id),
    ]


def test_a_list_of_several_patients_is_told_to_each_of_them_and_to_nobody_else() -> None:
    doctor = DoctorFactory(name="Dr Hart", department=None)
    first, second = (CareTeamMemberFactory(doctor=doctor).patient for _ in range(2))
    for patient in (first, second):
        ClinicalRecordFactory(patient=patient)
    other = ClinicalRecordFactory().patient

    records.find(as_doctor(doctor), **PAGE)

    for patient in (first, second):
        assert told(patient) == [("Dr Hart", "Doctor", "Looked through entries", None)]
    assert told(other) == []


def test_ones_own_acts_stand_apart() -> None:
    record = ClinicalRecordFactory()
    own_record.get(side_of(record.patient), record.id)

    assert told(record.patient) == []
    assert told(record.patient, Whose.OWN) == [("You", "", "Opened an entry", record.id)]


def test_other_acts_and_what_nobody_did_are_told_as_they_are(session: Session) -> None:
    record = ClinicalRecordFactory()
    for action, account_id in (("appointment.booked", 1), ("record.read", None), ("record.read", AccountFactory().id)):
        session.add(AuditEvent(action=action, account_id=account_id, patient_id=record.patient_id))
    session.flush()

    assert [(who, role) for who, role, *_ in told(record.patient)][1:] == [("The hospital", "")]
    assert told(record.patient)[0][1] == "Account holder"


def test_an_entry_that_is_gone_is_not_linked() -> None:
    doctor = DoctorFactory()
    patient = PatientFactory()
    records.void(as_doctor(doctor), ClinicalRecordFactory(author=doctor, patient=patient).id)
    assert [(what, key) for *_, what, key in told(patient)] == [("Took an entry out of use", None)]


def test_only_who_acts_for_the_patient_is_told() -> None:
    doctor = DoctorFactory()
    record = ClinicalRecordFactory(author=doctor)
    for actor in (ADMIN, as_doctor(doctor), side_of(PatientFactory()), Actor()):
        with pytest.raises(NotFound):
            record_readers.find(actor, record.patient_id, Whose.OTHERS, **PAGE)


def test_a_page_costs_the_same_however_long(session: Session) -> None:
    patient, costs = PatientFactory(), []
    for number in range(2):
        event = {"account_id": AccountFactory().id, "at": now() - timedelta(hours=number)}
        session.add(AuditEvent(action="record.read", patient_id=patient.id, **event))
        session.flush()
        with count_queries() as statements:
            assert record_readers.find(side_of(patient), patient.id, Whose.OTHERS, **PAGE).count == number + 1
        costs.append(len(statements))
    assert costs[0] == costs[1] == 3
