"""Admins search the audit trail: by patient, account, act and day, page after page; searching is told, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.errors import Forbidden
from app.models import AuditEvent
from app.policy import Actor
from app.services import audit, audit_search
from app.services.audit_search import Filters, Page
from app.services.audit_words import ACTIONS
from config import ROOT
from tests.factories import AccountFactory, DoctorFactory, PatientFactory
from tests.services.visits import ADMIN
from tests.support.databases import Database
from tests.support.queries import count_queries

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def session(database: Database) -> Iterator[Session]:
    """One unit of work around each test; the first account is the admin's."""
    with database.unit_of_work() as opened:
        admin = AccountFactory(is_admin=True, username="helen", first_name="Helen", last_name="Marsh")
        assert admin.id == ADMIN.account_id
        yield opened


def find(**asked: Any) -> Page:
    page = {name: asked.pop(name) for name in ("before", "limit") if name in asked}
    return audit_search.find(ADMIN, Filters(**asked), **{"limit": 20} | page)


def acts(**asked: Any) -> list[str]:
    return [line.action for line in find(**asked).lines]


def note(action: str, *, account_id: int | None = None, **values: Any) -> None:
    audit.record(Actor(account_id=account_id), action, **values)


def test_it_tells_when_who_what_whom_and_from_where() -> None:
    doctor, patient = DoctorFactory(name="Dr Hart"), PatientFactory(name="Ada Lovelace")
    from_home = Actor(account_id=doctor.account_id, doctor_id=doctor.id, origin="192.0.2.7")
    audit.record(from_home, "patient.read", patient, patient_id=patient.id, fields="name, phone")
    audit.record(Actor(), "waiting.offered")

    nobody, line = find().lines

    assert (line.who, line.username, line.role) == ("Dr Hart", doctor.account.username, "Doctor")
    assert (line.action, line.patient_id, line.patient) == ("patient.read", patient.id, "Ada Lovelace")
    assert (line.about, line.details, line.origin) == (
        f"patient {patient.id}",
        {"fields": "name, phone"},
        "192.0.2.7",
    )
    assert (nobody.action, nobody.who, nobody.role, nobody.patient_id) == ("waiting.offered", "", "", None)


def test_a_patient_is_found_by_number_and_by_name_and_in_lists_of_several(session: Session) -> None:
    ada, other, gone = (PatientFactory(name=name) for name in ("Ada Lovelace", "Ada King", "Mary Gone"))
    gone.voided_at = datetime.now(UTC)
    session.flush()
    note("record.read", patient_id=ada.id)
    note("record.changed", patient_id=other.id)
    note("records.listed", read_of=(ada.id, other.id))
    note("patient.voided", patient_id=gone.id)

    assert [line.patients for line in find().lines] == [0, 2, 0, 0]
    assert acts(patient="ADA", action="records.listed") == ["records.listed"]
    assert acts(patient="ADA") == ["records.listed", "record.changed", "record.read"]
    assert acts(patient=str(ada.id)) == ["records.listed", "record.read"]
    assert acts(patient="lovelace ada") == ["audit.searched", "records.listed", "record.read"]
    assert acts(patient="mary") == ["patient.voided"]
    for nobody in ("nobody", "0", "9" * 19, "9" * 5000, "\0", "\ud800", "²"):
        assert acts(patient=nobody) == [], nobody


def test_too_many_patients_of_a_name_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_search, "MOST_PATIENTS", 1)
    first = PatientFactory(name="Ada King")
    note("record.read", patient_id=first.id)
    note("record.read", patient_id=PatientFactory(name="Ada Lovelace").id)

    found = find(patient="Ada")

    assert (found.has_too_many_patients, found.count) == (True, 1)


def test_an_account_is_found_by_its_username_or_address() -> None:
    account = AccountFactory(username="marie", email="marie@example.org")
    note("session.opened", account_id=account.id)
    note("session.refused")

    assert acts(username="MARIE") == acts(username="marie@example.org ") == ["session.opened"]
    assert acts(username="nobody") == acts(username="\0") == []


def test_an_act_and_days_narrow_it(session: Session) -> None:
    # London was an hour ahead of UTC on 1 June.
    for hour, action in ((22, "record.read"), (23, "record.changed")):
        at = datetime(2026, 5, 31, hour, tzinfo=UTC)
        session.execute(insert(AuditEvent), {"at": at, "action": action})

    assert acts(action="record.read") == ["record.read"]
    assert acts(action="no\0thing") == []
    assert acts(since=date(2026, 6, 1), until=date(2026, 6, 1)) == ["record.changed"]
    assert acts(until=date(2026, 5, 31)) == ["record.read"]
    assert acts(since=date(2026, 6, 1), until=date(2026, 6, 1), action="record.read") == []


def test_pages_follow_each_other_without_a_gap(session: Session) -> None:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    keys = session.scalars(
        insert(AuditEvent).returning(AuditEvent.id),
        # Some at the same moment: their keys decide.
        [{"action": "record.read", "at": moment + timedelta(minutes=number // 3)} for number in range(10)],
    ).all()
    seen: list[int] = []
    page = find(action="record.read", limit=4)
    assert page.count == 10
    while page.older:
        seen += [line.id for line in page.lines]
        page = find(action="record.read", limit=4, before=page.older)
    seen += [line.id for line in page.lines]

    assert seen == sorted(keys, reverse=True)
    assert find(before=987_654).lines == find(before=2**80).lines == []


def test_a_count_ends_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_search, "MOST_COUNTED", 3)
    for _ in range(5):
        note("record.read")
    assert find(action="record.read").count == 4


def test_searching_is_told_by_keys(session: Session) -> None:
    patient, account = PatientFactory(name="Ada Lovelace"), AccountFactory(username="marie")
    find(patient="Lovelace", username="marie", action="record.read", since=date(2026, 6, 1))
    audit_search.file_of(ADMIN, Filters())

    searched, saved = session.scalars(select(AuditEvent).order_by(AuditEvent.id))

    assert (searched.action, searched.account_id, searched.patient_id) == (
        "audit.searched",
        ADMIN.account_id,
        patient.id,
    )
    assert searched.details == {"account": account.id, "act": "record.read", "since": "2026-06-01"}
    assert (saved.action, saved.details) == ("audit.saved", {"events": 1})


def test_a_file_has_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_search, "MOST_IN_FILE", 2)
    for action in ("record.read", "record.changed", "record.voided"):
        note(action)
    assert [line.action for line in audit_search.file_of(ADMIN, Filters())] == ["record.voided", "record.changed"]


def test_a_page_takes_a_constant_number_of_statements() -> None:
    patient = PatientFactory(name="Ada Lovelace")
    counts = set()
    for _ in range(2):
        for _ in range(5):
            note("record.read", patient_id=patient.id, account_id=patient.manager_id)
        with count_queries() as statements:
            find(patient="Ada", username=patient.manager.username)
        counts.add(len(statements))
    assert counts == {5}


def test_only_admins_search() -> None:
    for search in (
        lambda who: audit_search.find(who, Filters(), limit=1),
        lambda who: audit_search.file_of(who, Filters()),
    ):
        with pytest.raises(Forbidden):
            search(Actor(account_id=5, doctor_id=1))


def test_every_act_of_the_services_has_words() -> None:
    named = re.compile(r'"([a-z_]+\.[a-z_]+)"')
    sources = [path.read_text() for path in Path(ROOT, "app", "services").glob("*.py")]
    written = {
        name for text in sources for call in re.findall(r"audit\.record\([^)]*", text) for name in named.findall(call)
    }
    assert len(written) > 50
    assert written - set(ACTIONS) == set()
