"""The admin's pages: the dashboard, the doctors who apply, the decision, and who may not see them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.models import Approval, AuditEvent, Doctor, Message, MessageState, VisitState
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    DepartmentFactory,
    DesignationFactory,
    DoctorFactory,
    SpecialisationFactory,
)
from tests.pages.test_clinic import today_at
from tests.support.clients import form_values, sign_in
from tests.support.databases import Database
from tests.support.queries import Queries


@pytest.fixture
def admin(database: Database) -> Any:
    """An admin's account."""
    return AccountFactory(is_admin=True)


@pytest.fixture
def admins_client(client: FlaskClient, admin: Any) -> FlaskClient:
    """The admin, signed in."""
    return sign_in(client, admin)


def send(client: FlaskClient, action: str, **fields: str) -> TestResponse:
    """Send a form that another tab still shows."""
    token = form_values(client.get("/admin").text)["csrf_token"]
    return client.post(action, data={"csrf_token": token} | fields)


def application(database: Database, doctor: Any) -> tuple[Approval, str]:
    with database.unit_of_work() as session:
        saved = session.get_one(Doctor, doctor.id)
        return saved.approval, saved.decision_reason


def figures(page: str) -> dict[str, str]:
    """The dashboard's numbers by their names."""
    text = " ".join(page.split())
    found = {}
    for part in text.split('<p class="portal-figure__value">')[1:]:
        value, _, rest = part.partition("</p>")
        label = rest.partition('<p class="portal-figure__label">')[2].partition("</p>")[0]
        found[label.partition(">")[2].removesuffix("</a>") or label] = value
    return found


class TestDashboard:
    @pytest.mark.parametrize("path", ["/admin", "/admin/"])
    def test_it_answers_with_and_without_the_last_slash(self, admins_client: FlaskClient, path: str) -> None:
        assert admins_client.get(path).status_code == 200

    def test_it_counts_what_waits(self, admins_client: FlaskClient, database: Database) -> None:
        DoctorFactory(pending=True)
        DoctorFactory(pending=True, deleted_at=datetime.now(UTC))
        DoctorFactory(approval=Approval.REJECTED)
        page = admins_client.get("/admin")
        assert page.status_code == 200
        assert figures(page.text)["Doctors waiting for approval"] == "1"
        assert 'href="/admin/doctors?state=waiting"' in page.text

    def test_it_counts_todays_visits(self, admins_client: FlaskClient, database: Database) -> None:
        AppointmentFactory(starts_at=today_at(0))
        AppointmentFactory(starts_at=today_at(23, 30), state=VisitState.PENDING)
        AppointmentFactory(starts_at=today_at(12), state=VisitState.CANCELLED)
        AppointmentFactory(starts_at=today_at(12) + timedelta(days=1))
        assert figures(admins_client.get("/admin").text)["Visits today"] == "2"

    @pytest.mark.parametrize(
        ("message", "undelivered"),
        [
            ({"state": MessageState.FAILED}, "1"),
            ({"error": "TimeoutError", "due_at": datetime.now(UTC) + timedelta(hours=1)}, "1"),
            ({"due_at": datetime.now(UTC) - timedelta(minutes=10)}, "1"),
            ({}, "0"),
            ({"due_at": datetime.now(UTC) + timedelta(days=1)}, "0"),
            ({"state": MessageState.SENT, "due_at": datetime.now(UTC) - timedelta(days=1)}, "0"),
            ({"state": MessageState.DROPPED, "due_at": datetime.now(UTC) - timedelta(days=1)}, "0"),
        ],
        ids=["given up", "tried again", "late", "just written", "not due", "sent", "no longer true"],
    )
    def test_it_counts_undelivered_mail(
        self, admins_client: FlaskClient, database: Database, message: dict[str, Any], undelivered: str
    ) -> None:
        with database.unit_of_work() as session:
            session.add(Message(key="1", template="booked", recipient="ada@example.org", **message))
        assert figures(admins_client.get("/admin").text)["Undelivered messages"] == undelivered

    def test_it_shows_figures_of_a_period(self, admins_client: FlaskClient, database: Database) -> None:
        made = {"created_at": datetime(2026, 5, 1, tzinfo=UTC)}
        at = datetime(2026, 5, 4, 9, tzinfo=UTC)
        doctor = DoctorFactory(department=DepartmentFactory(name="Cardiology"))
        AppointmentFactory(doctor=doctor, starts_at=at, state=VisitState.COMPLETED, **made)
        AppointmentFactory(doctor=doctor, starts_at=at + timedelta(hours=1), state=VisitState.NO_SHOW, **made)

        page = admins_client.get("/admin?days=other&since=2026-05-01&until=2026-05-31")

        assert page.status_code == 200
        assert "1 May 2026 to 31 May 2026" in page.text
        found = figures(page.text)
        assert (found["appointments booked"], found["visits completed"]) == ("2", "1")
        assert found["missed, of those that are over"] == "50%"
        assert "Cardiology" in page.text
        assert "No doctor offered time in this period" in page.text
        assert figures(admins_client.get("/admin?days=nonsense").text)["visits completed"] == "0"

    @pytest.mark.parametrize(
        ("query", "told"),
        [
            ("since=2026-05-01&until=2026-04-30", "The last day must not be before the first."),
            ("since=2026-05-01&until=", "Enter the last day."),
            ("since=yesterday&until=2026-05-01", "Enter the first day."),
            ("since=2020-05-01&until=2026-05-01", "Choose at most 366 days."),
        ],
    )
    def test_a_period_that_is_none_is_refused(self, admins_client: FlaskClient, query: str, told: str) -> None:
        page = admins_client.get(f"/admin?days=other&{query}")
        assert page.status_code == 400
        assert told in page.text


