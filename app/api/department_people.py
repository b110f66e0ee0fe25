"""Departments' doctors, patients and records (contract, section 7; documents 000 and 002)."""

from __future__ import annotations

from typing import Any

from app.api.paging import Page, PageQuery, page_of
from app.api.resource import JsonBlueprint, Resource, after, requires
from app.api.schemas import record
from app.api.schemas.doctor import DoctorOut, doctor
from app.api.schemas.patient import PatientOut, patient
from app.http import writes
from app.identity import actor
from app.policy import Permission
from app.services import department_people, records

blp = JsonBlueprint("department_people", __name__, description="Who works and who is treated in a department.")


@blp.route(
    "/api/department/<int:department_id>/doctors",
    documents=("002",),
    alias_of="/departments/{department_id}/doctors",
)
@blp.route("/departments/<int:department_id>/doctors", documents=("000",))
class DepartmentDoctors(Resource):
    """The doctors of a department."""

    @requires(Permission.SEE_DEPARTMENT_DOCTORS)
    @after(department_people.require_known)
    @blp.arguments(PageQuery, location="query")
    @blp.response(200, page_of(DoctorOut))
    def get(self, query: dict[str, Any], department_id: int) -> dict[str, Any]:
        """List the approved doctors of a department, by id; for doctors and administrators."""
        who, page = actor(), Page.take(query)
        listing = department_people.doctors(who, department_id, limit=page.limit, offset=page.offset)
        return page.envelope(listing, doctor)


@blp.route("/departments/<int:department_id>/patients", documents=("000",))
class DepartmentRecords(Resource):
    """The clinical records of a department, under the name that document 000 gives them."""

    decorators = [writes]

    @requires(Permission.LIST_RECORDS)
    @after(department_people.require_known)
    @blp.arguments(PageQuery, location="query")
    @blp.response(200, page_of(record.RecordOut))
    def get(self, query: dict[str, Any], department_id: int) -> dict[str, Any]:
        """List the clinical records of a department, newest first; for its doctors and administrators."""
        page = Page.take(query)
        listing = records.find_of_department(actor(), department_id, limit=page.limit, offset=page.offset)
        return page.envelope(listing, record.line)


@blp.route("/api/department/<int:department_id>/patients", documents=("002",))
class DepartmentPatients(Resource):
    """The patients of a department."""

    decorators = [writes]

    @requires(Permission.LIST_RECORDS)
    @after(department_people.require_known)
    @blp.arguments(PageQuery, location="query")
    @blp.response(200, page_of(PatientOut))
    def get(self, query: dict[str, Any], department_id: int) -> dict[str, Any]:
        """List the patients with a record or an appointment in a department, by id.

        For its doctors and administrators.
        """
        who, page = actor(), Page.take(query)
        listing = department_people.patients(who, department_id, limit=page.limit, offset=page.offset)
        return page.envelope(listing, lambda row: patient(row, who))
