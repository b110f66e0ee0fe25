"""The lists that the hospital keeps, in admins' hands: found, added to, changed, deleted, saved as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, true
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.models import AuditEvent, Department, Designation, Service
from app.models.types import pk, text
from app.pages.admin.lists import LISTS
from app.policy import VISIBLE, Capacity
from app.services.catalogue import CATALOGUE, TextRule, Vocabulary
from tests.factories import (
    AccountFactory,
    DepartmentFactory,
    DesignationFactory,
    DoctorFactory,
    ServiceFactory,
)
from tests.services.test_uploads import picture_file
from tests.support.clients import form_values, sign_in, submit
from tests.support.databases import Database
from tests.support.queries import Queries


@pytest.fixture
def admins_client(client: FlaskClient, database: Database) -> FlaskClient:
    """An admin, signed in."""
    return sign_in(client, AccountFactory(is_admin=True))


def address(name: str, *rest: object) -> str:
    return "/".join(map(str, ("/admin/lists", name, *rest)))


def names_on(page: str) -> list[str]:
    """The entries of the list that a page shows, in order."""
    table = page.partition("<tbody")[2].partition("</tbody>")[0]
    return re.findall(r'<a href="[^"]*">([^<]*)</a>', table)


def test_every_list_of_the_catalogue_has_its_pages(admins_client: FlaskClient) -> None:
    page = admins_client.get("/admin/lists").text

    assert len(LISTS) == len(CATALOGUE)
    for name, listed in LISTS.items():
        assert address(name) in page
        shown = admins_client.get(address(name))
        assert shown.status_code == 200
        assert f"No {listed.plural} yet" in shown.text


class _Elsewhere(DeclarativeBase):
    """Tables of this file, apart from the hospital's."""


class Ward(_Elsewhere):
    """Something of which the portal keeps no list yet."""

    __tablename__ = "ward"

    id: Mapped[pk]
    name: Mapped[text]
    floor: Mapped[text] = mapped_column(default="")


def test_a_list_costs_one_entry(
    admins_client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    model: Any = Ward
    wards: Vocabulary[Any] = Vocabulary(
        model=model,
        noun="ward",
        plural="wards",
        about="Where patients lie.",
        texts={
            "name": TextRule(longest=200, is_required=True, pattern="[a-z]", hint="Enter a name."),
            "floor": TextRule(longest=50, label="Floor (optional)"),
        },
        order=(Ward.name,),
    )
    monkeypatch.setitem(VISIBLE, model, {Capacity.ANYONE: lambda _: true()})
    monkeypatch.setitem(LISTS, "wards", wards)
    with database.unit_of_work() as session:
        _Elsewhere.metadata.create_all(session.connection())

    assert "Where patients lie." in admins_client.get(address("wards")).text
    refused = submit(admins_client, address("wards", "add"), name="123", floor="Third")
    assert (refused.status_code, "Enter a name." in refused.text) == (400, True)
    for name, floor in (("North", "Third"), ("South", "First"), ("East", "Third")):
        assert submit(admins_client, address("wards", "add"), name=name, floor=floor).status_code == 303
    assert ">Wards</a>" in admins_client.get("/admin/lists").text
    assert names_on(admins_client.get(address("wards")).text) == ["East", "North", "South"]
    assert names_on(admins_client.get(address("wards") + "?search=third&order=newest").text) == ["East", "North"]
    (row,) = csv.DictReader(io.StringIO(admins_client.get(address("wards", "entries.csv?search=first")).text))
    assert (row["name"], row["floor"]) == ("South", "First")
    assert submit(admins_client, address("wards", 2), name="South wing").status_code == 303
    assert submit(admins_client, address("wards", 1, "delete")).status_code == 303
    assert names_on(admins_client.get(address("wards")).text) == ["East", "South wing"]
    with database.unit_of_work() as session:
        acts = session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("ward."))).all()
    assert sorted(acts) == ["ward.added", "ward.added", "ward.added", "ward.changed", "ward.removed"]