class TestDoctors:
    @pytest.fixture
    def everyone(self, database: Database) -> dict[str, Any]:
        """A doctor of each state, by the state's value in the address."""
        return {
            "waiting": DoctorFactory(pending=True, name="Dr Wanda Waits"),
            "approved": DoctorFactory(name="Dr Anna Approved"),
            "rejected": DoctorFactory(name="Dr Rita Rejected", approval=Approval.REJECTED),
        }

    @pytest.mark.parametrize("state", ["waiting", "approved", "rejected"])
    def test_it_lists_one_state(self, admins_client: FlaskClient, everyone: dict[str, Any], state: str) -> None:
        page = admins_client.get(f"/admin/doctors?state={state}").text
        for other, doctor in everyone.items():
            assert (doctor.name in page) is (other == state)
        assert f'href="/admin/doctors/{everyone[state].id}"' in page

    @pytest.mark.parametrize("query", ["", "?state=", "?state=unheard-of"])
    def test_it_lists_who_waits_at_first(
        self, admins_client: FlaskClient, everyone: dict[str, Any], query: str
    ) -> None:
        page = admins_client.get(f"/admin/doctors{query}").text
        assert "Dr Wanda Waits" in page
        assert "Dr Anna Approved" not in page

    def test_it_lists_all(self, admins_client: FlaskClient, everyone: dict[str, Any]) -> None:
        page = admins_client.get("/admin/doctors?state=all").text
        assert all(doctor.name in page for doctor in everyone.values())
        assert "3 doctors" in page

    def test_it_finds_by_name_and_department(self, admins_client: FlaskClient, everyone: dict[str, Any]) -> None:
        DoctorFactory(name="Dr Lena Lung", department=DepartmentFactory(name="Pulmonology"))
        for search in ("lena", "pulmon"):
            page = admins_client.get(f"/admin/doctors?state=all&search={search}").text
            assert "Dr Lena Lung" in page
            assert "Dr Anna Approved" not in page
            assert f'value="{search}"' in page

    def test_it_pages_and_keeps_the_filters(self, admins_client: FlaskClient, database: Database) -> None:
        with database.unit_of_work():
            department = DepartmentFactory()
            for number in range(21):
                DoctorFactory(name=f"Dr Number {number}", department=department)
        page = admins_client.get("/admin/doctors?state=approved&search=number").text
        assert "of 21 doctors" in page
        assert "/admin/doctors?state=approved&amp;search=number&amp;page=2" in page
        assert "Dr Number 20" in admins_client.get("/admin/doctors?state=approved&search=number&page=2").text
        assert admins_client.get("/admin/doctors?state=approved&page=3").status_code == 404

    @pytest.mark.parametrize(
        ("query", "empty"),
        [("", "Nobody is waiting"), ("?state=rejected", "No doctors here"), ("?search=nobody", "No doctors found")],
    )
    def test_it_says_what_to_do_when_there_is_nobody(self, admins_client: FlaskClient, query: str, empty: str) -> None:
        assert empty in admins_client.get(f"/admin/doctors{query}").text

    def test_htmx_gets_the_list_alone(self, admins_client: FlaskClient, everyone: dict[str, Any]) -> None:
        asked_by_htmx = {"HX-Request": "true", "HX-Target": "div#results"}
        page = admins_client.get("/admin/doctors?state=approved", headers=asked_by_htmx).text
        assert page.strip().startswith('<div id="results">')
        assert "Dr Anna Approved" in page

    def test_it_asks_as_many_queries_for_many_doctors_as_for_one(
        self,
        admins_client: FlaskClient,
        database: Database,
        count_queries: Callable[[], AbstractContextManager[Queries]],
    ) -> None:
        DoctorFactory(pending=True)
        with count_queries() as for_one:
            admins_client.get("/admin/doctors")
        for _ in range(9):
            DoctorFactory(pending=True, specialisations=[SpecialisationFactory()])
        with count_queries() as for_ten:
            admins_client.get("/admin/doctors")
        assert len(for_ten) == len(for_one), for_ten


