"""Clinical records: one resource on three paths (contract, section 8; documents 000, 002 and 004)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from app.api.paging import Page, page_of
from app.api.resource import JsonBlueprint, Resource, after, refuses, requires
from app.api.schemas.record import RecordChangeIn, RecordIn, RecordOut, RecordQuery, line, record
from app.http import writes
from app.identity import actor
from app.models import ClinicalRecord
from app.policy import Permission
from app.services import records, vocabularies

blp = JsonBlueprint("records", __name__, description="Clinical records.")


@blp.route("/api/patient_records/", documents=("002 GET",), alias_of="/patient_records/")
@blp.route("/patient_records/", documents=("000 GET POST",))
class PatientRecords(Resource):
    """The clinical records as staff list them."""

    decorators = [writes]

    @requires(Permission.LIST_RECORDS)
    @blp.arguments(RecordQuery, location="query")
    @blp.response(200, page_of(RecordOut))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List clinical records, newest first.

        Those of a doctor's own department and of patients whom the doctor treats or acts for; all for an administrator.
        """
        return _list(query)

    @requires(Permission.WRITE_RECORD)
    @blp.arguments(RecordIn)
    @blp.response(201, RecordOut)
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        """Open a clinical record about any patient, as a doctor; it belongs to that doctor's department."""
        return _open(data)


@blp.route("/medical-records/", documents=("004 GET POST",))
class MedicalRecords(Resource):
    """The clinical records as anybody lists their own."""

    decorators = [writes]

    @blp.arguments(RecordQuery, location="query")
    @blp.response(200, page_of(RecordOut))
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List clinical records, newest first.

        Those of patients whom the caller manages; for a doctor also those of the own department and of patients whom
        the doctor treats; all for an administrator.
        """
        return _list(query)

    @requires(Permission.WRITE_RECORD)
    @blp.arguments(RecordIn)
    @blp.response(201, RecordOut)
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        """Open a clinical record about any patient, as a doctor; it belongs to that doctor's department."""
        return _open(data)


@blp.route(
    "/medical-records/<int:record_id>/",
    documents=("004 GET PUT DELETE",),
    alias_of="/patient_records/{record_id}/",
)
@blp.route("/api/patient_records/<int:record_id>/", documents=("002 GET",), alias_of="/patient_records/{record_id}/")
@blp.route("/patient_records/<int:record_id>/", documents=("000 GET PUT DELETE",))
class OneRecord(Resource):
    """One clinical record."""

    decorators = [writes]

    @blp.response(200, RecordOut)
    def get(self, record_id: int) -> dict[str, Any]:
        """Read a clinical record; the audit trail keeps who did."""
        return record(records.get(actor(), record_id))

    @refuses(HTTPStatus.CONFLICT)
    @requires(Permission.WRITE_RECORD)
    @after(records.require_visible)
    @blp.arguments(RecordChangeIn)
    @blp.response(200, RecordOut)
    def put(self, data: dict[str, Any], record_id: int) -> dict[str, Any]:
        """Change a clinical record, as a doctor; what is not sent is kept, and so is the former version."""
        return record(_change(data, record_id))

    @refuses(HTTPStatus.CONFLICT)
    @requires(Permission.WRITE_RECORD)
    @after(records.require_visible)
    @blp.arguments(RecordChangeIn)
    @blp.response(200, RecordOut)
    def patch(self, data: dict[str, Any], record_id: int) -> dict[str, Any]:
        """Change a part of a clinical record, as a doctor; the former version is kept."""
        return record(_change(data, record_id))

    @requires(Permission.WRITE_RECORD)
    @blp.response(204)
    def delete(self, record_id: int) -> None:
        """Take a clinical record out of use, as a doctor."""
        records.void(actor(), record_id)


def _list(query: dict[str, Any]) -> dict[str, Any]:
    who, page = actor(), Page.take(query)
    if "department" in query:
        query["department_id"] = vocabularies.department(who, query.pop("department")).id
    return page.envelope(records.find(who, **query, limit=page.limit, offset=page.offset), line)


def _open(data: dict[str, Any]) -> dict[str, Any]:
    patient_id, appointment_id = data.pop("patient_id"), data.pop("appointment_id", None)
    return record(records.write(actor(), patient_id=patient_id, appointment_id=appointment_id, texts=data))


def _change(data: dict[str, Any], record_id: int) -> ClinicalRecord:
    version = data.pop("version", None)
    about: dict[str, int | None] = {name: data.pop(name) for name in ("patient_id", "appointment_id") if name in data}
    return records.change(actor(), record_id, texts=data, about=about, version=version)
