"""Doctors: found, read, entered, changed, taken off (contract, section 5; documents 000 to 004)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from app.api.paging import Page, page_of
from app.api.resource import JsonBlueprint, Resource, after, refuses
from app.api.schemas.doctor import DoctorOut, DoctorQuery, doctor
from app.api.schemas.doctor_in import DoctorChangeIn, NewDoctorIn, RemovalQuery, person
from app.identity import actor
from app.models import Doctor
from app.policy import Actor
from app.services import doctor_changes, doctor_lists, vocabularies

blp = JsonBlueprint("doctors", __name__, description="Doctors.")


@blp.route("/api/doctors/", documents=("002 GET", "003"), alias_of="/doctors/")
@blp.route("/doctors/", documents=("000", "001", "004"))
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
        listing = doctor_lists.find(who, **query, limit=page.limit, offset=page.offset)
        return page.envelope(listing, doctor)

    @refuses(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
    @blp.arguments(NewDoctorIn)
    @blp.response(201, DoctorOut)
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        """Apply as a doctor, or propose somebody else.

        Anyone applies for themselves and waits for an administrator's approval. With the username, e-mail address
        and password of a new person, an approved doctor proposes that person, who waits as well. An administrator's
        doctors are approved: with a new account, with one that exists, or, by name only, with none.
        """
        who, about = actor(), person(data)
        return _told(who, doctor_changes.add(who, about, **data))


@blp.route(
    "/api/doctors/<int:doctor_id>/",
    documents=("002 GET", "003 GET PUT DELETE"),
    alias_of="/doctors/{doctor_id}/",
)
@blp.route("/doctors/<int:doctor_id>/", documents=("000 GET PUT DELETE", "001", "004 GET PUT DELETE"))
class OneDoctor(Resource):
    """One doctor."""

    @blp.response(200, DoctorOut)
    def get(self, doctor_id: int) -> dict[str, Any]:
        """Read a doctor."""
        return doctor(doctor_lists.get(actor(), doctor_id))

    @refuses(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
    @after(doctor_lists.get)
    @blp.arguments(DoctorChangeIn)
    @blp.response(200, DoctorOut)
    def put(self, data: dict[str, Any], doctor_id: int) -> dict[str, Any]:
        """Change a doctor; what is not sent is kept.

        For the doctor and administrators. Visits that are booked stay as they are, whatever the hours become.
        """
        who = actor()
        return _told(who, doctor_changes.change(who, doctor_id, **data))

    @refuses(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
    @after(doctor_lists.get)
    @blp.arguments(DoctorChangeIn)
    @blp.response(200, DoctorOut)
    def patch(self, data: dict[str, Any], doctor_id: int) -> dict[str, Any]:
        """Change a part of a doctor."""
        who = actor()
        return _told(who, doctor_changes.change(who, doctor_id, **data))

    @refuses(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
    @after(doctor_lists.get)
    @blp.arguments(RemovalQuery, location="query")
    @blp.response(204)
    def delete(self, query: dict[str, Any], doctor_id: int) -> None:
        """Take a doctor off the lists; the account stays a patient's.

        For the doctor and administrators. Refused while appointments are to come, unless they are to be cancelled.
        """
        doctor_changes.remove(actor(), doctor_id, **query)


def _told(who: Actor, row: Doctor) -> dict[str, Any]:
    """One doctor as DoctorOut."""
    return doctor(doctor_lists.written(who, row.id))
