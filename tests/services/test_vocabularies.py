"""Vocabulary entries that a program names by id or by name."""

from __future__ import annotations

import pytest

from app.errors import Invalid
from app.policy import Actor
from app.services import vocabularies
from tests.factories import DepartmentFactory
from tests.support.databases import Database

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

    @pytest.mark.parametrize("entry", ["Alchemy", "", 0, -1, 2**63, "9" * 5000, "٣"])
    def test_what_no_department_is_called_is_refused_at_its_field(self, database: Database, entry: int | str) -> None:
        DepartmentFactory()

        with database.unit_of_work(), pytest.raises(Invalid) as refusal:
            vocabularies.department(STRANGER, entry)

        assert "department" in refusal.value.errors
