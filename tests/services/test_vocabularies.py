"""Vocabulary entries that a program names by id or by name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from app.errors import Invalid
from app.models import Designation, Specialisation
from app.policy import Actor
from app.services import vocabularies
from tests.factories import DepartmentFactory, DesignationFactory, SpecialisationFactory
from tests.support.databases import Database
from tests.support.queries import Queries

STRANGER = Actor()


class TestDepartment:
    def test_it_is_found_by_its_id_and_by_its_name_in_any_case(self, database: Database) -> None:
        department = DepartmentFactory(name="Heart and Lungs")

        with database.unit_of_work():
            for entry in (department.id, str(department.id), "  HEART and  lungs "):
                assert vocabularies.department(STRANGER, entry).id == department.id

    def test_digits_that_are_a_name_are_found_where_no_id_is_meant(self, database: Database) -> None:
        DepartmentFactory(name="Maternity")
        ward = DepartmentFactory(name="999")

        with database.unit_of_work():
            assert vocabularies.department(STRANGER, "999").id == ward.id

    @pytest.mark.parametrize("entry", ["Alchemy", "", 0, -1, 2**63, "9" * 5000, "0" * 19 + "10", "٣"])
    def test_what_no_department_is_called_is_refused_at_its_field(self, database: Database, entry: int | str) -> None:
        DepartmentFactory()

        with database.unit_of_work(), pytest.raises(Invalid) as refusal:
            vocabularies.department(STRANGER, entry)

        assert "department" in refusal.value.errors


class TestEntries:
    def test_ids_and_names_mix_and_come_back_in_their_order_once(
        self, database: Database, count_queries: Callable[[], AbstractContextManager[Queries]]
    ) -> None:
        consultant, registrar = DesignationFactory(name="Consultant"), DesignationFactory(name="Registrar")

        with database.unit_of_work(), count_queries() as statements:
            named: list[int | str] = ["registrar", consultant.id, str(registrar.id), "CONSULTANT"]
            found = vocabularies.entries(STRANGER, Designation, named, field="designation")

            assert [row.id for row in found] == [registrar.id, consultant.id]
        assert len(statements) == 1, statements

    def test_naming_none_asks_nothing(self, database: Database) -> None:
        with database.unit_of_work():
            assert vocabularies.entries(STRANGER, Designation, [], field="designation") == []

    @pytest.mark.parametrize(
        ("named", "text"),
        [
            (["Alchemy"], "There is no such specialisation."),
            (["Cardiology", 999], "Entry 2: There is no such specialisation."),
            (list(range(1, 1000)), "Name at most 100 entries."),
        ],
    )
    def test_what_is_no_entry_is_refused_at_the_field(
        self, database: Database, named: list[int | str], text: str
    ) -> None:
        SpecialisationFactory(name="Cardiology")

        with database.unit_of_work(), pytest.raises(Invalid) as refusal:
            vocabularies.entries(STRANGER, Specialisation, named, field="specialization")

        assert refusal.value.errors == {"specialization": [text]}
