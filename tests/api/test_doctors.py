"""Doctors over JSON: what is told of them, who sees whom, filters and pages."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, time
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.api.schemas.doctor import DoctorOut
from app.models import Approval, Picture, VisitKind, VisitState
from tests.api import support
from tests.factories import (
    AccountFactory,
    AppointmentFactory,
    AvailableTimeFactory,
    DepartmentFactory,
    DesignationFactory,
    DoctorFactory,
    PatientFactory,
    ReviewFactory,
    SpecialisationFactory,
)
from tests.support.clients import ApiClient, api
from tests.support.databases import Database
from tests.support.queries import Queries

LINK = "https://meet.example.org/ada"
PATHS = ("/doctors/", "/api/doctors/")


@pytest.fixture
def member(client: FlaskClient, database: Database) -> ApiClient:
    """Somebody who is signed in."""
    return api(client, PatientFactory().manager)


def ids(caller: ApiClient, query: str = "", path: str = "/doctors/") -> list[int]:
    """The ids of the doctors that a list shows."""
    return support.ids(caller, query, path)


class TestRepresentation:
    @pytest.mark.both_databases
    def test_everything_is_told(self, client: FlaskClient, member: ApiClient, database: Database) -> None:
        with database.unit_of_work() as session:
            picture = Picture(content_type="image/webp", content=b"picture")
            session.add(picture)
        nine = AvailableTimeFactory(starts=time(9))
        AvailableTimeFactory(starts=time(10, 15))  # no slot starts then
        doctor = DoctorFactory(
            name="Dr Ada Byron",
            department=DepartmentFactory(name="Cardiology"),
            designations=[DesignationFactory(name="Consultant")],
            specialisations=[SpecialisationFactory(name="Paediatrics"), SpecialisationFactory(name="Cardiac surgery")],
            fee=80,
            picture_id=picture.id,
            meet_link=LINK,
            hours=True,
        )
        visitor = PatientFactory()
        AppointmentFactory(
            patient=visitor,
            doctor=doctor,
            state=VisitState.COMPLETED,
            starts_at=datetime(2026, 1, 5, 10, tzinfo=UTC),
        )
        ReviewFactory(patient=visitor, doctor=doctor, rating=5)
        ReviewFactory(doctor=doctor, rating=1)  # counts among the reviews, not in the mean: never visited

        for path in ("/doctors/{}/", "/doctors/{}", "/api/doctors/{}", "/api/doctors/{}/"):
            body = member.get(path.format(doctor.id)).get_json()
            picture = body.pop("profile")
            assert body == {
                "id": doctor.id,
                "user": "Dr Ada Byron",
                "name": "Dr Ada Byron",
                "username": doctor.account.username,
                "designation": ["Consultant"],
                "specialisation": ["Cardiac surgery", "Paediatrics"],
                "available_time": [nine.id],
                "fee": 80,
                "meet_link": None,
                "specialization": "Cardiac surgery",
                "available_from": "09:00:00",
                "available_to": "17:00:00",
                "department": {"id": doctor.department_id, "name": "Cardiology"},
                "rating": 5.0,
                "reviews": 2,
                "status": "approved",
            }
            assert picture.startswith("http://localhost/media/")

    def test_what_is_not_known_is_null(self, member: ApiClient, database: Database) -> None:
        doctor = DoctorFactory(account=None, department=None, fee=None)
        body = member.get(f"/doctors/{doctor.id}/").get_json()
        for name in (
            "username",
            "profile",
            "fee",
            "meet_link",
            "available_from",
            "available_to",
            "department",
            "rating",
        ):
            assert body[name] is None, name
        assert (body["available_time"], body["specialization"], body["reviews"]) == ([], "", 0)

    def test_the_schema_documents_what_is_sent(self, member: ApiClient, database: Database) -> None:
        doctor = DoctorFactory()
        assert set(member.get(f"/doctors/{doctor.id}/").get_json()) == set(DoctorOut().fields)


class TestMeetLink:
    def test_it_is_for_the_doctor_admins_and_patients_with_a_confirmed_online_visit(
        self, client: FlaskClient, database: Database
    ) -> None:
        doctor = DoctorFactory(meet_link=LINK)

        def link(account: Any) -> str | None:
            caller = api(client, account)
            one = caller.get(f"/doctors/{doctor.id}/").get_json()["meet_link"]
            listed = [entry["meet_link"] for entry in caller.get("/doctors/").get_json()["results"]]
            assert one in listed
            link: str | None = one
            return link

        visitors = {
            (state, kind): PatientFactory()
            for state in (VisitState.PENDING, VisitState.CONFIRMED, VisitState.CANCELLED)
            for kind in VisitKind
        }
        for hour, ((state, kind), patient) in enumerate(visitors.items(), 9):
            AppointmentFactory(
                doctor=doctor,
                patient=patient,
                state=state,
                kind=kind,
                starts_at=datetime(2027, 1, 5, hour, tzinfo=UTC),
            )
        assert link(doctor.account) == LINK
        assert link(AccountFactory(is_admin=True)) == LINK
        assert link(DoctorFactory(meet_link="https://meet.example.org/other").account) is None
        allowed = [key for key, patient in visitors.items() if link(patient.manager) == LINK]
        assert allowed == [(VisitState.CONFIRMED, VisitKind.ONLINE)]


class TestVisibility:
    @pytest.mark.parametrize("path", PATHS)
    def test_everyone_sees_approved_doctors_and_an_applicant_also_himself(
        self, client: FlaskClient, member: ApiClient, database: Database, path: str
    ) -> None:
        approved = DoctorFactory()
        pending = DoctorFactory(pending=True)
        rejected = DoctorFactory(approval=Approval.REJECTED)
        deleted = DoctorFactory(deleted_at=datetime.now(UTC))
        assert ids(member, path=path) == [approved.id]
        assert ids(api(client, pending.account), path=path) == [approved.id, pending.id]
        assert ids(api(client, approved.account), path=path) == [approved.id]
        admin = api(client, AccountFactory(is_admin=True))
        assert ids(admin, path=path) == [approved.id, pending.id, rejected.id]
        assert admin.get(f"{path}{pending.id}/").get_json()["status"] == "pending"
        absent = member.get(f"{path}999999/")
        for hidden in (pending, rejected, deleted):
            response = member.get(f"{path}{hidden.id}/")
            assert (response.status_code, response.data) == (404, absent.data)

    @pytest.mark.parametrize("path", [*PATHS, "/doctors/1", "/api/doctors/1/"])
    def test_a_stranger_is_401(self, client: FlaskClient, database: Database, path: str) -> None:
        assert client.get(path).status_code == 401

    @pytest.mark.both_databases
    @pytest.mark.parametrize("doctor_id", [0, 2**31, 2**63 - 1, 2**63, 10**40])
    def test_an_id_that_no_row_can_have_is_404(
        self, client: FlaskClient, member: ApiClient, database: Database, doctor_id: int
    ) -> None:
        assert member.get(f"/doctors/{doctor_id}").status_code == 404


class TestFilters:
    @pytest.mark.both_databases
    def test_each_narrows_the_list(self, client: FlaskClient, member: ApiClient, database: Database) -> None:
        cardiology = DepartmentFactory(name="Cardiology")
        surgery, consultant = SpecialisationFactory(name="Surgery"), DesignationFactory(name="Consultant")
        nine = AvailableTimeFactory(starts=time(9))
        one = DoctorFactory(
            name="Ada Byron",
            department=cardiology,
            designations=[consultant],
            specialisations=[surgery],
            fee=80,
            hours=True,
        )
        two = DoctorFactory(name="Bea Curie", fee=50)
        assert ids(member) == [one.id, two.id]
        for query in (
            f"specialisation={surgery.id}",
            f"designation={consultant.id}",
            f"available_time={nine.id}",
            f"department={cardiology.id}",
            "department=CARDIOLOGY",
            "fee=80",
            "search=byron",
            "search=SURG",
            f"fee=80&department={cardiology.id}&search=ada+consultant",
        ):
            assert ids(member, query) == [one.id], query
        for query in ("fee=81", "search=nobody", "specialisation=999", f"fee=50&specialisation={surgery.id}"):
            assert ids(member, query) == [], query
        for query in ("search=", "unknown=1", "search=%25", "search=_"):
            assert ids(member, query) == ([] if query in ("search=%25", "search=_") else [one.id, two.id]), query

    @pytest.mark.parametrize("name", ["specialisation", "designation", "available_time", "fee"])
    def test_a_value_of_the_wrong_type_is_400(self, member: ApiClient, name: str) -> None:
        for value in ("x", "", "1.5", "true", "9999999999999999999", "1,2", "%00", "٣"):
            response = member.get(f"/doctors/?{name}={value}")
            assert response.status_code == 400, value
            assert name in response.get_json(force=True)["errors"]

    @pytest.mark.parametrize(
        "query", ["fee=-1", "fee=3000000000", "specialisation=9223372036854775807", "designation=-1"]
    )
    @pytest.mark.both_databases
    def test_a_value_that_no_row_can_have_matches_nothing(
        self, client: FlaskClient, member: ApiClient, database: Database, query: str
    ) -> None:
        DoctorFactory()
        assert ids(member, query) == []

    @pytest.mark.parametrize("query", ["department=", "department=No+such", "department=0", f"search={'x' * 201}"])
    def test_an_unknown_department_or_endless_search_is_400(self, member: ApiClient, query: str) -> None:
        assert member.get(f"/doctors/?{query}").status_code == 400

    def test_pages_keep_the_filters(self, member: ApiClient, database: Database) -> None:
        with database.unit_of_work():
            doctors = [DoctorFactory(fee=50) for _ in range(5)]
        DoctorFactory(fee=60)
        first = member.get("/doctors/?fee=50&limits=2").get_json()
        assert (first["count"], first["previous"], len(first["results"])) == (5, None, 2)
        seen = [entry["id"] for entry in first["results"]]
        address = first["next"]
        while address:
            body = member.get(address.removeprefix("http://localhost")).get_json()
            seen += [entry["id"] for entry in body["results"]]
            address = body["next"]
        assert seen == [doctor.id for doctor in doctors]
        beyond = member.get("/doctors/?fee=50&limits=2&page=4")
        assert (beyond.status_code, beyond.get_json(force=True)["detail"]) == (404, "Invalid page.")


class TestSpeed:
    @pytest.fixture
    def statements(
        self, member: ApiClient, database: Database, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> Callable[[str], int]:
        def count(path: str) -> int:
            with count_queries() as found:
                assert member.get(path).status_code == 200
            return len(found)

        return count

    def test_a_page_takes_the_same_statements_however_long_it_is(
        self, statements: Callable[[str], int], database: Database
    ) -> None:
        with database.unit_of_work():
            surgery = SpecialisationFactory()
            for _ in range(12):
                DoctorFactory(specialisations=[surgery], designations=[DesignationFactory()], hours=True)
        short, long = statements("/doctors/?limits=2"), statements("/doctors/?limits=12")
        assert short == long == 3, "who is asking, the count, and the page"
