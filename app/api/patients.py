"""Patients: listed, added, read, changed, voided (contract, section 4; documents 000 to 004)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from app import http
from app.api.paging import Page, page_of
from app.api.resource import JsonBlueprint, Resource, after, refuses
from app.api.schemas.patient import NewPatientIn, PatientIn, PatientOut, PatientQuery, patient
from app.errors import Invalid
from app.identity import actor
from app.models import Patient
from app.policy import Actor, Permission, can
from app.services import patient_lists, patients

blp = JsonBlueprint("patients", __name__, description="Patients.")

_ACCOUNT = ("username", "email", "password")


@blp.route("/api/patients/", documents=("002 GET", "003"), alias_of="/patients/")
@blp.route("/patients/", documents=("000", "001", "004"))
class Patients(Resource):
    """The patients whom the caller may see."""

    decorators = [http.writes]  # staff's readings are audited

    @blp.arguments(PatientQuery, location="query")
    @blp.response(200, page_of(PatientOut))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List patients, by id.

        The whole directory for doctors and administrators, which is audited; else those whom the caller acts for.
        """
        who, page = actor(), Page.take(query)
        listing = patient_lists.find(who, **query, limit=page.limit, offset=page.offset)
        return page.envelope(listing, lambda line: patient(line, who))

    @blp.arguments(NewPatientIn)
    @blp.response(201, PatientOut)
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        """Add a patient.

        By a patient's account: somebody whom it acts for, such as a child; without a name, its own is taken. By
        doctors and administrators: with `username`, `email` and `password` an account and its patient, without them
        a patient who has no account.
        """
        who = actor()
        return patient(patient_lists.get(who, _added(who, data).id), who)


@blp.route(
    "/api/patients/<int:patient_id>/", documents=("002 GET", "003 GET PUT DELETE"), alias_of="/patients/{patient_id}/"
)
@blp.route("/patients/<int:patient_id>/", documents=("000 GET PUT DELETE", "001", "004 GET PUT DELETE"))
class OnePatient(Resource):
    """One patient."""

    decorators = [http.writes]  # as above

    @blp.response(200, PatientOut)
    def get(self, patient_id: int) -> dict[str, Any]:
        """Read a patient."""
        who = actor()
        return patient(patient_lists.look_up(who, patient_id), who)

    @refuses(HTTPStatus.FORBIDDEN)
    @after(patient_lists.get)
    @blp.arguments(PatientIn)
    @blp.response(200, PatientOut)
    def put(self, data: dict[str, Any], patient_id: int) -> dict[str, Any]:
        """Change a patient; what is not sent is kept.

        For the account that acts for the patient, doctors who treat the patient, and administrators.
        """
        return _changed(patient_id, data)

    @refuses(HTTPStatus.FORBIDDEN)
    @after(patient_lists.get)
    @blp.arguments(PatientIn)
    @blp.response(200, PatientOut)
    def patch(self, data: dict[str, Any], patient_id: int) -> dict[str, Any]:
        """Change a part of a patient."""
        return _changed(patient_id, data)

    @refuses(HTTPStatus.FORBIDDEN)
    @blp.response(204)
    def delete(self, patient_id: int) -> None:
        """Void a patient, and cancel the appointments to come; clinical records stay."""
        patients.void(actor(), patient_id)


def _added(who: Actor, data: dict[str, Any]) -> Patient:
    account = {name: data.pop(name) for name in _ACCOUNT if name in data}
    if not can(who, Permission.REGISTER_PATIENT):
        return patients.add(who, **data)
    if not account:
        return patients.register(who, **data)
    missing = [name for name in _ACCOUNT if name not in account]
    if missing:
        raise Invalid(errors={name: [f"Send {', '.join(_ACCOUNT)}, or none of them."] for name in missing})
    return patients.register_with_account(who, **account, **data)


def _changed(patient_id: int, data: dict[str, Any]) -> dict[str, Any]:
    who = actor()
    patients.change(who, patient_id, **data)
    return patient(patient_lists.get(who, patient_id), who)
