"""Profiles over JSON: one's own, all for admins; names, addresses, pictures; closing an account (document 001)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import insert, select

from app.api.schemas.profile import ProfileOut
from app.models import Account, AuditEvent, Message, Patient, Profile, Session
from app.services.accounts import MOST_CONFIRMATIONS
from tests.api.support import ids, problem, text
from tests.factories import AccountFactory, AppointmentFactory, DoctorFactory, PatientFactory
from tests.support.clients import PASSWORD, ApiClient, api
from tests.support.databases import Database
from tests.support.queries import Queries

PATH = "/api/user/profiles/"
SERVER_OWNED: dict[str, Any] = {
    "id": 999,
    "user": {"id": 999, "username": "somebody", "is_staff": True},
    "user_id": 999,
    "account": 999,
    "account_id": 999,
    "is_staff": True,
    "is_superuser": True,
    "is_admin": True,
    "is_active": False,
    "role": 1,
    "password": "another password",
    "password_hash": "x",
    "pending_email": "x@example.org",
    "email_key": "x@example.org",
    "username_key": "x",
    "date_joined": "2001-01-01T00:00:00Z",
    "created_at": "2001-01-01T00:00:00Z",
    "updated_at": "2001-01-01T00:00:00Z",
    "picture_id": 1,
}


@pytest.fixture
def account(database: Database) -> Account:
    """Somebody with a name of their own."""
    return AccountFactory(username="ada", first_name="Ada", last_name="Byron")


@pytest.fixture
def ada(client: FlaskClient, account: Account) -> ApiClient:
    return api(client, account)


def picture_file() -> tuple[BytesIO, str]:
    """A picture as a form sends it."""
    content = BytesIO()
    Image.new("RGB", (4, 4), "red").save(content, "JPEG")
    content.seek(0)
    return content, "me.jpg"


def held(database: Database, account: Account) -> dict[str, Any]:
    """All columns of an account and its profile, as the database has them."""
    with database.unit_of_work() as session:
        rows: tuple[Any, ...] = (
            session.get_one(Account, account.id),
            session.scalars(select(Profile).where(Profile.account_id == account.id)).one(),
        )
        return {
            f"{row.__tablename__}.{column.key}": getattr(row, column.key)
            for row in rows
            for column in row.__table__.columns
        }


def mails(database: Database) -> list[tuple[str, str]]:
    """The kinds and addresses of the mails that wait or are out."""
    with database.unit_of_work() as session:
        return [(row.template, row.recipient) for row in session.scalars(select(Message).order_by(Message.id))]


def actions(database: Database, prefix: str) -> list[str]:
    with database.unit_of_work() as session:
        query = select(AuditEvent.action).where(AuditEvent.action.startswith(prefix)).order_by(AuditEvent.id)
        return list(session.scalars(query))


class TestRepresentation:
    @pytest.mark.both_databases
    def test_everything_is_told(self, database: Database, account: Account, ada: ApiClient) -> None:
        sent = {"bio": "Counts.", "address": "1 Mill Road", "date_of_birth": "1988-02-29"}
        body = ada.patch(f"{PATH}me/", json=sent).get_json()
        updated = body.pop("updated_at")
        assert body == {
            "id": account.profile.id,
            "user": {
                "id": account.id,
                "username": "ada",
                "email": "ada@example.org",
                "first_name": "Ada",
                "last_name": "Byron",
                "is_staff": False,
                "is_active": True,
                "date_joined": text(account.created_at),
            },
            "bio": "Counts.",
            "address": "1 Mill Road",
            "date_of_birth": "1988-02-29",
            "profile_picture": None,
            "created_at": text(account.profile.created_at),
        }
        assert updated >= body["created_at"]
        for path in (f"{PATH}{account.profile.id}", f"{PATH}{account.profile.id}/", f"{PATH}me", f"{PATH}me/"):
            assert ada.get(path).get_json() == {**body, "updated_at": updated}

    def test_the_schema_documents_what_is_sent(self, ada: ApiClient) -> None:
        assert set(ada.get(f"{PATH}me/").get_json()) == set(ProfileOut().fields)

    def test_staff_are_admins(self, admin: ApiClient) -> None:
        assert admin.get(f"{PATH}me/").get_json()["user"]["is_staff"] is True


class TestVisibility:
    def test_one_sees_ones_own_and_admins_see_all_that_are_open(
        self, client: FlaskClient, database: Database, account: Account, ada: ApiClient, admin: ApiClient
    ) -> None:
        doctor = DoctorFactory()
        closed = AccountFactory(is_active=False)

        assert ids(ada, path=PATH) == [account.profile.id]
        assert doctor.account is not None
        assert ids(api(client, doctor.account), path=PATH) == [doctor.account.profile.id]
        assert account.profile.id in ids(admin, path=PATH)
        assert closed.profile.id not in ids(admin, path=PATH)
        absent = ada.get(f"{PATH}999999/")
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            response = ada.open(method, f"{PATH}{doctor.account.profile.id}/")
            assert (response.status_code, response.data) == (404, absent.data)
            problem(admin.open(method, f"{PATH}{closed.profile.id}"), 404)

    @pytest.mark.parametrize("path", [PATH, f"{PATH}me/", f"{PATH}1/"])
    def test_a_stranger_is_401(self, client: FlaskClient, database: Database, path: str) -> None:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            assert client.open(path, method=method).status_code in (401, 405)
        assert client.get(path).status_code == 401

    @pytest.mark.both_databases
    @pytest.mark.parametrize("profile_id", [0, 2**31, 2**63 - 1, 2**63, 10**40])
    def test_an_id_that_no_row_can_have_is_404(self, admin: ApiClient, profile_id: int) -> None:
        problem(admin.get(f"{PATH}{profile_id}"), 404)
        problem(admin.delete(f"{PATH}{profile_id}/"), 404)


class TestSearch:
    @pytest.mark.both_databases
    def test_it_looks_in_names_and_addresses(self, database: Database, account: Account, admin: ApiClient) -> None:
        AccountFactory(username="bob", first_name="Bob", last_name="Stone", email="rocky@example.org")
        for query in ("ADA", "byron", "ada%40example", "Byron+ad", "yro"):
            assert ids(admin, f"search={query}", PATH) == [account.profile.id], query
        for query in ("nobody", "ada+stone", "%25"):
            assert ids(admin, f"search={query}", PATH) == [], query
        assert len(ids(admin, "search=", PATH)) == 3

    def test_it_never_widens_what_one_sees(self, ada: ApiClient) -> None:
        AccountFactory(username="bob")
        assert ids(ada, "search=bob", PATH) == []

    def test_pages_are_in_the_order_of_ids(self, database: Database, admin: ApiClient) -> None:
        for _ in range(4):
            AccountFactory()
        first = admin.get(f"{PATH}?limits=3").get_json()
        second = admin.get(first["next"].removeprefix("http://localhost")).get_json()
        seen = [entry["id"] for entry in first["results"] + second["results"]]
        assert (first["count"], seen, second["next"]) == (5, sorted(seen), None)
        problem(admin.get(f"{PATH}?limits=3&page=3"), 404)
        problem(admin.get(f"{PATH}?limits=0"), 400)


class TestCreate:
    @pytest.mark.both_databases
    def test_an_admin_registers_somebody_who_is_sent_a_link(self, database: Database, admin: ApiClient) -> None:
        sent = {
            "username": "kim",
            "email": "kim@example.org",
            "first_name": "Kim",
            "last_name": "Smith",
            "bio": "New here",
            "address": "1 Mill Road",
            "date_of_birth": "1988-02-29",
            "profile_picture": picture_file(),
        }
        response = admin.post(PATH, data=sent, content_type="multipart/form-data")
        body = response.get_json()
        assert response.status_code == 201, response.text
        assert (body["user"]["username"], body["user"]["is_staff"], body["bio"]) == ("kim", False, "New here")
        assert admin.get(body["profile_picture"].removeprefix("http://localhost")).status_code == 200
        assert mails(database) == [("set_password", "kim@example.org")]
        with database.unit_of_work() as session:
            account = session.scalars(select(Account).where(Account.username == "kim")).one()
            patient = session.scalars(select(Patient).where(Patient.manager_id == account.id)).one()
        assert (account.password_hash, account.is_admin) == (None, False)
        assert (patient.name, patient.is_own) == ("Kim Smith", True)
        assert actions(database, "account.") == ["account.invited"]

    def test_nobody_can_sign_in_before_a_password_is_chosen(self, client: FlaskClient, admin: ApiClient) -> None:
        admin.post(PATH, json={"username": "kim", "email": "kim@example.org"})
        for password in ("", "x" * 8):
            assert client.post("/api/token/", json={"username": "kim", "password": password}).status_code == 401

    def test_anyone_else_has_one_already(self, client: FlaskClient, database: Database, ada: ApiClient) -> None:
        doctor = DoctorFactory()
        for caller in (ada, api(client, doctor.account)):
            problem(caller.post(PATH, json={"username": "kim", "email": "kim@example.org"}), 409)
            problem(caller.post(PATH), 409)
        assert mails(database) == []

    @pytest.mark.parametrize(
        ("sent", "at_fault"),
        [
            ({}, {"username", "email"}),
            ({"username": "a@b", "email": "kim@example.org"}, {"username"}),
            ({"username": "ADA", "email": "Ada@Example.org"}, {"username", "email"}),
            ({"username": "kim", "email": "kim@example.org", "date_of_birth": "2999-01-01"}, {"date_of_birth"}),
            ({"username": "kim", "email": "kim@example.org", "first_name": "x" * 151}, {"first_name"}),
        ],
    )
    def test_what_is_wrong_is_named(
        self, database: Database, account: Account, admin: ApiClient, sent: dict[str, str], at_fault: set[str]
    ) -> None:
        assert set(problem(admin.post(PATH, json=sent), 400)["errors"]) == at_fault
        assert (len(ids(admin, path=PATH)), mails(database)) == (2, [])


class TestChange:
    @pytest.mark.both_databases
    def test_names_change_at_once(self, client: FlaskClient, database: Database, ada: ApiClient) -> None:
        body = ada.put(f"{PATH}me/", data={"username": "ada.l", "last_name": "Lovelace"}).get_json()

        assert (body["user"]["username"], body["user"]["first_name"]) == ("ada.l", "Ada")
        assert body["user"]["last_name"] == "Lovelace"
        assert client.post("/api/token/", json={"username": "Ada.L", "password": PASSWORD}).status_code == 200
        assert client.post("/api/token/", json={"username": "ada", "password": PASSWORD}).status_code == 401

    def test_an_admin_changes_everybodys(self, database: Database, account: Account, admin: ApiClient) -> None:
        response = admin.patch(f"{PATH}{account.profile.id}/", json={"first_name": "Augusta"})
        assert response.get_json()["user"]["first_name"] == "Augusta"
        assert actions(database, "account.") == ["account.renamed"]

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({"username": "a@b"}, "username"),
            ({"username": ""}, "username"),
            ({"username": "BOB"}, "username"),
            ({"email": "none"}, "email"),
            ({"email": "Bob@example.org"}, "email"),
            ({"first_name": "x" * 151}, "first_name"),
            ({"first_name": None}, "first_name"),
            ({"bio": "x" * 2001}, "bio"),
            ({"address": "x" * 501}, "address"),
            ({"date_of_birth": "1899-01-01"}, "date_of_birth"),
            ({"date_of_birth": "tomorrow"}, "date_of_birth"),
            ({"profile_picture": "me.png"}, "profile_picture"),
        ],
    )
    def test_what_is_wrong_is_named_and_changes_nothing(
        self, database: Database, account: Account, ada: ApiClient, sent: dict[str, Any], field: str
    ) -> None:
        AccountFactory(username="bob")
        before = held(database, account)
        body = problem(ada.patch(f"{PATH}me", json={"last_name": "Lovelace", **sent}), 400)
        assert list(body["errors"]) == [field]
        assert held(database, account) == before

    def test_what_the_server_owns_cannot_be_written(
        self, database: Database, account: Account, ada: ApiClient, admin: ApiClient
    ) -> None:
        before, one = held(database, account), f"{PATH}{account.profile.id}/"
        for name, value in SERVER_OWNED.items():
            for caller, method, path in ((ada, "PUT", f"{PATH}me/"), (ada, "PATCH", one), (admin, "PUT", one)):
                answer = caller.open(method, path, json={name: value})
                assert answer.status_code == 200, answer.text
            assert held(database, account) == before, name

    def test_what_the_server_owns_cannot_be_made(self, database: Database, admin: ApiClient) -> None:
        for number, (name, value) in enumerate(SERVER_OWNED.items()):
            sent = {"username": f"kim{number}", "email": f"kim{number}@example.org", name: value}
            answer = admin.post(PATH, json=sent)
            assert answer.status_code == 201, answer.text
            with database.unit_of_work() as session:
                row = session.scalars(select(Account).where(Account.username == sent["username"])).one()
                facts = (row.is_admin, row.is_active, row.password_hash, row.pending_email, row.created_at.year > 2001)
            assert facts == (False, True, None, None, True), name
            assert answer.get_json()["user"]["id"] == row.id < 999, name

    def test_what_was_read_can_be_sent_back(self, database: Database, account: Account, ada: ApiClient) -> None:
        ada.patch(f"{PATH}me", data={"profile_picture": picture_file()}, content_type="multipart/form-data")
        read, before = ada.get(f"{PATH}me/").get_json(), held(database, account)

        for method in ("PUT", "PATCH"):
            answer = ada.open(method, f"{PATH}{account.profile.id}/", json=read)
            assert (answer.status_code, answer.get_json()) == (200, read)
            flat = {**read, **{name: read["user"][name] for name in ("username", "email", "first_name", "last_name")}}
            assert ada.open(method, f"{PATH}me/", json=flat).get_json() == read

        assert held(database, account) == before
        assert mails(database) == []

    def test_a_picture_is_for_the_viewer_and_can_be_removed(self, client: FlaskClient, ada: ApiClient) -> None:
        sent = {"profile_picture": picture_file()}
        body = ada.put(f"{PATH}me/", data=sent, content_type="multipart/form-data").get_json()
        shown = client.get(body["profile_picture"].removeprefix("http://localhost"))
        assert (shown.status_code, shown.content_type) == (200, "image/jpeg")
        assert shown.headers["Cache-Control"].startswith("private")
        assert ada.patch(f"{PATH}me/", data={"profile_picture": ""}).get_json()["profile_picture"] is None


class TestChangeEmail:
    @pytest.mark.both_databases
    def test_another_address_waits_to_be_confirmed(
        self, client: FlaskClient, database: Database, account: Account, ada: ApiClient
    ) -> None:
        body = ada.patch(f"{PATH}me/", json={"email": "new@example.org"}).get_json()

        assert body["user"]["email"] == "ada@example.org"
        assert held(database, account)["account.pending_email"] == "new@example.org"
        assert mails(database) == [("confirm_email", "new@example.org")]
        assert client.post("/api/token/", json={"username": "new@example.org", "password": PASSWORD}).status_code == 401
        assert client.post("/api/token/", json={"username": "ada@example.org", "password": PASSWORD}).status_code == 200

    def test_the_present_one_keeps_the_wish(self, database: Database, account: Account, ada: ApiClient) -> None:
        ada.patch(f"{PATH}me/", json={"email": "new@example.org"})
        ada.put(f"{PATH}me/", json={"email": "ADA@example.org", "bio": "Counts."})
        assert held(database, account)["account.pending_email"] == "new@example.org"
        assert len(mails(database)) == 1

    def test_the_same_wish_is_mailed_again_but_nobody_is_flooded(self, database: Database, ada: ApiClient) -> None:
        answers = [ada.patch(f"{PATH}me/", json={"email": "new@example.org"}) for _ in range(MOST_CONFIRMATIONS + 1)]
        assert [answer.status_code for answer in answers] == [200] * MOST_CONFIRMATIONS + [429]
        assert int(answers[-1].headers["Retry-After"]) > 0
        assert len(mails(database)) == MOST_CONFIRMATIONS

        with database.unit_of_work() as session:
            for message in session.scalars(select(Message)):
                message.created_at = datetime.now(UTC) - timedelta(hours=2)
        assert ada.patch(f"{PATH}me/", json={"email": "new@example.org"}).status_code == 200


class TestClose:
    @pytest.mark.both_databases
    def test_the_account_is_closed_and_all_its_sessions_end(
        self, client: FlaskClient, database: Database, account: Account, ada: ApiClient, admin: ApiClient
    ) -> None:
        phone = api(client, account)

        response = ada.delete(f"{PATH}{account.profile.id}/")

        assert (response.status_code, response.data) == (204, b"")
        for caller in (ada, phone):
            problem(caller.get(f"{PATH}me/"), 401)
        problem(admin.get(f"{PATH}{account.profile.id}"), 404)
        problem(admin.delete(f"{PATH}{account.profile.id}"), 404)
        assert client.post("/api/token/", json={"username": "ada", "password": PASSWORD}).status_code == 401
        with database.unit_of_work() as session:
            live = select(Session).where(Session.account_id == account.id, Session.ended_at.is_(None))
            assert session.scalars(live).all() == []
        assert actions(database, "account.") == ["account.closed"]

    def test_me_is_the_same_resource(self, database: Database, account: Account, ada: ApiClient) -> None:
        assert ada.delete(f"{PATH}me").status_code == 204
        assert held(database, account)["account.is_active"] is False

    def test_the_last_admin_stays(self, client: FlaskClient, database: Database, admin: ApiClient) -> None:
        AccountFactory(is_admin=True, is_active=False)
        me = admin.get(f"{PATH}me/").get_json()["id"]
        problem(admin.delete(f"{PATH}me/"), 409)
        problem(admin.delete(f"{PATH}{me}/"), 409)
        assert admin.get(f"{PATH}me/").status_code == 200

        other = AccountFactory(is_admin=True)
        assert api(client, other).delete(f"{PATH}{me}/").status_code == 204
        problem(admin.get(f"{PATH}me/"), 401)
        problem(api(client, other).delete(f"{PATH}me/"), 409)

    def test_a_doctor_with_visits_to_come_does_not_just_leave(self, client: FlaskClient, admin: ApiClient) -> None:
        visit = AppointmentFactory()
        doctor = visit.doctor
        leaving = api(client, doctor.account)

        assert "still to come" in problem(leaving.delete(f"{PATH}me/"), 409)["detail"]
        assert leaving.get(f"/doctors/{doctor.id}/").status_code == 200

        assert leaving.delete(f"/doctors/{doctor.id}/?cancel_appointments=true").status_code == 204
        assert leaving.delete(f"{PATH}me/").status_code == 204

    def test_a_doctor_who_is_shut_out_is_booked_no_more(
        self, client: FlaskClient, admin: ApiClient, database: Database
    ) -> None:
        visit = AppointmentFactory()
        account, doctor = visit.doctor.account, visit.doctor

        assert admin.delete(f"{PATH}{account.profile.id}/").status_code == 204

        problem(admin.get(f"/doctors/{doctor.id}/"), 404)
        told = api(client, visit.patient.manager).get(f"/appointments/{visit.id}/").get_json()
        assert told["state"] == "cancelled"
        assert actions(database, "doctor.") == ["doctor.deleted"]

    def test_the_patient_stays_with_the_hospital(self, client: FlaskClient, admin: ApiClient) -> None:
        patient = PatientFactory()
        assert api(client, patient.manager).delete(f"{PATH}me/").status_code == 204
        assert admin.get(f"/patients/{patient.id}").status_code == 200


class TestSpeed:
    def test_a_page_takes_two_statements_however_long_it_is(
        self,
        database: Database,
        admin: ApiClient,
        count_queries: Callable[[], AbstractContextManager[Queries]],
    ) -> None:
        def cost() -> int:
            with count_queries() as statements:
                assert admin.get(f"{PATH}?limits=1000&search=person").status_code == 200
            return len(statements)

        short = cost()
        with database.unit_of_work() as session:
            names = [f"person.x{number}" for number in range(1000)]
            rows = [{"username": name, "username_key": name, "email": name, "email_key": name} for name in names]
            accounts = session.scalars(insert(Account).returning(Account.id), rows).all()
            session.execute(insert(Profile), [{"account_id": account} for account in accounts])
        assert short == cost() == 3  # the session's look-up, the count, the page
