"""Departments (contract, section 6; documents 000 and 002)."""

from __future__ import annotations

from app.api.catalogue import Shapes, listed, single
from app.api.resource import JsonBlueprint
from app.api.schemas.vocabulary import DepartmentChangeIn, DepartmentIn, DepartmentOut, department
from app.services.catalogue import DEPARTMENTS

blp = JsonBlueprint("departments", __name__, description="Departments.")

_SHAPES = Shapes(out=DepartmentOut, tell=department, added=DepartmentIn, put=DepartmentIn, patched=DepartmentChangeIn)
_departments = listed(blp, DEPARTMENTS, _SHAPES, is_public=False)
_one_department = single(blp, DEPARTMENTS, _SHAPES, is_public=False)

blp.route("/departments/", documents=("000",))(_departments)
blp.route("/api/department/", documents=("002 GET",), alias_of="/departments/")(_departments)
blp.route("/departments/<int:department_id>/", documents=("000 GET PUT DELETE",))(_one_department)
blp.route("/api/department/<int:department_id>/", alias_of="/departments/{department_id}/")(_one_department)