def test_a_list_that_there_is_not_is_not_found(admins_client: FlaskClient) -> None:
    for page in ("", "/add", "/1", "/1/delete", "/entries.csv"):
        assert admins_client.get(f"/admin/lists/dragons{page}").status_code == 404


def test_it_says_how_many_entries_each_list_has(admins_client: FlaskClient) -> None:
    DepartmentFactory.create_batch(3)

    page = " ".join(admins_client.get("/admin/lists").text.split())

    numbers = re.findall(r"Entries </span>(\d+)", page)
    assert dict(zip(LISTS, numbers, strict=True))["departments"] == "3"
    assert sorted(numbers) == ["0", "0", "0", "0", "3"]


class TestEntries:
    def test_it_finds_by_any_text_and_says_what_has_an_entry(self, admins_client: FlaskClient) -> None:
        heart = DepartmentFactory(name="Cardiology", description="Hearts and vessels")
        DepartmentFactory(name="Dermatology")
        DoctorFactory.create_batch(2, department=heart)

        page = admins_client.get(address("departments"), query_string={"search": "VESSELS heart"}).text

        assert names_on(page) == ["Cardiology"]
        assert "2 doctors" in page

    def test_it_filters_by_use_and_sorts(self, admins_client: FlaskClient) -> None:
        for name, doctors in (("Audiology", 0), ("Botany", 1), ("Cardiology", 2)):
            department = DepartmentFactory(name=name)
            DoctorFactory.create_batch(doctors, department=department)

        def shown(**query: str) -> list[str]:
            return names_on(admins_client.get(address("departments"), query_string=query).text)

        assert shown() == ["Audiology", "Botany", "Cardiology"]
        assert shown(order="used") == ["Cardiology", "Botany", "Audiology"]
        assert shown(order="newest") == ["Cardiology", "Botany", "Audiology"]
        assert shown(used="no") == ["Audiology"]
        assert shown(used="yes") == ["Botany", "Cardiology"]
        assert shown(used="nonsense", order="nonsense") == ["Audiology", "Botany", "Cardiology"]

    def test_its_cost_does_not_grow(
        self, admins_client: FlaskClient, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        DepartmentFactory()
        with count_queries() as few:
            admins_client.get(address("departments"))
        DoctorFactory.create_batch(15)
        with count_queries() as many:
            admins_client.get(address("departments"))
        assert len(many) == len(few), many

    def test_the_file_holds_what_the_filters_leave(self, admins_client: FlaskClient) -> None:
        DepartmentFactory(name="Cardiology", location="East wing", description='=HYPERLINK("https://example.org")')
        DepartmentFactory(name="Dermatology")

        response = admins_client.get(address("departments", "entries.csv"), query_string={"search": "cardio"})

        assert response.headers["Content-Disposition"] == 'attachment; filename="departments.csv"'
        header, *rows = csv.reader(io.StringIO(response.data.decode("utf-8-sig"), newline=""))
        assert header == ["id", "name", "location", "description", "in use by"]
        ((_, *row),) = rows
        assert row == ["Cardiology", "East wing", '\'=HYPERLINK("https://example.org")', ""]


class TestAdd:
    def test_it_adds_once_however_often_it_is_sent(self, admins_client: FlaskClient, database: Database) -> None:
        path = address("services", "add")
        fields = form_values(admins_client.get(path).text) | {"name": "Night clinic", "description": "Until midnight"}

        for _ in range(2):
            response = admins_client.post(path, data=fields, follow_redirects=True)
            assert "Night clinic is added." in response.text

        with database.unit_of_work() as session:
            (service,) = session.scalars(select(Service))
            assert (service.name, service.description) == ("Night clinic", "Until midnight")
            assert session.scalars(select(AuditEvent.action)).all().count("service.added") == 1

    def test_a_slug_follows_from_the_name_unless_it_is_typed(
        self, admins_client: FlaskClient, database: Database
    ) -> None:
        for name, slug in (("Senior House Officer", ""), ("Registrar", "st-3")):
            path = address("designations", "add")
            fields = form_values(admins_client.get(path).text) | {"name": name, "slug": slug}
            assert admins_client.post(path, data=fields).status_code == 303

        with database.unit_of_work() as session:
            slugs = {row.name: row.slug for row in session.scalars(select(Designation))}
        assert slugs == {"Senior House Officer": "senior-house-officer", "Registrar": "st-3"}

    @pytest.mark.parametrize(
        ("name", "typed", "said"),
        [
            ("departments", {"name": " "}, "Enter a name with a letter in it."),
            ("departments", {"name": "CARDIOLOGY"}, "There is already a department of that name."),
            ("available-times", {"label": "noonish 1"}, "Write a time such as"),
            ("designations", {"name": "Consultant", "slug": "Not A Slug"}, "Use small letters, digits"),
        ],
    )
    def test_what_is_refused_is_said_and_kept(
        self, admins_client: FlaskClient, name: str, typed: dict[str, str], said: str
    ) -> None:
        DepartmentFactory(name="Cardiology")
        path = address(name, "add")

        response = admins_client.post(path, data=form_values(admins_client.get(path).text) | typed)

        assert response.status_code in (400, 409)
        assert said in response.text
        assert f'value="{typed[next(iter(typed))]}"' in response.text


class TestEntry:
    def test_it_changes_an_entry(self, admins_client: FlaskClient, database: Database) -> None:
        department = DepartmentFactory(name="Cardiology", location="East wing")
        path = address("departments", department.id)
        fields = form_values(admins_client.get(path).text)
        assert fields["location"] == "East wing"

        response = admins_client.post(path, data=fields | {"location": ""}, follow_redirects=True)

        assert "Cardiology is saved." in response.text
        with database.unit_of_work() as session:
            assert session.get_one(Department, department.id).location == ""

    def test_a_picture_is_put_in_kept_and_taken_away(self, admins_client: FlaskClient, database: Database) -> None:
        service = ServiceFactory(picture_id=None)
        path = address("services", service.id)

        def picture_after(**fields: Any) -> int | None:
            sent = form_values(admins_client.get(path).text) | fields
            assert admins_client.post(path, data=sent).status_code == 303
            with database.unit_of_work() as session:
                return session.get_one(Service, service.id).picture_id

        first = picture_after(picture=(io.BytesIO(picture_file()), "clinic.png"))
        assert first is not None
        assert picture_after(description="Something else") == first
        assert picture_after(without_picture="y") is None

        sent = form_values(admins_client.get(path).text) | {"picture": (io.BytesIO(b"no picture"), "clinic.png")}
        refused = admins_client.post(path, data=sent)
        assert refused.status_code == 400
        assert "nhsuk-error-message" in refused.text

    def test_what_is_not_there_is_not_found(self, admins_client: FlaskClient) -> None:
        for path in (address("departments", 999_999), address("departments", 2**70), address("nonsense")):
            assert admins_client.get(path).status_code == 404


class TestDelete:
    def test_it_deletes_what_nobody_uses(self, admins_client: FlaskClient, database: Database) -> None:
        department = DepartmentFactory(name="Cardiology")
        path = address("departments", department.id, "delete")
        page = admins_client.get(path).text
        assert "Do you want to delete Cardiology?" in page

        response = admins_client.post(path, data=form_values(page), follow_redirects=True)

        assert "Cardiology is deleted." in response.text
        with database.unit_of_work() as session:
            assert session.get(Department, department.id) is None

    def test_it_says_where_an_entry_is_in_use(self, admins_client: FlaskClient) -> None:
        designation = DesignationFactory(name="Consultant")
        path = address("designations", designation.id, "delete")
        token = form_values(admins_client.get(path).text)
        DoctorFactory(designations=[designation])

        refused = admins_client.post(path, data=token)

        assert refused.status_code == 409
        assert "Consultant cannot be deleted" in refused.text
        assert "1 doctor has it" in " ".join(refused.text.split())
