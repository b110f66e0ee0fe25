"""Doctors: found and read (contract, section 5; documents 000 to 004)."""

from __future__ import annotations

from typing import Any

from app.api.paging import Page, page_of
from app.api.resource import JsonBlueprint, Resource
from app.api.schemas.doctor import DoctorOut, DoctorQuery, Facts
from app.identity import actor
from app.services import doctors, vocabularies

blp = JsonBlueprint("doctors", __name__, description="Doctors.")


@blp.route("/api/doctors/", documents=("002",), alias_of="/doctors/")
@blp.route("/doctors/", documents=("000", "001", "003", "004"))
class Doctors(Resource):
    """The doctors whom the caller may see."""

    @blp.arguments(DoctorQuery, location="query")
    @blp.response(200, page_of(DoctorOut))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List doctors, by id.

        Approved ones, the caller's own application, and for administrators all.
        """
        who, page = actor(), Page.take(query)
        if "department" in query:
            query["department_id"] = vocabularies.department(who, query.pop("department")).id
        listing = doctors.find(who, **query, limit=page.limit, offset=page.offset)
        return page.envelope(listing, Facts.gather(who, listing.rows).doctor)


@blp.route("/api/doctors/<int:doctor_id>/", documents=("002",), alias_of="/doctors/{doctor_id}/")
@blp.route("/doctors/<int:doctor_id>/", documents=("000", "001", "003", "004"))
class OneDoctor(Resource):
    """One doctor."""

    @blp.response(200, DoctorOut)
    def get(self, doctor_id: int) -> dict[str, Any]:
        """Read a doctor."""
        who = actor()
        row = doctors.get(who, doctor_id)
        return Facts.gather(who, [row]).doctor(row)
