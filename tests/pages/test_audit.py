"""The admin's page of the audit trail: narrowed, page after page, as CSV, and verified."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select, text

from app.jobs import audit as jobs
from app.models import AuditEvent, guards
from app.pages.admin import audit as page
from app.policy import Actor
from app.services import audit, audit_search
from tests.factories import AccountFactory, PatientFactory
from tests.support.clients import sign_in
from tests.support.databases import Database


@pytest.fixture
def admins_client(client: FlaskClient, database: Database) -> FlaskClient:
    """An admin, signed in."""
    return sign_in(client, AccountFactory(username="helen", is_admin=True))


@pytest.fixture
def ada(database: Database) -> Any:
    """A patient whose record somebody read from 192.0.2.7."""
    patient = PatientFactory(name="Ada Lovelace")
    reader = AccountFactory(username="marie", first_name="Marie", last_name="=cmd()")
    with database.unit_of_work():
        audit.record(
            Actor(account_id=reader.id, origin="192.0.2.7"), "record.read", patient, patient_id=patient.id, seen=[4, 5]
        )
        audit.record(Actor(), "robot.danced")
    return patient


def words(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def test_each_line_tells_who_did_what(admins_client: FlaskClient, ada: Any) -> None:
    shown = words(admins_client, f"/admin/audit?patient={ada.id}")

    for what in ("Marie =cmd()", "Account holder", "marie", "Opened an entry", "Ada Lovelace", "192.0.2.7", "1 event"):
        assert what in shown, what
    assert f"patient {ada.id}; seen: 4, 5" in shown
    assert "robot.danced" in words(admins_client, "/admin/audit?act=robot.danced")
    assert "Signed in" in words(admins_client, "/admin/audit?account=helen")


@pytest.mark.parametrize("query", ["account=nobody", "before=0", "patient=9999999999999999999999", "since=2100-01-01"])
def test_nothing_found_is_said(admins_client: FlaskClient, query: str) -> None:
    assert "Nothing found" in words(admins_client, f"/admin/audit?{query}")


@pytest.mark.parametrize("query", ["before=x", "since=yesterday", "before=", "act="])
def test_what_is_no_filter_is_passed_by(admins_client: FlaskClient, query: str) -> None:
    assert "Signed in" in words(admins_client, f"/admin/audit?{query}")


def test_older_events_follow_with_the_same_filters(
    admins_client: FlaskClient, ada: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "PAGE_SIZE", 2)
    with database.unit_of_work() as session:
        rows = [{"action": "record.read", "at": datetime(2026, 1, day, tzinfo=UTC)} for day in (1, 2)]
        last, second = session.scalars(insert(AuditEvent).returning(AuditEvent.id), rows)

    first = words(admins_client, "/admin/audit?act=record.read")
    assert f'href="/admin/audit?before={second}&amp;act=record.read"' in first
    rest = words(admins_client, f"/admin/audit?act=record.read&before={second}")

    assert "Older events" not in rest
    assert 'href="/admin/audit?act=record.read">Newest events' in rest
    assert last < second


def test_searching_is_written_down(admins_client: FlaskClient, ada: Any, database: Database) -> None:
    admins_client.get(f"/admin/audit?patient={ada.id}")
    with database.unit_of_work() as session:
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (event.action, event.patient_id) == ("audit.searched", ada.id)


def test_a_file_has_what_the_filters_leave(
    admins_client: FlaskClient, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = admins_client.get(f"/admin/audit/events.csv?patient={ada.id}")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [(row["act"], row["account"], row["patient"], row["details"]) for row in rows] == [
        ("record.read", "marie", "Ada Lovelace", "seen: 4, 5")
    ]
    monkeypatch.setattr(audit_search, "MOST_IN_FILE", 1)
    assert len(admins_client.get("/admin/audit/events.csv").data.splitlines()) == 2


def test_a_cap_is_said(admins_client: FlaskClient, ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_search, "MOST_COUNTED", 1)
    monkeypatch.setattr(page, "MOST_COUNTED", 1)
    shown = words(admins_client, "/admin/audit")
    assert "More than 1 event" in shown
    assert "the newest 10,000 events" in shown


class TestSeals:
    def test_it_says_that_all_is_right(self, admins_client: FlaskClient, ada: Any, database: Database) -> None:
        assert "Verify now" not in words(admins_client, "/admin/audit/seals")
        with database.app.app_context():
            jobs.seal()
        assert "Verify now" in words(admins_client, "/admin/audit/seals")
        assert "as it was written: 3 events under 1 seal." in words(admins_client, "/admin/audit/seals?verify=yes")

    def test_it_names_the_bad_place(self, admins_client: FlaskClient, ada: Any, database: Database) -> None:
        with database.app.app_context():
            jobs.seal()
        with database.unit_of_work() as session:
            guards.drop(session.connection())
            session.execute(text("UPDATE audit_event SET origin = '' WHERE patient_id IS NOT NULL"))

        shown = words(admins_client, "/admin/audit/seals?verify=yes")

        assert "The audit trail was changed" in shown
        assert "Events 1 to 3, sealed at 20" in shown

    def test_a_long_trail_is_left_to_the_command(
        self, admins_client: FlaskClient, ada: Any, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with database.app.app_context():
            jobs.seal()
        monkeypatch.setattr(page, "MOST_VERIFIED", 2)
        shown = words(admins_client, "/admin/audit/seals?verify=yes")
        assert "flask --app wsgi audit verify" in shown
        assert "as it was written" not in shown
