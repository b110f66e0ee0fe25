"""Doctors who change one clinical record at the same moment: no version is lost, and who did not know is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from app.models import AuditEvent, CareTeamMember, ClinicalRecord, ClinicalRecordVersion
from tests.factories import (
    AccountFactory,
    ClinicalRecordFactory,
    ContactMessageFactory,
    DepartmentFactory,
    DoctorFactory,
    PatientFactory,
)
from tests.reliability.people import Crowd, Program, all_at_once
from tests.support.databases import Database

pytestmark = [pytest.mark.slow, pytest.mark.both_databases]

DOCTORS = 12


class Colleague(Program):
    """A doctor at a JSON client."""

    def change(self, record_id: int, **sent: Any) -> int:
        return self._send("PUT", f"/patient_records/{record_id}/", sent).status


def test_each_change_keeps_what_it_replaced(database: Database, live_server: Callable[..., str]) -> None:
    with database.unit_of_work():
        department = DepartmentFactory()
        doctors = [DoctorFactory(department=department) for _ in range(DOCTORS)]
        careful, careless = (ClinicalRecordFactory(author=doctors[0], notes="0") for _ in range(2))
    names = [doctor.account.username for doctor in doctors]
    with Crowd(live_server(processes=2), names, kinds=[Colleague]) as colleagues:
        known = all_at_once(
            [
                partial(one.change, careful.id, notes=f"{number}", version=1)
                for number, one in enumerate(colleagues, 1)
                if isinstance(one, Colleague)
            ]
        )
        blind = all_at_once(
            [
                partial(one.change, careless.id, notes=f"{number}")
                for number, one in enumerate(colleagues, 1)
                if isinstance(one, Colleague)
            ]
        )
    assert Counter(known) == {200: 1, 409: DOCTORS - 1}
    assert Counter(blind) == {200: DOCTORS}
    with database.unit_of_work() as session:
        assert session.get_one(ClinicalRecord, careful.id).version == 2
        record = session.get_one(ClinicalRecord, careless.id)
        query = select(ClinicalRecordVersion).where(ClinicalRecordVersion.record_id == careless.id)
        kept = session.scalars(query.order_by(ClinicalRecordVersion.version)).all()
        assert [row.version for row in kept] == list(range(1, DOCTORS + 1))
        assert sorted([*(row.notes for row in kept), record.notes], key=int) == [str(n) for n in range(DOCTORS + 1)]


def test_a_doctor_joins_a_care_team_once(database: Database, live_server: Callable[..., str]) -> None:
    with database.unit_of_work():
        patient, doctor = PatientFactory(), DoctorFactory()
    sent = {"patient": patient.id, "doctor": doctor.id}
    with Crowd(live_server(processes=2), [patient.manager.username] * 8, kinds=[Program]) as clients:
        programs = [client for client in clients if isinstance(client, Program)]
        answers = all_at_once([partial(one._send, "POST", "/api/mappings/", sent) for one in programs])
    assert Counter(answer.status for answer in answers) == {201: 1, 409: 7}
    with database.unit_of_work() as session:
        assert len(session.scalars(select(CareTeamMember)).all()) == 1


def test_a_message_is_deleted_once(database: Database, live_server: Callable[..., str]) -> None:
    with database.unit_of_work():
        admin, message = AccountFactory(is_admin=True), ContactMessageFactory()
    with Crowd(live_server(processes=2), [admin.username] * 8, kinds=[Program]) as clients:
        programs = [client for client in clients if isinstance(client, Program)]
        answers = all_at_once([partial(one._send, "DELETE", f"/contacts/{message.id}/", {}) for one in programs])
    assert Counter(answer.status for answer in answers) == {204: 1, 404: 7}
    with database.unit_of_work() as session:
        noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "contact_message.removed")).all()
        assert len(noted) == 1


def test_an_account_is_closed_once(database: Database, live_server: Callable[..., str]) -> None:
    with database.unit_of_work():
        account = AccountFactory()
    with Crowd(live_server(processes=2), [account.username] * 8, kinds=[Program]) as clients:
        programs = [client for client in clients if isinstance(client, Program)]
        answers = all_at_once([partial(one._send, "DELETE", "/api/user/profiles/me/", {}) for one in programs])
    statuses = Counter(answer.status for answer in answers)
    assert (statuses[204], statuses[401] + statuses[404]) == (1, 7)
    with database.unit_of_work() as session:
        noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "account.closed")).all()
        assert len(noted) == 1