class TestApplication:
    def test_it_shows_who_applies(self, admins_client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory(
            approval=Approval.PENDING,
            department=DepartmentFactory(name="Cardiology"),
            specialisations=[SpecialisationFactory(name="Heart failure")],
            designations=[DesignationFactory(name="Consultant")],
            about="Twenty years of hearts.",
            fee=90,
        )
        page = admins_client.get(f"/admin/doctors/{doctor.id}").text
        told = (doctor.name, doctor.account.username, doctor.account.email, "Cardiology", "Heart failure", "Consultant")
        for text in (*told, "Twenty years of hearts.", "£90", "Waiting for approval"):
            assert text in page

    def test_it_offers_a_decision_on_what_waits_alone(self, admins_client: FlaskClient, database: Database) -> None:
        waiting, approved = DoctorFactory(pending=True), DoctorFactory()
        assert f'action="/admin/doctors/{waiting.id}/approve"' in admins_client.get(f"/admin/doctors/{waiting.id}").text
        page = admins_client.get(f"/admin/doctors/{approved.id}").text
        assert "/approve" not in page
        assert "/reject" not in page

    def test_it_shows_a_doctor_without_account(self, admins_client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory(account=None, fee=None, department=None)
        assert "No account" in admins_client.get(f"/admin/doctors/{doctor.id}").text

    def test_it_shows_why_somebody_was_rejected(self, admins_client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory(
            approval=Approval.REJECTED, decision_reason="No licence found.", decided_at=datetime.now(UTC)
        )
        assert "No licence found." in admins_client.get(f"/admin/doctors/{doctor.id}").text

    @pytest.mark.parametrize("path", ["", "/approve", "/reject"])
    def test_it_finds_nobody_who_is_gone(self, admins_client: FlaskClient, database: Database, path: str) -> None:
        gone = DoctorFactory(pending=True, deleted_at=datetime.now(UTC))
        for key in (gone.id, gone.id + 1, 2**63):
            method = "POST" if path == "/approve" else "GET"
            if method == "POST":
                assert send(admins_client, f"/admin/doctors/{key}{path}").status_code == 404
            else:
                assert admins_client.get(f"/admin/doctors/{key}{path}").status_code == 404


class TestApprove:
    def test_it_lists_the_doctor_tells_them_and_says_so_once(
        self, admins_client: FlaskClient, admin: Any, database: Database
    ) -> None:
        doctor = DoctorFactory(pending=True)
        patients_client = admins_client.application.test_client()
        assert patients_client.get(f"/find-a-doctor/{doctor.id}").status_code == 404
        response = send(admins_client, f"/admin/doctors/{doctor.id}/approve")
        assert (response.status_code, response.location) == (303, "/admin/doctors")
        assert application(database, doctor) == (Approval.APPROVED, "")
        assert f"{doctor.name} is approved" in admins_client.get("/admin/doctors").text
        assert f"{doctor.name} is approved" not in admins_client.get("/admin/doctors").text
        assert patients_client.get(f"/find-a-doctor/{doctor.id}").status_code == 200
        with database.unit_of_work() as session:
            assert session.scalars(select(Message.template)).all() == ["doctor_approved"]
            acts = session.execute(select(AuditEvent.action, AuditEvent.account_id)).all()
            assert ("doctor.approved", admin.id) in [tuple(act) for act in acts]

    def test_it_opens_the_clinic_to_the_doctor(self, admins_client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory(pending=True)
        doctors_client = sign_in(admins_client.application.test_client(), doctor.account)
        assert doctors_client.get("/clinic").status_code == 403
        send(admins_client, f"/admin/doctors/{doctor.id}/approve")
        assert doctors_client.get("/clinic").status_code == 200

    @pytest.mark.parametrize("decision", [Approval.APPROVED, Approval.REJECTED])
    def test_it_says_that_another_admin_has_decided(
        self, admins_client: FlaskClient, database: Database, decision: Approval
    ) -> None:
        doctor = DoctorFactory(approval=decision)
        response = send(admins_client, f"/admin/doctors/{doctor.id}/approve")
        assert response.status_code == 409
        assert f"application has been {decision.value} already" in response.text
        assert application(database, doctor)[0] is decision
        assert "/approve" not in response.text

    def test_it_is_no_link(self, admins_client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory(pending=True)
        assert admins_client.get(f"/admin/doctors/{doctor.id}/approve").status_code == 405
        assert admins_client.post(f"/admin/doctors/{doctor.id}/approve").status_code == 400
        assert application(database, doctor)[0] is Approval.PENDING


class TestReject:
    def test_it_keeps_the_reason_and_tells_the_doctor(self, admins_client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory(pending=True)
        page = f"/admin/doctors/{doctor.id}/reject"
        assert f'href="{page}"' in admins_client.get(f"/admin/doctors/{doctor.id}").text
        shown = admins_client.get(page)
        response = admins_client.post(page, data=form_values(shown.text) | {"reason": "We cannot find your licence."})
        assert (response.status_code, response.location) == (303, "/admin/doctors")
        assert application(database, doctor) == (Approval.REJECTED, "We cannot find your licence.")
        assert "application is rejected" in admins_client.get("/admin/doctors").text
        with database.unit_of_work() as session:
            assert session.scalars(select(Message.template)).all() == ["doctor_rejected"]

    @pytest.mark.parametrize(
        ("reason", "error"), [(" ", "Enter the reason"), ("a" * 1001, "1,000 characters or fewer")]
    )
    def test_it_needs_a_reason_of_some_length(
        self, admins_client: FlaskClient, database: Database, reason: str, error: str
    ) -> None:
        doctor = DoctorFactory(pending=True)
        response = send(admins_client, f"/admin/doctors/{doctor.id}/reject", reason=reason)
        assert response.status_code == 400
        assert error in response.text
        assert application(database, doctor)[0] is Approval.PENDING

    def test_it_says_that_another_admin_has_decided(self, admins_client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory()
        response = send(admins_client, f"/admin/doctors/{doctor.id}/reject", reason="Too late.")
        assert response.status_code == 409
        assert "application has been approved already" in response.text
        assert application(database, doctor) == (Approval.APPROVED, "")
        assert "This application has been decided" in admins_client.get(f"/admin/doctors/{doctor.id}/reject").text


@pytest.mark.parametrize("path", ["/admin", "/admin/doctors", "/admin/doctors/1", "/admin/doctors/1/reject"])
class TestEntrance:
    def test_a_stranger_is_led_to_sign_in(self, client: FlaskClient, database: Database, path: str) -> None:
        response = client.get(path)
        assert response.status_code == 303
        assert response.location.startswith(f"/sign-in?next={path}")

    def test_it_is_for_admins_alone(self, client: FlaskClient, database: Database, path: str) -> None:
        for account in (AccountFactory(), DoctorFactory().account, DoctorFactory(pending=True).account):
            signed_in = sign_in(client.application.test_client(), account)
            assert signed_in.get(path).status_code == 403


def test_nobody_approves_himself(client: FlaskClient, database: Database) -> None:
    doctor = DoctorFactory(pending=True)
    sign_in(client, doctor.account)
    token = form_values(client.get("/find-a-doctor").text)["csrf_token"]
    response = client.post(f"/admin/doctors/{doctor.id}/approve", data={"csrf_token": token})
    assert response.status_code == 403
    assert application(database, doctor)[0] is Approval.PENDING
