"""Pages for everyone: home, finding a doctor, a doctor's page, pictures."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from app import models
from app.models import VisitState
from app.services import pictures
from tests.factories import (
    AppointmentFactory,
    DepartmentFactory,
    DesignationFactory,
    DoctorFactory,
    PatientFactory,
    ReviewFactory,
    SpecialisationFactory,
    TimeOffFactory,
    coming_weekday,
)
from tests.support.databases import Database
from tests.support.queries import Queries

HOSPITAL = ZoneInfo("Europe/London")
Counter = Callable[[], AbstractContextManager[Queries]]


class TestHome:
    def test_it_leads_to_doctors_appointments_and_an_account(self, client: FlaskClient) -> None:
        page = client.get("/").text

        assert "In an emergency" in page
        for address in ("/find-a-doctor", "/my/appointments", "/sign-up"):
            assert f'<a class="nhsuk-card__link" href="{address}">' in page

    def test_it_searches_where_doctors_are_found(self, client: FlaskClient) -> None:
        page = client.get("/").text

        assert '<form action="/find-a-doctor" method="get"' in page
        assert 'name="q"' in page

    def test_departments_lead_to_their_doctors(self, client: FlaskClient, database: Database) -> None:
        department = DepartmentFactory(name="Cardiology")

        assert f'<a href="/find-a-doctor?department={department.id}">Cardiology</a>' in client.get("/").text


class TestFindADoctor:
    def test_whoever_is_free_soonest_comes_first(self, client: FlaskClient, database: Database) -> None:
        late = DoctorFactory(name="Dr Anna Late", hours=True)
        DoctorFactory(name="Dr Never Free")
        DoctorFactory(name="Dr Zoe Soon", hours=True)
        now = datetime.now(UTC)
        TimeOffFactory(doctor_id=late.id, starts_at=now, ends_at=now + timedelta(days=20))

        page = client.get("/find-a-doctor").text

        assert page.index("Dr Zoe Soon") < page.index("Dr Anna Late") < page.index("Dr Never Free")
        assert "3 doctors" in page

    def test_a_card_has_three_free_times_that_lead_to_booking(self, client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory(hours=True)

        times = re.findall(rf'href="/book/{doctor.id}\?at=([^"]*)"', client.get("/find-a-doctor").text)

        assert len(times) == 3
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time in times), "moments in UTC"

    def test_the_search_finds_specialities_and_keeps_what_was_typed(
        self, client: FlaskClient, database: Database
    ) -> None:
        DoctorFactory(name="Dr Hart", specialisations=[SpecialisationFactory(name="Cardiology")])
        DoctorFactory(name="Dr Bone")

        page = client.get("/find-a-doctor?q=cardio").text

        assert "Dr Hart" in page
        assert "Dr Bone" not in page
        assert 'value="cardio"' in page

    def test_filters_narrow_together(self, client: FlaskClient, database: Database) -> None:
        field, ward = SpecialisationFactory(), DepartmentFactory()
        DoctorFactory(name="Dr Both", specialisations=[field], department=ward)
        DoctorFactory(name="Dr Field", specialisations=[field])
        DoctorFactory(name="Dr Ward", department=ward)

        page = client.get(f"/find-a-doctor?speciality={field.id}&department={ward.id}").text

        assert "Dr Both" in page
        assert "Dr Field" not in page
        assert "Dr Ward" not in page
        assert f'<option value="{ward.id}" selected' in page

    def test_every_filter_narrows(self, client: FlaskClient, database: Database) -> None:
        grade = DesignationFactory(name="Consultant")
        DoctorFactory(name="Dr Right", designations=[grade], fee=80, accepts_in_person=False)
        DoctorFactory(name="Dr Junior", fee=80, accepts_in_person=False)
        DoctorFactory(name="Dr Dear", designations=[grade], fee=81, accepts_in_person=False)
        DoctorFactory(name="Dr Here", designations=[grade], fee=0, accepts_online=False)

        page = client.get(f"/find-a-doctor?designation={grade.id}&fee=80&kind=online").text

        assert re.findall(r">(Dr \w+)</a>", page) == ["Dr Right"]
        assert '<details class="nhsuk-details" open>' in page, "what is set is not folded away"

    def test_the_filter_by_fee_offers_the_doctors_own(self, client: FlaskClient, database: Database) -> None:
        with database.unit_of_work():
            for fee in (*range(0, 120, 10), None):
                DoctorFactory(fee=fee)
            DoctorFactory(fee=500, pending=True)

        page = client.get("/find-a-doctor?fee=75").text

        offered = re.findall(r">\s*(No fee|Up to £\d+)\s*</option>", page)
        assert offered == ["Up to £10", "Up to £30", "Up to £50", "Up to £70", "Up to £75", "Up to £90", "Up to £110"]
        assert '<option value="75" selected' in page

    def test_a_day_shows_who_is_free_on_it_and_times_from_it_on(self, client: FlaskClient, database: Database) -> None:
        starts_at = coming_weekday(days=20)
        day = starts_at.astimezone(HOSPITAL).date()
        DoctorFactory(name="Dr There", hours=True)
        away = DoctorFactory(name="Dr Away", hours=True)
        TimeOffFactory(
            doctor_id=away.id, starts_at=starts_at - timedelta(days=1), ends_at=starts_at + timedelta(days=1)
        )

        page = client.get(f"/find-a-doctor?day={day}").text

        assert "Dr There" in page
        assert "Dr Away" not in page
        times = re.findall(r"/book/\d+\?at=(\d{4}-\d\d-\d\d)", page)
        assert times == [str(day)] * 3
        assert f"?from={day}#times" in page, "all times are shown from that day on"

    def test_each_filter_that_is_set_can_be_removed(self, client: FlaskClient, database: Database) -> None:
        ward = DepartmentFactory(name="Heart & Lungs")
        with database.unit_of_work():
            for _ in range(11):
                DoctorFactory(name="Dr Hart", department=ward)

        page = client.get(f"/find-a-doctor?q=hart&department={ward.id}&fee=&page=2").text

        chips = re.findall(r'class="portal-chip" href="([^"]*)">.*?</span>(.*?)<span', page)
        assert chips == [
            (f"/find-a-doctor?department={ward.id}", "“hart”"),
            ("/find-a-doctor?q=hart", "Heart &amp; Lungs"),
        ]
        assert '<a class="portal-chips__clear" href="/find-a-doctor">' in page

    def test_without_filters_there_is_nothing_to_remove(self, client: FlaskClient, database: Database) -> None:
        DoctorFactory()

        assert "portal-chip" not in client.get("/find-a-doctor?q=&day=").text

    @pytest.mark.parametrize(
        "query",
        [
            "speciality=999",
            "department=x",
            f"department={2**63}",
            "q=%00zzz",
            "designation=-1",
            "fee=cheap",
            f"fee={10**30}",
            "kind=telepathy",
            "day=2020-01-01",
            "day=2026-02-30",
            "day=tomorrow",
            "day=0001-01-01",
            "day=2999-12-31",
        ],
    )
    def test_a_filter_that_nothing_has_says_what_to_do(
        self, client: FlaskClient, database: Database, query: str
    ) -> None:
        DoctorFactory(hours=True)

        response = client.get(f"/find-a-doctor?{query}")

        assert response.status_code == 200
        assert "No doctor matches" in response.text
        assert '<a href="/find-a-doctor">Show all doctors</a>' in response.text

    def test_pages_keep_the_filters(self, client: FlaskClient, database: Database) -> None:
        ward = DepartmentFactory()
        with database.unit_of_work():
            for _ in range(11):
                DoctorFactory(department=ward)

        first = client.get(f"/find-a-doctor?department={ward.id}").text
        second = client.get(f"/find-a-doctor?department={ward.id}&page=2").text

        assert f'href="/find-a-doctor?department={ward.id}&amp;page=2"' in first
        assert "<strong>11 to 11</strong> of 11 doctors" in second
        assert "(page 2 of 2)" in second

    @pytest.mark.parametrize("page", ["2", "0", "-1", "x", "1e3", "9" * 30])
    def test_what_is_no_page_is_not_found(self, client: FlaskClient, database: Database, page: str) -> None:
        assert client.get(f"/find-a-doctor?page={page}").status_code == 404

    def test_htmx_gets_the_results_alone(self, client: FlaskClient, database: Database) -> None:
        DoctorFactory(name="Dr Hart")

        part = client.get("/find-a-doctor?q=hart", headers={"HX-Request": "true", "HX-Target": "div#results"}).text

        assert "Dr Hart" in part
        assert "<h1>" not in part

    def test_it_takes_as_many_statements_for_ten_doctors_as_for_two(
        self, client: FlaskClient, database: Database, count_queries: Counter
    ) -> None:
        DoctorFactory(hours=True)
        DoctorFactory(hours=True)
        address = f"/find-a-doctor?day={coming_weekday().astimezone(HOSPITAL).date()}&fee=50&kind=online"
        with count_queries() as for_two:
            client.get(address)
        with database.unit_of_work():
            for _ in range(8):
                DoctorFactory(hours=True)
        with count_queries() as for_ten:
            page = client.get(address).text

        assert page.count('<article class="portal-doctor">') == 10

        assert len(for_ten) == len(for_two), for_ten


class TestDoctor:
    def test_it_tells_who_the_doctor_is(self, client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory(name="Dr Hart", about="Likes <b>hearts</b>.", fee=120, accepts_in_person=False)

        page = client.get(f"/find-a-doctor/{doctor.id}").text

        assert "<title>Dr Hart " in page
        assert "Likes &lt;b&gt;hearts&lt;/b&gt;." in page
        assert "£120 a visit" in page
        assert "<dd>Video call</dd>" in page

    def test_it_shows_a_week_of_free_times_and_leads_to_the_next(self, client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory(hours=True)

        page = client.get(f"/find-a-doctor/{doctor.id}").text

        assert 1 <= page.count("<details") <= 5, "Monday to Friday"
        assert "Later times" in page
        assert "Earlier times" not in page

    def test_a_later_week_leads_back(self, client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory(hours=True)
        monday = datetime.now(HOSPITAL).date() + timedelta(days=21)
        monday -= timedelta(days=monday.weekday())

        page = client.get(f"/find-a-doctor/{doctor.id}?from={monday}").text

        assert "Earlier times" in page
        assert page.count("<details") == 5
        assert "16 free times" in page
        assert page.count("Morning") == page.count("Afternoon") == 5

    def test_a_week_without_free_times_says_so(self, client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory(hours=True)
        start = datetime.now(UTC) + timedelta(days=14)
        TimeOffFactory(doctor_id=doctor.id, starts_at=start, ends_at=start + timedelta(days=20))

        page = client.get(f"/find-a-doctor/{doctor.id}?from={(start + timedelta(days=2)).date()}").text

        assert "No free times in this week" in page
        assert "Later times" in page

    def test_a_doctor_without_free_times_leads_to_others(self, client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory()

        page = client.get(f"/find-a-doctor/{doctor.id}").text

        assert "has no free times in the next 90 days" in page
        assert f'<a href="/find-a-doctor?department={doctor.department_id}">Find another doctor</a>' in page

    @pytest.mark.parametrize("start", ["tomorrow", "2026-13-01", "0001-01-01", "9999-12-31", "2020-01-01"])
    def test_any_start_of_a_week_can_be_asked_for(self, client: FlaskClient, database: Database, start: str) -> None:
        doctor = DoctorFactory(hours=True)

        assert client.get(f"/find-a-doctor/{doctor.id}?from={start}").status_code == 200

    def test_reviews_of_visitors_are_marked(self, client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory()
        visitor = PatientFactory(name="Amira Hassan")
        AppointmentFactory(
            patient=visitor, doctor=doctor, state=VisitState.COMPLETED, starts_at=datetime.now(UTC) - timedelta(days=9)
        )
        ReviewFactory(doctor=doctor, patient=visitor, rating=5, body="Kind.")
        ReviewFactory(doctor=doctor, patient=PatientFactory(name="Otto Other"), body="Never been there.")

        page = client.get(f"/find-a-doctor/{doctor.id}").text

        assert page.count("Verified visit") == 1
        assert "Amira" in page
        assert "Hassan" not in page
        assert "Never been there." in page

    def test_many_reviews_have_pages(self, client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory()
        with database.unit_of_work():
            for _ in range(6):
                ReviewFactory(doctor=doctor)

        assert "<strong>6 to 6</strong> of 6 reviews" in client.get(f"/find-a-doctor/{doctor.id}?page=2").text

    def test_a_doctor_who_waits_for_approval_is_not_there(self, client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory(pending=True)

        assert client.get(f"/find-a-doctor/{doctor.id}").status_code == 404
        assert client.get("/find-a-doctor/999999").status_code == 404

    def test_a_doctor_who_has_left_leads_to_others(self, client: FlaskClient, database: Database) -> None:
        doctor = DoctorFactory(name="Dr Hart", deleted_at=datetime.now(UTC))

        answer = client.get(f"/find-a-doctor/{doctor.id}")

        assert answer.status_code == 404
        assert "Dr Hart" not in answer.text
        assert '<a href="/find-a-doctor">Find another doctor</a>' in answer.text

    def test_a_page_of_reviews_that_is_not_there_is_no_missing_doctor(
        self, client: FlaskClient, database: Database
    ) -> None:
        answer = client.get(f"/find-a-doctor/{DoctorFactory().id}?page=2")

        assert answer.status_code == 404
        assert "Doctor not found" not in answer.text

    def test_it_takes_a_constant_number_of_statements(
        self, client: FlaskClient, database: Database, count_queries: Counter
    ) -> None:
        doctor = DoctorFactory(hours=True)
        with database.unit_of_work():
            for _ in range(5):
                ReviewFactory(doctor=doctor)

        with count_queries() as statements:
            client.get(f"/find-a-doctor/{doctor.id}")

        assert len(statements) <= 20, statements


class TestPictures:
    CONTENT = b"\x89PNG made by a test"

    def _address(self, database: Database) -> str:
        with database.unit_of_work() as session:
            picture = models.Picture(content_type="image/png", content=self.CONTENT)
            session.add(picture)
            session.flush()
            address = pictures.picture_url(picture.id)
        assert address is not None
        return address

    def test_an_address_shows_the_picture_and_lets_browsers_keep_it(
        self, client: FlaskClient, database: Database
    ) -> None:
        response = client.get(self._address(database))

        assert response.data == self.CONTENT
        assert response.content_type == "image/png"
        assert response.cache_control.public
        assert 3600 <= (response.cache_control.max_age or 0) <= 7200

    def test_the_address_stays_the_same_for_a_while(self, database: Database) -> None:
        with database.unit_of_work():
            assert pictures.picture_url(7) == pictures.picture_url(7)

    @pytest.mark.parametrize(
        "spoil", [lambda path: path[:-1], lambda path: path.replace("/media/1", "/media/2"), lambda _: "/media/1"]
    )
    def test_a_forged_address_shows_nothing(
        self, client: FlaskClient, database: Database, spoil: Callable[[str], str]
    ) -> None:
        assert client.get(spoil(self._address(database))).status_code == 404

    def test_an_address_runs_out(
        self, client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address = self._address(database)
        later = datetime.now(UTC) + 2 * pictures.BUCKET
        monkeypatch.setattr(pictures, "now", lambda: later)

        assert client.get(address).status_code == 404

    def test_a_doctors_picture_is_on_the_card_small(self, client: FlaskClient, database: Database) -> None:
        self._address(database)
        DoctorFactory(picture_id=1)
        with database.unit_of_work():
            address = pictures.picture_url(1, side=144)

        assert f'src="{address}"' in client.get("/find-a-doctor").text
